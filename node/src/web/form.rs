//! The state of a form: what was typed, and what is wrong with it. A refused form is shown again with everything typed.

use std::collections::BTreeSet;

use truc_proto::visible;

use crate::words::failure::Failure;

/// Name of the field with the secrecy level.
pub const LEVEL: &str = "confidentiality";

/// Values and errors of a form, by field. A value has nothing that cannot be seen: pasted text often does, and whoever
/// typed it does not mean it.
#[derive(Clone, Debug, Default)]
pub struct Form {
    values: Vec<(String, String)>,
    errors: Vec<(String, String)>,
    /// The failure of the form as a whole, by the rules or the disk.
    pub failure: Option<Failure>,
    /// The question that is still to be answered before a good form is carried out.
    pub question: Option<String>,
}

impl Form {
    /// A form with these values and no errors.
    pub fn of(values: Vec<(String, String)>) -> Self {
        let clean = |(name, value): (String, String)| (name, visible::clean(&value).into_owned());
        Self { values: values.into_iter().map(clean).collect(), ..Self::default() }
    }

    /// An empty form with a failure of the whole.
    pub fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }

    /// A form from the JSON of [`Form::to_json`]; none if it is not that.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self::of)
    }

    /// The values as JSON, as drafts store them.
    pub fn to_json(&self) -> String {
        serde_json::json!(self.values).to_string()
    }

    /// All values, in their order.
    pub fn values(&self) -> &[(String, String)] {
        &self.values
    }

    /// A field's first value as typed; empty if there is none.
    pub fn raw(&self, name: &str) -> &str {
        self.values.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A field's first value without white space around it.
    pub fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// A field's value, or nothing if it is empty.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// All values of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a field has this value among others.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|found| found == value)
    }

    /// Whether a field is present: browsers send only ticked boxes.
    pub fn is_set(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Sets a field to one value.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.retain(|(key, _)| key != name);
        self.add(name, value);
    }

    /// Adds a value to a field.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.values.push((name.to_owned(), visible::clean(&value.into()).into_owned()));
    }

    /// The fields whose names begin so, without that beginning, that are filled in.
    pub fn under(&self, prefix: &str) -> impl Iterator<Item = (String, String)> {
        let values = self.values().iter().filter(|(_, value)| !value.trim().is_empty());
        values.filter_map(move |(name, value)| {
            Some((name.strip_prefix(prefix)?.to_owned(), value.trim().to_owned()))
        })
    }

    /// Numbers of the rows of a part, ascending. Fields of rows are named `part.NUMBER.field`.
    pub fn rows(&self, part: &str) -> Vec<usize> {
        let number = |key: &str| key.strip_prefix(part)?.strip_prefix('.')?.split('.').next()?.parse().ok();
        let rows: BTreeSet<usize> = self.values.iter().filter_map(|(key, _)| number(key)).collect();
        rows.into_iter().collect()
    }

    /// The secrecy level that was chosen: 0 is open.
    pub fn level(&self) -> u8 {
        self.get(LEVEL).parse().unwrap_or(0)
    }

    /// Whether what is typed may not be kept or sent here: from mật upwards.
    pub fn is_secret(&self) -> bool {
        self.level() > 0
    }

    /// Keeps the fields of which `keep` says so.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.values.retain(|(name, _)| keep(name));
    }

    /// Whether all fields of a row are empty; such rows are ignored.
    pub fn row_is_empty(&self, part: &str, row: usize) -> bool {
        let prefix = format!("{part}.{row}.");
        self.values
            .iter()
            .filter(|(key, _)| key.starts_with(&prefix))
            .all(|(_, value)| value.trim().is_empty())
    }

    /// Adds an error to a field, in words.
    pub fn wrong(&mut self, name: impl Into<String>, said: impl Into<String>) {
        self.errors.push((name.into(), said.into()));
    }

    /// The error of a field.
    pub fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|(key, _)| key == name).map(|(_, said)| said.as_str())
    }

    /// All errors, in the order found.
    pub fn errors(&self) -> &[(String, String)] {
        &self.errors
    }

    /// Whether the form has no error.
    pub fn is_good(&self) -> bool {
        self.errors.is_empty() && self.failure.is_none()
    }
}

/// Decodes `application/x-www-form-urlencoded`. Never fails: invalid UTF-8 is replaced.
pub fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_nothing_that_cannot_be_seen() {
        let mut form = Form::of(vec![("a".to_owned(), "x\u{200b}\r\ny\u{1b}".to_owned())]);
        form.add("b", "\u{202e}z");
        form.set("c", "\u{feff}");
        assert_eq!((form.raw("a"), form.raw("b"), form.some("c")), ("x\r\ny", "z", None));
    }

    #[test]
    fn rows_are_found_by_their_numbers_and_empty_ones_are_known() {
        let pairs = [("task.0.content", "a"), ("task.10.due", " "), ("task.2.due", ""), ("taskx.3.a", "b")];
        let form = Form::of(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec());
        assert_eq!(form.rows("task"), [0, 2, 10]);
        assert!(form.row_is_empty("task", 10) && !form.row_is_empty("task", 0));
    }

    #[test]
    fn what_was_typed_stays_with_its_error() {
        let mut form = Form::of(vec![("due".into(), " 31/02 ".into())]);
        form.wrong("due", "no such day");
        assert_eq!((form.raw("due"), form.get("due")), (" 31/02 ", "31/02"));
        assert_eq!(form.error("due"), Some("no such day"));
        assert!(!form.is_good());
    }
}
