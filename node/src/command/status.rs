//! `status`: the office, its line, what waits, what is stored.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use truc_proto::id::Link;
use truc_proto::limits;

use super::journal::count;
use super::page::{Page, text, when};
use super::{Context, Output, refer};
use crate::clock::{Wrong, unix_millis};
use crate::derive::follow::Followings;
use crate::derive::views::unheard::{Unheard, unheard};
use crate::derive::views::{VIEWS, numbers, read};
use crate::identity::enrolled::Enrolled;
use crate::identity::{IDENTITY, certificate, keys};
use crate::line::state::{LineState, Why};
use crate::office::unsent::Unsent;
use crate::proof::archive::Signed;
use crate::store::attachments;
use crate::store::health::{Health, Trouble};
use crate::store::journal::JOURNAL;
use crate::store::verified::Verified;
use crate::supervise::{AllFailing, Failing};
use crate::words::failure::{ExitCode, Failure};
use crate::words::{self, Lang};

/// The whole status of an office.
pub fn status(context: &Context<'_>) -> Result<Output, Failure> {
    let office = context.office;
    let dir = office.dir();
    let mut output = store(context)?;
    let name = Enrolled::load(dir)?.map(|enrolled| enrolled.name);
    let now = office.time().millis();
    let certificate = certificate(dir, context.line.as_ref(), now / 1000);
    let own = office.id();
    let unsent = office.read(|journal| Unsent::read(journal, own))?;
    let (receipt, resuming) = office.read(|journal| Ok((journal.receipt()?, journal.resuming()?)))?;
    output["name"] = json!(name);
    output["line"] = json!(context.line);
    output["backlog"] = json!({
        "total": unsent.total(),
        "by_urgency": unsent.by_urgency,
        "oldest": unsent.oldest,
        "oldest_seconds": unsent.oldest.map(|oldest| now.saturating_sub(oldest) / 1000),
    });
    output["receipt"] = json!(receipt.map(|receipt| json!({
        "position": receipt.position, "hub_time": receipt.hub_time.millis(),
    })));
    output["resuming"] = json!(resuming);
    output["two_histories"] = json!(histories(context)?);
    output["doubled_numbers"] = json!(office.view(|views| numbers::doubled(views, own))?);
    output["unheard"] = json!(unheard_of(context, receipt.map(|receipt| receipt.link))?);
    output["certificate_days"] = certificate["days"].clone();
    output["certificate"] = certificate;
    let ill = ills(&output);
    output["ill"] = json!(ill);
    refer::name_offices(&mut output, &office.registry(), context.today());
    Ok(output)
}

/// Signed heads of the hub's journal that contradict each other: no single history contains both.
fn histories(context: &Context<'_>) -> Result<Vec<Signed>, Failure> {
    let heads = context.office.read(|journal| journal.contradictory_heads())?;
    Ok(heads.iter().map(Signed::from).collect())
}

/// What was sent long ago without any reaction.
fn unheard_of(context: &Context<'_>, receipt: Option<Link>) -> Result<Unheard, Failure> {
    let own = context.office.id();
    let receipted = match receipt {
        Some(link) => context.office.read(|journal| journal.hash_at(own, link.seat))?,
        None => None,
    };
    context.look(|views, look| unheard(views, look, receipted.map_or(0, |(_, position)| position)))
}

/// Reasons to doubt the hub or one's own copies, and what the hub takes no more of today, in words; empty if there are
/// none. `time` formats Unix milliseconds.
pub fn doubts(lang: Lang, value: &Value, time: impl Fn(i64) -> String) -> Vec<String> {
    let mut doubts = Vec::new();
    let later = &value["line"]["later"];
    if let Some(until) = later["until"].as_i64() {
        let known = |what: &&str| matches!(*what, "entries" | "bytes" | "refused" | "disk");
        let what = later["what"].as_str().filter(known).unwrap_or("other");
        let what = words::say(lang, &format!("later-{what}"), &[]);
        doubts.push(words::say(lang, "line-later", &[("time", time(until).into()), ("what", what.into())]));
    }
    if let Some(head) = super::page::list(&value["two_histories"]).first() {
        doubts.push(words::say(lang, "doubt-two-histories", &[("position", text(&head["position"]).into())]));
    }
    let doubled = super::page::list(&value["doubled_numbers"]);
    if !doubled.is_empty() {
        let numbers: Vec<String> = doubled.iter().map(|doubled| text(&doubled["number"])).collect();
        doubts.push(words::say(lang, "doubled-numbers", &[("numbers", numbers.join(", ").into())]));
    }
    if let Some(since) = value["line"]["owed"].as_i64() {
        doubts.push(words::say(lang, "doubt-owed", &[("time", time(since).into())]));
    }
    let files = &value["line"]["files"];
    if let Some(why) = files["trouble"].as_str() {
        let waiting = [("up", "up"), ("down", "down")];
        let args = waiting.map(|(name, way)| (name, files[way].as_u64().unwrap_or(0).into()));
        doubts.push(words::say(lang, &format!("doubt-files-{why}"), &args));
    }
    if let Some(oldest) = value["unheard"]["oldest"].as_i64() {
        let args = [
            ("papers", value["unheard"]["papers"].as_u64().unwrap_or(0).into()),
            ("offices", super::page::list(&value["unheard"]["offices"]).len().into()),
            ("time", time(oldest).into()),
        ];
        doubts.push(words::say(lang, "doubt-unheard", &args));
    }
    doubts
}

