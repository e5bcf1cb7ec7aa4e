#![allow(clippy::unwrap_used)]
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Code;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Server};
use truc_node::line::transfer::{Pace, TransferError, Unpaced, download, upload};
use truc_proto::entry::Attachment;
use truc_proto::wire::attachments_client::AttachmentsClient;
use uuid::Uuid;

use super::*;
use crate::line::caller::Peer;

const AUTHOR: u128 = 1;
const READER: u128 = 2;
const STRANGER: u128 = 3;

fn office(number: u128) -> OfficeId {
    OfficeId(Uuid::from_u128(number))
}

#[derive(Debug, Default)]
struct Rules {
    put: Mutex<HashMap<Hash, u64>>,
    get: Mutex<HashSet<Hash>>,
}

impl Rules {
    fn name(&self, hash: Hash, size: u64) {
        self.put.lock().unwrap().insert(hash, size);
        self.get.lock().unwrap().insert(hash);
    }
}

impl May for Rules {
    fn may_put(&self, asker: OfficeId, hash: Hash) -> Option<u64> {
        (asker == office(AUTHOR)).then(|| self.put.lock().unwrap().get(&hash).copied())?
    }

    fn may_get(&self, asker: OfficeId, hash: Hash) -> bool {
        asker != office(STRANGER) && self.get.lock().unwrap().contains(&hash)
    }
}

struct Hub {
    dir: TempDir,
    store: Attachments,
    rules: Arc<Rules>,
}

impl Hub {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Attachments::open(dir.path()).unwrap();
        Self { dir, store, rules: Arc::default() }
    }

    /// A client whose calls the service takes for that office's.
    async fn client(&self, asker: u128) -> AttachmentsClient<Channel> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let peer = Peer {
            source: address,
            office: office(asker),
            certificate: Hash::ZERO,
            public_key: Bytes::new(),
            key: Hash::ZERO,
            not_after: 0,
        };
        let peer = Caller::new(peer, false);
        let service = AttachmentService::server(self.store.clone(), Arc::clone(&self.rules));
        let service = InterceptedService::new(service, move |mut request: Request<()>| {
            request.extensions_mut().insert(peer.clone());
            Ok(request)
        });
        let serving =
            Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(serving);
        let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
        AttachmentsClient::new(endpoint.connect().await.unwrap())
    }
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn put(dir: &Path, content: &[u8]) -> (Attachments, Attachment) {
    let store = Attachments::open(dir).unwrap();
    fs::write(dir.join("a.pdf"), content).unwrap();
    let file = store.put_file(&dir.join("a.pdf")).unwrap();
    (store, file)
}

fn read_all(store: &Attachments, hash: Hash) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(chunk) =
        Some(store.read_at(hash, all.len() as u64, limits::CHUNK).unwrap()).filter(|chunk| !chunk.is_empty())
    {
        all.extend(chunk);
    }
    all
}

/// A pace that lets a number of chunks pass and then blocks for ever.
#[derive(Clone)]
struct After(Arc<AtomicUsize>);

