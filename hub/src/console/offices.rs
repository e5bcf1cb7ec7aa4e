//! All offices and their machines, those that need attention first; and forms to add offices one by one or from a list.

use std::collections::HashMap;
use std::sync::Arc;

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::derive::views::story;
use truc_node::store::uploads::path_of;
use truc_node::tell;
use truc_node::web::form::Form;
use truc_node::web::page::Page;
use truc_node::web::parts::field::{self, Field};
use truc_node::web::parts::{self, badge};
use truc_node::web::posted::ATTACH;
use truc_node::web::route::{Need as Asks, Route};
use truc_node::web::table::{Cell, Table};
use truc_node::web::{Answer, Posted, Visit, export};
use truc_node::words::failure::{ExitCode, Failure};
use truc_node::words::order::order;
use truc_proto::id::OfficeId;
use truc_proto::registry::Tier;

use super::act::{act, done};
use super::facts::FactsCache;
use super::fleet::{Machine, Need};
use super::glance::State;
use super::letter;
use super::province::{Office, Province};
use crate::command::office::{Add, Level, Verb};
use crate::command::{Command, import, list};
use crate::hub::Hub;

/// How many faulty lines of a list are shown.
const WRONG_LINES: usize = 100;

pub(super) fn routes(hub: &Arc<Hub>, keeper: &Arc<FactsCache>) -> Vec<Route> {
    let (all, keeper) = (Arc::clone(hub), Arc::clone(keeper));
    let (new, list) = (Arc::clone(hub), Arc::clone(hub));
    let keeps = Asks::Right(Right::Offices);
    vec![
        Route::get("/offices", Asks::Right(Right::Read), move |visit| {
            fleet(visit, Arc::clone(&all), Arc::clone(&keeper))
        }),
        Route::get("/offices/new", keeps, async |visit: Visit| add(&visit, &began(&visit))),
        Route::post("/offices/new", keeps, move |visit, posted| added(visit, posted, Arc::clone(&new))),
        Route::get("/offices/import", keeps, async |visit: Visit| import_page(&visit, &began(&visit), &[])),
        Route::post("/offices/import", keeps, move |visit, posted| {
            imported(visit, posted, Arc::clone(&list))
        })
        .files(),
    ]
}

/// An office with what its machine needs.
struct Row<'a> {
    office: &'a Office,
    machine: Machine<'a>,
    needs: Vec<Need>,
}

fn rows<'a>(province: &'a Province, refused: &HashMap<OfficeId, u64>, now: i64) -> Vec<Row<'a>> {
    let row = |office: &'a Office| {
        let machine = machine(province, office, refused.get(&office.id).copied().unwrap_or(0));
        let needs = machine.needs(now);
        Row { office, machine, needs }
    };
    let mut rows: Vec<Row<'a>> = province.offices.iter().map(row).collect();
    // The sort is stable: within a need, offices stay in the order of their names.
    rows.sort_by_key(|row| rank(&row.needs));
    rows
}

/// Sort key: the most pressing need first, then offices that need nothing, then those that never had a machine.
fn rank(needs: &[Need]) -> usize {
    match needs.first() {
        None => Need::KINDS.len(),
        Some(Need::Absent) => Need::KINDS.len() + 1,
        Some(need) => Need::KINDS.iter().position(|kind| *kind == need.kind()).unwrap_or_default(),
    }
}

/// What is known of an office's machine.
pub(super) fn machine<'a>(province: &'a Province, office: &'a Office, refused: u64) -> Machine<'a> {
    Machine {
        contact: office.contact,
        figures: province.figures,
        seen: office.met.as_ref().map(|met| &met.seen),
        connected: office.connected(),
        until: province.registry.credential(office.id).map(|credential| credential.not_after),
        refused,
        denied: province.denied.get(&office.id).map_or(&[], Vec::as_slice),
    }
}

