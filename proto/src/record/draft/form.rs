//! How values of moves stand in messages.

use std::marker::PhantomData;
use std::str::FromStr;

use bytes::Bytes;

use crate::date::Date;
use crate::id::{Hash, RecordId};
use crate::limits;
use crate::record::Malformed;
use crate::record::parts;

/// How a value stands in a message.
pub trait Form {
    /// The value.
    type Value;
    /// What stands in the message.
    type Wire;

    fn read(wire: Self::Wire) -> Result<Self::Value, Malformed>;
    fn write(value: &Self::Value) -> Self::Wire;
}

/// A type with a message of its own.
pub trait Message: Sized {
    type Wire;

    fn from_wire(wire: Self::Wire) -> Result<Self, Malformed>;
    fn to_wire(&self) -> Self::Wire;
}

macro_rules! text {
    ($($doc:literal $name:ident $check:expr;)*) => {
        $(#[doc = $doc]
        pub struct $name;

        impl Form for $name {
            type Value = String;
            type Wire = String;

            fn read(wire: String) -> Result<String, Malformed> {
                $check(&wire)?;
                Ok(wire)
            }

            fn write(value: &String) -> String {
                value.clone()
            }
        })*
    };
}

text! {
    "A short text, which may be empty." Line parts::line;
    "The name of a person, unit or body: it must be there." Name name;
    "Words." Words |text: &str| parts::note(text.to_owned()).map(drop);
    "A whole text." Whole whole;
}

fn name(text: &str) -> Result<(), Malformed> {
    if text.is_empty() { Err(Malformed("nobody")) } else { parts::line(text) }
}

fn whole(text: &str) -> Result<(), Malformed> {
    if text.len() > limits::DRAFT_TEXT { Err(Malformed("too long a text")) } else { Ok(()) }
}

macro_rules! same {
    ($($doc:literal $name:ident $type:ty;)*) => {
        $(#[doc = $doc]
        pub struct $name;

        impl Form for $name {
            type Value = $type;
            type Wire = $type;

            fn read(wire: $type) -> Result<$type, Malformed> {
                Ok(wire)
            }

            fn write(value: &$type) -> $type {
                *value
            }
        })*
    };
}

same! {
    "A number." Number u32;
    "Yes or no." Flag bool;
}

/// A moment, Unix milliseconds, after 1970.
pub struct Moment;

impl Form for Moment {
    type Value = i64;
    type Wire = i64;

    fn read(wire: i64) -> Result<i64, Malformed> {
        if wire > 0 { Ok(wire) } else { Err(Malformed("moment")) }
    }

    fn write(value: &i64) -> i64 {
        *value
    }
}

/// One of a few words.
pub struct One<T>(PhantomData<T>);

impl<T: FromStr + Copy> Form for One<T>
where
    &'static str: From<T>,
{
    type Value = T;
    type Wire = String;

    fn read(wire: String) -> Result<T, Malformed> {
        wire.parse().map_err(|_| Malformed("word"))
    }

    fn write(value: &T) -> String {
        <&'static str>::from(*value).to_owned()
    }
}

/// A list.
pub struct Many<F>(PhantomData<F>);

impl<F: Form> Form for Many<F> {
    type Value = Vec<F::Value>;
    type Wire = Vec<F::Wire>;

    fn read(wire: Self::Wire) -> Result<Self::Value, Malformed> {
        if wire.len() > limits::PARTS {
            return Err(Malformed("too many parts"));
        }
        wire.into_iter().map(F::read).collect()
    }

    fn write(value: &Self::Value) -> Self::Wire {
        value.iter().map(F::write).collect()
    }
}

/// A message within.
pub struct Of<T>(PhantomData<T>);

impl<T: Message> Form for Of<T> {
    type Value = T;
    type Wire = T::Wire;

    fn read(wire: T::Wire) -> Result<T, Malformed> {
        T::from_wire(wire)
    }

    fn write(value: &T) -> T::Wire {
        value.to_wire()
    }
}

/// A message within that must be there.
pub struct Given<T>(PhantomData<T>);

impl<T: Message> Form for Given<T> {
    type Value = T;
    type Wire = Option<T::Wire>;

    fn read(wire: Self::Wire) -> Result<T, Malformed> {
        T::from_wire(wire.ok_or(Malformed("missing"))?)
    }

    fn write(value: &T) -> Self::Wire {
        Some(value.to_wire())
    }
}

/// A record.
pub struct Record;

impl Form for Record {
    type Value = RecordId;
    type Wire = Bytes;

    fn read(wire: Bytes) -> Result<RecordId, Malformed> {
        RecordId::from_wire(&wire).ok_or(Malformed("record"))
    }

    fn write(value: &RecordId) -> Bytes {
        value.to_wire()
    }
}

/// A hash.
pub struct Sha;

impl Form for Sha {
    type Value = Hash;
    type Wire = Bytes;

    fn read(wire: Bytes) -> Result<Hash, Malformed> {
        Hash::from_slice(&wire).ok_or(Malformed("hash"))
    }

    fn write(value: &Hash) -> Bytes {
        value.to_wire()
    }
}

/// A day.
pub struct Day;

impl Form for Day {
    type Value = Date;
    type Wire = String;

    fn read(wire: String) -> Result<Date, Malformed> {
        wire.parse().map_err(|_| Malformed("date"))
    }

    fn write(value: &Date) -> String {
        value.to_string()
    }
}