impl Pace for After {
    async fn pace(&self, _: usize) {
        if self.0.fetch_sub(1, Ordering::SeqCst) <= 1 {
            self.0.store(1, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_up_and_comes_down() {
    for length in [0, 1, limits::CHUNK, limits::CHUNK * 5 + 3] {
        let hub = Hub::new();
        let here = tempfile::tempdir().unwrap();
        let (store, file) = put(here.path(), &content(length));
        hub.rules.name(file.hash, file.size);
        upload(&mut hub.client(AUTHOR).await, &store, file.hash, Unpaced).await.unwrap();
        assert_eq!(read_all(&hub.store, file.hash), content(length));
        // A second upload has nothing to do.
        upload(&mut hub.client(AUTHOR).await, &store, file.hash, Unpaced).await.unwrap();
        let there = tempfile::tempdir().unwrap();
        let reader = Attachments::open(there.path()).unwrap();
        for _ in 0..2 {
            download(&mut hub.client(READER).await, &reader, &file, Unpaced).await.unwrap();
        }
        assert_eq!(read_all(&reader, file.hash), content(length));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_transfer_goes_on_where_it_stopped() {
    let hub = Hub::new();
    let here = tempfile::tempdir().unwrap();
    let (store, file) = put(here.path(), &content(limits::CHUNK * 8));
    hub.rules.name(file.hash, file.size);
    let mut client = hub.client(AUTHOR).await;
    let stop = After(Arc::new(AtomicUsize::new(4)));
    let first = tokio::spawn({
        let (mut client, store) = (client.clone(), store.clone());
        async move { upload(&mut client, &store, file.hash, stop).await }
    });
    while hub.store.have(file.hash).unwrap().bytes < 3 * limits::CHUNK as u64 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.abort();
    let have = client.have(HaveRequest { hash: file.hash.to_wire() }).await.unwrap().into_inner();
    assert_eq!((have.have, have.complete), (3 * limits::CHUNK as u64, false));
    // A file that is not complete does not exist for its reader.
    let there = tempfile::tempdir().unwrap();
    let reader = Attachments::open(there.path()).unwrap();
    let early = download(&mut hub.client(READER).await, &reader, &file, Unpaced).await;
    assert!(matches!(early, Err(TransferError::NotThere)));
    // The rest follows after a restart of the hub: only five more chunks are sent.
    let hub = Hub { store: Attachments::open(hub.dir.path()).unwrap(), ..hub };
    let five = After(Arc::new(AtomicUsize::new(6)));
    upload(&mut hub.client(AUTHOR).await, &store, file.hash, five).await.unwrap();

    let stop = After(Arc::new(AtomicUsize::new(2)));
    let first = tokio::spawn({
        let (mut client, reader, file) = (hub.client(READER).await, reader.clone(), file.clone());
        async move { download(&mut client, &reader, &file, stop).await }
    });
    while reader.have(file.hash).unwrap().bytes < 2 * limits::CHUNK as u64 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.abort();
    let six = After(Arc::new(AtomicUsize::new(7)));
    download(&mut hub.client(READER).await, &reader, &file, six).await.unwrap();
    assert_eq!(read_all(&reader, file.hash), content(limits::CHUNK * 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_looks_like_what_does_not_exist() {
    let hub = Hub::new();
    let here = tempfile::tempdir().unwrap();
    let (store, file) = put(here.path(), &content(10));
    hub.rules.name(file.hash, file.size);
    upload(&mut hub.client(AUTHOR).await, &store, file.hash, Unpaced).await.unwrap();
    let mut stranger = hub.client(STRANGER).await;
    let mut answers = Vec::new();
    for hash in [file.hash, Hash([9; 32])] {
        let hash = hash.to_wire();
        answers.push(stranger.have(HaveRequest { hash: hash.clone() }).await.unwrap_err());
        answers.push(stranger.get(GetRequest { hash: hash.clone(), offset: 0 }).await.unwrap_err());
        let chunk = PutChunk { hash, offset: 0, data: content(10).into() };
        answers.push(stranger.put(tokio_stream::iter([chunk])).await.unwrap_err());
    }
    for answer in answers {
        assert_eq!((answer.code(), answer.message()), (Code::NotFound, "attachment"));
    }
    // A reader may download, and not upload.
    let chunk = PutChunk { hash: file.hash.to_wire(), offset: 0, data: content(10).into() };
    let refused = hub.client(READER).await.put(tokio_stream::iter([chunk])).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_breaks_the_rules_leaves_nothing_behind() {
    let hub = Hub::new();
    let mut client = hub.client(AUTHOR).await;
    let wrong = Hash([7; 32]);
    hub.rules.name(wrong, 4);
    let chunk =
        |hash: Hash, offset, data: Vec<u8>| PutChunk { hash: hash.to_wire(), offset, data: data.into() };
    let code = |answer: Result<_, Status>| answer.map(Response::into_inner).map_err(|status| status.code());

    let answer = client.put(tokio_stream::iter([chunk(wrong, 0, vec![1; 4])])).await;
    assert_eq!(code(answer), Err(Code::DataLoss));
    assert_eq!(hub.store.have(wrong).unwrap(), Have::default());
    let answer = client.put(tokio_stream::iter([chunk(wrong, 0, vec![1; 5])])).await;
    assert_eq!(code(answer), Err(Code::OutOfRange));
    let answer = client.put(tokio_stream::iter([chunk(wrong, 0, vec![1; limits::CHUNK + 1])])).await;
    assert_eq!(code(answer), Err(Code::InvalidArgument));
    let answer = client.put(tokio_stream::iter([chunk(wrong, 3, vec![1])])).await;
    assert_eq!(code(answer), Ok(HaveReply { have: 0, complete: false }));
    let short = PutChunk { hash: vec![1; 31].into(), ..Default::default() };
    assert_eq!(code(client.put(tokio_stream::iter([short])).await), Err(Code::InvalidArgument));
    assert_eq!(code(client.put(tokio_stream::iter([])).await), Err(Code::InvalidArgument));
    assert_eq!(hub.store.have(wrong).unwrap().bytes, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offset_beyond_the_end_is_refused() {
    let hub = Hub::new();
    let (_, file) = put(hub.dir.path(), b"abc");
    hub.rules.name(file.hash, file.size);
    let mut client = hub.client(READER).await;
    let get = |offset| GetRequest { hash: file.hash.to_wire(), offset };
    assert_eq!(client.get(get(4)).await.unwrap_err().code(), Code::OutOfRange);
    assert!(client.get(get(3)).await.unwrap().into_inner().message().await.unwrap().is_none());
    let tail = client.get(get(1)).await.unwrap().into_inner().message().await.unwrap().unwrap();
    assert_eq!(tail.data.as_ref(), b"bc");
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_of_one_file_at_once_end_in_one_right_file() {
    let hub = Hub::new();
    let here = tempfile::tempdir().unwrap();
    let (store, file) = put(here.path(), &content(limits::CHUNK * 6 + 1));
    hub.rules.name(file.hash, file.size);
    let mut uploads = Vec::new();
    for _ in 0..4 {
        let (mut client, store) = (hub.client(AUTHOR).await, store.clone());
        uploads.push(tokio::spawn(async move {
            while let Err(error) = upload(&mut client, &store, file.hash, Unpaced).await {
                assert!(matches!(error, TransferError::Cut(_) | TransferError::Stalled(_)), "{error}");
            }
        }));
    }
    for upload in uploads {
        upload.await.unwrap();
    }
    assert_eq!(read_all(&hub.store, file.hash), content(limits::CHUNK * 6 + 1));
}