async fn fleet(visit: Visit, hub: Arc<Hub>, keeper: Arc<FactsCache>) -> Answer {
    let province = Province::look(&visit, &hub, &keeper).await?;
    let refused = hub.office.view(story::refused_by_office)?;
    let rows = rows(&province, &refused, visit.now);
    let only = visit.asked("only");
    let state = State::from_name(only);
    let shows = |row: &&Row<'_>| {
        only.is_empty()
            || row.needs.iter().any(|need| need.kind() == only)
            || state.is_some_and(|state| row.office.stand.is(state))
    };
    let keeps = visit.may(Right::Offices);
    let table = table(&visit, &province, rows.iter().filter(shows), keeps).chosen(&visit);
    if let Some(file) = export::asked(&visit, &table)? {
        return Ok(file);
    }
    let hands = rows.iter().filter(|row| row.needs.iter().any(|need| *need != Need::Absent)).count();
    let letters = visit.word("btn-letters");
    let body = html! {
        header.title {
            h1 id="hands" data-part { (visit.word("fleet-title")) ": " (if hands == 0 { visit.word("fleet-calm") } else { tell!(visit, "fleet-needs", count = hands) }) }
            @if keeps {
                div.acts {
                    a.b.go href="/offices/new" { (visit.word("btn-add-office")) }
                    a.b href="/offices/import" { (visit.word("btn-import-offices")) }
                }
            }
        }
        (chips(&visit, &rows, only))
        (table.filter(&visit))
        @if keeps {
            form method="post" action="/offices/letters" data-bulk {
                (field::token(&visit))
                (table.markup(&visit))
                div.bulk { button.b data-bulk-word=(letters) { (letters.replace("# ", "")) } (letter::lives(&visit)) span.mut { (visit.word("ask-letter")) } }
            }
        } @else { (table.markup(&visit)) }
    };
    Ok(Page::new(visit.word("fleet-title"), body).class("fleet").at("/offices").render(&visit))
}

/// Filter chips: each kind of need with the number of offices that have it.
fn chips(visit: &Visit, rows: &[Row<'_>], only: &str) -> Markup {
    let count =
        |kind: &str| rows.iter().filter(|row| row.needs.iter().any(|need| need.kind() == kind)).count();
    let chip = |kind: &str, key: &str, count: usize| {
        (visit.with("only", kind), only == kind, html! { (visit.word(key)) " " (count) })
    };
    let kinds = Need::KINDS.into_iter().map(|kind| (kind, count(kind)));
    let kinds = kinds.filter(|(kind, count)| *count > 0 || only == *kind);
    let kinds = kinds.map(|(kind, count)| chip(kind, &format!("kind-{kind}"), count));
    let state = State::from_name(only).filter(|state| !Need::KINDS.contains(&state.name()));
    let state = state.map(|state| {
        let word = visit.word(&format!("glance-{}", state.name()));
        (visit.with("only", ""), true, html! { (word) " ×" })
    });
    let all = std::iter::once(chip("", "kind-all", rows.len()));
    parts::chips(Some("needs"), &visit.word("col-needs"), all.chain(kinds).chain(state))
}

fn table<'a>(
    visit: &Visit,
    province: &Province,
    rows: impl Iterator<Item = &'a Row<'a>>,
    ticks: bool,
) -> Table {
    let heads = [
        ("office", "cli-office"),
        ("under", "first-under"),
        ("needs", "col-needs"),
        ("heard", "first-heard"),
        ("backlog", "col-backlog"),
        ("certificate", "col-certificate"),
        ("version", "col-version"),
        ("clock", "col-clock"),
        ("disk", "col-disk"),
        ("credential", "col-credential"),
    ];
    let mut table = Table::new(visit, "nav-offices", &heads)
        .figures(&["backlog", "certificate", "clock", "disk", "credential"])
        .or_else(visit.word("empty-offices"));
    let nothing = || Cell::text("–").rank(i64::MAX);
    for row in rows {
        let Row { office, machine, needs } = row;
        let name = office.fact.committee();
        let name = name.as_str();
        let link = html! {
            @if ticks { input type="checkbox" name="office" value=(office.id) aria-label=(name); " " }
            a.plain href=(office.address()) { (name) }
        };
        let above = office.fact.parent.and_then(|above| province.registry.office(above)?.current());
        let said: Vec<String> = needs.iter().map(|need| need.said(visit)).collect();
        let shown = html! { @for (need, said) in needs.iter().zip(&said) { (badge(need.mark(), said)) " " } };
        let heard = match office.contact.heard {
            Some(heard) if office.connected() => Cell::text(visit.word("first-connected")).rank(heard),
            heard => Cell::time(visit, heard),
        };
        let seen = machine.seen;
        let version = seen.and_then(|seen| seen.program.rsplit(' ').next()).unwrap_or("–");
        let credential = province.registry.credential(office.id);
        table.row(vec![
            Cell::text(name).shown(link),
            Cell::text(above.map_or_else(|| "–".to_owned(), |fact| fact.committee())),
            Cell::text(said.join("; ")).shown(shown).rank(rank(needs) as i64),
            heard,
            seen.map_or_else(nothing, |seen| Cell::number(i64::try_from(seen.backlog).unwrap_or(i64::MAX))),
            machine.days(visit.now).map_or_else(nothing, |days| Cell::number(days as i64)),
            Cell::text(version),
            seen.and_then(|seen| seen.clock_off).map_or_else(nothing, |off| Cell::number(off / 1000)),
            seen.and_then(|seen| seen.disk_free).map_or_else(nothing, |free| {
                let free = i64::try_from(free).unwrap_or(i64::MAX);
                Cell::text(parts::size(visit.lang, free.unsigned_abs())).rank(free)
            }),
            credential.map_or_else(nothing, |credential| Cell::number(credential.number as i64)),
        ]);
    }
    table
}

