//! `office code`: makes enrolment codes. They are secrets, and are printed only because a person asked for them here.

use std::collections::HashSet;
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::command::page::{Page, list, text, when};
use truc_node::command::{Context, refer};
use truc_node::identity::certificate::fingerprint;
use truc_node::identity::keys;
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::code::EnrolmentCode;
use truc_proto::enrolment::secret_hash;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::registry::Registry;

use crate::authority::codes::{has_machine, may_enrol};
use crate::config::Config;
use crate::hub::Hub;

/// Options of `office code`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Code {
    /// The offices: code or id.
    #[arg(value_name = "OFFICE", required_unless_present = "all")]
    pub offices: Vec<String>,
    /// One for every office that has no machine yet and no code that is still good, as JSON lines for scripts.
    #[arg(long, conflicts_with = "offices")]
    pub all: bool,
    /// Also for an office that has a machine: the new one ends it.
    #[arg(long, conflicts_with = "all")]
    #[serde(default)]
    pub replace: bool,
    /// How long it lives, as 15m, 36h or 7d: at most 7 days, for a letter that travels by post.
    #[arg(long, default_value = DEFAULT_LIFE)]
    #[serde(default = "default_life")]
    pub valid: String,
}

/// [`limits::ENROLMENT_CODE_LIFE`] as people write it.
pub const DEFAULT_LIFE: &str = "15m";

fn default_life() -> String {
    DEFAULT_LIFE.to_owned()
}

/// Reads the life of a code: a whole number of minutes, hours or days (`15m`, `36h`, `7d`), from one minute to
/// [`limits::ENROLMENT_CODE_LONGEST`].
fn life(text: &str) -> Result<Duration, Failure> {
    let read = || {
        let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit = match unit {
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return None,
        };
        let life = Duration::from_secs(count.parse::<u64>().ok()?.checked_mul(unit)?);
        (!life.is_zero() && life <= limits::ENROLMENT_CODE_LONGEST).then_some(life)
    };
    read().ok_or_else(|| {
        let wrong = Failure::new(ExitCode::Input, "code-valid").with("value", text);
        wrong.with("most", limits::ENROLMENT_CODE_LONGEST.as_secs() / 86_400)
    })
}

impl Code {
    /// Makes all codes or none: each ends its office's older one, so whoever asked must see all that were made.
    pub(super) async fn execute(&self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let life = life(&self.valid)?;
        let dir = hub.office.dir();
        let _one_at_a_time = hub.decide().await;
        let registry = hub.office.registry();
        let offices = if self.all { wanting(hub, context)? } else { self.named(hub, context)? };
        let config = Config::load(dir)?;
        let authority = keys::load_certificates(&dir.join(keys::AUTHORITY_CERTIFICATE))?;
        let authority = authority.last().map(|certificate| fingerprint(certificate));
        let authority = authority.ok_or_else(|| Failure::new(ExitCode::Store, "keys-unusable"))?;
        let now = hub.clock().now();
        let expires = now + life.as_secs();
        let made = offices.into_iter().map(|office| {
            let secret = keys::random::<16>()?;
            let code = EnrolmentCode { secret, authority, address: config.enrol_address.clone(), expires };
            let written = code.to_text();
            let text = written
                .map_err(|error| Failure::new(ExitCode::Input, "configuration-wrong").because(error))?;
            Ok(New { office, secret: secret_hash(&secret), text: text.as_str().to_owned() })
        });
        let made: Vec<New> = made.collect::<Result<_, Failure>>()?;
        let kept: Vec<(Hash, OfficeId)> = made.iter().map(|new| (new.secret, new.office)).collect();
        // Noted first: whoever holds a code may become the office, so none is made of which nobody can tell.
        let about: Vec<String> = made.iter().map(|new| called(&registry, new.office, context)).collect();
        context.accounts.note_all(context.author, "code-made", &about, None, now)?;
        hub.codes.add_all(&kept, expires, now)?;
        let told = made.into_iter().map(|New { office, text, .. }| {
            let fact =
                registry.fact_at(office, context.today()).or_else(|| registry.office(office)?.current());
            json!({
                "office": office,
                "office_code": fact.map(|fact| &fact.code),
                "name": fact.map(|fact| fact.committee()),
                "code": text,
                "expires": expires,
            })
        });
        Ok(json!({ "codes": told.collect::<Vec<_>>() }))
    }

