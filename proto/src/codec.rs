//! The codec of all services: prost with small first buffers, for the sake of silent connections, and frames of nodes
//! counted before they are decoded.

use std::any::TypeId;
use std::marker::PhantomData;

use bytes::Buf;
use prost::Message;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstDecoder, ProstEncoder};

use crate::{crowd, limits, wire};

/// First size of a stream's buffers, bytes. They grow with what passes and tonic's own 8 KiB each way
/// would be most of what an idle office costs the hub.
const FIRST_BUFFER: usize = 1024;
/// So much is gathered before it is handed on, bytes; tonic's own value.
const YIELD_AT: usize = 32 * 1024;
/// Where something repeats in a frame of a node, as field numbers: Hello, the batches of Offer and Push, Status.
const CROWDS: &[&[u32]] = &[&[1], &[3, 1], &[5, 1], &[8]];

/// Protobuf messages; stands in for tonic's `ProstCodec` in the generated code.
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

/// Refuses frames of nodes with more fields than a batch has entries, see [`limits::FIELDS`].
#[derive(Debug)]
pub struct CountingDecoder<U>(ProstDecoder<U>);

impl<U: Message + Default + 'static> Decoder for CountingDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let counted = TypeId::of::<U>() == TypeId::of::<wire::NodeFrame>();
        // A message lies in one piece.
        if counted && CROWDS.iter().any(|path| crowd::fields(buf.chunk(), path) > limits::FIELDS) {
            return Err(Status::resource_exhausted("too many fields"));
        }
        self.0.decode(buf)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}