/// An empty form of which date and tier are filled in.
fn began(visit: &Visit) -> Form {
    let mut form = Form::default();
    form.set("since", visit.today().to_string());
    form.set("tier", "commune");
    form
}

/// The offices under which another one can stand, by code and name; first the hub's place, which has no code.
fn parents(visit: &Visit) -> Vec<(String, String)> {
    let registry = visit.registry();
    let open = registry.offices().filter_map(|(id, _)| {
        let fact = visit.fact(&registry, id).filter(|fact| !fact.closed)?;
        (matches!(fact.tier, Tier::Province | Tier::District) && !fact.code.is_empty()).then_some(fact)
    });
    let mut open: Vec<_> = open.collect();
    open.sort_by_cached_key(|fact| (fact.tier, order(&fact.committee())));
    let named = open.into_iter().map(|fact| (fact.code.clone(), fact.committee()));
    std::iter::once((String::new(), visit.word("parent-none"))).chain(named).collect()
}

/// Field with the name of the office that has the code already.
const KNOWN: &str = "known";

fn add(visit: &Visit, form: &Form) -> Answer {
    let tiers = [Tier::Commune, Tier::District, Tier::Province]
        .map(|tier| (tier.name().to_owned(), visit.word(&format!("tier-{}", tier.name()))));
    let field = |name, key| Field::new(visit, name, key);
    let body = html! {
        div.narrow {
            h1 { (visit.word("btn-add-office")) }
            (field::summary(visit, form))
            form.box method="post" action="/offices/new" {
                (field::token(visit))
                (field("code", "field-office-code").hint(visit.word("hint-office-add")).required().line(form))
                (field("name", "field-office-name").required().line(form))
                (field("kind", "field-office-kind").hint(visit.word("hint-office-kind")).line(form))
                (field("tier", "field-office-tier").required().choice(form, &tiers))
                (field("parent", "field-office-parent").hint(visit.word("hint-office-parent")).choice(form, &parents(visit)))
                (field("symbols", "cli-symbols").hint(visit.word("hint-office-symbols")).line(form))
                (field("since", "field-since").kind("date").required().line(form))
                @if form.is_set(KNOWN) {
                    label.check { input type="checkbox" name="again" value=(form.raw("code")); " " (tell!(visit, "add-again", office = form.raw(KNOWN))) }
                }
                p.acts { button.b.go { (visit.word("btn-add-office")) } a.b href="/offices" { (visit.word("btn-close")) } }
            }
        }
    };
    Ok(Page::new(visit.word("btn-add-office"), body).at("/offices").render(visit))
}

