//! All texts that users see: one catalogue, complete in Vietnamese and English, compiled into the program.
//!
//! The texts are in `node/words/{vi,en}/*.ftl` (Fluent). A key has the same arguments in both languages.

pub mod failure;
pub mod order;
pub mod sought;

use std::env;
use std::path::Path;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, langid};
use serde::{Deserialize, Serialize};

/// The generated catalogue; the macro gives its statics no documentation.
#[allow(missing_docs)]
mod catalogue {
    fluent_templates::static_loader! {
        pub(super) static TEXTS = {
            locales: "./words",
            fallback_language: "vi",
            // Isolation marks would show as boxes in terminals and prevent text from being found.
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
    /// The language set in the environment.
    pub fn from_env() -> Self {
        Self::from_vars(|name| env::var(name).ok())
    }

    /// The language set in any source of variables: `TRUC_LANG`, then the locale in the order of POSIX. The first that
    /// is not empty decides; English for an English locale or the bare C locale, otherwise Vietnamese.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let asked = ["TRUC_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(var);
        let Some(asked) = asked.map(|value| value.to_ascii_lowercase()).find(|value| !value.is_empty())
        else {
            return Self::Vi;
        };
        let language = asked.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if matches!(language, "en" | "c" | "posix") { Self::En } else { Self::Vi }
    }

    /// Its code in stores and pages (BCP 47).
    pub fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The language of a code; Vietnamese for an unknown one.
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

/// Value of an argument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number, which selects plural forms.
    Number(i64),
    /// A text.
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

impl From<&Value> for serde_json::Value {
    fn from(value: &Value) -> Self {
        match value {
            Value::Text(text) => text.as_str().into(),
            Value::Number(number) => (*number).into(),
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

/// The text of a key. Keys and arguments that the catalogue lacks are shown as they are: a mistake there must neither
/// panic nor show an empty line.
pub fn say(lang: Lang, key: &str, args: &[(&str, Value)]) -> String {
    known(lang, key, args).unwrap_or_else(|| {
        let args = args.iter().map(|(name, value)| match value {
            Value::Number(number) => format!(" {name}={number}"),
            Value::Text(text) => format!(" {name}={text}"),
        });
        format!("{key}{}", args.collect::<String>())
    })
}

/// The text of a key with its arguments; none: the catalogue does not have it.
pub fn known(lang: Lang, key: &str, args: &[(&str, Value)]) -> Option<String> {
    let values = args.iter().map(|(name, value)| ((*name).to_owned(), value.to_fluent())).collect();
    catalogue::TEXTS.lookup_single_language(&lang.identifier(), key, Some(&values)).ok()
}

/// The text of a key: `say!(lang, "key", name = value, …)`.
#[macro_export]
macro_rules! say {
    ($lang:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::words::say($lang, $key, &[$((stringify!($name), $crate::words::Value::from($value))),*])
    };
}

/// Marks a literal as a catalogue key where it is not passed to [`say`](crate::say!) directly, so that the test over
/// all sources finds it.
pub const fn key(key: &'static str) -> &'static str {
    key
}

#[cfg(test)]
mod tests;