/// The certificate: validity, renewal, why the last renewal failed.
fn certificate(dir: &Path, line: Option<&LineState>, now: u64) -> Value {
    let chain = keys::load_certificates(&dir.join(IDENTITY).join(keys::TLS_CERTIFICATE)).ok();
    let Some(leaf) = chain.and_then(|chain| certificate::read(chain.first()?).ok()) else {
        return Value::Null;
    };
    json!({
        "days": (leaf.not_after as i64 - now as i64).div_euclid(86_400),
        "until": leaf.not_after,
        "renews": certificate::renewal_due(&leaf),
        "failed": line.and_then(|line| line.renewal.as_ref()),
    })
}

/// The certificate in words: validity; renewal; why the last renewal failed. `time` formats Unix milliseconds.
pub fn certificate_words(lang: Lang, value: &Value, time: impl Fn(i64) -> String) -> [String; 3] {
    let seconds = |value: &Value| value.as_i64().map(|seconds| seconds.saturating_mul(1000));
    let Some(until) = seconds(&value["until"]) else { return Default::default() };
    let days = value["days"].as_i64().unwrap_or(0);
    let left = if days < 0 {
        // Too long ago for a renewal.
        let over = -days > (limits::LAPSED.as_secs() / 86_400) as i64;
        let key = if over { "certificate-lapsed" } else { "certificate-over" };
        words::say(lang, key, &[("time", time(until).into())])
    } else {
        words::say(lang, "certificate-left", &[("days", days.into()), ("time", time(until).into())])
    };
    let renews = match seconds(&value["renews"]) {
        Some(at) if at > (unix_millis() as i64) => time(at),
        _ => words::say(lang, "renewal-soon", &[]),
    };
    let failed = &value["failed"];
    let failed = match failed["why"].as_str() {
        Some(why) => {
            let at = failed["at"].as_i64().unwrap_or(0);
            format!("{}: {}", time(at), words::say(lang, &format!("renewal-failed-{why}"), &[]))
        }
        None => String::new(),
    };
    [left, renews, failed]
}

/// What of a status needs a person, each by its name for scripts. Empty: nothing does.
pub fn ills(value: &Value) -> Vec<String> {
    let mut ills = Vec::new();
    if let Some((key, _)) = ailment_of(value) {
        ills.push(key.to_owned());
    }
    let derived: Followings = of(value, "derived");
    ills.extend(derived.values().any(|one| one.trouble.is_some()).then(|| "derived".to_owned()));
    let line = &value["line"];
    if line["standing"] == "refused" {
        ills.push("refused".to_owned());
    } else if line["standing"] == "questioned" || line["asked"].is_u64() {
        ills.push("questioned".to_owned());
    }
    ills.extend((!value["clock"].is_null()).then(|| "clock".to_owned()));
    let over = value["certificate"]["until"].as_u64().is_some_and(|until| until < unix_millis() / 1000);
    ills.extend(over.then(|| "certificate".to_owned()));
    ills.extend((!super::page::list(&value["two_histories"]).is_empty()).then(|| "histories".to_owned()));
    let loops: AllFailing = of(value, "loops");
    ills.extend(loops.iter().filter(|(_, failing)| lasts(failing)).map(|(what, _)| what.key().to_owned()));
    ills
}

/// Whether a loop has failed for so long that it needs a person.
pub fn lasts(failing: &Failing) -> bool {
    unix_millis().saturating_sub(failing.since) >= limits::TROUBLE_LASTS.as_millis() as u64
}

