//! The house on the command line: what an office is from within, read in, shown, changed.

use std::fs::File;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_proto::date::Date;
use truc_proto::house::check::{Finding, Problem, check};
use truc_proto::house::row::{self, Field, Row};
use truc_proto::house::{Class, Fact, House, Lent, Right, Span, Table, Thing, What};
use truc_proto::identifier;
use truc_proto::record::house::{self, Deed, Move, Strand};

use super::page::{Page, list, text};
use super::{Context, Output, act};
use crate::accounts::Role;
use crate::derive::views::kinds;
use crate::import::{house as file, house_words};
use crate::office::Intent;
use crate::say;
use crate::words::failure::{ExitCode, Failure};
use crate::words::{self, Lang};

/// What can be done with the house.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Read a house file in. What is new in it is written; what it lacks stays, and is named.
    #[command(after_help = "Example: truc-node house import nep-nha.toml --check")]
    Import(Import),
    /// Print the house as a file, which `import` reads.
    #[command(after_help = "Example: truc-node house export > nep-nha.toml")]
    Export,
    /// Show units, people, issuers and who is away, on any day, as known now or on any day.
    #[command(after_help = "Example: truc-node house show --on 2026-12-01 --as-known 2026-11-20")]
    Show(Show),
    /// Say one thing of the house: a row of a table of the file. Fields that are not named stay as they are.
    #[command(
        after_help = "Example: truc-node house say people id=hoa title='Trưởng phòng' --from 2026-12-01\n         \
                            truc-node house say settings internal_lead=3"
    )]
    Say(Say),
    /// Give something its last day. The day before its first takes it back.
    #[command(after_help = "Example: truc-node house end units id=TOCDS --on 2026-11-19 --heir VPDU")]
    End(End),
    /// Say that somebody is away, and who stands in.
    #[command(
        after_help = "Example: truc-node house away hoa --from 2026-11-16 --to 2026-11-20 --stand-in minh"
    )]
    Away(Away),
    /// Lend own rights to somebody for some days, by a paper.
    #[command(
        after_help = "Example: truc-node house delegate bithu pbttt giao-viec ky --from 2026-11-26 --to 2026-11-27 --paper 214-QĐ/ĐU"
    )]
    Delegate(Delegate),
}

/// Which file.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Import {
    /// The file.
    pub file: PathBuf,
    /// Only say what is wrong with it, and what would be written; write nothing.
    #[arg(long)]
    pub check: bool,
    /// What is in the file, read by the process where the command was typed.
    #[arg(skip)]
    pub text: String,
}

/// As of which days.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Show {
    /// As of this day; default: today.
    #[arg(long, value_name = "DAY")]
    pub on: Option<String>,
    /// As it was known at the end of this day; default: all that is known.
    #[arg(long, value_name = "DAY")]
    pub as_known: Option<String>,
}

/// A row to be said.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Say {
    /// The table, as in the file: units, people, posts, rights, issuers, signers, terms, parties, resources, holidays,
    /// settings.
    pub table: String,
    /// Its fields, as in the file.
    #[arg(required = true, value_name = "FIELD=VALUE")]
    pub fields: Vec<String>,
    /// First day; default: today.
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// Last day; default: until further notice.
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
}

/// What ends.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct End {
    /// The table, as in the file.
    pub table: String,
    /// The fields that name the thing: id=…, or person=… and unit=….
    #[arg(required = true, value_name = "FIELD=VALUE")]
    pub fields: Vec<String>,
    /// Its last day.
    #[arg(long, value_name = "DAY")]
    pub on: String,
    /// The unit that has the works of a unit that ends.
    #[arg(long, value_name = "UNIT")]
    pub heir: Option<String>,
}

/// Who is away.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Away {
    /// Who.
    pub person: String,
    /// First day.
    #[arg(long, value_name = "DAY")]
    pub from: String,
    /// Last day.
    #[arg(long, value_name = "DAY")]
    pub to: String,
    /// Who acts meanwhile; default: nobody.
    #[arg(long, value_name = "PERSON")]
    pub stand_in: Option<String>,
}

/// What is lent.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Delegate {
    /// Whose rights.
    pub person: String,
    /// To whom.
    pub to_person: String,
    /// Which rights; ky: to sign.
    #[arg(required = true)]
    pub what: Vec<String>,
    /// First day.
    #[arg(long, value_name = "DAY")]
    pub from: String,
    /// Last day.
    #[arg(long, value_name = "DAY")]
    pub to: String,
    /// The number of the paper.
    #[arg(long)]
    pub paper: String,
}

