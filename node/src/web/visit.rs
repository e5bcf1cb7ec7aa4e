//! One request by somebody who is signed in (or not yet): what a page needs to know.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use maud::{Markup, html};
use rusqlite::Connection;
use serde_json::Value;
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::registry::{Fact, Registry};

use crate::accounts::rights::{self, Right};
use crate::accounts::{Account, Session, Token};
use crate::clock::unix_millis;
use crate::command::{Context, Records};
use crate::derive::views::read::Look;
use crate::office::Office;
use crate::words::failure::Failure;
use crate::words::{self, Lang};

use super::site::Site;
use super::times::{self, Clock};

/// A request, with who makes it.
#[derive(Clone)]
pub struct Visit {
    /// The desk or console.
    pub site: Arc<Site>,
    /// Who; none on the few pages for everybody.
    pub session: Option<Session>,
    /// The cookie's token.
    pub token: Option<Token>,
    /// From where.
    pub source: IpAddr,
    /// `host:port` as the browser names this site; empty if it does not.
    pub host: String,
    /// Path as asked.
    pub path: String,
    /// Query as asked, decoded.
    pub query: Vec<(String, String)>,
    /// Parts of the path that the route names.
    pub params: HashMap<String, String>,
    /// The page only renews itself.
    pub live: bool,
    /// Language of the page.
    pub lang: Lang,
    /// Unix milliseconds: one moment for the whole page.
    pub now: i64,
}

impl Visit {
    /// The account that acts; empty where nobody is signed in.
    pub fn author(&self) -> &str {
        self.session.as_ref().map_or("", |session| session.account.name.as_str())
    }

    /// The account.
    pub fn account(&self) -> Option<&Account> {
        self.session.as_ref().map(|session| &session.account)
    }

    /// Whether the account may do something of this kind.
    pub fn may(&self, right: Right) -> bool {
        self.account().is_some_and(|account| rights::may(self.site.realm, account.role, right))
    }

    /// The office.
    pub fn office(&self) -> &Office {
        self.site.house.office()
    }

    /// This office's id.
    pub fn me(&self) -> OfficeId {
        self.office().id()
    }

    /// Offices and how they stand to each other.
    pub fn registry(&self) -> Arc<Registry> {
        self.office().registry()
    }

    /// When and in which language times are told.
    pub fn clock(&self) -> Clock {
        Clock { now: self.now, lang: self.lang }
    }

    /// Today, in the country.
    pub fn today(&self) -> Date {
        Date::of_millis(self.now)
            .or_else(|| Date::of_millis(0))
            .unwrap_or_else(|| unreachable!("1970 is a year"))
    }

    /// A part of the path; empty if the route has none of that name.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// The last value of a query parameter; empty if there is none.
    pub fn asked(&self, name: &str) -> &str {
        self.query.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// This address with one query parameter changed; an empty value takes it away.
    pub fn with(&self, name: &str, value: &str) -> String {
        let kept = self.query.iter().filter(|(key, kept)| key != name && !kept.is_empty() && key != "page");
        let changed = (name, value);
        let pairs = kept.map(|(key, value)| (key.as_str(), value.as_str())).chain(Some(changed));
        let pairs: Vec<String> = pairs
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| format!("{}={}", encoded(key), encoded(value)))
            .collect();
        if pairs.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, pairs.join("&")) }
    }

    /// The text of a key.
    pub fn word(&self, key: &str) -> String {
        words::say(self.lang, key, &[])
    }

    /// Carries a command out in the account's name.
    pub async fn act(&self, command: Records) -> Result<Value, Failure> {
        self.site.act(self.author(), command).await
    }

    /// Works with what commands are carried out on.
    pub fn within<T>(&self, work: impl FnOnce(&Context<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        self.site.within(self.author(), work)
    }

    /// Looks at the views as this office, now.
    pub fn look<T>(
        &self,
        work: impl FnOnce(&Connection, &Look<'_>) -> crate::derive::views::Result<T>,
    ) -> Result<T, Failure> {
        self.site.look(work)
    }

    /// What is true of an office today, or was last.
    pub fn fact<'a>(&self, registry: &'a Registry, office: OfficeId) -> Option<&'a Fact> {
        registry.fact_at(office, self.today()).or_else(|| registry.office(office)?.current())
    }

    /// The name of an office as people say it.
    pub fn name(&self, office: OfficeId) -> String {
        let registry = self.registry();
        self.fact(&registry, office).map_or_else(|| office.to_string(), |fact| fact.name.clone())
    }

    /// A moment: told as people do, the exact one on hover.
    pub fn time(&self, millis: i64) -> Markup {
        let clock = self.clock();
        html! { time datetime=(clock.machine(millis)) title=(clock.exact(millis)) { (clock.told(millis)) } }
    }

    /// A day as papers write it, `YYYY-MM-DD`, as people read it: "05/10/2026".
    pub fn day(&self, written: &str) -> String {
        written.parse().map_or_else(|_| written.to_owned(), times::day)
    }

    /// The token that every form carries.
    pub fn csrf(&self) -> &str {
        self.session.as_ref().map_or("", |session| session.csrf.as_str())
    }

    /// Now, Unix milliseconds.
    pub fn moment() -> i64 {
        unix_millis() as i64
    }

    /// The moment of the visit as accounts count time: Unix seconds.
    pub fn seconds(&self) -> u64 {
        self.now as u64 / 1000
    }

    /// Keeps what the next page says first; where nobody is signed in, nothing.
    pub fn flash(&self, text: String) -> Result<(), Failure> {
        self.token.as_ref().map_or(Ok(()), |token| self.site.accounts.flash(token, text))
    }
}

/// The text of a key of the catalogue in a visit's language: `tell!(visit, "key", name = value, …)`.
#[macro_export]
macro_rules! tell {
    ($visit:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::words::say($visit.lang, $key, &[$((stringify!($name), $crate::words::Value::from($value))),*])
    };
}

/// A text as part of an address.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Only paths of this site are gone to. Browsers read `\\` as `/`, and leave control characters out.
pub fn local(next: &str) -> &str {
    let plain = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|letter: char| letter == '\\' || letter.is_control())
        && !next.starts_with("/login");
    if plain { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_led_nowhere_else() {
        assert_eq!(local("/in?page=2"), "/in?page=2");
        for elsewhere in
            ["//evil.example", "https://evil.example", "/\\evil", "/\t/evil", "", "in", "/login?next=/x"]
        {
            assert_eq!(local(elsewhere), "/");
        }
    }
}
