//! What a session says and the line has not yet taken: bounded, and gone when the session is over for want of a reader.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_util::Stream;
use prost::Message;
use tonic::Status;
use truc_proto::fault::planted;
use truc_proto::limits;
use truc_proto::wire;

type Frame = Result<wire::HubFrame, Status>;

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// Who takes frames and found none.
    taker: Option<Waker>,
    /// No frame comes any more.
    closed: bool,
    /// Nobody takes frames any more.
    gone: bool,
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

fn size(frame: &Frame) -> usize {
    frame.as_ref().map_or(0, Message::encoded_len)
}

/// The node has more frames before it than an honest one can: it sends and does not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unread;

/// The session's end. When it is dropped, what waits is still taken, and then the stream ends.
#[derive(Debug)]
pub struct Outbox(Arc<Mutex<Waiting>>);

/// The line's end.
#[derive(Debug)]
pub struct Frames(Arc<Mutex<Waiting>>);

/// Both ends.
pub fn outbox() -> (Outbox, Frames) {
    let waiting = Arc::default();
    (Outbox(Arc::clone(&waiting)), Frames(waiting))
}

impl Outbox {
    /// Says a frame. To a node that is gone nothing is said: that shows at the next read.
    pub fn send(&self, frame: Frame) -> Result<(), Unread> {
        let mut waiting = lock(&self.0);
        if waiting.gone {
            return Ok(());
        }
        if waiting.frames.len() >= limits::UNREAD_FRAMES && !planted("limits.unread") {
            return Err(Unread);
        }
        waiting.bytes += size(&frame);
        waiting.frames.push_back(frame);
        if let Some(taker) = waiting.taker.take() {
            taker.wake();
        }
        Ok(())
    }

    /// Frames that wait.
    pub fn frames(&self) -> usize {
        lock(&self.0).frames.len()
    }

    /// Bytes of the frames that wait.
    pub fn bytes(&self) -> usize {
        lock(&self.0).bytes
    }

    /// Forgets what waits but the last frame, which says why it is over: a node that does not read would hold it for
    /// as long as its connection lasts.
    pub fn abandon(&self) {
        let mut waiting = lock(&self.0);
        let last = waiting.frames.pop_back();
        waiting.frames = last.into_iter().collect();
        waiting.bytes = waiting.frames.iter().map(size).sum();
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let mut waiting = lock(&self.0);
        waiting.closed = true;
        if let Some(taker) = waiting.taker.take() {
            taker.wake();
        }
    }
}

impl Waiting {
    fn take(&mut self) -> Option<Frame> {
        let frame = self.frames.pop_front()?;
        self.bytes -= size(&frame);
        Some(frame)
    }
}

impl Frames {
    /// Takes the next frame, if one waits.
    pub fn take(&mut self) -> Option<Frame> {
        lock(&self.0).take()
    }
}

impl Stream for Frames {
    type Item = Frame;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        let mut waiting = lock(&self.0);
        match waiting.take() {
            Some(frame) => Poll::Ready(Some(frame)),
            None if waiting.closed => Poll::Ready(None),
            None => {
                waiting.taker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        let mut waiting = lock(&self.0);
        *waiting = Waiting { gone: true, ..Waiting::default() };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio_stream::StreamExt;

    use super::*;

    fn frame() -> Frame {
        let held = wire::Held { incarnation: 1, seq: 2 };
        Ok(wire::HubFrame { frame: Some(wire::hub_frame::Frame::Held(held)), head: None })
    }

    #[tokio::test]
    async fn what_was_said_is_taken_and_then_it_ends() {
        let (out, mut frames) = outbox();
        let taken = tokio::spawn(async move {
            let mut taken = 0;
            while frames.next().await.is_some() {
                taken += 1;
            }
            taken
        });
        for _ in 0..3 {
            out.send(frame()).unwrap();
            tokio::task::yield_now().await;
        }
        drop(out);
        assert_eq!(taken.await.unwrap(), 3);
    }

    #[tokio::test]
    async fn who_does_not_read_is_noticed_and_holds_nothing_then() {
        let (out, mut frames) = outbox();
        for _ in 0..limits::UNREAD_FRAMES {
            out.send(frame()).unwrap();
        }
        assert_eq!(out.send(frame()), Err(Unread));
        assert_eq!(out.bytes(), limits::UNREAD_FRAMES * size(&frame()));
        out.abandon();
        assert_eq!(out.bytes(), size(&frame()));
        assert!(frames.next().await.is_some());
        assert_eq!(out.bytes(), 0);
        drop(frames);
        assert_eq!(out.send(frame()), Ok(()));
        assert_eq!(out.bytes(), 0);
    }
}
