//! The gRPC codec of all services: prost with small first buffers, so that idle connections stay cheap, and with a
//! limit on the fields of frames that is checked before decoding.

use std::any::TypeId;
use std::marker::PhantomData;

use bytes::Buf;
use prost::Message;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstDecoder, ProstEncoder};

use crate::{crowd, limits, wire};

/// First size of a stream's buffers, bytes; they grow as needed. tonic's default of 8 KiB each way would be most of
/// what an idle office costs the hub.
const FIRST_BUFFER: usize = 1024;
/// Bytes gathered before they are handed to the connection; tonic's default.
const YIELD_AT: usize = 32 * 1024;
/// Paths (field numbers) to the messages in a node's frame that have repeated fields: Hello, the batches of Offer and
/// Push, Status.
const NODE_CROWDS: &[&[u32]] = &[&[1], &[3, 1], &[5, 1], &[8]];
/// The same in a hub's frame: Deliver and its batch.
const HUB_CROWDS: &[&[u32]] = &[&[6], &[6, 2]];

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

/// Refuses frames that have more than [`limits::FIELDS`] fields in a message with repeated fields.
#[derive(Debug)]
pub struct CountingDecoder<U>(ProstDecoder<U>);

impl<U: Message + Default + 'static> Decoder for CountingDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let crowds = if TypeId::of::<U>() == TypeId::of::<wire::NodeFrame>() {
            NODE_CROWDS
        } else if TypeId::of::<U>() == TypeId::of::<wire::HubFrame>() {
            HUB_CROWDS
        } else {
            &[]
        };
        // tonic hands over a message in one piece, so the chunk is the whole message.
        if crowds.iter().any(|path| crowd::fields(buf.chunk(), path) > limits::FIELDS) {
            return Err(Status::resource_exhausted("too many fields"));
        }
        self.0.decode(buf)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}
