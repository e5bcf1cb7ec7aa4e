//! The gRPC codec of all services: prost with small first buffers, so that idle connections stay cheap, and with a
//! limit on the fields of frames that is checked before decoding. What cannot be read has a name, so that a session can
//! end with it.

use std::any::TypeId;
use std::error::Error;
use std::marker::PhantomData;

use bytes::Buf;
use prost::Message;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic::{Code, Status};
use tonic_prost::{ProstDecoder, ProstEncoder};

use crate::{crowd, limits, wire};

/// First size of a stream's buffers, bytes; they grow as needed. tonic's default of 8 KiB each way would be most of
/// what an idle office costs the hub.
const FIRST_BUFFER: usize = 1024;
/// Bytes gathered before they are handed to the connection; tonic's default.
const YIELD_AT: usize = 32 * 1024;
/// Paths (field numbers) to the messages in a node's frame that have repeated fields: Hello, the batches of Offer and
/// Push, Status.
const NODE_CROWDS: [&[u32]; 4] = [&[1], &[3, 1], &[5, 1], &[8]];
/// The same in a hub's frame: Deliver and its batch.
const HUB_CROWDS: [&[u32]; 2] = [&[6], &[6, 2]];
/// What a frame is that is no message of its type.
const UNDECODABLE: &str = "undecodable frame";
/// What a frame is that has more than [`limits::FIELDS`] fields in one message.
const CROWDED: &str = "too many fields";

/// How a frame that could not be read breaks the protocol: the detail of END_PROTOCOL. None: it is not the frame's
/// fault; the line broke, or the other end ended the call.
pub fn broken(status: &Status) -> Option<&'static str> {
    // What the line reports has a cause.
    if status.source().is_some() {
        return None;
    }
    let said = status.message();
    match status.code() {
        Code::OutOfRange if said.contains("message length too large") => Some("frame too large"),
        Code::Internal if said.starts_with("protocol error: received message") => Some("compressed frame"),
        Code::Internal if said.starts_with("Error decompressing") => Some("compressed frame"),
        Code::DataLoss if said == UNDECODABLE => Some(UNDECODABLE),
        Code::DataLoss if said == CROWDED => Some(CROWDED),
        _ => None,
    }
}

/// The codec that the generated code uses instead of tonic's `ProstCodec`.
#[derive(Clone, Debug)]
pub struct SmallCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for SmallCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for SmallCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = CountingDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::new(BufferSettings::new(FIRST_BUFFER, YIELD_AT))
    }

    fn decoder(&mut self) -> Self::Decoder {
        CountingDecoder(ProstDecoder::new(BufferSettings::new(FIRST_BUFFER, YIELD_AT)))
    }
}

/// Refuses frames and questions about files that have more than [`limits::FIELDS`] fields in a message with repeated
/// fields.
#[derive(Debug)]
pub struct CountingDecoder<U>(ProstDecoder<U>);

impl<U: Message + Default + 'static> Decoder for CountingDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let one = TypeId::of::<U>();
        // tonic hands over a message in one piece, so the chunk is the whole message.
        let most = if one == TypeId::of::<wire::NodeFrame>() {
            crowd::most(buf.chunk(), NODE_CROWDS)
        } else if one == TypeId::of::<wire::HubFrame>() {
            crowd::most(buf.chunk(), HUB_CROWDS)
        } else if one == TypeId::of::<wire::HaveRequest>() || one == TypeId::of::<wire::HaveReply>() {
            crowd::fields(buf.chunk(), &[])
        } else {
            0
        };
        if most > limits::FIELDS {
            return Err(Status::data_loss(CROWDED));
        }
        self.0.decode(buf).map_err(|_| Status::data_loss(UNDECODABLE))
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use tonic::codec::Streaming;

    use super::*;

    /// What the codec of the session makes of these bytes of a call.
    fn heard(bytes: &str) -> Status {
        let decoder = SmallCodec::<wire::HubFrame, wire::NodeFrame>::default().decoder();
        let mut call = Streaming::new_request(decoder, bytes.to_owned(), None, Some(limits::FRAME));
        match pin!(call.message()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(heard) => heard.unwrap_err(),
            Poll::Pending => panic!("all bytes are there"),
        }
    }

    #[test]
    fn what_cannot_be_read_has_a_name() {
        assert_eq!(broken(&heard("\0\0\0\0\x02zz")), Some("undecodable frame"));
        // A group, which no message of this protocol has, and which does not end.
        assert_eq!(broken(&heard("\0\0\0\0\x01\x0b")), Some("undecodable frame"));
        assert_eq!(broken(&heard("\x01\0\0\0\x02zz")), Some("compressed frame"));
        assert_eq!(broken(&heard("\x07\0\0\0\x02zz")), Some("compressed frame"));
        assert_eq!(broken(&heard("\0\0\x20\0\0")), Some("frame too large"));
    }

    #[test]
    fn a_line_that_broke_and_a_call_that_was_ended_are_no_frames() {
        let mut broke = Status::internal("protocol error: received message");
        broke.set_source(std::sync::Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset)));
        assert_eq!(broken(&broke), None);
        assert_eq!(broken(&Status::unavailable("stopping")), None);
        assert_eq!(broken(&Status::data_loss("something else")), None);
    }
}