impl Verb {
    pub(super) fn prepare(&mut self, _: &mut Vec<File>) -> Result<(), Failure> {
        if let Self::Import(import) = self {
            import.text = file::load(&import.file)?;
            // From here on a path is only a name in answers, and those are text.
            import.file = import.file.to_string_lossy().into_owned().into();
        }
        Ok(())
    }

    pub(super) fn reads(&self) -> bool {
        matches!(self, Self::Export | Self::Show(_))
    }

    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let known = said(context)?.house();
        match self {
            Self::Import(import) => import.execute(context, &known).await,
            Self::Export => {
                let text = file::write(&code(context), &known);
                Ok(json!({ "file": text }))
            }
            Self::Show(show) => {
                let on = show.on.as_deref().map(day).transpose()?.unwrap_or(context.today());
                let known = match show.as_known.as_deref().map(day).transpose()? {
                    Some(day) => said(context)?.known_on(day),
                    None => known,
                };
                Ok(shown(&known, on))
            }
            Self::Say(say) => {
                may_edit(context, &known, None)?;
                write(context, &known, Deed::Say, say.rows(&known, context.today())?).await
            }
            Self::End(end) => {
                may_edit(context, &known, None)?;
                let facts = end.facts(&known)?;
                write(context, &known, Deed::End, facts.iter().map(Fact::to_row).collect()).await
            }
            Self::Away(away) => {
                may_edit(context, &known, Some(&identifier::account(&away.person)))?;
                write(context, &known, Deed::Away, vec![away.row()]).await
            }
            Self::Delegate(lent) => {
                lent.may(context, &known)?;
                write(context, &known, Deed::Delegate, vec![lent.row()]).await
            }
        }
    }

    /// The exit code that goes with a result: a file with faults is none that was read in.
    pub(super) fn exit(&self, value: &Output) -> ExitCode {
        match value["exit"].as_u64() {
            Some(code) if code == ExitCode::NotAllowed as u64 => ExitCode::NotAllowed,
            Some(_) => ExitCode::Input,
            None => ExitCode::Done,
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::Export => page.line(text(&page.value["file"]).trim_end()),
            Self::Show(_) => render_shown(page),
            _ => render_written(page),
        }
    }
}

impl Import {
    async fn execute(&self, context: &Context<'_>, known: &House) -> Result<Output, Failure> {
        may_edit(context, known, None)?;
        let (facts, findings) = file::findings(&self.text, &code(context), known);
        let wrong = findings.iter().find(|finding| !finding.problem.is_warning());
        let named: Vec<(Thing, Option<Date>)> =
            facts.iter().map(|fact| (fact.what.thing(), fact.span.from)).collect();
        let lacks = known.facts().filter(|fact| !named.contains(&(fact.what.thing(), fact.span.from)));
        let lacks: Vec<String> = lacks.map(|fact| named_as(&fact.what.thing())).collect();
        let news = known.news(facts);
        let mut output = json!({
            "findings": findings.iter().map(told).collect::<Vec<_>>(),
            "lacks": lacks,
            "facts": news.len(),
            "check": self.check,
        });
        if let Some(wrong) = wrong {
            // Of two reasons the graver: another office's house is never read in.
            let other = findings
                .iter()
                .map(house_words::failure)
                .find(|failure| failure.exit == ExitCode::NotAllowed);
            output["exit"] = (other.unwrap_or_else(|| house_words::failure(wrong)).exit as u8).into();
        } else if !news.is_empty() && !self.check {
            output["written"] = say_facts(context, Deed::Import, news).await?;
        }
        Ok(output)
    }
}

impl Say {
    /// The rows that are said: what holds of the thing on the first day, with the named fields changed.
    fn rows(&self, known: &House, today: Date) -> Result<Vec<Row>, Failure> {
        let table = table(&self.table)?;
        let from = self.from.as_deref().map(day).transpose()?.unwrap_or(today);
        let named = fields(&self.fields)?;
        let days = |mut fields: Vec<Field>| {
            // A holiday is a day itself.
            if table != Table::Holidays {
                fields.push(field("from", row::Value::Day(from)));
            }
            if let Some(to) = &self.to {
                fields.push(field("to", row::Value::Text(to.clone())));
            }
            Row { table, line: 0, fields }
        };
        if table == Table::Settings {
            return Ok(named.into_iter().map(|field| days(vec![field])).collect());
        }
        Ok(vec![days(changed(known, table, named, from))])
    }
}

