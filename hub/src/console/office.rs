//! One office: how it stands, what it owes and has written, its machine and what can be done about it, its facts.

use std::sync::Arc;

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::derive::views::kinds::registry::renews;
use truc_node::derive::views::read::{self, DutyRow};
use truc_node::derive::views::story::{self, StoryRow};
use truc_node::tell;
use truc_node::web::form::Form;
use truc_node::web::page::Page;
use truc_node::web::parts::field::{self, Field};
use truc_node::web::parts::{self, Mark, badge, section};
use truc_node::web::route::{Need as Asks, Route};
use truc_node::web::{Answer, Fault, Posted, Visit};
use truc_node::words::failure::Failure;
use truc_proto::id::OfficeId;
use truc_proto::paper::Due;
use truc_proto::registry::{self, Tier};

use super::act::{act, done};
use super::facts::FactsCache;
use super::fleet::{Machine, Need};
use super::glance::State;
use super::province::{self, Office, Province, Words};
use super::{letter, offices};
use crate::command::office::Verb;
use crate::command::{Command, question};
use crate::hub::Hub;
use crate::line::presence::MachineSeen;

/// How many of the newest entries are shown.
const ENTRIES: usize = 12;
/// How many duties are shown.
const DUTIES: usize = 50;

pub(super) fn routes(hub: &Arc<Hub>, keeper: &Arc<FactsCache>) -> Vec<Route> {
    let shared = || (Arc::clone(hub), Arc::clone(keeper));
    let keeps = Asks::Right(Right::Offices);
    let ((a, b), (c, d), (e, _), (f, _)) = (shared(), shared(), shared(), shared());
    vec![
        Route::get("/offices/{id}", Asks::Right(Right::Read), move |visit| {
            let (hub, keeper) = (Arc::clone(&a), Arc::clone(&b));
            async move { show(&visit, &hub, &keeper, &Form::default()).await }
        }),
        Route::post("/offices/{id}/revoke", keeps, move |visit, posted| {
            revoke(visit, posted, Arc::clone(&c), Arc::clone(&d))
        })
        .back("/offices/{id}"),
        Route::post("/offices/{id}/approve", keeps, move |visit, _| answer(visit, Arc::clone(&e), true))
            .back("/offices/{id}"),
        Route::post("/offices/{id}/refuse", keeps, move |visit, _| answer(visit, Arc::clone(&f), false))
            .back("/offices/{id}"),
    ]
}

/// What the views have of an office.
struct Seen {
    duties: Vec<DutyRow>,
    newest: Vec<StoryRow>,
    refused: u64,
}

fn seen(visit: &Visit, office: OfficeId) -> Result<Seen, Failure> {
    visit.look(|views, look| {
        let mut duties = read::duties(views, look, office)?;
        duties.retain(|duty| !duty.status.is_done());
        Ok(Seen {
            duties,
            newest: story::newest_of(views, office, ENTRIES)?,
            refused: story::refused_by_office(views)?.get(&office).copied().unwrap_or(0),
        })
    })
}

async fn show(visit: &Visit, hub: &Arc<Hub>, keeper: &Arc<FactsCache>, form: &Form) -> Answer {
    let id = province::named(visit, hub)?;
    let province = Province::look(visit, hub, keeper).await?;
    let (seen, words) = (seen(visit, id)?, Words::of(visit));
    let known = province.registry.office(id).ok_or(Fault::NotFound)?;
    let name = visit.name(id);
    // The hub itself and offices that have ended are not among the province's offices.
    let office = province.offices.iter().find(|office| office.id == id);
    let machine = office.map(|office| offices::machine(&province, office, seen.refused));
    let asked = hub.sessions.asked(visit.now.unsigned_abs()).remove(&id).map(|asked| asked.machines);
    let asked = asked.unwrap_or_default();
    let body = html! {
        p.crumb { a href="/offices" { (visit.word("nav-offices")) } }
        header.title { h1 { (name) } }
        (field::summary(visit, form))
        @if let (Some(office), Some(machine)) = (office, &machine) {
            (head(visit, &province, &words, office, machine))
            @if visit.may(Right::Offices) { (deeds(visit, office, machine, &asked, known.highest_credential() > known.revoked_up_to(), form)) }
        }
        div.two {
            div {
                (section("duties", &visit.word("sec-duties"), &seen.duties.len().to_string(), duties(visit, &seen.duties)))
                (section("newest", &visit.word("sec-newest"), "", newest(visit, &seen.newest)))
            }
            aside {
                @if let (Some(office), Some(machine)) = (office, &machine) { (about(visit, hub, &province, office, machine)) }
                (below(visit, &province, &words, id))
                (facts(visit, known))
            }
        }
    };
    Ok(Page::new(name, body).at("/offices").render(visit))
}

