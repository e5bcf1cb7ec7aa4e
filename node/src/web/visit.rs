//! A request as pages need it: who makes it, from where, and what for.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::Connection;
use serde_json::Value;
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::registry::{Fact, Registry};
use truc_proto::time::When;

use crate::accounts::rights::{self, Right};
use crate::accounts::{Account, Session, Token};
use crate::clock::unix_millis;
use crate::command::{Context, Records};
use crate::derive::views::read::Viewpoint;
use crate::derive::views::story::StoryRow;
use crate::office::Office;
use crate::words::failure::Failure;
use crate::words::{self, Lang};

use super::site::{Known, Nav, Site};
use super::times::{self, Clock};

/// A request with the site and the session that it belongs to.
#[derive(Clone)]
pub struct Visit {
    /// The desk or console.
    pub site: Arc<Site>,
    /// The session; none on the few pages for everybody.
    pub session: Option<Session>,
    /// Whether the account is a guest's ([`House::is_guest`](truc_proto::house::House::is_guest)).
    pub guest: bool,
    /// Token of the session cookie.
    pub token: Option<Token>,
    /// Address of the client.
    pub source: IpAddr,
    /// `host:port` as the browser names this site; empty if it names none.
    pub host: String,
    /// Path of the request.
    pub path: String,
    /// Query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// Path parameters that the route names.
    pub params: HashMap<String, String>,
    /// Of a page that only renews itself: the marks of the parts that it shows; none: it is asked for as a whole.
    pub shown: Option<String>,
    /// What the office knew when the page was asked for.
    pub known: Known,
    /// Language of the page.
    pub lang: Lang,
    /// Time of the request, Unix milliseconds; the same for the whole page.
    pub now: i64,
}

impl Visit {
    /// Name of the acting account; empty if nobody is signed in.
    pub fn author(&self) -> &str {
        self.session.as_ref().map_or("", |session| session.account.name.as_str())
    }

    /// The account that is signed in.
    pub fn account(&self) -> Option<&Account> {
        self.session.as_ref().map(|session| &session.account)
    }

    /// Whether the account has a right.
    pub fn may(&self, right: Right) -> bool {
        self.account().is_some_and(|account| rights::may(self.site.realm, account.role, right))
    }

    /// Whether the navigation has an entry for this account.
    pub fn shows(&self, item: &Nav) -> bool {
        self.may(item.right) && (!self.guest || self.site.frame.guests.contains(&item.path))
    }

    /// The office whose pages these are.
    pub fn office(&self) -> &Office {
        self.site.house.office()
    }

    /// This office's id.
    pub fn me(&self) -> OfficeId {
        self.office().id()
    }

    /// The office tree.
    pub fn registry(&self) -> Arc<Registry> {
        self.office().registry()
    }

    /// Clock that tells times of this visit.
    pub fn clock(&self) -> Clock {
        Clock { now: self.now, lang: self.lang }
    }

    /// Today, in the country.
    pub fn today(&self) -> Date {
        Date::of_millis(self.now)
            .or_else(|| Date::of_millis(0))
            .unwrap_or_else(|| unreachable!("1970 is a year"))
    }

    /// A path parameter; empty if the route has none of that name.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// The last value of a query parameter; empty if there is none.
    pub fn asked(&self, name: &str) -> &str {
        self.query.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The request's address with one query parameter changed, or removed if the value is empty. Paging starts again.
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

    /// Carries out a command in the account's name.
    pub async fn act(&self, command: Records) -> Result<Value, Failure> {
        self.site.act(self.author(), command).await
    }

    /// Asks whether a command could be carried out, and writes nothing.
    pub async fn rehearse(&self, command: Records) -> Result<(), Failure> {
        self.site.rehearse(self.author(), command).await
    }

    /// Runs `work` with the context of commands.
    pub fn within<T>(&self, work: impl FnOnce(&Context<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        self.site.within(self.author(), work)
    }

    /// Queries the views as this office, at the present time.
    pub fn look<T>(
        &self,
        work: impl FnOnce(&Connection, &Viewpoint<'_>) -> crate::derive::views::Result<T>,
    ) -> Result<T, Failure> {
        self.site.look(work)
    }

    /// The data of an office as of today; if it has none today, its last.
    pub fn fact<'a>(&self, registry: &'a Registry, office: OfficeId) -> Option<&'a Fact> {
        registry.fact_at(office, self.today()).or_else(|| registry.office(office)?.current())
    }

    /// The name of an office as people say it.
    pub fn name(&self, office: OfficeId) -> String {
        let registry = self.registry();
        self.fact(&registry, office).map_or_else(|| office.to_string(), |fact| fact.committee())
    }

    /// The name of one of this office's people, by account; the account itself if there is none of that name.
    pub fn person(&self, account: &str) -> String {
        let found = self.site.accounts.get(account).ok().flatten();
        found.map_or_else(|| account.to_owned(), |account| account.shown)
    }

    /// A time in words, with the exact time in a tooltip.
    pub fn time(&self, millis: i64) -> Markup {
        let clock = self.clock();
        html! { time datetime=(clock.machine(millis)) title=(clock.exact(millis)) { (clock.told(millis)) } }
    }

    /// When an entry was written, with what its author's clock and the hub's said, where they differ.
    pub fn times(&self, row: &StoryRow) -> Markup {
        let said =
            |key: &str, at: i64| words::say(self.lang, key, &[("time", self.clock().exact(at).into())]);
        let apart = |other: i64| Self::apart(row.time, other);
        html! {
            (self.time(row.time))
            @if apart(row.signed) { " (" (said("time-signed", row.signed)) ")" }
            @if let Some(arrived) = row.arrived.filter(|arrived| apart(*arrived)) {
                " (" (said("time-arrived", arrived)) ")"
            }
        }
    }

    /// When something was done, in words: what its author says, and when the hub had it.
    pub fn both(&self, when: When) -> String {
        let said =
            |key: &str, at: i64| words::say(self.lang, key, &[("time", self.clock().exact(at).into())]);
        let arrived = when.arrived.map(|arrived| said("time-arrived", arrived as i64));
        let arrived = arrived.unwrap_or_else(|| self.word("time-unarrived"));
        format!("{}; {arrived}", said("time-signed", when.signed.millis() as i64))
    }

    /// Whether a moment is so far from another that people are shown both of them.
    pub fn apart(one: i64, other: i64) -> bool {
        one.abs_diff(other) > limits::CLOCK_OFF.as_millis() as u64
    }

    /// A date `YYYY-MM-DD` of a paper as people read it: "05/10/2026".
    pub fn day(&self, written: &str) -> String {
        written.parse::<Date>().map_or_else(|_| written.to_owned(), |date| times::day(date.civil()))
    }

    /// The token against forged requests that every form carries.
    pub fn csrf(&self) -> &str {
        self.session.as_ref().map_or("", |session| session.csrf.as_str())
    }

    /// Now, Unix milliseconds.
    pub fn moment() -> i64 {
        unix_millis() as i64
    }

    /// Time of the request in Unix seconds, as accounts count it.
    pub fn seconds(&self) -> u64 {
        self.now as u64 / 1000
    }

    /// Stores the message for the next page; does nothing if nobody is signed in.
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

/// What stands for itself in an address: the unreserved characters (RFC 3986).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text percent-encoded for an address.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// The path if it is one of this site, otherwise `/`: redirects must not lead to other sites. Browsers read `\\` as `/`
/// and drop control characters, so such paths are refused.
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