/// The exit code that goes with a status.
pub fn exit(value: &Value) -> ExitCode {
    if super::page::list(&value["ill"]).is_empty() { ExitCode::Done } else { ExitCode::Ill }
}

/// What stands in a status under this name; the default if it is not there.
fn of<T: DeserializeOwned + Default>(value: &Value, name: &str) -> T {
    T::deserialize(&value[name]).unwrap_or_default()
}

/// State of the store: what it holds, how far the views are, what is wrong. For hubs too.
pub fn store(context: &Context<'_>) -> Result<Output, Failure> {
    let office = context.office;
    let dir = office.dir();
    let end = office.read(|journal| Ok(journal.end()?.position))?;
    let folded = *office.folded()?.borrow();
    let refused = office.view(|views| {
        count(views, "SELECT count(*) FROM story WHERE outcome <> 'applied' AND outcome LIKE 'refused:%'")
    })?;
    let newer = office.view(|views| count(views, "SELECT count(*) FROM story WHERE outcome = 'newer'"))?;
    let undigested = office.view(read::undigested)?;
    let gaps = context.look(read::gaps)?;
    Ok(json!({
        "program": crate::VERSION,
        "office": office.id(),
        "hub": office.identity().hub,
        "journal": end,
        "folded": folded,
        "clock": office.time().wrong(),
        "refused": refused,
        "newer": newer,
        "closed": office.view(read::closed)?,
        "undigested": undigested,
        "derived": *office.followings()?.borrow(),
        "loops": office.loops().failing(),
        "gaps": gaps,
        "health": *office.health().map_err(crate::office::OfficeError::from)?.borrow(),
        "verified": *office.verified().borrow(),
        "bytes": {
            "journal": size(&dir.join(JOURNAL)),
            "views": size(&dir.join(VIEWS)),
            "attachments": folder(&dir.join(attachments::FOLDER)),
        },
    }))
}

/// A stretch of time in words: "3 hours".
pub fn span(lang: Lang, millis: i64) -> String {
    let minutes = (millis / 60_000).max(1);
    let say = |key: &str, count: i64| words::say(lang, key, &[("count", count.into())]);
    match minutes {
        0..60 => say("time-minutes", minutes),
        60..600 if minutes % 60 != 0 => {
            let args = [("hours", (minutes / 60).into()), ("minutes", (minutes % 60).into())];
            words::say(lang, "time-hours-minutes", &args)
        }
        60..2880 => say("time-hours", minutes / 60),
        _ => say("time-days", minutes / (24 * 60)),
    }
}

/// What is wrong with the clock, in words. `time` formats Unix milliseconds.
pub fn clock_words(lang: Lang, wrong: Wrong, time: impl Fn(i64) -> String) -> String {
    match wrong {
        Wrong::Off(off) => {
            let key = if off > 0 { "clock-ahead" } else { "clock-behind" };
            let off = i64::try_from(off.unsigned_abs()).unwrap_or(i64::MAX);
            words::say(lang, key, &[("time", span(lang, off).into())])
        }
        Wrong::Doubted { shows, counts } => {
            let args = [("shows", time(shows as i64).into()), ("counts", time(counts as i64).into())];
            words::say(lang, "clock-doubted", &args)
        }
    }
}

/// What is wrong with the store, for the warning on pages and the command line: catalogue key, and either when it began
/// (Unix milliseconds) or the position. None: nothing is known to be wrong.
pub fn ailment(health: &Health, verified: &Verified) -> Option<(&'static str, u64)> {
    let ill = health.trouble.map(|trouble| match trouble {
        Trouble::Full => ("store-is-full", health.since),
        Trouble::ReadOnly => ("store-is-read-only", health.since),
        Trouble::Failing => ("store-is-failing", health.since),
        Trouble::Damaged => ("store-is-damaged", health.since),
        Trouble::InUse => ("store-is-in-use", health.since),
    });
    ill.or_else(|| verified.damage.as_ref().map(|damage| ("store-has-damage", damage.position)))
}

/// How far a journal that ends at a position is verified, in words. `time` formats Unix milliseconds.
pub fn verified(lang: Lang, verified: &Verified, end: u64, time: impl Fn(i64) -> String) -> String {
    let Verified { upto, begun, finished, .. } = verified;
    let whole = finished.map(|finished| time(i64::try_from(finished).unwrap_or(i64::MAX)));
    let under_way = finished.is_none_or(|finished| finished < *begun);
    let args =
        [("upto", (*upto).into()), ("end", end.into()), ("time", whole.clone().unwrap_or_default().into())];
    let key = match (whole, under_way) {
        (None, _) if *upto == 0 => "verified-not-yet",
        (None, _) => "verified-so-far",
        (Some(_), true) => "verified-again",
        (Some(_), false) => "verified-whole",
    };
    words::say(lang, key, &args)
}

