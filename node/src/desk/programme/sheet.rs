//! The form of a programme: a new one, or the adjustment (điều chỉnh) of one in force, in which each of its items stands
//! again, to be carried over, changed, or dropped with a reason.

use maud::{Markup, html};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::identifier;
use truc_proto::paper::{DocumentType, Due};
use truc_proto::record::Act as _;
use truc_proto::record::programme::Move as Says;

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::act::{self, Which};
use crate::command::paper::Part;
use crate::command::programme::{Adjust, Content, Create, Drops, ItemArg, Verb};
use crate::command::refer;
use crate::derive::views::kinds::programme::{Shown, ShownItem};
use crate::derive::views::kinds::{self, Record};
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::{Form, LEVEL};
use crate::web::parts::field::Field;
use crate::web::parts::picker::{Offered, TO};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts;
use crate::web::times;
use crate::web::visit::Visit;

use super::super::moves::Kind as _;
use super::super::write::{self, SYMBOL, Write};
use super::{Pages, calendar};

/// What a row says of its item, beside its id and the reason for dropping it.
const FIELDS: [&str; 8] =
    ["content", "lead", "coordinating", "preparer", "starts", "place", "due", "product"];
/// Field with the version that an adjustment was begun from.
const VERSION: &str = "version";

pub(super) fn routes() -> Vec<Route> {
    let begin = Route::get("/programmes/new", Need::Right(Right::Handle), async |visit| {
        let mut form = drafts::form(&visit, "/programmes/new")?;
        if !form.is_set("period") {
            form.set("period", "week");
            week_of(&visit, &mut form);
        }
        page(&visit, &form, None)
    });
    let again = Route::get("/programme/{id}/adjust", Need::Right(Right::Handle), async |visit| {
        let record = found(&visit)?;
        let shown = in_force(&record)?;
        let mut form = drafts::form(&visit, &visit.path.clone())?;
        if !form.is_set("title") {
            fill(&visit, &record, shown, &mut form);
        }
        page(&visit, &form, Some(shown))
    });
    vec![
        begin.keeps(Text::Paper),
        Route::post("/programmes/new", Need::Right(Right::Issue), create).keeps(Text::Paper),
        again.keeps(Text::Paper),
        Route::post("/programme/{id}/adjust", Need::Right(Right::Issue), adjust).keeps(Text::Paper),
    ]
}

/// The programme that is to be adjusted: one of this office.
fn found(visit: &Visit) -> Result<Record, Fault> {
    let which = Which { record: visit.param("id").to_owned() };
    let record = visit.within(|context| act::find(context, Says::KIND, &which))?;
    if record.row.owner == visit.me() { Ok(record) } else { Err(Fault::NotFound) }
}

fn in_force(record: &Record) -> Result<&Shown, Fault> {
    match &record.shown {
        kinds::Shown::Programme(shown) => Ok(shown),
        _ => Err(Fault::NotFound),
    }
}

/// Fills in dates and title of the week that somebody looked at.
fn week_of(visit: &Visit, form: &mut Form) {
    let Ok(from) = visit.asked("from").parse::<Date>() else { return };
    let (monday, sunday) = calendar::week_around(from);
    form.set("from", monday.to_string());
    form.set("to", sunday.to_string());
    let week = i64::from(monday.civil().iso_week_date().week());
    let title = tell!(
        visit,
        "programme-title",
        week = week,
        from = times::day(monday.civil()),
        to = times::day(sunday.civil())
    );
    form.set("title", title);
}

/// Fills in the programme in force.
fn fill(visit: &Visit, record: &Record, shown: &Shown, form: &mut Form) {
    let row = &record.row;
    form.set(VERSION, shown.version.to_string());
    form.set(LEVEL, row.confidentiality.to_string());
    form.set("type", row.document_type.clone());
    form.set("title", row.title.clone());
    form.set("number", row.number.clone());
    if let Some(number) = identifier::parts(&row.number) {
        form.set(SYMBOL, number.issuer);
    }
    for scope in &row.audience {
        form.add(TO, chosen(*scope));
    }
    if let Some(period) = &shown.period {
        form.set("period", period.kind.clone());
        form.set("from", period.from.to_string());
        form.set("to", period.to.to_string());
    }
    if form.is_secret() {
        return;
    }
    for (at, item) in shown.items.iter().map(|shown| &shown.item).enumerate() {
        let with = item.coordinating.iter().map(|scope| named(visit, *scope)).collect::<Vec<_>>().join(", ");
        let fields = [
            ("id", item.id.clone()),
            ("content", item.content.clone()),
            ("lead", code(visit, item.lead)),
            ("coordinating", with),
            ("preparer", item.preparer.clone()),
            ("starts", write::field_due(&item.starts)),
            ("place", item.place.clone()),
            ("due", write::field_due(&item.due)),
            ("product", item.product.clone()),
        ];
        fields.into_iter().for_each(|(name, value)| form.set(&format!("item.{at}.{name}"), value));
    }
}

