//! State that all visits to one desk or console share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use serde_json::Value;
use tokio::sync::watch;
use truc_proto::id::OfficeId;

use crate::accounts::rights::Right;
use crate::accounts::{Accounts, Realm};
use crate::blocking::in_place;
use crate::command::{Context, Records};
use crate::derive::views;
use crate::derive::views::read::Viewpoint;
use crate::line::state::LineState;
use crate::office::Office;
use crate::store::attachments::Attachments;
use crate::words::failure::Failure;

/// The running node or hub whose pages are served.
pub trait House: Send + Sync + 'static {
    /// The office.
    fn office(&self) -> &Office;
    /// When another office was last connected to this one, Unix milliseconds; `now` if it is connected. None at nodes.
    fn met(&self, office: OfficeId, now: i64) -> Option<i64>;
    /// State of the line to the hub; none at the hub.
    fn line(&self) -> Option<LineState>;
    /// Changes with everything pages show that is in no view: the line, who is connected.
    fn stirs(&self) -> watch::Receiver<u64>;
}

/// Position of an entry of the navigation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NavPosition {
    /// In the bar, and among the five at the bottom of a phone, with this key of a short label.
    Tab(&'static str),
    /// In the bar; on a phone in the menu "more".
    Bar,
    /// In the menu "more" everywhere.
    More,
}

/// One entry of the main navigation.
#[derive(Clone, Copy, Debug)]
pub struct Nav {
    /// Its address.
    pub path: &'static str,
    /// Catalogue key of its label.
    pub key: &'static str,
    /// Shortcut: this letter after `g`.
    pub letter: &'static str,
    /// Right required to see it.
    pub right: Right,
    /// Its position.
    pub place: NavPosition,
}

/// What differs between desk and console.
#[derive(Clone, Copy)]
pub struct Frame {
    /// Main navigation.
    pub nav: &'static [Nav],
    /// Paths of its entries that guests of the office see.
    pub guests: &'static [&'static str],
    /// Numbers of waiting things, by path of the navigation's entries.
    pub counts: fn(&Site) -> HashMap<&'static str, usize>,
}

/// A desk or console.
pub struct Site {
    /// Desk or console.
    pub realm: Realm,
    /// The running node or hub.
    pub house: Arc<dyn House>,
    /// Accounts of the store.
    pub accounts: Accounts,
    /// Files of the store.
    pub files: Attachments,
    /// Navigation and counts.
    pub frame: Frame,
    /// Whether pages are served over TLS; cookies are then marked `Secure`.
    pub secure: bool,
    /// Cache of the counts, because pages need them more often than they change.
    pub counted: Counted,
}

/// Counts by path of the navigation, with what they depend on: position of the views, `stirs` of the house.
pub type Counted = Mutex<Option<(Known, Arc<HashMap<&'static str, usize>>)>>;

/// How far the views were, and how often the house had stirred: a page that was made from this differs from later ones
/// only where one of both has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    /// Position up to which the views were folded.
    pub folded: u64,
    /// `stirs` of the house.
    pub stirs: u64,
}

impl std::fmt::Display for Known {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}-{}", self.folded, self.stirs)
    }
}

impl Site {
    /// What the office knows.
    pub fn known(&self) -> Known {
        Known {
            folded: self.house.office().folded().map_or(0, |folded| *folded.borrow()),
            stirs: *self.house.stirs().borrow(),
        }
    }

    /// Carries out a command in an account's name.
    pub async fn act(&self, author: &str, command: Records) -> Result<Value, Failure> {
        let met = |office, now| self.house.met(office, now);
        command.execute(&self.context(author, &met)).await
    }

    /// Asks whether a command could be carried out in an account's name, and writes nothing.
    pub async fn rehearse(&self, author: &str, command: Records) -> Result<(), Failure> {
        let met = |office, now| self.house.met(office, now);
        let context = Context { rehearsal: true, ..self.context(author, &met) };
        command.execute(&context).await.map(drop)
    }

    /// Runs `work` with the context of commands, in an account's name.
    pub fn within<T>(
        &self,
        author: &str,
        work: impl FnOnce(&Context<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let met = |office, now| self.house.met(office, now);
        // What reads the store keeps nobody else waiting.
        in_place(|| work(&self.context(author, &met)))
    }

    /// Queries the views as this office, at the present time.
    pub fn look<T>(
        &self,
        work: impl FnOnce(&Connection, &Viewpoint<'_>) -> views::Result<T>,
    ) -> Result<T, Failure> {
        self.within("", |context| context.look(work))
    }

    fn context<'a>(
        &'a self,
        author: &'a str,
        met: &'a (dyn Fn(OfficeId, i64) -> Option<i64> + Sync),
    ) -> Context<'a> {
        Context {
            office: self.house.office(),
            author,
            accounts: &self.accounts,
            files: &self.files,
            line: self.house.line(),
            met,
            rehearsal: false,
        }
    }

    /// Numbers of waiting things, by path of the navigation's entries.
    pub fn counts(&self) -> Arc<HashMap<&'static str, usize>> {
        let now = self.known();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        match &*counted {
            Some((then, counts)) if *then == now => Arc::clone(counts),
            _ => {
                let counts = Arc::new((self.frame.counts)(self));
                *counted = Some((now, Arc::clone(&counts)));
                counts
            }
        }
    }

    /// Name of the session cookie. It contains the office's id, because cookies ignore ports and several desks may run
    /// on one machine. With TLS, its prefix binds it to this host and to TLS (RFC 6265bis).
    pub fn cookie(&self) -> String {
        let office = self.house.office().id().0.simple().to_string();
        let prefix = if self.secure { "__Host-" } else { "" };
        let realm = match self.realm {
            Realm::Desk => "desk",
            Realm::Console => "console",
        };
        format!("{prefix}truc-{realm}-{}", &office[office.len() - 12..])
    }

    /// Name of the cookie of a watch. It is another than the session's: a watch goes on while people sign in and out
    /// beside it.
    pub fn watch_cookie(&self) -> String {
        format!("{}-watch", self.cookie())
    }

    /// Value of the `Set-Cookie` header for one of these cookies. `life` sets its lifetime; empty: until the browser
    /// closes.
    pub(crate) fn set_cookie(&self, name: &str, value: &str, life: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/{life}; HttpOnly; SameSite=Lax{secure}")
    }
}
