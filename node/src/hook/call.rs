//! One call of the hook: a program that is run, an address that is posted to.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

/// An address `http://host:port/path`. TLS is for a program to do: the addresses that send messages stand in the
/// office's own network, or behind a program that knows whom it trusts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    host: String,
    port: u16,
    path: String,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|error| format!("no address: {error}"))?;
        match (uri.scheme_str(), uri.host()) {
            (Some("http"), Some(host)) => Ok(Self {
                host: host.to_owned(),
                port: uri.port_u16().unwrap_or(80),
                path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            }),
            _ => Err("http://host:port/path; for https let --notify-command run a program".to_owned()),
        }
    }
}

/// One way of telling.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Channel {
    /// A program is run.
    Command(PathBuf),
    /// An address is posted to.
    Url(Address),
}

impl Channel {
    /// Tells it. Fails with why, in English for log and status.
    pub(super) async fn call(&self, body: Vec<u8>, time: Duration) -> Result<(), String> {
        let one = async {
            match self {
                Self::Command(program) => {
                    run(program, &body).await.map_err(|why| format!("{}: {why}", program.display()))
                }
                Self::Url(address) => post(address, &body)
                    .await
                    .map_err(|why| format!("{}:{}: {why}", address.host, address.port)),
            }
        };
        timeout(time, one).await.unwrap_or_else(|_| Err("it takes too long".to_owned()))
    }
}

/// Runs the program without a shell and without this program's environment; it is killed when its time is over.
async fn run(program: &Path, body: &[u8]) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let mut command = Command::new(program);
    command.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "LANG"));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(told)?;
    if let Some(mut input) = child.stdin.take() {
        // A program that reads nothing may still have done its work: its exit code says so.
        let _ = input.write_all(body).await;
    }
    let status = child.wait().await.map_err(told)?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}

/// Posts the notice, HTTP/1.1, one connection. Any answer of 2xx is good; no more than its first line is read.
async fn post(address: &Address, body: &[u8]) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let Address { host, port, path } = address;
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), *port)).await.map_err(told)?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.map_err(told)?;
    stream.write_all(body).await.map_err(told)?;
    let mut line = [0; 12];
    stream.read_exact(&mut line).await.map_err(told)?;
    let line = String::from_utf8_lossy(&line).into_owned();
    if line.starts_with("HTTP/1.") && line[8..].trim_start().starts_with('2') {
        Ok(())
    } else {
        Err(format!("it answers {line:?}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use tokio::net::TcpListener;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn program(dir: &Path, text: &str) -> Channel {
        let path = dir.join("hook");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        Channel::Command(path)
    }

    #[tokio::test]
    async fn a_program_gets_the_notice_and_its_exit_code_counts() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let hook = program(dir.path(), &format!("cat > {}", out.display()));
        hook.call(b"{\"a\":1}".to_vec(), LONG).await.unwrap();
        assert_eq!(std::fs::read(&out).unwrap(), b"{\"a\":1}");
        let fails = program(dir.path(), "exit 3").call(Vec::new(), LONG).await;
        assert!(fails.unwrap_err().contains("status: 3"));
        let nothing = Channel::Command(dir.path().join("nothing"));
        assert!(nothing.call(Vec::new(), LONG).await.is_err());
    }

    #[tokio::test]
    async fn what_takes_too_long_is_ended() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let hook = Channel::Url(url);
        let short = Duration::from_millis(50);
        assert_eq!(hook.call(Vec::new(), short).await.unwrap_err(), "it takes too long");
        let dir = tempfile::tempdir().unwrap();
        let sleeps = program(dir.path(), "sleep 60");
        assert_eq!(sleeps.call(Vec::new(), short).await.unwrap_err(), "it takes too long");
    }

    #[tokio::test]
    async fn an_address_gets_the_notice_and_its_answer_counts() {
        for (answer, good) in
            [("HTTP/1.1 204 No Content", true), ("HTTP/1.1 500 x", false), ("SSH-2.0-x y z", false)]
        {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/sms?to=1", listener.local_addr().unwrap()).parse().unwrap();
            let served = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut heard = Vec::new();
                while !heard.ends_with(b"{}") {
                    assert_ne!(stream.read_buf(&mut heard).await.unwrap(), 0);
                }
                stream.write_all(format!("{answer}\r\n\r\n").as_bytes()).await.unwrap();
                String::from_utf8(heard).unwrap()
            });
            let hook = Channel::Url(url);
            assert_eq!(hook.call(b"{}".to_vec(), LONG).await.is_ok(), good, "{answer}");
            assert!(served.await.unwrap().starts_with("POST /sms?to=1 HTTP/1.1\r\n"));
        }
    }

    #[test]
    fn only_plain_addresses_are_taken() {
        assert!("http://127.0.0.1:8080/sms".parse::<Address>().is_ok());
        for wrong in ["https://sms.example/", "sms.example", "file:///etc/passwd", ""] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }
}