    /// The offices that were named, if each may have a code.
    fn named(&self, hub: &Hub, context: &Context<'_>) -> Result<Vec<OfficeId>, Failure> {
        let (registry, now) = (hub.office.registry(), hub.clock().now());
        let named = self.offices.iter().map(|text| {
            let office = refer::office(&registry, text, context.today())?;
            if !may_enrol(&registry, office) {
                return Err(Failure::new(ExitCode::NotAllowed, "code-not-for").about(office));
            }
            if has_machine(&registry, office, now) && !self.replace {
                return Err(enrolled(context, office)?);
            }
            Ok(office)
        });
        let mut named = named.collect::<Result<Vec<_>, Failure>>()?;
        // Named twice, the first code would be ended by the second.
        let mut seen = HashSet::new();
        named.retain(|office| seen.insert(*office));
        Ok(named)
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        for code in list(&page.value["codes"]) {
            if self.all {
                page.line(&code.to_string());
                continue;
            }
            page.field("cli-office", format!("{} {}", text(&code["office_code"]), text(&code["name"])));
            page.field("cli-code", text(&code["code"]));
            let expires = json!(code["expires"].as_i64().unwrap_or(0) * 1000);
            page.field("cli-expires", when(&expires));
        }
    }
}

/// The offices that could use a code, by their codes.
fn wanting(hub: &Hub, context: &Context<'_>) -> Result<Vec<OfficeId>, Failure> {
    let registry = hub.office.registry();
    let wants = |office: OfficeId| hub.wants_code(office).map(|wants| wants.then_some(office)).transpose();
    let wanting = registry.offices().filter_map(|(office, _)| wants(office));
    let mut wanting = wanting.collect::<Result<Vec<_>, _>>()?;
    wanting.sort_by_key(|id| registry.fact_at(*id, context.today()).map(|fact| fact.code.clone()));
    Ok(wanting)
}

/// Why no code is made: it would end a machine that works.
fn enrolled(context: &Context<'_>, office: OfficeId) -> Result<Failure, Failure> {
    let heard = context.look(|_, look| Ok((look.heard)(office)))?;
    let heard = heard.map_or_else(|| "–".to_owned(), |heard| when(&json!(heard)));
    Ok(Failure::new(ExitCode::NotAllowed, "code-enrolled").with("heard", heard).about(office))
}

/// An office in a note: code and name.
pub(super) fn called(registry: &Registry, office: OfficeId, context: &Context<'_>) -> String {
    let fact = registry.fact_at(office, context.today()).or_else(|| registry.office(office)?.current());
    fact.map_or_else(|| office.to_string(), |fact| format!("{} {}", fact.code, fact.name))
}

/// A code that is made and not stored yet.
struct New {
    office: OfficeId,
    secret: Hash,
    text: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lives_are_written_in_minutes_hours_or_days_and_have_an_end() {
        let seconds = |text: &str| life(text).map(|life| life.as_secs()).map_err(|failure| failure.key);
        assert_eq!(seconds(DEFAULT_LIFE), Ok(limits::ENROLMENT_CODE_LIFE.as_secs()));
        assert_eq!((seconds("1m"), seconds("36h"), seconds("7d")), (Ok(60), Ok(129_600), Ok(604_800)));
        for wrong in ["", "d", "7", "0m", "8d", "169h", "10081m", "-1d", "1.5h", "7 d", "7D", "1w", "1đ"] {
            assert_eq!(seconds(wrong), Err("code-valid".into()), "{wrong}");
        }
        assert!(life(&format!("{}d", u64::MAX)).is_err());
    }
}
