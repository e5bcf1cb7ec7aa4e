//! What is asked of the house: the arguments of its commands, and the rows and facts that they mean.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use truc_proto::date::Date;
use truc_proto::house::row::{self, Field, Row};
use truc_proto::house::{Fact, House, Span, Table, What};
use truc_proto::identifier;

use crate::words::failure::{ExitCode, Failure};

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
    /// The table, as in the file: units, people, posts, rights, issuers, signers, terms, roles, groups, silences,
    /// roads, openings, parties, resources, holidays, settings.
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
    /// How far the page showed the house; none: it was typed.
    #[arg(skip)]
    pub saw: Option<String>,
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
    /// How far the page showed the house; none: it was typed.
    #[arg(skip)]
    pub saw: Option<String>,
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
    /// How far the page showed the house; none: it was typed.
    #[arg(skip)]
    pub saw: Option<String>,
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
    /// How far the page showed the house; none: it was typed.
    #[arg(skip)]
    pub saw: Option<String>,
}

impl Say {
    /// The rows that are said: what holds of the thing on the first day, with the named fields changed.
    pub(super) fn rows(&self, known: &House, today: Date) -> Result<Vec<Row>, Failure> {
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
pub(super) fn changed(known: &House, table: Table, named: Vec<Field>, on: Date) -> Vec<Field> {
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
    pub(super) fn facts(&self, known: &House) -> Result<Vec<Fact>, Failure> {
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
    /// The row that is said.
    pub(super) fn row(&self) -> Row {
        let stand_in = self.stand_in.as_ref().map(|person| typed("stand_in", person));
        let fields = [typed("person", &self.person), typed("from", &self.from), typed("to", &self.to)];
        Row { table: Table::Absences, line: 0, fields: fields.into_iter().chain(stand_in).collect() }
    }
}

impl Delegate {
    /// The row that is said.
    pub(super) fn row(&self) -> Row {
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

fn table(name: &str) -> Result<Table, Failure> {
    let unknown = || Failure::new(ExitCode::Input, "house-table-unknown").with("table", name);
    name.parse().map_err(|_| unknown())
}

/// Reads a day.
pub(super) fn day(text: &str) -> Result<Date, Failure> {
    identifier::day(text).map_err(|_| Failure::new(ExitCode::Input, "house-day-wrong").with("value", text))
}

fn fields(typed_fields: &[String]) -> Result<Vec<Field>, Failure> {
    let field = |said: &String| match said.split_once('=') {
        Some((name, value)) => Ok(typed(name.trim(), value)),
        None => Err(Failure::new(ExitCode::Input, "house-field-form").with("value", &**said)),
    };
    typed_fields.iter().map(field).collect()
}

/// A field as it was typed.
pub(super) fn typed(name: &str, value: &str) -> Field {
    field(name, row::Value::Text(value.to_owned()))
}

/// A field of a row that is from no file.
pub(super) fn field(name: &str, value: row::Value) -> Field {
    Field { name: name.to_owned(), line: 0, value }
}