/// A scope as the picker names it.
fn chosen(scope: Scope) -> String {
    if scope.subtree { format!("{}{}", refer::SUBTREE, scope.office) } else { scope.office.to_string() }
}

/// A scope as people type it.
fn named(visit: &Visit, scope: Scope) -> String {
    let code = code(visit, scope.office);
    if scope.subtree { format!("{}{code}", refer::SUBTREE) } else { code }
}

/// The code of an office if it means this one today; otherwise its id.
fn code(visit: &Visit, office: OfficeId) -> String {
    let registry = visit.registry();
    let code = visit.fact(&registry, office).map(|fact| fact.code.clone()).unwrap_or_default();
    let same = refer::office(&registry, &code, visit.today()).is_ok_and(|found| found == office);
    if same { code } else { office.to_string() }
}

fn page(visit: &Visit, form: &Form, before: Option<&Shown>) -> Answer {
    let adjusts = before.is_some();
    let write = Write {
        title: visit.word(if adjusts { "write-programme-again" } else { "write-programme" }),
        address: if adjusts { &visit.path } else { "/programmes/new" },
        at: "/programmes",
        types: &[DocumentType::Programme, DocumentType::Plan],
        kind: Pages::TABLE,
        offered: Offered::Around,
        urgency: false,
        button: "btn-issue",
        full: true,
    };
    let rows = if adjusts { form.rows("item").len() + 1 } else { 2 };
    let rows = write::shown_rows(form, "item", rows);
    let kinds = ["week", "month", "quarter", "year", "term", "range"];
    let kinds: Vec<(String, String)> =
        kinds.iter().map(|kind| ((*kind).to_owned(), visit.word(&format!("period-{kind}")))).collect();
    let day = |name, label| Field::new(visit, name, label).kind("date").required().line(form);
    let more = html! {
        @if adjusts {
            input type="hidden" name=(VERSION) value=(form.get(VERSION));
            p.note { (visit.word("adjust-how")) }
        }
        div.triple {
            (Field::new(visit, "period", "cli-period").hint(visit.word("hint-week")).required().choice(form, &kinds))
            (day("from", "field-period-from")) (day("to", "field-period-to"))
        }
        fieldset.rowset id="item" data-rows="item" {
            legend { (visit.word("sec-items")) }
            p.hint { (visit.word("hint-items")) }
            @for row in &rows { (item_row(visit, form, *row, before)) }
            (drafts::more(visit, form, "item"))
        }
    };
    write.page(visit, form, more)
}

fn item_row(visit: &Visit, form: &Form, row: usize, before: Option<&Shown>) -> Markup {
    let cell = |name, key, kind| write::cell(visit, form, "item", row, name, key, kind);
    let date = |name: &str, key, empty| {
        let kind = write::date_kind(form.get(&format!("item.{row}.{name}")), empty);
        write::cell(visit, form, "item", row, name, key, kind)
    };
    let offices = |name, key, hint: &str| {
        let name = format!("item.{row}.{name}");
        Field::new(visit, &name, key).hint(visit.word(hint)).list(write::OFFICES).line(form)
    };
    let id = form.get(&format!("item.{row}.id")).to_owned();
    let old = before.and_then(|before| before.items.iter().find(|item| item.item.id == id));
    html! {
        div.row data-row {
            @if old.is_some() {
                p.sm { b { (id) } }
                input type="hidden" name={ "item." (row) ".id" } value=(id);
            }
            (cell("content", "cli-content", "text"))
            (offices("lead", "cli-lead", "hint-lead"))
            (offices("coordinating", "field-coordinating", "hint-coordinating"))
            (cell("preparer", "field-preparer", "text"))
            (date("starts", "field-starts", "datetime-local"))
            (cell("place", "field-place", "text"))
            (date("due", "cli-due", "date"))
            (cell("product", "field-product", "text"))
            @if let Some(old) = old { (cell("drop", if old.is_open() { "field-drop-open" } else { "field-drop-done" }, "text")) }
        }
    }
}

