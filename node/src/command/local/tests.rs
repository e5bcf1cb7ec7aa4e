#![allow(clippy::unwrap_used)]
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use super::*;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ask {
    Count(u32),
    Fail,
    Panic,
    Wait,
    Echo(String),
    Read,
}

struct Serving {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    /// Lets go of a request that waits.
    go: mpsc::Sender<()>,
    lock: Lock,
}

fn serve(dir: &Path) -> Serving {
    let lock = Lock::take(dir).unwrap();
    let socket = Socket::bind(&lock).unwrap();
    let (stop, stopped) = oneshot::channel();
    let (go, gone) = mpsc::channel(1);
    let gone = Arc::new(tokio::sync::Mutex::new(gone));
    let handler = move |ask: Ask, opened: Vec<File>, progress: Progress| {
        let gone = Arc::clone(&gone);
        async move {
            match ask {
                Ask::Count(to) => {
                    (0..to).for_each(|step| progress.say(json!(step)));
                    Ok(json!({ "counted": to }))
                }
                Ask::Fail => Err(Failure::new(ExitCode::NotFound, "io-not-found").about("x")),
                Ask::Panic => panic!("as asked"),
                Ask::Wait => {
                    progress.say(json!("waiting"));
                    gone.lock().await.recv().await;
                    Ok(json!("waited"))
                }
                Ask::Echo(text) => Ok(json!(text)),
                Ask::Read => {
                    let read = opened.iter().map(io::read_to_string);
                    Ok(json!(read.collect::<io::Result<Vec<_>>>().unwrap()))
                }
            }
        }
    };
    let task = tokio::spawn(socket.serve(handler, async {
        let _ = stopped.await;
    }));
    Serving { stop, task, go, lock }
}

async fn ask(dir: &Path, ask: Ask) -> (Result<Value, Failure>, Vec<Value>) {
    let dir = dir.to_owned();
    spawn_blocking(move || {
        let mut progress = Vec::new();
        let answer = call(&dir, &ask, &[], |word| progress.push(word));
        (answer, progress)
    })
    .await
    .unwrap()
}

async fn stop(serving: Serving) {
    serving.stop.send(()).unwrap();
    serving.task.await.unwrap();
    drop(serving.lock);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_after_their_progress() {
    let dir = tempfile::tempdir().unwrap();
    let serving = serve(dir.path());
    let (answer, progress) = ask(dir.path(), Ask::Count(3)).await;
    assert_eq!((answer.unwrap(), progress), (json!({"counted": 3}), vec![json!(0), json!(1), json!(2)]));
    let (answer, _) = ask(dir.path(), Ask::Fail).await;
    assert_eq!(answer.unwrap_err(), Failure::new(ExitCode::NotFound, "io-not-found").about("x"));
    let (answer, _) = ask(dir.path(), Ask::Panic).await;
    assert_eq!(answer.unwrap_err().key, "local-cut");
    let long = "ạ\n".repeat(1_000_000);
    assert_eq!(ask(dir.path(), Ask::Echo(long.clone())).await.0.unwrap(), json!(long));
    stop(serving).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_may_open_it_and_it_goes_with_its_program() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(SOCKET);
    fs::write(&path, "left by a process that died").unwrap();
    let serving = serve(dir.path());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    stop(serving).await;
    assert!(!path.exists());
    let (nobody, _) = ask(dir.path(), Ask::Fail).await;
    assert_eq!(nobody.unwrap_err().key, "local-nobody");
    // A socket file that nobody listens at is nobody too.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert_eq!(ask(dir.path(), Ask::Fail).await.0.unwrap_err().key, "local-nobody");
    stop(serve(dir.path())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_path_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    let long = dir.path().join("thư-mục-".repeat(20));
    let serving = serve(&long);
    assert!(long.join(SOCKET).exists());
    assert_eq!(ask(&long, Ask::Echo("a".to_owned())).await.0.unwrap(), json!("a"));
    stop(serving).await;
    assert!(!long.join(SOCKET).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_ends_before_the_program_does() {
    let dir = tempfile::tempdir().unwrap();
    let serving = serve(dir.path());
    let (said, heard) = oneshot::channel();
    let asking = spawn_blocking({
        let dir = dir.path().to_owned();
        let mut said = Some(said);
        move || {
            call(&dir, &Ask::Wait, &[], |_| {
                if let Some(said) = said.take() {
                    said.send(()).unwrap();
                }
            })
        }
    });
    heard.await.unwrap();
    // Others are answered meanwhile.
    assert!(ask(dir.path(), Ask::Count(0)).await.0.is_ok());
    serving.stop.send(()).unwrap();
    serving.go.send(()).await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap(), json!("waited"));
    serving.task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_outlives_its_command() {
    let dir = tempfile::tempdir().unwrap();
    let serving = serve(dir.path());
    let mut stream = UnixStream::connect(dir.path().join(SOCKET)).await.unwrap();
    let request = serde_json::to_vec(&Ask::Wait).unwrap();
    stream.write_u32(request.len() as u32).await.unwrap();
    stream.write_all(&request).await.unwrap();
    stream.read_u8().await.unwrap();
    drop(stream);
    // Taken up by the request, though nobody listens to its answer.
    serving.go.send(()).await.unwrap();
    serving.go.reserve().await.unwrap();
    stop(serving).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_handed_over_open() {
    let dir = tempfile::tempdir().unwrap();
    let serving = serve(dir.path());
    let open = |number: usize| {
        let path = dir.path().join(format!("{number}.txt"));
        fs::write(&path, format!("file {number}")).unwrap();
        let file = File::open(&path).unwrap();
        // Where it lies the other process need not see.
        fs::remove_file(&path).unwrap();
        file
    };
    for count in [0, 1, limits::ATTACHMENTS, limits::ATTACHMENTS + 1] {
        let files: Vec<File> = (0..count).map(open).collect();
        let store = dir.path().to_owned();
        let answer = spawn_blocking(move || call(&store, &Ask::Read, &files, |_| {})).await.unwrap();
        if count > limits::ATTACHMENTS {
            assert_eq!(answer.unwrap_err().key, "attachment-too-many");
        } else {
            let expected: Vec<String> = (0..count).map(|number| format!("file {number}")).collect();
            assert_eq!(answer.unwrap(), json!(expected));
        }
    }
    stop(serving).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_too_large_or_no_json_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let serving = serve(dir.path());
    let (answer, _) = ask(dir.path(), Ask::Echo("x".repeat(limits::LOCAL_REQUEST))).await;
    assert_eq!(answer.unwrap_err().key, "local-too-large");
    for (sent, key) in [
        (u32::MAX.to_be_bytes().to_vec(), "local-too-large"),
        (b"\0\0\0\x02{]".to_vec(), "local-request"),
        (b"\0\0\0\x09{\"new\":0}".to_vec(), "local-request"),
    ] {
        let mut stream = UnixStream::connect(dir.path().join(SOCKET)).await.unwrap();
        stream.write_all(&sent).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let last = answer.lines().next_back().unwrap();
        let Line::Failure(failure) = serde_json::from_str(last).unwrap() else { panic!("{answer}") };
        assert_eq!(failure.key, key);
    }
    stop(serving).await;
}

#[test]
fn a_service_that_takes_up_no_request_is_not_waited_for_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    // It listens, and accepts nobody.
    let _deaf = std::os::unix::net::UnixListener::bind(dir.path().join(SOCKET)).unwrap();
    let asked = call_within(dir.path(), &Ask::Fail, &[], Duration::from_millis(50), |_| {});
    assert_eq!(asked.unwrap_err().key, "local-busy");
}
