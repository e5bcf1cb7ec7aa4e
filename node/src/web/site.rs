//! What all visits to one desk or console share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use serde_json::Value;
use tokio::sync::watch;
use truc_proto::id::OfficeId;

use crate::accounts::rights::Right;
use crate::accounts::{Accounts, Realm};
use crate::command::{Context, Records};
use crate::derive::views;
use crate::derive::views::read::Look;
use crate::line::uplink::LineState;
use crate::office::Office;
use crate::store::attachments::Attachments;
use crate::words::failure::Failure;

/// Whose pages these are: a node or a hub that runs.
pub trait House: Send + Sync + 'static {
    /// The office.
    fn office(&self) -> &Office;
    /// When another office was last on the line to this one, Unix milliseconds; now, if it is; nodes know of
    /// none.
    fn met(&self, office: OfficeId, now: i64) -> Option<i64>;
    /// How the line to the hub stands; none at the hub itself.
    fn line(&self) -> Option<LineState>;
    /// Moves when something changes that is in no view: the line, who is connected.
    fn stirs(&self) -> watch::Receiver<u64>;
}

/// Where an entry of the navigation stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the bar, and with this short word among the five at the bottom of a phone.
    Tab(&'static str),
    /// In the bar; on a phone behind "more".
    Bar,
    /// Behind "more" everywhere.
    More,
}

/// One entry of the main navigation.
#[derive(Clone, Copy, Debug)]
pub struct Nav {
    /// Where it leads.
    pub path: &'static str,
    /// Its words.
    pub key: &'static str,
    /// After `g`, the key that leads there.
    pub letter: &'static str,
    /// Who sees it.
    pub right: Right,
    /// Where it stands.
    pub place: Place,
}

/// What a desk shows differently from a console.
#[derive(Clone, Copy)]
pub struct Frame {
    /// Main navigation.
    pub nav: &'static [Nav],
    /// How many things wait behind an entry of the navigation, by path.
    pub counts: fn(&Site) -> HashMap<&'static str, usize>,
}

/// A desk or console.
pub struct Site {
    /// Which of both.
    pub realm: Realm,
    /// Whose.
    pub house: Arc<dyn House>,
    /// Who may sign in.
    pub accounts: Accounts,
    /// Files of the store.
    pub files: Attachments,
    /// Held from taking a number until the entry that uses it is written; shared with the command line.
    pub numbering: Arc<tokio::sync::Mutex<()>>,
    /// What it shows.
    pub frame: Frame,
    /// Served over TLS: cookies say so.
    pub secure: bool,
    /// What waits, as of the last change: pages ask more often than it changes.
    pub counted: Counted,
}

/// Counts by path of the navigation, with what they were made from: position of the views, stirs of the house.
pub type Counted = Mutex<Option<((u64, u64), Arc<HashMap<&'static str, usize>>)>>;

impl Site {
    /// Carries a command out in somebody's name.
    pub async fn act(&self, author: &str, command: Records) -> Result<Value, Failure> {
        let met = |office, now| self.house.met(office, now);
        command.execute(&self.context(author, &met)).await
    }

    /// Works, in somebody's name, with what commands are carried out on.
    pub fn within<T>(
        &self,
        author: &str,
        work: impl FnOnce(&Context<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let met = |office, now| self.house.met(office, now);
        work(&self.context(author, &met))
    }

    /// Looks at the views as this office, now.
    pub fn look<T>(
        &self,
        work: impl FnOnce(&Connection, &Look<'_>) -> views::Result<T>,
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
            numbering: &self.numbering,
            line: self.house.line(),
            met,
        }
    }

    /// How many things wait behind each entry of the navigation.
    pub fn counts(&self) -> Arc<HashMap<&'static str, usize>> {
        let folded = self.house.office().folded().map_or(0, |folded| *folded.borrow());
        let now = (folded, *self.house.stirs().borrow());
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

    /// Name of the cookie. Cookies do not know ports: several desks on one machine must differ by name. The
    /// prefix binds it to this host and to TLS (RFC 6265bis), where there is TLS.
    pub fn cookie(&self) -> String {
        let office = self.house.office().id().0.simple().to_string();
        let prefix = if self.secure { "__Host-" } else { "" };
        let realm = match self.realm {
            Realm::Desk => "desk",
            Realm::Console => "console",
        };
        format!("{prefix}truc-{realm}-{}", &office[office.len() - 12..])
    }

    /// The cookie with a value, and with how long it lives if that is not until the browser ends.
    pub(super) fn set_cookie(&self, value: &str, life: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/{life}; HttpOnly; SameSite=Lax{secure}", self.cookie())
    }
}
