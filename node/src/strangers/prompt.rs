//! Connections that must send something within a time: after a handshake nothing else would end a silent one.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A connection whose reads fail if nothing comes within the time. After the first byte it may be silent.
#[derive(Debug)]
pub struct Prompt<T> {
    io: T,
    by: Option<Pin<Box<Sleep>>>,
}

impl<T> Prompt<T> {
    /// A connection whose first byte must come within `within`, counted from now.
    pub fn new(io: T, within: Duration) -> Self {
        Self { io, by: Some(Box::pin(sleep(within))) }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Prompt<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.by = None;
        }
        let late = |by: &mut Pin<Box<Sleep>>| by.as_mut().poll(cx).is_ready();
        if read.is_pending() && self.by.as_mut().is_some_and(late) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Prompt<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn who_says_nothing_is_cut() {
        let (_other, here) = duplex(8);
        let error = Prompt::new(here, SHORT).read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_has_spoken_may_be_silent() {
        let (mut other, here) = duplex(8);
        let mut here = Prompt::new(here, SHORT);
        other.write_u8(7).await.unwrap();
        assert_eq!(here.read_u8().await.unwrap(), 7);
        assert!(tokio::time::timeout(SHORT * 3, here.read_u8()).await.is_err(), "still waiting");
    }
}
