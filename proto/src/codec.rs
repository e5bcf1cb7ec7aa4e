//! The codec of all services: prost with small first buffers, for the sake of silent connections.

use std::marker::PhantomData;

use prost::Message;
use tonic::codec::{BufferSettings, Codec};
use tonic_prost::{ProstDecoder, ProstEncoder};

/// First size of a stream's buffers, bytes. They grow with what passes and tonic's own 8 KiB each way
/// would be most of what an idle office costs the hub.
const FIRST_BUFFER: usize = 1024;
/// So much is gathered before it is handed on, bytes; tonic's own value.
const YIELD_AT: usize = 32 * 1024;

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
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::new(BufferSettings::new(FIRST_BUFFER, YIELD_AT))
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstDecoder::new(BufferSettings::new(FIRST_BUFFER, YIELD_AT))
    }
}
