//! What users see: one catalogue, Vietnamese first, English complete, compiled into the program.
//!
//! The texts are in `node/words/{vi,en}/*.ftl` (Fluent). A key has the same arguments in both languages.

pub mod failure;

use std::env;
use std::path::Path;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, langid};
use serde::{Deserialize, Serialize};

/// The catalogue as the macro makes it; its statics carry no documentation of their own.
#[allow(missing_docs)]
mod catalogue {
    fluent_templates::static_loader! {
        pub(super) static TEXTS = {
            locales: "./words",
            fallback_language: "vi",
            // Isolating marks would show as boxes in terminals and stand in the way of searching.
            customise: |bundle| bundle.set_use_isolating(false),
        };
    }
}

/// A language of the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Lang {
    /// The language that the environment asks for.
    pub fn from_env() -> Self {
        Self::from_vars(|name| env::var(name).ok())
    }

    /// The same from any source of variables: `TRUC_LANG`, then the locale as POSIX ranks it. The first
    /// that is set and not empty decides; what is neither English nor the bare C locale means Vietnamese.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let asked = ["TRUC_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(var);
        let Some(asked) = asked.map(|value| value.to_ascii_lowercase()).find(|value| !value.is_empty())
        else {
            return Self::Vi;
        };
        let language = asked.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if matches!(language, "en" | "c" | "posix") { Self::En } else { Self::Vi }
    }

    /// Its name in stores and pages (BCP 47).
    pub fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// Of that name; what is none means Vietnamese.
    pub fn from_code(code: &str) -> Self {
        if code == Self::En.code() { Self::En } else { Self::Vi }
    }

    fn identifier(self) -> LanguageIdentifier {
        match self {
            Self::Vi => langid!("vi"),
            Self::En => langid!("en"),
        }
    }
}

/// What stands in place of an argument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A count: chooses plural forms.
    Number(i64),
    /// Words.
    Text(String),
}

impl Value {
    fn to_fluent(&self) -> FluentValue<'_> {
        match self {
            Self::Number(number) => FluentValue::from(*number),
            Self::Text(text) => FluentValue::from(text.as_str()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&Path> for Value {
    fn from(path: &Path) -> Self {
        Self::Text(path.display().to_string())
    }
}

macro_rules! from_number {
    ($($number:ty)*) => {
        $(impl From<$number> for Value {
            fn from(number: $number) -> Self {
                i64::try_from(number).map_or_else(|_| Self::Text(number.to_string()), Self::Number)
            }
        })*
    };
}

from_number!(i32 i64 u32 u64 usize);

/// The text of a key. A key or argument that the catalogue lacks shows as itself: never a panic, never
/// an empty line.
pub fn say(lang: Lang, key: &str, args: &[(&str, Value)]) -> String {
    let values = args.iter().map(|(name, value)| ((*name).to_owned(), value.to_fluent())).collect();
    catalogue::TEXTS.lookup_single_language(&lang.identifier(), key, Some(&values)).unwrap_or_else(|_| {
        let args = args.iter().map(|(name, value)| match value {
            Value::Number(number) => format!(" {name}={number}"),
            Value::Text(text) => format!(" {name}={text}"),
        });
        format!("{key}{}", args.collect::<String>())
    })
}

/// The text of a key: `say!(lang, "key", name = value, …)`.
#[macro_export]
macro_rules! say {
    ($lang:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::words::say($lang, $key, &[$((stringify!($name), $crate::words::Value::from($value))),*])
    };
}

/// Marks a literal as a key of the catalogue where it is not handed to [`say`](crate::say!) at once, so
/// that the test over all sources sees it.
pub const fn key(key: &'static str) -> &'static str {
    key
}

#[cfg(test)]
mod tests;