/// Fields of a row: what holds of the thing on a day, with the named ones changed.
fn changed(known: &House, table: Table, named: Vec<Field>, on: Date) -> Vec<Field> {
    let row = Row { table, line: 0, fields: named };
    let before = known.on(&row.thing(), on).map(Fact::to_row);
    let kept = before.into_iter().flat_map(|before| before.fields);
    let kept: Vec<Field> = kept
        .filter(|old| !matches!(old.name.as_str(), "from" | "to") && row.field(&old.name).is_none())
        .collect();
    kept.into_iter().chain(row.fields).collect()
}

impl End {
    /// The fact that holds on the last day, ended; facts of the thing that begin later are taken back.
    fn facts(&self, known: &House) -> Result<Vec<Fact>, Failure> {
        let (table, last) = (table(&self.table)?, day(&self.on)?);
        let thing = Row { table, line: 0, fields: fields(&self.fields)? }.thing();
        let ended = known.on(&thing, last).or_else(|| {
            let next = known.on(&thing, last.plus(1))?;
            (next.span.from == Some(last.plus(1))).then_some(next)
        });
        let mut ended = ended.cloned().ok_or_else(|| {
            let failure =
                Failure::new(ExitCode::NotFound, "house-not-there").with("who", thing.key.join(" "));
            failure.with("day", last.civil().strftime("%d/%m/%Y").to_string())
        })?;
        ended.span.to = Some(last);
        if let (What::Unit(unit), Some(heir)) = (&mut ended.what, &self.heir) {
            unit.heir = Some(identifier::plain(heir).to_uppercase());
        }
        let later = known.timeline(&thing).iter().filter(|fact| fact.span.from > ended.span.from);
        let taken_back =
            later.map(|fact| Fact { span: Span::never(fact.span.from), what: fact.what.clone() });
        Ok(std::iter::once(ended.clone()).chain(taken_back).collect())
    }
}

impl Away {
    fn row(&self) -> Row {
        let stand_in = self.stand_in.as_ref().map(|person| typed("stand_in", person));
        let fields = [typed("person", &self.person), typed("from", &self.from), typed("to", &self.to)];
        Row { table: Table::Absences, line: 0, fields: fields.into_iter().chain(stand_in).collect() }
    }
}

impl Delegate {
    /// Only who has a right lends it.
    fn may(&self, context: &Context<'_>, known: &House) -> Result<(), Failure> {
        let (by, from) = (context.author()?, day(&self.from)?);
        let lends = |what: &String| match what.parse::<Lent>() {
            Ok(Lent::Right(right)) => known.has_own_right(by, right, from),
            Ok(Lent::Signature) => known.signers(from).any(|signer| signer.person == by),
            // What there is no right of, the check says.
            Err(_) => true,
        };
        match self.what.iter().find(|what| !lends(what)) {
            _ if identifier::account(&self.person) != by => {
                Err(no_right(self.what.first().map_or("", String::as_str)))
            }
            Some(what) => Err(no_right(what)),
            None => Ok(()),
        }
    }

    fn row(&self) -> Row {
        let fields = vec![
            typed("person", &self.person),
            typed("to_person", &self.to_person),
            field("what", row::Value::List(self.what.clone())),
            typed("paper", &self.paper),
            typed("from", &self.from),
            typed("to", &self.to),
        ];
        Row { table: Table::Delegations, line: 0, fields }
    }
}

/// Everything that was said of this office's house.
pub(crate) fn said(context: &Context<'_>) -> Result<Strand, Failure> {
    Ok(context.office.view(|views| kinds::house::said(views, context.office.id()))?)
}

/// Whether the acting account edits the house: it has the right; or nobody has it yet, or any more, and it is the
/// administrator's.
pub(crate) fn edits(context: &Context<'_>, known: &House) -> Result<bool, Failure> {
    let (by, today) = (context.author()?, context.today());
    let editor = known.people(today).any(|person| known.has_right(&person.id, Right::House, today));
    // Before an account was added, whoever may open the store is its administrator.
    let administrator = context.accounts.get(by)?.is_none_or(|account| account.role == Role::Administrator);
    Ok(known.has_right(by, Right::House, today) || !editor && administrator)
}

/// Fails unless the acting account edits the house. `about`: the person of whom it is said, who may say it, too.
fn may_edit(context: &Context<'_>, known: &House, about: Option<&str>) -> Result<(), Failure> {
    if about == Some(context.author()?) || edits(context, known)? {
        return Ok(());
    }
    Err(no_right(Right::House.into()))
}

fn no_right(what: &str) -> Failure {
    Failure::new(ExitCode::NotAllowed, "house-no-right").with("what", what)
}

