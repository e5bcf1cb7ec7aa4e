//! The house as commands tell it: on a day, and what was written of it.

use serde_json::{Value, json};
use truc_proto::date::Date;
use truc_proto::house::finding::Finding;
use truc_proto::house::{Class, House};

use crate::command::Output;
use crate::command::page::{Page, list, text};
use crate::import::house_words;
use crate::say;
use crate::words::{self, Lang};

/// A finding for machines; its words are those of the asking command.
pub(super) fn told(finding: &Finding) -> Value {
    let failure = house_words::failure(finding);
    let args: serde_json::Map<String, Value> =
        failure.args.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
    let severity = if finding.problem.is_warning() { "warn" } else { "error" };
    json!({ "severity": severity, "key": finding.problem.key(), "line": finding.line, "args": args })
}

/// The house on a day.
pub(super) fn shown(house: &House, on: Date) -> Output {
    let accounts = house.people(on).filter(|person| person.account.is_some()).count();
    let issuers = house.issuers(on).map(|issuer| {
        let signers = house.signers_of(&issuer.id, on).map(|(signer, person)| {
            let types: Vec<&str> = signer.types.iter().map(|kind| kind.code()).collect();
            json!({ "form": signer.lines().collect::<Vec<_>>(), "name": person.name, "types": types })
        });
        let term = house.term(&issuer.id, on).map_or("", |term| term.term.as_str());
        json!({ "symbol": issuer.symbol, "term": term, "signers": signers.collect::<Vec<_>>() })
    });
    let own = house.units(on).filter(|unit| unit.class == Class::Own);
    let heads = own.map(|unit| {
        let head = house.head(&unit.id, on).map(|person| person.name.clone());
        json!({ "unit": unit.id, "name": unit.name, "head": head })
    });
    let away = house.people(on).filter(|person| house.absent(&person.id, on).is_some()).map(|person| {
        let acts = house.acts(&person.id, on).map(|person| person.name.clone());
        json!({ "person": person.id, "name": person.name, "acts": acts })
    });
    json!({
        "on": on,
        "units": house.units(on).count(),
        "people": house.people(on).count(),
        "accounts": accounts,
        "issuers": issuers.collect::<Vec<_>>(),
        "heads": heads.collect::<Vec<_>>(),
        "away": away.collect::<Vec<_>>(),
    })
}

/// The house on a day, for people.
pub(super) fn render_shown(page: &mut Page<'_>) {
    let value = page.value;
    page.field("house-on", text(&value["on"]));
    page.field("house-units", text(&value["units"]));
    page.field("house-people", text(&value["people"]));
    page.field("house-accounts", text(&value["accounts"]));
    page.line("");
    let mut rows = Vec::new();
    for issuer in list(&value["issuers"]) {
        let signers: Vec<String> = list(&issuer["signers"]).iter().map(signer).collect();
        rows.push(vec![text(&issuer["symbol"]), text(&issuer["term"]), signers.join("; ")]);
    }
    page.table(&["house-issuer", "house-term", "house-signers"], &rows);
    page.line("");
    let or = |page: &Page<'_>, value: &Value, key: &str| match value {
        Value::Null => page.word(key),
        name => text(name),
    };
    let heads: Vec<Vec<String>> = list(&value["heads"])
        .iter()
        .map(|head| vec![text(&head["unit"]), text(&head["name"]), or(page, &head["head"], "house-nobody")])
        .collect();
    page.table(&["house-unit", "house-name", "house-head"], &heads);
    page.line("");
    let away: Vec<Vec<String>> = list(&value["away"])
        .iter()
        .map(|away| vec![text(&away["name"]), or(page, &away["acts"], "house-no-stand-in")])
        .collect();
    page.table(&["house-away", "house-acts"], &away);
}

/// A signer as one reads it: form, name, types.
fn signer(signer: &Value) -> String {
    let mut lines: Vec<String> = list(&signer["form"]).iter().map(text).collect();
    lines.push(text(&signer["name"]));
    let types: Vec<String> = list(&signer["types"]).iter().map(text).collect();
    let types = if types.is_empty() { String::new() } else { format!(" [{}]", types.join(", ")) };
    format!("{}{types}", lines.join(" / "))
}

/// What is wrong, as one reads it, a line each.
pub(crate) fn findings(lang: Lang, value: &Value) -> Vec<String> {
    let line = |finding: &Value| {
        let args = finding["args"].as_object().into_iter().flatten();
        let args: Vec<(&str, words::Value)> =
            args.map(|(name, value)| (name.as_str(), text(value).into())).collect();
        let sentence = words::say(lang, &format!("house-{}", text(&finding["key"])), &args);
        match finding["line"].as_u64() {
            Some(0) | None => sentence,
            Some(line) => say!(lang, "house-at-line", line = line, sentence = sentence),
        }
    };
    list(&value["findings"]).iter().map(line).collect()
}

/// What was written, in one sentence.
pub(crate) fn summed_up(lang: Lang, value: &Value) -> String {
    let count = value["facts"].as_u64().unwrap_or(0);
    match (value["exit"].is_null(), count, value["check"] == true) {
        (false, ..) => say!(lang, "house-not-written"),
        (_, 0, _) => say!(lang, "house-nothing-new"),
        (_, _, true) => say!(lang, "house-would", count = count),
        _ => say!(lang, "house-written", count = count),
    }
}

/// What was written, for people.
pub(super) fn render_written(page: &mut Page<'_>) {
    let value = page.value;
    for line in findings(page.lang, value) {
        page.line(&line);
    }
    let line = summed_up(page.lang, value);
    page.line(&line);
    for (name, key) in [("lacks", "house-lacks"), ("past", "house-past")] {
        let things: Vec<String> = list(&value[name]).iter().map(text).collect();
        if !things.is_empty() {
            let line = say!(page.lang, key, things = things.join(", "));
            page.line(&line);
        }
    }
}
