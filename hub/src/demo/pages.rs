//! The pages of the demo: a console and up to three desks that a person may use, each with one account.

use std::path::Path;

use serde_json::{Value, json};
use truc_node::accounts::{Accounts, Attempt, Login, NewAccount, Realm, Role, new_password};
use truc_node::web::Visit;
use truc_node::words::failure::{ExitCode, Failure};

/// Name of the account of the desks, and author of the commands to nodes.
pub(super) const CHIEF: &str = "lanhdao";
/// Name of the account of the console, and author of the commands to the hub.
pub(super) const SUPERVISOR: &str = "dieuhanh";

/// One desk or console, ready to be opened.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    /// The office's name.
    pub(super) office: String,
    /// `host:port`.
    pub(super) address: String,
    /// Name of the account.
    pub(super) user: &'static str,
    /// Password of the account.
    pub(super) password: String,
}

impl Pages {
    /// Makes the account in a store that no process serves yet.
    pub(super) fn prepare(dir: &Path, realm: Realm, office: &str, address: String) -> Result<Self, Failure> {
        let (user, shown, role) = match realm {
            Realm::Desk => (CHIEF, "Lãnh đạo văn phòng", Role::Chief),
            Realm::Console => (SUPERVISOR, "Điều hành", Role::Administrator),
        };
        let accounts = Accounts::open(dir, realm)?;
        let now = Visit::moment() as u64 / 1000;
        let new = NewAccount { name: user.into(), shown: shown.into(), role, password: None };
        let made = accounts.add("demo", new, now)?.password;
        let made = made.ok_or_else(|| Failure::new(ExitCode::Unexpected, "demo-failed"))?;
        // Signs in and changes the first password, as the owner would, because the first one must be changed.
        let attempt = Attempt {
            name: user.into(),
            password: made.reveal().into(),
            source: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let password = new_password(user)?;
        match accounts.login(attempt, now) {
            Ok(Login::In(token)) => {
                accounts.change_password(user, made.reveal(), password.reveal(), &token, now)?;
                accounts.logout(&token)?;
            }
            _ => return Err(Failure::new(ExitCode::Unexpected, "demo-failed").about(user)),
        }
        Ok(Self { office: office.into(), address, user, password: password.reveal().into() })
    }

    /// The address for a browser.
    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The same for machines.
    pub(super) fn json(&self) -> Value {
        json!({ "office": self.office, "url": self.url(), "user": self.user, "password": self.password })
    }
}