/// The items of a form, and which of those of before are dropped and why; what is missing is said at its field.
fn items(visit: &Visit, form: &mut Form, before: &[ShownItem]) -> (Vec<Part<ItemArg>>, Drops) {
    let (mut items, mut drops) = (Vec::new(), Drops::default());
    let mut last = before.iter().filter_map(|item| item.item.id.strip_prefix('N')?.parse().ok()).max();
    for row in form.rows("item") {
        let get = |name: &str| form.get(&format!("item.{row}.{name}")).to_owned();
        let [content, lead, coordinating, preparer, starts, place, due, product] = FIELDS.map(get);
        let (id, drop) = (get("id"), get("drop"));
        let empty = FIELDS.iter().all(|name| get(name).is_empty());
        let old = before.iter().find(|item| item.item.id == id);
        if let (Some(old), true) = (old, !drop.is_empty() || content.is_empty()) {
            if !drop.is_empty() {
                drops.drop.push(id);
                drops.reason.push(drop);
            } else if old.is_open() {
                form.wrong(format!("item.{row}.drop"), visit.word("err-drop-reason"));
            }
            continue;
        }
        if empty {
            continue;
        }
        if content.is_empty() {
            let said = tell!(visit, "err-field-empty", field = visit.word("cli-content"));
            form.wrong(format!("item.{row}.content"), said);
        }
        // What was not touched stays as it was written, to the second.
        let kept = |typed: &str, was: Option<&String>| {
            was.filter(|was| write::field_due(was) == typed && Due::parse(was).is_ok()).cloned()
        };
        let due = kept(&due, old.map(|old| &old.item.due))
            .unwrap_or_else(|| write::due(visit, form, &format!("item.{row}.due")));
        let starts = kept(&starts, old.map(|old| &old.item.starts))
            .unwrap_or_else(|| write::due(visit, form, &format!("item.{row}.starts")));
        let id = old.map_or_else(
            || {
                let next = last.map_or(1, |last: u32| last + 1);
                last = Some(next);
                format!("N{next:02}")
            },
            |old| old.item.id.clone(),
        );
        let lead = if lead.is_empty() { visit.me().to_string() } else { lead };
        let item = ItemArg { id, content, lead, due, product, coordinating, starts, place, preparer };
        items.push(Part::Fields(item));
    }
    (items, drops)
}

/// The period of a form, which each programme has.
fn period(visit: &Visit, form: &mut Form) -> Option<String> {
    let kind = form.get("period").to_owned();
    let period = write::period(visit, form, &kind);
    if period.is_none() {
        form.wrong("from", tell!(visit, "err-field-empty", field = visit.word("field-period-from")));
    }
    period
}

async fn create(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    let paper = write::paper(&visit, &mut form);
    // A programme without recipients is for the office itself.
    if !form.is_set(TO) {
        form.add(TO, visit.me().to_string());
    }
    let send = write::send(&visit, &mut form);
    let period = period(&visit, &mut form);
    let (items, _) = items(&visit, &mut form, &[]);
    if form.is_good() {
        let create = Box::new(Create { paper, send, content: Content { period, items }, carry: None });
        let command = Records::Programme(Verb::Create(create));
        if let Some(answer) = write::issue(&visit, &mut form, Pages::NAME, "ask-issue", command).await {
            return answer;
        }
    }
    page(&visit, &form, None)
}

async fn adjust(visit: Visit, posted: Posted) -> Answer {
    let record = found(&visit)?;
    let shown = in_force(&record)?;
    let mut form = posted.form.clone();
    let paper = write::paper(&visit, &mut form);
    // Whoever had it has the new version too.
    for scope in record.row.audience.iter().map(|scope| chosen(*scope)) {
        if !form.has(TO, &scope) {
            form.add(TO, scope);
        }
    }
    let levels = write::attached(&visit, &form);
    let to = form.all(TO).map(str::to_owned).collect();
    let period = period(&visit, &mut form);
    let (items, drops) = items(&visit, &mut form, &shown.items);
    if form.is_good() {
        let which = Which { record: record.row.id.to_string() };
        let of = Some(form.get(VERSION).parse().unwrap_or(shown.version));
        let content = Content { period, items };
        let adjust = Box::new(Adjust { which, paper, levels, content, to, drops, of });
        let command = Records::Programme(Verb::Adjust(adjust));
        if let Some(answer) = write::issue(&visit, &mut form, Pages::NAME, "ask-adjust", command).await {
            return answer;
        }
    }
    page(&visit, &form, Some(shown))
}
