//! The pages of the demo: a console and up to three desks that a person may use, with accounts.

use std::path::Path;

use serde_json::{Value, json};
use truc_node::accounts::{Accounts, Attempt, Login, NewAccount, Realm, Role, new_password};
use truc_node::web::Visit;
use truc_node::words::failure::{ExitCode, Failure};

/// Name of the account of the desks, and author of the commands to nodes.
pub(super) const CHIEF: &str = "lanhdao";
/// Name of the account of the console, and author of the commands to the hub.
pub(super) const SUPERVISOR: &str = "dieuhanh";
/// Who works at a desk of which the demo says no more.
pub(super) const DESK: &[(&str, &str, Role)] = &[(CHIEF, "Lãnh đạo văn phòng", Role::Chief)];
/// Who runs the console.
pub(super) const CONSOLE: &[(&str, &str, Role)] = &[(SUPERVISOR, "Điều hành", Role::Administrator)];

/// The commune whose day is played, and its people who may sign in: those of its sample house who act.
pub(super) mod commune {
    use truc_node::accounts::Role;

    /// Code of the commune.
    pub(crate) const CODE: &str = "17464";
    pub(crate) const CHIEF: &str = "cvp";
    pub(crate) const CLERK: &str = "lan";
    pub(crate) const FIRST: &str = "minh";
    pub(crate) const SECOND: &str = "hoa";
    pub(crate) const SIGNER: &str = "pbttt";
    pub(crate) const ADMINISTRATOR: &str = "quantri";
    /// Each with name and role, the chief first.
    pub(crate) const PEOPLE: &[(&str, &str, Role)] = &[
        (CHIEF, "Đậu Thị Chánh", Role::Chief),
        (CLERK, "Trần Lan Mẫu", Role::Clerk),
        (FIRST, "Võ Minh Thử", Role::Specialist),
        (SECOND, "Lê Thị Hoa Mẫu", Role::Specialist),
        (SIGNER, "Phan Thị Thử", Role::Chief),
        (ADMINISTRATOR, "Quản trị", Role::Administrator),
    ];
}

/// Somebody who may sign in.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Name of the account.
    pub(super) user: &'static str,
    /// Its password.
    pub(super) password: String,
}

/// One desk or console, ready to be opened.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    /// The office's name.
    pub(super) office: String,
    /// `host:port`.
    pub(super) address: String,
    /// Who may sign in; the first is the chief, or who runs the console.
    pub(super) accounts: Vec<Account>,
}

impl Pages {
    /// Makes the accounts in a store that no process serves yet.
    pub(super) fn prepare(
        dir: &Path,
        realm: Realm,
        office: &str,
        address: String,
        people: &[(&'static str, &str, Role)],
    ) -> Result<Self, Failure> {
        let store = Accounts::open(dir, realm)?;
        let accounts = people.iter().map(|(user, shown, role)| account(&store, user, shown, *role));
        Ok(Self { office: office.into(), address, accounts: accounts.collect::<Result<_, _>>()? })
    }

    /// The address for a browser.
    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The same for machines.
    pub(super) fn json(&self) -> Value {
        let account = |one: &Account| json!({ "user": one.user, "password": one.password });
        let accounts: Vec<Value> = self.accounts.iter().map(account).collect();
        json!({ "office": self.office, "url": self.url(), "accounts": accounts })
    }
}

/// Adds an account, signs in and changes the first password, as the owner would, because the first one must be changed.
fn account(store: &Accounts, user: &'static str, shown: &str, role: Role) -> Result<Account, Failure> {
    let now = Visit::moment() as u64 / 1000;
    let new = NewAccount { name: user.into(), shown: shown.into(), role, password: None };
    let made = store.add("demo", new, now)?.password;
    let made = made.ok_or_else(|| Failure::new(ExitCode::Unexpected, "demo-failed"))?;
    let attempt = Attempt {
        name: user.into(),
        password: made.reveal().into(),
        source: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    let password = new_password(user)?;
    match store.login(attempt, now) {
        Ok(Login::In(token)) => {
            store.change_password(user, made.reveal(), password.reveal(), &token, now)?;
            store.logout(&token)?;
        }
        _ => return Err(Failure::new(ExitCode::Unexpected, "demo-failed").about(user)),
    }
    Ok(Account { user, password: password.reveal().into() })
}
