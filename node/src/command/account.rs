//! `account`: managing the accounts of a store's pages.

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_proto::identifier;

use super::page::{Page, list, text, when};
use super::{Context, act, house, to_value};
use crate::accounts::{Accounts, NewAccount, Role, new_password};
use crate::blocking::blocking;
use crate::words::failure::Failure;

/// What can be done with accounts.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Add an account. Its first password is made here and printed once; it must be changed at the first login.
    #[command(
        after_help = "Example: truc-node account add nva --role clerk --shown 'Nguyễn Văn A'\n         \
                            truc-hub account add ttb --role supervisor --shown 'Trần Thị B'"
    )]
    Add {
        /// 1 to 64 of a-z, digits, dot, hyphen, underscore; a letter first.
        name: String,
        /// Desk: clerk, specialist, chief, administrator. Console: observer, supervisor, administrator.
        #[arg(long)]
        role: Role,
        /// The person's name; default: as NAME.
        #[arg(long, default_value = "")]
        shown: String,
        /// The unit of the house to which the person belongs: the house says so from today on.
        #[arg(long, value_name = "UNIT")]
        unit: Option<String>,
        /// The person's title in that unit.
        #[arg(long, default_value = "", requires = "unit")]
        title: String,
    },
    /// All accounts.
    #[command(after_help = "Example: truc-node account list --json")]
    List,
    /// Give an account another role. Its sessions end.
    #[command(after_help = "Example: truc-node account role nva specialist")]
    Role {
        /// Which account.
        name: String,
        /// Its new role.
        role: Role,
    },
    /// Give an account a new password, made here and printed once. Its sessions end.
    #[command(after_help = "Example: truc-node account password nva")]
    Password {
        /// Which account.
        name: String,
    },
    /// Let nobody sign in with an account any more. Its sessions end; what it wrote stays.
    #[command(after_help = "Example: truc-node account disable nva")]
    Disable {
        /// Which account.
        name: String,
    },
    /// Let an account sign in again.
    #[command(after_help = "Example: truc-node account enable nva")]
    Enable {
        /// Which account.
        name: String,
    },
    /// Say as what the person of an account signs papers; the foot of each paper that it issues bears that and the name.
    #[command(after_help = "Example: truc-node account position nva 'T/M BAN THƯỜNG VỤ' 'PHÓ BÍ THƯ'")]
    Position {
        /// Which account.
        name: String,
        /// For whom and as what, or as what alone; nothing: not said.
        #[arg(num_args = 0..=2, value_name = "LINE")]
        lines: Vec<String>,
    },
    /// Take all second factors and recovery codes of an account away, because they are lost. Its sessions end; the next
    /// login asks for a new password and says who did it.
    #[command(after_help = "Example: truc-node account reset-factor nva")]
    ResetFactor {
        /// Which account.
        name: String,
    },
    /// Sessions of an account.
    #[command(subcommand)]
    Sessions(Sessions),
}

/// What can be done with sessions.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sessions {
    /// End all sessions of an account at once.
    #[command(after_help = "Example: truc-node account sessions end nva")]
    End {
        /// Which account.
        name: String,
    },
}

impl Verb {
    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Value, Failure> {
        let (accounts, by) = (context.accounts.clone(), context.author.to_owned());
        let now = context.office.time().now();
        let person = match &self {
            Self::Add { name, role, shown, unit: Some(unit), title } => {
                let shown = if shown.is_empty() { name } else { shown };
                let role: &str = role.into();
                let fields = [("id", name), ("name", shown), ("unit", unit), ("title", title)];
                let fields = fields.map(|(field, value)| (field, value.as_str()));
                // What the house does not take is no reason to keep half of it.
                house::person(context, [&fields[..], &[("account", role)]].concat()).await?
            }
            _ => None,
        };
        let mut added = blocking(move || self.carry_out(&accounts, &by, now)).await?;
        if let Some(person) = person {
            added["house"] = act::write(context, person).await?;
        }
        Ok(added)
    }

    /// Carries the command out. Blocks, because passwords are hashed.
    fn carry_out(self, accounts: &Accounts, by: &str, now: u64) -> Result<Value, Failure> {
        let named = |name: String| identifier::account(&name);
        let name = match self {
            Self::List => return Ok(json!({ "accounts": to_value(accounts.list()?)? })),
            Self::Add { name, role, shown, .. } => {
                let added = accounts.add(by, NewAccount { name, shown, role, password: None }, now)?;
                let password = added.password.as_ref().map(|password| password.reveal());
                return Ok(json!({ "account": to_value(&added.account)?, "password": password }));
            }
            Self::Password { name } => {
                let name = named(name);
                let password = new_password(&name)?;
                accounts.set_password(by, &name, password.reveal(), now)?;
                let account = to_value(accounts.get(&name)?)?;
                return Ok(json!({ "account": account, "password": password.reveal() }));
            }
            Self::Role { name, role } => {
                let name = named(name);
                accounts.set_role(by, &name, role, now)?;
                name
            }
            Self::Position { name, lines } => {
                let name = named(name);
                accounts.set_position(by, &name, &lines.join("\n"), now)?;
                name
            }
            Self::Disable { name } => {
                let name = named(name);
                accounts.set_disabled(by, &name, true, now)?;
                name
            }
            Self::Enable { name } => {
                let name = named(name);
                accounts.set_disabled(by, &name, false, now)?;
                name
            }
            Self::ResetFactor { name } => {
                let name = named(name);
                accounts.reset_factor(by, &name, now)?;
                name
            }
            Self::Sessions(Sessions::End { name }) => {
                let name = named(name);
                accounts.end_sessions(by, &name)?;
                name
            }
        };
        Ok(json!({ "account": to_value(accounts.get(&name)?)? }))
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        let value = page.value;
        if matches!(self, Self::List) {
            let rows: Vec<Vec<String>> =
                list(&value["accounts"]).iter().map(|account| row(page, account)).collect();
            if rows.is_empty() {
                let line = page.word("cli-empty");
                return page.line(&line);
            }
            let heads = [
                "account-label",
                "account-shown",
                "account-role-label",
                "account-state",
                "account-last-login",
            ];
            return page.table(&heads, &rows);
        }
        let [name, shown, role, state, _] = row(page, &value["account"]).try_into().unwrap_or_default();
        page.field("account-label", name);
        page.field("account-shown", shown);
        page.field("account-role-label", role);
        page.field("account-state", state);
        page.field("account-password-once", text(&value["password"]));
    }
}

fn row(page: &Page<'_>, account: &Value) -> Vec<String> {
    let state = if account["disabled"] == true { "account-state-disabled" } else { "account-state-active" };
    let last = account["last_login"].as_i64().map(|at| when(&json!(at * 1000))).unwrap_or_default();
    vec![
        text(&account["name"]),
        text(&account["shown"]),
        page.word(&format!("role-{}", text(&account["role"]))),
        page.word(state),
        last,
    ]
}
