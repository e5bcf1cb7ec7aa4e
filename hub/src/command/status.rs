//! `status` of a hub.

use serde_json::{Value, json};
use truc_node::command::page::{self, Page, list, text, when};
use truc_node::command::{Context, status as node};
use truc_node::identity::certificate::fingerprint;
use truc_node::words::failure::Failure;
use truc_proto::id::OfficeId;

use crate::delivery::index::MAIL;
use crate::hub::Hub;

/// What the hub knows of itself and of its offices.
pub(super) fn status(hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
    let registry = hub.office.registry();
    let connected = hub.sessions.connected();
    let indexed = match hub.office.followings()?.borrow().get(MAIL) {
        Some(mail) => mail.upto,
        // Nothing follows where the store is only read.
        None => hub.indexed().ok().flatten().unwrap_or(0),
    };
    let mut ids: Vec<OfficeId> = registry.offices().map(|(id, _)| id).collect();
    ids.retain(|id| *id != registry.hub() && registry.is_open(*id));
    ids.sort_by_key(|id| {
        registry.office(*id).and_then(|office| office.current()).map(|fact| fact.code.clone())
    });
    let contact: Vec<(Option<i64>, bool)> =
        context.look(|_, look| Ok(ids.iter().map(|id| ((look.heard)(*id), look.silent(*id))).collect()))?;
    let (mut enrolled, mut silent) = (0, 0);
    let mut offices = Vec::new();
    for (id, (heard, quiet)) in ids.iter().zip(contact) {
        let credential = registry.credential(*id).map_or(0, |credential| credential.number);
        enrolled += usize::from(credential != 0);
        let seen = connected.get(id);
        silent += usize::from(quiet && credential != 0);
        if credential == 0 {
            continue;
        }
        let (delivered, line) =
            hub.office.read(|journal| Ok((journal.delivered(*id)?, journal.line(*id)?)))?;
        offices.push(json!({
            "office": id, "credential": credential, "connected": seen, "heard": heard, "silent": quiet,
            "delivered": delivered,
            "line": line.map(|(link, position)| json!({ "seat": link.seat, "position": position })),
        }));
    }
    let mut output = node::store(context)?;
    output["registered"] = json!(ids.len());
    output["enrolled"] = json!(enrolled);
    output["connected"] = json!(connected.len());
    output["silent"] = json!(silent);
    output["mail"] = json!(indexed);
    let denied = hub.quotas.denied();
    let denied = denied.iter().flat_map(|(office, denied)| {
        denied.iter().map(move |denied| {
            json!({ "office": office, "what": denied.what, "times": denied.times, "last": denied.last })
        })
    });
    output["quota"] = denied.collect();
    output["turned_away"] = json!(hub.connections.turned_away.seen());
    let in_use = hub.in_use();
    output["certificate"] = json!({
        "until": Some(in_use.own.1).filter(|until| *until > 0), "external": in_use.external,
        "authorities": in_use.authorities.iter().map(|der| fingerprint(der)).collect::<Vec<_>>(),
    });
    output["each"] = json!(offices);
    let ill = node::ills(&output);
    output["ill"] = json!(ill);
    Ok(output)
}

/// Prints the outcome for people.
pub(super) fn render(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-office", page.office(&value["office"]));
    page.field("cli-registered", text(&value["registered"]));
    page.field("cli-enrolled", text(&value["enrolled"]));
    page.field("cli-connected", text(&value["connected"]));
    page.field("cli-silent", text(&value["silent"]));
    page.field("cli-mail", text(&value["mail"]));
    let own = &value["certificate"];
    if let Some(until) = own["until"].as_i64() {
        let made = if own["external"] == true { page.word("cli-own-external") } else { String::new() };
        page.field("cli-own-certificate", page::noted(when(&json!(until * 1000)), &made.into()));
    }
    page.field("cli-authorities", list(&own["authorities"]).len().to_string());
    let turned = &value["turned_away"];
    if turned["times"].as_u64().unwrap_or(0) > 0 {
        let last = format!("{}, {}", when(&turned["last"]), text(&turned["source"]));
        page.field("cli-turned-away", page::noted(text(&turned["times"]), &last.into()));
    }
    node::render_store(page);
    let rows: Vec<Vec<String>> = list(&value["each"])
        .iter()
        .map(|office| {
            let yes = if office["connected"].is_object() { "cli-yes" } else { "cli-no" };
            vec![
                page.office(&office["office"]),
                page.word(yes),
                when(&office["heard"]),
                text(&office["line"]["position"]),
                text(&office["line"]["seat"]["seq"]),
                text(&office["delivered"]),
            ]
        })
        .collect();
    page.line("");
    let heads =
        ["cli-office", "cli-connected", "cli-heard", "cli-position", "cli-own-entries", "cli-delivered"];
    page.table(&heads, &rows);
    let denied: Vec<Vec<String>> = list(&value["quota"])
        .iter()
        .map(|denied| {
            let what = page.word(&format!("quota-{}", text(&denied["what"])));
            vec![page.office(&denied["office"]), what, text(&denied["times"]), when(&denied["last"])]
        })
        .collect();
    if !denied.is_empty() {
        page.line("");
        page.table(&["cli-office", "cli-quota", "cli-times", "cli-last"], &denied);
    }
}