fn ailment_of(value: &Value) -> Option<(&'static str, u64)> {
    ailment(&of(value, "health"), &of(value, "verified"))
}

/// What of the program's work in the background fails, since when, and when it is tried again. `time` formats Unix
/// milliseconds.
pub fn failing(lang: Lang, loops: &AllFailing, time: impl Fn(i64) -> String) -> Vec<String> {
    let at = |millis: u64| time(i64::try_from(millis).unwrap_or(i64::MAX));
    let said = loops.iter().map(|(what, failing)| {
        let args = [
            ("what", words::say(lang, what.key(), &[]).into()),
            ("time", at(failing.since).into()),
            ("times", failing.times.into()),
            ("again", at(failing.again).into()),
        ];
        words::say(lang, "loop-fails", &args)
    });
    said.collect()
}

/// Why there is no line, in words; empty if there is one.
pub fn line_why(lang: Lang, line: &Value) -> String {
    let why = Why::deserialize(&line["why"]).ok();
    why.map(|why| words::say(lang, why.key(), &[])).unwrap_or_default()
}

/// What is to be said of the files that are derived from the journal: those that do not follow it for now, and those
/// that were damaged and made anew since the program started. `time` formats Unix milliseconds.
pub fn derived(lang: Lang, followings: &Followings, end: u64, time: impl Fn(i64) -> String) -> Vec<String> {
    let mut said = Vec::new();
    for (file, one) in followings {
        let what = words::say(lang, &format!("derived-{}", file.trim_end_matches(".db")), &[]);
        if one.trouble.is_some() {
            let args = [
                ("what", what.clone().into()),
                ("time", time(one.since as i64).into()),
                ("again", time(one.again as i64).into()),
            ];
            said.push(words::say(lang, "derived-behind", &args));
        }
        if let Some(anew) = &one.anew {
            let percent = one.upto.saturating_mul(100).checked_div(end).unwrap_or(100).min(100);
            let args = [
                ("what", what.clone().into()),
                ("time", time(anew.at as i64).into()),
                ("percent", percent.into()),
            ];
            let key = if one.upto < end { "derived-anew" } else { "derived-mended" };
            said.push(words::say(lang, key, &args));
        }
        if one.passed > 0 {
            let args = [("what", what.into()), ("count", one.passed.into())];
            said.push(words::say(lang, "derived-passed", &args));
        }
    }
    said
}

/// State of the line, for the sentence on pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Connected; everything is sent.
    Whole {
        /// The hub's time of the newest receipt, Unix milliseconds.
        upto: Option<i64>,
    },
    /// Connected; own entries have no receipt yet.
    Sending {
        /// Number of these entries.
        waiting: u64,
    },
    /// Connected; the hub is still checking this machine, or the own ledger is being fetched back.
    Joining,
    /// Not connected.
    Off {
        /// Since when, Unix milliseconds.
        since: i64,
        /// Own entries without a receipt.
        waiting: u64,
    },
    /// The hub waits for a person to decide about this machine, which may be connected or not.
    Questioned {
        /// Since when, Unix milliseconds.
        since: i64,
        /// Own entries without a receipt.
        waiting: u64,
    },
    /// The hub refuses this machine.
    Refused,
}

/// State of the line.
pub fn standing(context: &Context<'_>) -> Result<Standing, Failure> {
    use crate::line::state::Standing as Line;
    let own = context.office.id();
    let waiting =
        || -> Result<u64, Failure> { Ok(context.office.read(|journal| Unsent::read(journal, own))?.total()) };
    let line = context.line.clone().unwrap_or_default();
    Ok(match line.standing {
        Line::On => match waiting()? {
            0 => {
                let receipt = context.office.read(|journal| journal.receipt())?;
                Standing::Whole { upto: receipt.map(|receipt| receipt.hub_time.millis() as i64) }
            }
            waiting => Standing::Sending { waiting },
        },
        Line::Joining => Standing::Joining,
        Line::Off if line.asked.is_none() => Standing::Off { since: line.since as i64, waiting: waiting()? },
        Line::Off | Line::Questioned => {
            Standing::Questioned { since: line.asked.unwrap_or(line.since) as i64, waiting: waiting()? }
        }
        Line::Refused => Standing::Refused,
    })
}