fn head(visit: &Visit, province: &Province, words: &Words, office: &Office, machine: &Machine<'_>) -> Markup {
    let needs = machine.needs(visit.now);
    html! {
        p id="stand" data-part {
            (badge(office.stand.state.mark(), &words.office(office)))
            @for need in needs.iter().filter(|need| !matches!(need, Need::Silent | Need::Absent)) { " " (badge(need.mark(), &need.said(visit))) }
            span.mut {
                " · " (visit.word(&format!("tier-{}", office.fact.tier.name())))
                " · " (office.fact.code)
                @if let Some(above) = office.fact.parent.filter(|above| province.registry.tier(*above) != Some(Tier::Hub)) { " · " (visit.word("first-under")) " " (parts::office(visit, above)) }
            }
        }
    }
}

/// Buttons and forms for the office's machine.
fn deeds(
    visit: &Visit,
    office: &Office,
    machine: &Machine<'_>,
    asked: &[MachineSeen],
    valid: bool,
    form: &Form,
) -> Markup {
    let at = office.address();
    let questioned = machine.needs(visit.now).contains(&Need::Question);
    let revoke = visit.word("btn-revoke");
    html! {
        @if questioned {
            section.box.warnbox id="question" {
                p { (badge(Mark::Late, &visit.word("fleet-question"))) }
                p { (visit.word("office-question")) }
                (machines(visit, asked))
                div.acts {
                    (field::button(visit, &format!("{at}/approve"), "go", &visit.word("btn-approve"), &[]))
                    (field::button(visit, &format!("{at}/refuse"), "", &visit.word("btn-refuse-machine"), &[]))
                }
            }
        }
        div.acts {
            details.move {
                summary.b { (visit.word("btn-letter")) "…" }
                form.box method="post" action={ (at) "/letter" } {
                    (field::token(visit))
                    p { (visit.word("ask-letter")) }
                    p { (letter::lives(visit)) }
                    p.acts { button.b.go { (visit.word("btn-letter")) } }
                }
            }
            @if valid {
                details.move open[!form.is_good()] {
                    summary.b { (revoke) }
                    form.box method="post" action={ (at) "/revoke" } {
                        (field::token(visit))
                        p { (tell!(visit, "ask-revoke", office = office.fact.committee())) }
                        (Field::new(visit, "reason", "field-why").required().line(form))
                        p.acts { button.b.go.grave { (revoke.trim_end_matches('…')) } }
                    }
                }
            }
        }
    }
}

/// The machines that have called for an office, by what a person tells two copies.
fn machines(visit: &Visit, machines: &[MachineSeen]) -> Markup {
    let told = |key: &str, at: Option<u64>| {
        html! { @if let Some(at) = at { " · " (visit.word(key)) " " (visit.time(i64::try_from(at).unwrap_or(i64::MAX))) } }
    };
    html! {
        @if !machines.is_empty() {
            ul.rows {
                @for machine in machines {
                    li { div {
                        @if machine.asked { (badge(Mark::Late, &visit.word("cli-machine-asked"))) }
                        @else { (badge(Mark::Done, &visit.word("cli-machine-taken"))) }
                        " " b { (machine.host) } " " (machine.source)
                        (told("cli-booted", machine.booted)) (told("cli-started", machine.started))
                        (told("cli-heard", Some(machine.last)))
                    } }
                }
            }
        }
    }
}

fn about(visit: &Visit, hub: &Hub, province: &Province, office: &Office, machine: &Machine<'_>) -> Markup {
    let credential = province.registry.credential(office.id);
    let told = |millis: u64| visit.time(i64::try_from(millis).unwrap_or(i64::MAX));
    let seen = machine.seen;
    let mut rows: Vec<(&str, Markup)> = vec![(
        "first-heard",
        match office.contact.heard {
            Some(_) if machine.connected => {
                html! { (visit.word("first-connected")) @if let Some(seen) = seen { ", " (visit.word("cli-since").to_lowercase()) " " (visit.clock().at(i64::try_from(seen.since).unwrap_or(i64::MAX))) } }
            }
            Some(heard) => visit.time(heard),
            None => html! { "–" },
        },
    )];
    if let Some(seen) = seen {
        rows.push(("col-backlog", html! { (seen.backlog) @if let Some(oldest) = seen.oldest { " · " (visit.word("cli-oldest")) " " (told(oldest)) } }));
        rows.push(("col-version", html! { (seen.program) }));
        rows.extend(seen.clock_off.map(|off| ("col-clock", html! { (off / 1000) })));
        rows.extend(seen.disk_free.map(|free| ("col-disk", html! { (parts::size(visit.lang, free)) })));
    }
    if let Some(credential) = credential {
        rows.push(("col-credential", html! { (credential.number) }));
        rows.push(("cli-certificate-until", told(credential.not_after.saturating_mul(1000))));
        rows.push(("cli-certificate-renews", told(renews(credential).saturating_mul(1000))));
        if let Some(not) = hub.not_renewed(office.id) {
            let why = visit.word(&format!("renewal-not-{}", not.why));
            rows.push(("cli-certificate-failed", html! { (told(not.at)) ": " (badge(Mark::Soon, &why)) }));
        }
        rows.push(("cli-hash", html! { code.xs { (credential.certificate.to_string()) } }));
    }
    rows.push(("cli-id", html! { code.xs { (office.id.to_string()) } }));
    html! {
        section.box aria-labelledby="h-machine" {
            h2 id="h-machine" { (visit.word("sec-machine")) }
            dl.facts id="machine" data-part { @for (key, shown) in &rows { dt { (visit.word(key)) } dd { (shown) } } }
        }
    }
}