async fn added(visit: Visit, posted: Posted, hub: Arc<Hub>) -> Answer {
    let mut form = posted.form.clone();
    for (name, key) in
        [("code", "field-office-code"), ("name", "field-office-name"), ("since", "field-since")]
    {
        if posted.get(name).is_empty() {
            form.wrong(name, tell!(visit, "err-field-empty", field = visit.word(key)));
        }
    }
    // A code that an office has is a slip of the hand, unless somebody means to write its facts again.
    let registry = visit.registry();
    let bears = |(id, _): &(OfficeId, _)| {
        visit.fact(&registry, *id).is_some_and(|fact| fact.code == posted.get("code"))
    };
    if let Some((id, _)) =
        registry.offices().find(bears).filter(|_| posted.get("again") != posted.get("code"))
    {
        let office = visit.name(id);
        form.wrong("code", tell!(visit, "add-code-known", office = office.as_str()));
        form.set(KNOWN, office);
    }
    if !form.is_good() {
        return add(&visit, &form);
    }
    let field = |name: &str| posted.get(name).to_owned();
    let new = Add {
        code: field("code"),
        parent: field("parent"),
        tier: match posted.get("tier") {
            "province" => Level::Province,
            "district" => Level::District,
            _ => Level::Commune,
        },
        kind: field("kind"),
        name: field("name"),
        since: field("since"),
        symbols: field("symbols"),
    };
    match act(&visit, &hub, Command::Office(Verb::Add(new))).await {
        Ok(output) => {
            // What was made is opened: from there its letter is written, and in the long list nobody would see it.
            let address = format!("/offices/{}", output["office"].as_str().unwrap_or_default());
            let said = match output["changed"] == false {
                true => visit.word("office-said-already"),
                false => tell!(visit, "done-added", office = posted.get("name")),
            };
            done(&visit, said, &address)
        }
        Err(failure) => {
            match failure.key.as_ref() {
                "list-no-parent" | "office-unknown" => form.wrong("parent", visit.word("add-no-parent")),
                "list-wrong-parent" => form.wrong("parent", visit.word("add-wrong-parent")),
                "list-too-low" => form.wrong("tier", failure.on_page(visit.lang)),
                "symbol-form" | "symbol-doubled" => form.wrong("symbols", failure.on_page(visit.lang)),
                "value-wrong" => form.wrong("since", failure.on_page(visit.lang)),
                _ => form.failure = Some(failure),
            }
            add(&visit, &form)
        }
    }
}

/// A line of a list and what is wrong with it.
struct WrongLine {
    number: u64,
    text: String,
    said: String,
}

fn import_page(visit: &Visit, form: &Form, wrong: &[WrongLine]) -> Answer {
    let body = html! {
        h1 { (visit.word("import-title")) }
        (field::summary(visit, form))
        @if !wrong.is_empty() {
            section.errsum role="alert" aria-labelledby="h-wrong" {
                h2 id="h-wrong" { (tell!(visit, "import-wrong", count = wrong.len())) }
                div.tw tabindex="0" { table {
                    thead { tr { @for key in ["import-line", "import-text", "import-error"] { th scope="col" { (visit.word(key)) } } } }
                    tbody { @for line in wrong.iter().take(WRONG_LINES) {
                        tr { th.n scope="row" { (line.number) } td { code { (line.text) } } td { span.err { (parts::glyph("late")) span { (line.said) } } } }
                    } }
                } }
            }
        }
        form.box method="post" action="/offices/import" enctype="multipart/form-data" {
            (field::token(visit))
            (Field::new(visit, "since", "field-since").kind("date").required().line(form))
            (Field::new(visit, "list", "field-list").hint(visit.word("hint-list")).text(form, 14))
            @if form.failure.as_ref().is_some_and(|failure| failure.key == "list-renames") {
                label.check { input type="checkbox" name="rename" value="yes"; " " (visit.word("field-list-rename")) }
            }
            div.field { label for="files" { (visit.word("field-list-file")) } input type="file" id="files" name="files" accept=".csv,text/csv"; }
            p.acts { button.b.go { (visit.word("btn-import-offices")) } a.b href="/offices" { (visit.word("btn-close")) } }
        }
    };
    Ok(Page::new(visit.word("import-title"), body).at("/offices").render(visit))
}

