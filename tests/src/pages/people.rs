//! People with accounts.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use serde_json::Value;
use truc_node::accounts::{Accounts, Attempt, Login, NewAccount, Realm, Role, Settings, Theme, new_password};
use truc_node::clock::unix_now;
use truc_node::words::Lang;

/// Address from which everybody signs in.
const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// An account with its password.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account's name.
    pub user: String,
    /// Its password.
    pub password: String,
}

impl Person {
    /// The people of a desk or console in the demo's description.
    pub(super) fn all(said: &Value) -> Vec<Self> {
        let text = |said: &Value, name: &str| said[name].as_str().unwrap().to_owned();
        let person = |said| Self { user: text(said, "user"), password: text(said, "password") };
        said["accounts"].as_array().unwrap().iter().map(person).collect()
    }

    /// Adds an account to a store, which may be in use, and changes its first password.
    #[track_caller]
    pub fn new(store: &Path, realm: Realm, role: Role, user: &str) -> Self {
        let accounts = Accounts::open(store, realm).unwrap();
        let new = NewAccount { name: user.into(), shown: user.into(), role, password: None };
        let first = accounts.add("tests", new, unix_now()).unwrap().password.unwrap();
        let attempt = Attempt { name: user.into(), password: first.reveal().into(), source: SOURCE };
        let Ok(Login::In(token)) = accounts.login(attempt, unix_now()) else {
            panic!("{user} cannot sign in")
        };
        let password = new_password(user).unwrap().reveal().to_owned();
        accounts.change_password(user, first.reveal(), &password, &token, unix_now()).unwrap();
        accounts.logout(&token).unwrap();
        Self { user: user.into(), password }
    }

    /// Sets language and theme.
    pub fn set(&self, store: &Path, realm: Realm, lang: Lang, theme: Theme) {
        let accounts = Accounts::open(store, realm).unwrap();
        accounts.settings(&self.user, Settings { lang, theme, keys: true }).unwrap();
    }
}
