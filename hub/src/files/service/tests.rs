#![allow(clippy::unwrap_used)]
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
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

use truc_node::store::attachments::Have;

use super::*;
use crate::line::caller::Peer;

const AUTHOR: u128 = 1;
const READER: u128 = 2;
const STRANGER: u128 = 3;
const RIVAL: u128 = 4;

fn office(number: u128) -> OfficeId {
    OfficeId(Uuid::from_u128(number))
}

/// The author and the rival have named files; the author has sent his to the reader.
#[derive(Debug, Default)]
struct Rules {
    named: Mutex<HashSet<(Hash, u64)>>,
    brought: Mutex<Vec<Upload>>,
    today: AtomicU64,
}

impl Rules {
    fn name(&self, hash: Hash, size: u64) {
        self.named.lock().unwrap().insert((hash, size));
    }
}

impl May for Rules {
    fn memory(&self) -> u64 {
        5
    }

    fn wants(&self, upload: Upload, whole: bool) -> bool {
        let writes = upload.by == office(AUTHOR) || upload.by == office(RIVAL);
        let named = self.named.lock().unwrap().contains(&(upload.hash, upload.size));
        writes && named && !(whole && self.brought.lock().unwrap().contains(&upload))
    }

    fn may_get(&self, asker: OfficeId, hash: Hash) -> bool {
        let named = self.named.lock().unwrap().iter().any(|(named, _)| *named == hash);
        named && (asker == office(AUTHOR) || asker == office(READER))
    }

    fn number_brought(&self, asker: OfficeId) -> u64 {
        self.brought.lock().unwrap().iter().filter(|upload| upload.by == asker).count() as u64
    }

    fn within_a_day(&self, _: OfficeId) -> u64 {
        self.today.load(Ordering::SeqCst)
    }

    fn brought(&self, upload: Upload) -> bool {
        self.brought.lock().unwrap().push(upload);
        true
    }
}

struct Hub {
    dir: TempDir,
    store: Attachments,
    rules: Arc<Rules>,
    quotas: FileQuotas,
}