/// Size of a database and the files beside it, bytes; a file that cannot be read counts as zero.
fn size(path: &Path) -> u64 {
    let beside = |suffix: &str| {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        std::fs::metadata(file).map_or(0, |about| about.len())
    };
    ["", "-wal", "-shm"].into_iter().map(beside).sum()
}

fn folder(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => folder(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// Renders the status for people.
pub(super) fn render(page: &mut Page<'_>) {
    let value = page.value;
    let lang = page.lang;
    page.field("cli-office", page.office(&value["office"]));
    page.field("cli-id", text(&value["office"]));
    let line = &value["line"];
    let total = value["backlog"]["total"].as_u64().unwrap_or(0);
    let standing = text(&line["standing"]);
    let sentence = match standing.as_str() {
        "" => page.word("cli-line-not-serving"),
        "on" if total == 0 && value["receipt"].is_object() => {
            words::say(lang, "line-ok", &[("time", when(&value["receipt"]["hub_time"]).into())])
        }
        "off" | "questioned" if line["asked"].is_u64() => {
            let since = when(&line["asked"]);
            words::say(lang, "line-off-asked", &[("time", since.into()), ("count", total.into())])
        }
        "off" => {
            let since = when(&line["since"]);
            words::say(lang, "line-off", &[("time", since.into()), ("count", total.into())])
        }
        other => page.word(&format!("cli-line-{other}")),
    };
    page.field("cli-line", sentence);
    page.field("cli-detail", line_why(lang, line));
    let urgency: Vec<String> = super::page::list(&value["backlog"]["by_urgency"])
        .iter()
        .enumerate()
        .filter(|(_, count)| **count != 0)
        .map(|(urgency, count)| {
            let key = if urgency < 4 { format!("urg-{urgency}") } else { "cli-express-timed".to_owned() };
            format!("{} {count}", page.word(&key))
        })
        .collect();
    page.field("cli-backlog", super::page::noted(total.to_string(), &urgency.join(", ").into()));
    page.field("cli-oldest", when(&value["backlog"]["oldest"]));
    let receipt = &value["receipt"];
    page.field(
        "cli-receipt",
        super::page::noted(text(&receipt["position"]), &when(&receipt["hub_time"]).into()),
    );
    if value["resuming"] == true {
        page.field("cli-resuming", page.word("cli-yes"));
    }
    let told = |millis: i64| when(&json!(millis));
    let [left, renews, failed] = certificate_words(lang, &value["certificate"], told);
    page.field("cli-certificate-held", left);
    page.field("cli-certificate-renews", renews);
    page.field("cli-certificate-failed", failed);
    for doubt in doubts(lang, value, told) {
        page.field("cli-doubt", doubt);
    }
    render_store(page);
    render_doubled(page);
}

/// Renders the numbers that two papers of an office bear, with the records: one of each is to be issued anew or voided.
pub fn render_doubled(page: &mut Page<'_>) {
    let value = page.value;
    let doubled = super::page::list(&value["doubled_numbers"]);
    if doubled.is_empty() {
        return;
    }
    page.line("");
    let head = page.word("doubled-papers");
    page.line(&head);
    let rows = doubled.iter().flat_map(|doubled| {
        let number = text(&doubled["number"]);
        let records = super::page::list(&doubled["records"]).iter();
        records.map(move |record| vec![number.clone(), text(record)])
    });
    let rows: Vec<Vec<String>> = rows.collect();
    page.table(&["cli-number", "cli-record"], &rows);
}

/// Renders the state of the store for people. For hubs too.
pub fn render_store(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-program", text(&value["program"]));
    page.field("cli-journal", text(&value["journal"]));
    let end = value["journal"].as_u64().unwrap_or(0);
    let verified = verified(page.lang, &of(value, "verified"), end, |millis| when(&json!(millis)));
    page.field("cli-verified-to", verified);
    let told = |name: &str| value[name].clone();
    if let Some((key, about)) = ailment_of(value) {
        let args = [("time", when(&about.into()).into()), ("position", about.into())];
        page.field("cli-store", words::say(page.lang, key, &args));
    }
    if let Ok(wrong) = serde_json::from_value(told("clock")) {
        let said = clock_words(page.lang, wrong, |millis| when(&json!(millis)));
        page.field("cli-clock", said);
    }
    page.field("cli-folded", text(&value["folded"]));
    for said in derived(page.lang, &of(value, "derived"), end, |millis| when(&json!(millis))) {
        page.field("cli-derived", said);
    }
    for said in failing(page.lang, &of(value, "loops"), |millis| when(&json!(millis))) {
        page.field("cli-loops", said);
    }
    if let undigested @ 1.. = super::page::list(&value["undigested"]).len() {
        page.field("cli-undigested", undigested.to_string());
    }
    page.field("cli-refused-count", text(&value["refused"]));
    if value["newer"].as_u64().unwrap_or(0) > 0 {
        page.field("proof-newer", text(&value["newer"]));
    }
    if value["closed"].as_u64().unwrap_or(0) > 0 {
        page.field("seal-closed", text(&value["closed"]));
    }
    page.field("cli-gaps", super::page::list(&value["gaps"]).len().to_string());
    let bytes: Vec<String> = ["journal", "views", "attachments"]
        .into_iter()
        .map(|part| {
            let kib = value["bytes"][part].as_u64().unwrap_or(0).div_ceil(1024);
            format!("{part} {kib} KiB")
        })
        .collect();
    page.field("cli-bytes", bytes.join(", "));
    if let Value::Array(gaps) = &value["gaps"] {
        let rows: Vec<Vec<String>> = gaps
            .iter()
            .map(|gap| {
                vec![page.office(&gap["ledger"]), page.scope(&gap["scope"]), text(&gap["seat"]["seq"])]
            })
            .collect();
        page.table(&["cli-office", "cli-audience", "cli-missing"], &rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A status of which nothing needs a person, with one part changed.
    fn status(part: &str, value: Value) -> Value {
        let mut status = json!({
            "line": { "standing": "off", "asked": null }, "clock": null, "two_histories": [], "loops": {},
            "certificate": { "until": u64::MAX }, "derived": {}, "verified": null,
            "health": { "trouble": null, "since": 0, "detail": "" },
        });
        status[part] = value;
        status
    }

    #[test]
    fn what_needs_a_person_is_named_and_has_its_exit_code() {
        let failing =
            |since: u64| json!({ "verifier": { "since": since, "times": 3, "again": 0, "why": "x" } });
        let following = |trouble: Value| json!({ "mail.db": { "upto": 1, "trouble": trouble, "since": 0, "again": 0, "anew": null, "passed": 0 } });
        let well = [
            ("line", Value::Null),
            ("line", json!({ "standing": "on" })),
            ("derived", following(Value::Null)),
            // What fails for a moment mends itself.
            ("loops", failing(unix_millis())),
        ];
        let ill = [
            ("health", json!({ "trouble": "full", "since": 1, "detail": "" }), "store-is-full"),
            ("health", json!({ "trouble": "in-use", "since": 1, "detail": "" }), "store-is-in-use"),
            ("derived", following("x".into()), "derived"),
            ("line", json!({ "standing": "refused" }), "refused"),
            ("line", json!({ "standing": "questioned" }), "questioned"),
            ("line", json!({ "standing": "off", "asked": 1 }), "questioned"),
            ("clock", json!("off"), "clock"),
            ("certificate", json!({ "until": 1 }), "certificate"),
            ("two_histories", json!([{}]), "histories"),
            ("loops", failing(1), "loop-verifier"),
        ];
        let told = |value: Value| {
            let ills = ills(&value);
            (exit(&json!({ "ill": ills })), ills)
        };
        for (part, value) in well {
            assert_eq!(told(status(part, value.clone())), (ExitCode::Done, vec![]), "{part} {value}");
        }
        for (part, value, name) in ill {
            assert_eq!(told(status(part, value)), (ExitCode::Ill, vec![name.to_owned()]), "{part}");
        }
    }

    #[test]
    fn a_journal_is_never_verified_to_0() {
        let said = |upto: u64, begun: u64, finished: Option<u64>| {
            let about = Verified { upto, begun, finished, ..Verified::default() };
            verified(Lang::En, &about, 9, |millis| format!("T{millis}"))
        };
        assert!(said(0, 0, None).starts_with("not yet"), "{}", said(0, 0, None));
        assert!(said(4, 1, None).contains('4') && said(4, 1, None).contains('9'));
        let again = said(0, 8, Some(5));
        assert!(again.contains("T5") && again.contains("again"), "{again}");
        let whole = said(7, 2, Some(5));
        assert!(whole.contains("T5") && whole.contains('7') && whole.contains("when they came"), "{whole}");
    }
}