fn duties(visit: &Visit, duties: &[DutyRow]) -> Markup {
    html! {
        @if duties.is_empty() { p.mut { (visit.word("none-duties")) } }
        ul.rows id="duty-rows" data-part {
            @for duty in duties.iter().take(DUTIES) {
                li {
                    div.when { (parts::duty(visit, duty.status, duty.due.map(Due))) }
                    div {
                        a.t href=(province::record_address((duty.record, duty.kind))) { (duty.content) }
                        p { @if !duty.part.is_empty() { (parts::part(visit, duty.kind, &duty.part)) " · " } (visit.name(duty.owner)) @if let Some(due) = duty.due { " · " (visit.clock().due(due)) } }
                    }
                }
            }
        }
    }
}

fn newest(visit: &Visit, newest: &[StoryRow]) -> Markup {
    html! {
        @if newest.is_empty() { p.mut { (visit.word("none-entries")) } }
        ul.brief id="newest-rows" data-part {
            @for row in newest {
                li {
                    a href=(province::record_address((row.record, row.kind))) { (parts::move_word(visit.lang, row.kind, &row.mv)) }
                    @if !row.brief.is_empty() { ": " (row.brief) }
                    span.mut { " · " (visit.times(row)) @if row.outcome != "applied" { " · " (row.outcome) } }
                }
            }
        }
    }
}

fn below(visit: &Visit, province: &Province, words: &Words, id: OfficeId) -> Markup {
    let below: Vec<&Office> =
        province.offices.iter().filter(|office| office.fact.parent == Some(id)).collect();
    if below.is_empty() {
        return html! {};
    }
    let few = below.len() <= ENTRIES;
    let troubled = below.iter().filter(|office| !few && office.stand.state < State::DoneLate);
    let one = |office: &Office| {
        html! { li { a.plain href=(office.address()) { (office.fact.committee()) } " " (badge(office.stand.state.mark(), &words.office(office))) } }
    };
    html! {
        section.box aria-labelledby="h-below" {
            h2 id="h-below" { (visit.word("sec-below")) " " span.mut { (below.len()) } }
            ul.brief id="under-first" data-part { @for office in troubled { (one(office)) } }
            details.under id="under" open[few] {
                summary { (tell!(visit, "agg-offices", count = below.len())) }
                ul.brief id="under-rows" data-part { @for office in &below { (one(office)) } }
            }
        }
    }
}

fn facts(visit: &Visit, known: &registry::Office) -> Markup {
    html! {
        section.box aria-labelledby="h-facts" {
            h2 id="h-facts" { (visit.word("sec-facts")) }
            ul.brief {
                @for fact in known.facts().rev() {
                    li {
                        span.mut { (visit.word("col-since")) " " (visit.day(&fact.since.to_string())) ": " }
                        (fact.committee()) " (" (fact.code) ", " (visit.word(&format!("tier-{}", fact.tier.name()))) ")"
                        @if let Some(above) = fact.parent { " · " (visit.word("first-under")) " " (parts::office(visit, above)) }
                        @if fact.closed { " · " (visit.word("fact-closed")) }
                        @for successor in &fact.successors { " → " (parts::office(visit, *successor)) }
                    }
                }
            }
        }
    }
}

async fn revoke(visit: Visit, posted: Posted, hub: Arc<Hub>, keeper: Arc<FactsCache>) -> Answer {
    let id = province::named(&visit, &hub)?;
    let mut form = posted.form.clone();
    if posted.get("reason").is_empty() {
        form.wrong("reason", tell!(visit, "err-field-empty", field = visit.word("field-why")));
        return show(&visit, &hub, &keeper, &form).await;
    }
    let verb = Verb::Revoke { office: id.to_string(), reason: posted.get("reason").to_owned() };
    match act(&visit, &hub, Command::Office(verb)).await {
        Ok(output) if output["changed"] == false => {
            done(&visit, visit.word("office-revoked-already"), &province::address(id))
        }
        Ok(_) => done(&visit, tell!(visit, "done-revoked", office = visit.name(id)), &province::address(id)),
        Err(failure) => {
            form.failure = Some(failure);
            show(&visit, &hub, &keeper, &form).await
        }
    }
}

/// Approves or refuses the machine that does not continue the one met last.
async fn answer(visit: Visit, hub: Arc<Hub>, approved: bool) -> Answer {
    let id = province::named(&visit, &hub)?;
    let office = id.to_string();
    let (verb, key) = if approved {
        (question::Verb::Approve { office }, "done-approved")
    } else {
        (question::Verb::Refuse { office }, "done-refused-machine")
    };
    let said = match act(&visit, &hub, Command::Question(verb)).await {
        Ok(_) => tell!(visit, key, office = visit.name(id)),
        // The machine has gone in the meantime: there is nothing to answer.
        Err(failure) if failure.key == "question-none" => failure.on_page(visit.lang),
        Err(failure) => return Err(failure.into()),
    };
    done(&visit, said, &province::address(id))
}