impl Hub {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Attachments::open(dir.path()).unwrap();
        Self {
            dir,
            store,
            rules: Arc::default(),
            quotas: FileQuotas { disk_kept: 0, ..FileQuotas::default() },
        }
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
        let service = AttachmentService::server(self.store.clone(), Arc::clone(&self.rules), self.quotas);
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

/// An upload of a file by an office.
fn by(number: u128, hash: Hash, size: u64) -> Upload {
    Upload { by: office(number), hash, size }
}

async fn asked(client: &mut AttachmentsClient<Channel>, hash: Hash, size: u64) -> FileState {
    let files = vec![FileName { hash: hash.to_wire(), size }];
    let reply = client.have(HaveRequest { files }).await.unwrap().into_inner();
    assert_eq!((reply.memory, reply.files.len()), (5, 1));
    reply.files[0]
}

/// What the hub says to chunks of a file.
async fn put_chunks(
    client: &mut AttachmentsClient<Channel>,
    chunks: impl IntoIterator<Item = PutChunk>,
) -> Result<PutReply, Code> {
    let chunks: Vec<PutChunk> = chunks.into_iter().collect();
    let answer = client.put(tokio_stream::iter(chunks)).await;
    answer.map(Response::into_inner).map_err(|status| status.code())
}

fn chunk(hash: Hash, size: u64, offset: u64, data: Vec<u8>) -> PutChunk {
    PutChunk { hash: hash.to_wire(), size, offset, data: data.into() }
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

/// A pace that gives way to others before each chunk.
#[derive(Clone)]
struct Slow;

impl Pace for Slow {
    async fn pace(&self, _: usize) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
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
    for length in [0, 1, limits::CHUNK_SENT, limits::CHUNK_SENT * 5 + 3] {
        let hub = Hub::new();
        let here = tempfile::tempdir().unwrap();
        let (store, file) = put(here.path(), &content(length));
        hub.rules.name(file.hash, file.size);
        let brought = upload(&mut hub.client(AUTHOR).await, &store, file.hash, Unpaced).await.unwrap();
        assert_eq!(read_all(&hub.store, file.hash), content(length));
        // A second upload has nothing to do.
        let again = upload(&mut hub.client(AUTHOR).await, &store, file.hash, Unpaced).await.unwrap();
        assert_eq!((brought, again), (1, 1), "the hub says how many files it has from this office");
        let there = tempfile::tempdir().unwrap();
        let reader = Attachments::open(there.path()).unwrap();
        for _ in 0..2 {
            download(&mut hub.client(READER).await, &reader, file.hash, Unpaced).await.unwrap();
        }
        assert_eq!(read_all(&reader, file.hash), content(length));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_transfer_goes_on_where_it_stopped() {
    let hub = Hub::new();
    let here = tempfile::tempdir().unwrap();
    let (store, file) = put(here.path(), &content(limits::CHUNK_SENT * 8));
    hub.rules.name(file.hash, file.size);
    let mut client = hub.client(AUTHOR).await;
    let stop = After(Arc::new(AtomicUsize::new(4)));
    let first = tokio::spawn({
        let (mut client, store) = (client.clone(), store.clone());
        async move { upload(&mut client, &store, file.hash, stop).await }
    });
    while hub.store.received(by(AUTHOR, file.hash, file.size)).unwrap() < 3 * limits::CHUNK_SENT as u64 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.abort();
    let have = asked(&mut client, file.hash, file.size).await;
    assert_eq!(have, FileState { whole: false, wanted: true, have: 3 * limits::CHUNK_SENT as u64 });
    // A file that is not complete does not exist for its reader.
    let there = tempfile::tempdir().unwrap();
    let reader = Attachments::open(there.path()).unwrap();
    let early = download(&mut hub.client(READER).await, &reader, file.hash, Unpaced).await;
    assert!(matches!(early, Err(TransferError::NotThere)));
    // The rest follows after a restart of the hub: only five more chunks are sent.
    let hub = Hub { store: Attachments::open(hub.dir.path()).unwrap(), ..hub };
    let five = After(Arc::new(AtomicUsize::new(6)));
    upload(&mut hub.client(AUTHOR).await, &store, file.hash, five).await.unwrap();

    let stop = After(Arc::new(AtomicUsize::new(2)));
    let first = tokio::spawn({
        let (mut client, reader, file) = (hub.client(READER).await, reader.clone(), file.clone());
        async move { download(&mut client, &reader, file.hash, stop).await }
    });
    while reader.have(file.hash).unwrap().bytes < 2 * limits::CHUNK_SENT as u64 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.abort();
    let six = After(Arc::new(AtomicUsize::new(7)));
    download(&mut hub.client(READER).await, &reader, file.hash, six).await.unwrap();
    assert_eq!(read_all(&reader, file.hash), content(limits::CHUNK_SENT * 8));
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
        assert_eq!(asked(&mut stranger, hash, file.size).await, FileState::default());
        answers.push(stranger.get(GetRequest { hash: hash.to_wire(), offset: 0 }).await.unwrap_err());
        let chunk = chunk(hash, file.size, 0, content(10));
        answers.push(stranger.put(tokio_stream::iter([chunk])).await.unwrap_err());
    }
    for answer in answers {
        assert_eq!((answer.code(), answer.message()), (Code::NotFound, "attachment"));
    }
    // A reader may download and need bring nothing; an author of another size may neither.
    let mut reader = hub.client(READER).await;
    assert_eq!(asked(&mut reader, file.hash, 0).await, FileState { whole: true, wanted: false, have: 0 });
    let mut rival = hub.client(RIVAL).await;
    assert_eq!(asked(&mut rival, file.hash, 9).await, FileState::default(), "it may not get it either");
    assert_eq!(put_chunks(&mut rival, [chunk(file.hash, 9, 0, vec![1])]).await, Err(Code::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_breaks_the_rules_leaves_nothing_behind() {
    let hub = Hub::new();
    let mut client = hub.client(AUTHOR).await;
    let wrong = Hash([7; 32]);
    hub.rules.name(wrong, 4);
    let at = |offset, data: Vec<u8>| chunk(wrong, 4, offset, data);
    let on = |offset, data: Vec<u8>| PutChunk { offset, data: data.into(), ..Default::default() };

    assert_eq!(put_chunks(&mut client, [at(0, vec![1; 4])]).await, Err(Code::DataLoss));
    assert_eq!(hub.store.have(wrong).unwrap(), Have::default());
    assert_eq!(put_chunks(&mut client, [at(0, vec![1; 5])]).await, Err(Code::OutOfRange));
    let large = at(0, vec![1; limits::CHUNK + 1]);
    assert_eq!(put_chunks(&mut client, [large]).await, Err(Code::InvalidArgument));
    // Nothing is taken at another place than where the hub stands, and nothing of another file.
    assert_eq!(put_chunks(&mut client, [at(3, vec![1])]).await, Err(Code::OutOfRange));
    assert_eq!(hub.store.unfinished_by(office(AUTHOR)).unwrap(), [by(AUTHOR, wrong, 4)]);
    assert_eq!(hub.store.received(by(AUTHOR, wrong, 4)).unwrap(), 0);
    let gap = [at(0, vec![1]), on(2, vec![1])];
    assert_eq!(put_chunks(&mut client, gap).await, Err(Code::OutOfRange));
    let other = [at(1, vec![1]), at(2, vec![1])];
    assert_eq!(put_chunks(&mut client, other).await, Err(Code::InvalidArgument));
    let part = put_chunks(&mut client, [at(2, vec![1])]).await;
    assert_eq!(part, Ok(PutReply { have: 3, ..Default::default() }));
    let short = PutChunk { hash: vec![1; 31].into(), ..Default::default() };
    assert_eq!(put_chunks(&mut client, [short]).await, Err(Code::InvalidArgument));
    assert_eq!(put_chunks(&mut client, []).await, Err(Code::InvalidArgument));
    let files = vec![FileName { hash: wrong.to_wire(), size: 4 }; limits::FILES_ASKED + 1];
    let many = client.have(HaveRequest { files }).await.unwrap_err();
    assert_eq!(many.code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_in_a_loop_costs_the_one_who_brings_it() {
    let hub = Hub::new();
    let here = tempfile::tempdir().unwrap();
    let (store, file) = put(here.path(), &content(limits::CHUNK_SENT * 6 + 1));
    // The rival names the hash too, with the true size and with others, and brings what is not the file.
    let sizes = [file.size, 1, file.size + 5];
    sizes.iter().for_each(|size| hub.rules.name(file.hash, *size));
    let (stop, mut rival) = (Arc::new(AtomicUsize::new(0)), hub.client(RIVAL).await);
    let (stopped, hash) = (Arc::clone(&stop), file.hash);
    let loops = tokio::spawn(async move {
        let mut answers = Vec::new();
        while stopped.load(Ordering::SeqCst) == 0 || answers.len() < 20 {
            for size in sizes {
                let data = vec![0; size.min(limits::CHUNK as u64) as usize];
                answers.push(put_chunks(&mut rival, [chunk(hash, size, 0, data)]).await);
            }
        }
        answers
    });
    // Each piece of the author comes between pieces of the rival's.
    let mut client = hub.client(AUTHOR).await;
    let slow = Slow;
    upload(&mut client, &store, file.hash, slow).await.unwrap();
    stop.store(1, Ordering::SeqCst);
    let answers = loops.await.unwrap();
    assert!(
        answers.contains(&Err(Code::ResourceExhausted)),
        "who brings wrong files has to wait: {answers:?}"
    );
    assert_eq!(read_all(&hub.store, file.hash), content(limits::CHUNK_SENT * 6 + 1));
    assert_eq!(*hub.rules.brought.lock().unwrap(), [by(AUTHOR, file.hash, file.size)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_who_brings_the_whole_file_is_a_source() {
    let hub = Hub::new();
    let here = tempfile::tempdir().unwrap();
    let (store, file) = put(here.path(), &content(limits::CHUNK_SENT * 2));
    hub.rules.name(file.hash, file.size);
    for one in [AUTHOR, RIVAL, AUTHOR] {
        upload(&mut hub.client(one).await, &store, file.hash, Unpaced).await.unwrap();
    }
    let brought = hub.rules.brought.lock().unwrap().clone();
    assert_eq!(brought, [AUTHOR, RIVAL].map(|one| by(one, file.hash, file.size)), "once each");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_has_its_share_and_goes_on_when_there_is_more() {
    let mut hub = Hub::new();
    let here = tempfile::tempdir().unwrap();
    let (store, file) = put(here.path(), &content(1000));
    hub.rules.name(file.hash, file.size);
    let why = |error| match error {
        Err(TransferError::Refused(why)) => Some(why),
        _ => None,
    };
    // One file is begun; with it a second one would be too much.
    hub.quotas.unfinished = 1500;
    let begun = Hash([3; 32]);
    hub.rules.name(begun, 600);
    let mut client = hub.client(AUTHOR).await;
    put_chunks(&mut client, [chunk(begun, 600, 0, vec![1])]).await.unwrap();
    assert_eq!(why(upload(&mut client, &store, file.hash, Unpaced).await), Some(FileRefusal::Quota));
    let state = asked(&mut client, file.hash, file.size).await;
    assert!(state.wanted && hub.store.have(file.hash).unwrap().bytes == 0);
    // What was begun may be ended, which makes room.
    let rest = put_chunks(&mut client, [chunk(begun, 600, 1, vec![1; 599])]).await;
    assert_eq!(rest, Err(Code::DataLoss));
    // Another office is not concerned by what this one does.
    hub.quotas.a_day = 1999;
    hub.rules.today.store(1000, Ordering::SeqCst);
    let mut client = hub.client(AUTHOR).await;
    assert_eq!(why(upload(&mut client, &store, file.hash, Unpaced).await), Some(FileRefusal::Quota));
    // The disk is nearly full: what is left of it is for entries.
    hub.quotas = FileQuotas { disk_kept: 100, ..FileQuotas::default() };
    hub.rules.today.store(0, Ordering::SeqCst);
    let mut client = hub.client(AUTHOR).await;
    assert_eq!(why(upload(&mut client, &store, file.hash, Unpaced).await), Some(FileRefusal::Room));
    hub.quotas.disk_kept = 0;
    upload(&mut hub.client(AUTHOR).await, &store, file.hash, Unpaced).await.unwrap();
    assert_eq!(read_all(&hub.store, file.hash), content(1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn how_large_a_file_is_the_hub_says_and_not_the_entry() {
    let hub = Hub::new();
    let (_, file) = put(hub.dir.path(), &content(1000));
    hub.rules.name(file.hash, 17);
    let there = tempfile::tempdir().unwrap();
    let reader = Attachments::open(there.path()).unwrap();
    // What is here of it is longer than the file: a power cut, or another hub.
    fs::write(there.path().join(format!("attachments/{}.part", file.hash)), vec![9; 5000]).unwrap();
    download(&mut hub.client(READER).await, &reader, file.hash, Unpaced).await.unwrap();
    assert_eq!(read_all(&reader, file.hash), content(1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offset_beyond_the_end_is_refused() {
    let hub = Hub::new();
    let (_, file) = put(hub.dir.path(), b"abc");
    hub.rules.name(file.hash, file.size);
    let mut client = hub.client(READER).await;
    let get = |offset| GetRequest { hash: file.hash.to_wire(), offset };
    assert_eq!(client.get(get(4)).await.unwrap_err().code(), Code::OutOfRange);
    let mut end = client.get(get(3)).await.unwrap().into_inner();
    assert_eq!(end.message().await.unwrap(), Some(GetChunk { size: 3, ..Default::default() }));
    assert!(end.message().await.unwrap().is_none());
    let tail = client.get(get(1)).await.unwrap().into_inner().message().await.unwrap().unwrap();
    assert_eq!(tail.data.as_ref(), b"bc");
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_of_one_file_at_once_end_in_one_right_file() {
    let hub = Hub::new();
    let here = tempfile::tempdir().unwrap();
    let (store, file) = put(here.path(), &content(limits::CHUNK_SENT * 6 + 1));
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
    assert_eq!(read_all(&hub.store, file.hash), content(limits::CHUNK_SENT * 6 + 1));
}