/// The list that was sent: the uploaded file if there is one (it is deleted here), otherwise the pasted text.
async fn sent(visit: &Visit, posted: &Posted) -> Result<Vec<u8>, Failure> {
    let file = posted.all(ATTACH).next().and_then(|handle| path_of(visit.office().dir(), handle));
    let Some(path) = file else { return Ok(posted.raw("list").as_bytes().to_vec()) };
    let size = tokio::fs::metadata(&path).await.map_err(|error| Failure::io(&path, error))?.len();
    let bytes = if size > import::LIST {
        let large = Failure::new(ExitCode::Input, "list-too-large");
        Err(large.with("size", size).with("limit", import::LIST))
    } else {
        tokio::fs::read(&path).await.map_err(|error| Failure::io(&path, error))
    };
    if let Some(folder) = path.parent()
        && let Err(error) = tokio::fs::remove_dir_all(folder).await
    {
        // The sweep of uploads that nobody submitted removes it later.
        tracing::debug!(%error, "an uploaded list could not be deleted");
    }
    bytes
}

async fn imported(visit: Visit, posted: Posted, hub: Arc<Hub>) -> Answer {
    let mut form = posted.form.clone();
    let since = match import::day(posted.get("since")) {
        Ok(since) => since,
        Err(failure) => {
            form.wrong("since", failure.on_page(visit.lang));
            return import_page(&visit, &form, &[]);
        }
    };
    let bytes = match sent(&visit, &posted).await {
        Ok(bytes) => bytes,
        Err(failure) => {
            form.failure = Some(failure);
            return import_page(&visit, &form, &[]);
        }
    };
    // The content of a file is put into the form too, so that it can be corrected there.
    let read = list::text(&bytes);
    let text = read.clone().unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned());
    form.set("list", text.as_str());
    if text.trim().is_empty() {
        form.wrong("list", visit.word("import-nothing"));
        return import_page(&visit, &form, &[]);
    }
    let (rows, mut wrong) = match read {
        Ok(text) => list::examine(&text),
        Err(failure) => (Vec::new(), vec![failure]),
    };
    wrong.extend(list::misplaced(&rows, &hub.office.registry(), since));
    if !wrong.is_empty() {
        return import_page(&visit, &form, &wrong_lines(&visit, &text, wrong));
    }
    let import = import::Import {
        file: "list".into(),
        since: since.to_string(),
        rename: form.get("rename") == "yes",
        rows,
    };
    match act(&visit, &hub, Command::Office(Verb::Import(import))).await {
        Ok(output) => {
            let count = |name: &str| output[name].as_u64().unwrap_or(0);
            let said = tell!(
                visit,
                "done-imported",
                added = count("added"),
                changed = count("changed"),
                unchanged = count("unchanged")
            );
            done(&visit, said, "/offices")
        }
        Err(failure) => {
            form.failure = Some(failure);
            import_page(&visit, &form, &[])
        }
    }
}

/// Finds the line that each fault is about; sorted by line.
fn wrong_lines(visit: &Visit, text: &str, wrong: Vec<Failure>) -> Vec<WrongLine> {
    let lines: Vec<&str> = text.lines().collect();
    let one = |failure: Failure| {
        let number = failure.args.iter().find(|(name, _)| name == "line").map(|(_, value)| value);
        let number = match number {
            Some(truc_node::words::Value::Number(number)) => u64::try_from(*number).unwrap_or(1),
            _ => 1,
        };
        let text =
            (number as usize).checked_sub(1).and_then(|line| lines.get(line)).copied().unwrap_or_default();
        WrongLine { number, text: text.to_owned(), said: failure.on_page(visit.lang) }
    };
    let mut found: Vec<WrongLine> = wrong.into_iter().map(one).collect();
    found.sort_by_key(|line| line.number);
    found
}