/// Checks rows with the house and writes those that are new.
async fn write(context: &Context<'_>, known: &House, deed: Deed, rows: Vec<Row>) -> Result<Output, Failure> {
    let checked = check(known, &rows);
    // A fact that is taken back ends before it begins.
    let wrong = checked.findings.iter().find(|finding| {
        !(finding.problem.is_warning() || deed == Deed::End && finding.problem == Problem::DateOrder)
    });
    if let Some(wrong) = wrong {
        return Err(house_words::failure(wrong));
    }
    let news = known.news(checked.facts);
    let past: Vec<String> = news
        .iter()
        .filter(|fact| fact.span.from.is_none_or(|from| from < context.today()))
        .map(|fact| named_as(&fact.what.thing()))
        .collect();
    let mut output = json!({
        "findings": checked.findings.iter().map(told).collect::<Vec<_>>(),
        "facts": news.len(),
        "past": past,
    });
    if !news.is_empty() {
        output["written"] = say_facts(context, deed, news).await?;
    }
    Ok(output)
}

/// The facts of a person who gets an account today. Fails if the house does not take them; nothing is written yet.
pub(super) async fn person(context: &Context<'_>, named: Vec<(&str, &str)>) -> Result<Vec<Fact>, Failure> {
    let (known, today) = (said(context)?.house(), context.today());
    let named = named.into_iter().map(|(name, value)| typed(name, value)).collect();
    let mut fields = changed(&known, Table::People, named, today);
    fields.push(field("from", row::Value::Day(today)));
    let checked = check(&known, &[Row { table: Table::People, line: 0, fields }]);
    if let Some(wrong) = checked.findings.iter().find(|finding| !finding.problem.is_warning()) {
        return Err(house_words::failure(wrong));
    }
    let news = known.news(checked.facts);
    if !news.is_empty() {
        let rehearsed = context.office.check_all(vec![intent(context, Deed::Say, news.clone())?]).await;
        rehearsed.map_err(|(_, error)| Failure::from(error))?;
    }
    Ok(news)
}

/// Says what [`person`] found.
pub(super) async fn say_person(context: &Context<'_>, facts: Vec<Fact>) -> Result<Output, Failure> {
    if facts.is_empty() { Ok(Output::Null) } else { say_facts(context, Deed::Say, facts).await }
}

async fn say_facts(context: &Context<'_>, deed: Deed, facts: Vec<Fact>) -> Result<Output, Failure> {
    act::write(context, intent(context, deed, facts)?).await
}

fn intent(context: &Context<'_>, deed: Deed, facts: Vec<Fact>) -> Result<Intent, Failure> {
    let by = context.author()?;
    let mv = Move { deed, by: by.to_owned(), facts };
    Ok(Intent::new(by, house::record(context.office.id()), mv, Vec::new()))
}

/// The code of this office.
fn code(context: &Context<'_>) -> String {
    let registry = context.office.registry();
    registry.fact_at(context.office.id(), context.today()).map(|fact| fact.code.clone()).unwrap_or_default()
}

fn table(name: &str) -> Result<Table, Failure> {
    let unknown = || Failure::new(ExitCode::Input, "house-table-unknown").with("table", name);
    name.parse().map_err(|_| unknown())
}

fn day(text: &str) -> Result<Date, Failure> {
    identifier::day(text).map_err(|_| Failure::new(ExitCode::Input, "house-day-wrong").with("value", text))
}

fn fields(typed_fields: &[String]) -> Result<Vec<Field>, Failure> {
    let field = |said: &String| match said.split_once('=') {
        Some((name, value)) => Ok(typed(name.trim(), value)),
        None => Err(Failure::new(ExitCode::Input, "house-field-form").with("value", &**said)),
    };
    typed_fields.iter().map(field).collect()
}

fn typed(name: &str, value: &str) -> Field {
    field(name, row::Value::Text(value.to_owned()))
}

fn field(name: &str, value: row::Value) -> Field {
    Field { name: name.to_owned(), line: 0, value }
}

/// A thing as answers name it: `people hoa`.
fn named_as(thing: &Thing) -> String {
    format!("{} {}", <&str>::from(thing.table), thing.key.join(" "))
}

/// A finding for machines; its words are those of the asking command.
fn told(finding: &Finding) -> Value {
    let failure = house_words::failure(finding);
    let args: serde_json::Map<String, Value> =
        failure.args.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
    let severity = if finding.problem.is_warning() { "warn" } else { "error" };
    json!({ "severity": severity, "key": finding.problem.key(), "line": finding.line, "args": args })
}

/// The house on a day.
fn shown(house: &House, on: Date) -> Output {
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

fn render_shown(page: &mut Page<'_>) {
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

fn render_written(page: &mut Page<'_>) {
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
