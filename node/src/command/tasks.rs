//! Lists of works: mine, to be assigned, given by me, what the office owes and is owed, and what breaks the invariant. Pages
//! and figures are these lists.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_proto::house::{Class, House};
use truc_proto::id::RecordId;
use truc_proto::paper::Due;
use truc_proto::record::assignment::due::{Lateness, told};
use truc_proto::record::assignment::lists::{self, Beside, Line};
use truc_proto::record::assignment::refusal::{Key, Refusal};
use truc_proto::record::assignment::roles::{self, Holder, holder};
use truc_proto::record::assignment::{Source, Work};

use super::page::{Page, list, text};
use super::{Context, Output, house, to_value};
use crate::derive::views::asked::{self, Asked, Stands};
use crate::derive::views::inside::Inside;
use crate::derive::views::kinds::assignment::{self as works, WorkRow};
use crate::words::failure::{ExitCode, Failure};
use crate::words::{self, Lang};

/// Which list.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[group(required = true, multiple = false)]
#[allow(clippy::struct_excessive_bools)]
pub struct Tasks {
    /// What the acting account is to do, confirm, help in, know of, or assign.
    #[arg(long)]
    pub mine: bool,
    /// Parts of papers and works that wait to be assigned.
    #[arg(long)]
    pub unassigned: bool,
    /// Live works that the acting account gave.
    #[arg(long)]
    pub given: bool,
    /// What the office owes to others.
    #[arg(long)]
    pub office: bool,
    /// What agencies and cells beside the office owe it.
    #[arg(long)]
    pub owed: bool,
    /// What stands on nobody's page, nobody confirms, or is given twice: there should be nothing. Exit 1 if there is.
    #[arg(long)]
    pub orphans: bool,
}

/// A work in a list.
#[derive(Clone, Debug, Serialize)]
pub struct TaskRow {
    /// The work.
    #[serde(flatten)]
    pub row: WorkRow,
    /// Who has it; empty: nobody.
    pub holder: String,
    /// Why nobody has it; empty: somebody has.
    pub why: &'static str,
    /// On whose page it stands; empty: nobody's, for it is a proposal or has ended.
    pub page: String,
    /// Who confirms it now.
    pub confirms: String,
    /// How late it is; none: it has no date, or nobody works on it.
    pub lateness: Option<Late>,
    /// Its date as people write it; empty: none.
    pub due_text: String,
    /// Why it stands in the list; empty: the list says it.
    pub section: &'static str,
    /// The later date that is asked for, as people write it, where that is what waits.
    pub until: String,
    /// What is said beside it.
    pub beside: Option<Said>,
}

/// What is said beside a line, as a catalogue key and a name.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
    /// The key.
    pub key: String,
    /// Whom it names; empty: nobody.
    pub who: String,
}

/// How late a work is, as a catalogue key and a figure.
#[derive(Clone, Debug, Serialize)]
pub struct Late {
    /// The key.
    pub key: &'static str,
    /// The figure.
    pub n: u32,
    /// The date, where it is named.
    pub since: String,
    /// Whether the date has passed.
    pub late: bool,
}

impl Late {
    /// Of a date at a moment, Unix milliseconds.
    pub fn of(house: &House, due: Due, now: i64) -> Self {
        let (key, n) = match Lateness::of(house, due, now) {
            Lateness::Left(days) => ("work-left", days),
            Lateness::Today => ("work-today", 0),
            Lateness::Days(days) => ("work-late-days", days),
            Lateness::Minutes(minutes) => ("work-late-minutes", minutes),
            Lateness::Hours(hours) => ("work-late-hours", hours),
            Lateness::Since(_) => ("work-late-since", 0),
        };
        Self { key, n, since: told(due), late: now > due.0 }
    }

    /// In words.
    pub fn said(&self, lang: Lang) -> String {
        words::say(lang, self.key, &[("n", self.n.into()), ("since", self.since.as_str().into())])
    }
}

impl Said {
    /// In words.
    pub fn said(&self, lang: Lang) -> String {
        words::say(lang, &self.key, &[("who", self.who.as_str().into())])
    }
}

/// A part of a paper in a list.
#[derive(Clone, Debug, Serialize)]
pub struct PartRow {
    /// The paper's record.
    pub record: RecordId,
    /// Number of its kind.
    pub kind: u32,
    /// Task or item; empty: the paper itself.
    pub part: String,
    /// As people call it.
    pub name: String,
    /// What is asked.
    pub content: String,
    /// The outer date as people write it; empty: none.
    pub due_text: String,
    /// How late it is; none: no date is named.
    pub lateness: Option<Late>,
    /// Where it stands.
    pub stands: Stands,
    /// Its work.
    pub root: Option<TaskRow>,
    /// The proposal for it.
    pub proposal: Option<TaskRow>,
}

/// What stands where it should not.
#[derive(Clone, Debug, Serialize)]
pub struct OrphanRow {
    /// The work or paper.
    pub record: RecordId,
    /// What it is about.
    pub content: String,
    /// What is wrong.
    pub wrong: &'static str,
}

/// A moment of the house, for which rows are made.
pub struct Moment<'c> {
    house: House,
    context: &'c Context<'c>,
    now: i64,
}

impl Context<'_> {
    /// The house as it is known now, for rows of this moment.
    pub(crate) fn moment(&self) -> Result<Moment<'_>, Failure> {
        let now = self.office.time().millis() as i64;
        Ok(Moment { house: house::said(self)?.house(), context: self, now })
    }

    /// What a move of a work is held against now.
    pub(crate) fn inside(&self, record: Option<RecordId>, source: &Source) -> Result<Inside, Failure> {
        let me = self.office.id();
        Ok(self.office.view(|views| Inside::read(views, me, record, source))?)
    }

    /// A work, as far as the acting account sees it.
    pub(crate) fn work(&self, record: RecordId) -> Result<WorkRow, Failure> {
        let me = self.office.id();
        let found = self.office.view(|views| works::work(views, me, record))?;
        let moment = self.moment()?;
        let seen = found.filter(|row| moment.sees(&row.work));
        seen.ok_or_else(|| Refusal::new(Key::NotFound).into())
    }
}

impl<'c> Moment<'c> {
    /// The house.
    pub fn house(&self) -> &House {
        &self.house
    }

    fn today(&self) -> truc_proto::date::Date {
        self.context.today()
    }

    /// Whether the acting account sees a work. Of no paper that asks for works today is anything hidden from the office's
    /// own people.
    pub(crate) fn sees(&self, work: &Work) -> bool {
        roles::sees(&self.house, work, None, self.context.author, self.today())
    }

    /// The name of a person or unit.
    pub fn name(&self, id: &str) -> String {
        self.house.name(id, self.today()).to_owned()
    }

    /// A work as a row.
    pub fn row(&self, row: WorkRow, line: Option<Line<'_>>) -> TaskRow {
        let (house, today, work) = (&self.house, self.today(), &row.work);
        let has = holder(house, work, today);
        let why = match has {
            Holder::Nobody(why) if work.stage.is_live() => why.name(),
            _ => "",
        };
        let holder = has.person().filter(|_| work.stage.is_live()).unwrap_or_default().to_owned();
        let page = lists::at(house, work, today).unwrap_or_default().to_owned();
        let confirms = roles::confirmer(house, work, today).unwrap_or_default().to_owned();
        let due = work.due.filter(|_| work.stage.is_open());
        let lateness = due.map(|due| Late::of(house, due, self.now));
        let due_text = work.due.map_or_else(String::new, told);
        let beside = line.and_then(|line| {
            let (key, who) = match line.beside {
                Beside::Nothing => return None,
                Beside::StandsFor(person) => ("work-stands-for".to_owned(), person),
                Beside::Away(Some(person)) => ("work-away-for".to_owned(), person),
                Beside::Away(None) => ("work-away".to_owned(), ""),
                Beside::Nobody(why) => (format!("work-why-{}", why.name()), ""),
            };
            Some(Said { key, who: self.name(who) })
        });
        let section = line.map_or("", |line| line.section.into());
        let until = line.and_then(|line| line.asked).map_or_else(String::new, told);
        TaskRow { holder, why, page, confirms, lateness, due_text, section, until, beside, row }
    }

    /// A part of a paper as a row.
    pub fn part(&self, asked: &Asked) -> PartRow {
        PartRow {
            record: asked.record,
            kind: asked.kind,
            part: asked.id.clone(),
            name: asked.part.name.clone(),
            content: asked.part.content.clone(),
            due_text: asked.part.outer.map_or_else(String::new, told),
            lateness: asked.part.outer.map(|due| Late::of(&self.house, due, self.now)),
            stands: asked.stands(),
            root: asked.root().map(|row| self.row(row.clone(), None)),
            proposal: asked.proposal().map(|row| self.row(row.clone(), None)),
        }
    }

    /// Việc của tôi: the lines of the acting account, in the order of the page.
    pub fn mine(&self) -> Result<Vec<TaskRow>, Failure> {
        let who = self.context.author;
        let names = lists::names(&self.house, who, self.today());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = self.context.look(|views, look| works::naming(views, look.me, &names))?;
        let mut rows = Vec::new();
        for row in &found {
            let lines = lists::mine(&self.house, &row.work, who, self.today());
            rows.extend(lines.into_iter().map(|line| (line, self.row(row.clone(), Some(line)))));
        }
        rows.sort_by_key(|(line, row)| {
            let due = row.row.work.due;
            (line.section, due.is_none(), due, row.row.record)
        });
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Tôi giao: live works that the acting account gave, those first whose result waits.
    pub fn given(&self) -> Result<Vec<TaskRow>, Failure> {
        let who = self.context.author;
        let names = lists::names(&self.house, who, self.today());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut found = self.context.look(|views, look| works::given_by(views, look.me, &names))?;
        found.retain(|row| lists::given(&self.house, &row.work, self.today()) == Some(who));
        found.sort_by_key(|row| {
            let (waits, due) = (row.work.handed_in.is_some(), row.work.due);
            (!waits, due.is_none(), due, row.record)
        });
        Ok(found.into_iter().map(|row| self.row(row, None)).collect())
    }

    /// What is open at the office, part by part.
    pub fn open(&self) -> Result<Vec<PartRow>, Failure> {
        if self.house.is_empty() || !roles::sees_part(&self.house, None, self.context.author, self.today()) {
            return Ok(Vec::new());
        }
        let parts = self.context.look(asked::open)?;
        Ok(parts.iter().map(|part| self.part(part)).collect())
    }

    /// Live works that nobody has, and on whose page they stand.
    pub fn without_person(&self) -> Result<Vec<TaskRow>, Failure> {
        let today = self.today();
        let gone = |id: &str| self.house.person(id, today).is_none();
        let names: std::collections::BTreeSet<String> = self
            .house
            .facts()
            .filter_map(|fact| match fact.what {
                truc_proto::house::What::Unit(unit) => Some(unit.id),
                truc_proto::house::What::Person(person) if gone(&person.id) => Some(person.id),
                _ => None,
            })
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut found = self.context.look(|views, look| {
            let mut found = works::led_by(views, look.me, &names)?;
            found.extend(works::given_back(views, look.me)?);
            Ok(found)
        })?;
        found.sort_by_key(|row| (row.work.due.is_none(), row.work.due, row.record));
        found.dedup_by_key(|row| row.record);
        found
            .retain(|row| lists::unassigned(&self.house, &row.work, today).is_some() && self.sees(&row.work));
        Ok(found.into_iter().map(|row| self.row(row, None)).collect())
    }

    /// Nơi khác phải làm: open works of agencies and cells beside the office.
    pub fn owed(&self) -> Result<Vec<(String, TaskRow)>, Failure> {
        let today = self.today();
        let beside: Vec<&str> = self
            .house
            .units(today)
            .filter(|unit| unit.class != Class::Own)
            .map(|unit| unit.id.as_str())
            .collect();
        let people =
            beside.iter().flat_map(|unit| self.house.members(unit, today)).map(|person| person.id.as_str());
        let names: Vec<&str> = beside.iter().copied().chain(people).collect();
        let found = self.context.look(|views, look| works::led_by(views, look.me, &names))?;
        let owed = |row: WorkRow| {
            let unit =
                lists::owed_by(&self.house, &row.work, today).filter(|_| self.sees(&row.work))?.to_owned();
            Some((unit, self.row(row, None)))
        };
        let mut rows: Vec<_> = found.into_iter().filter_map(owed).collect();
        rows.sort_by_key(|(unit, row)| (unit.clone(), row.row.work.due, row.row.record));
        Ok(rows)
    }

    /// What breaks the invariant.
    fn orphans(&self) -> Result<Vec<OrphanRow>, Failure> {
        let live = self.context.look(|views, look| works::live(views, look.me))?;
        let wrong = |row: &WorkRow| {
            let wrong = lists::orphan(&self.house, &row.work, self.today())?;
            Some(OrphanRow { record: row.record, content: row.work.content.clone(), wrong: wrong.into() })
        };
        let mut rows: Vec<OrphanRow> = live.iter().filter_map(wrong).collect();
        for part in self.context.look(asked::open)?.iter().filter(|part| part.roots() > 1) {
            rows.push(OrphanRow {
                record: part.record,
                content: part.part.name.clone(),
                wrong: "given-twice",
            });
        }
        Ok(rows)
    }
}

impl Tasks {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<Output, Failure> {
        let moment = context.moment()?;
        Ok(match self {
            Self { mine: true, .. } => json!({ "works": to_value(moment.mine()?)? }),
            Self { given: true, .. } => json!({ "works": to_value(moment.given()?)? }),
            Self { unassigned: true, .. } => {
                let mut parts = moment.open()?;
                parts.retain(|part| part.stands == Stands::ToAssign);
                json!({ "parts": to_value(parts)?, "works": to_value(moment.without_person()?)? })
            }
            Self { office: true, .. } => json!({ "parts": to_value(moment.open()?)? }),
            Self { owed: true, .. } => {
                let rows = moment.owed()?;
                let rows: Vec<Value> =
                    rows.iter().map(|(unit, row)| json!({ "unit": unit, "work": row })).collect();
                json!({ "owed": rows })
            }
            Self { .. } => json!({ "orphans": to_value(moment.orphans()?)? }),
        })
    }

    pub(super) fn exit(value: &Output) -> ExitCode {
        if list(&value["orphans"]).is_empty() { ExitCode::Done } else { ExitCode::Unexpected }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        let parts: Vec<Vec<String>> = list(&page.value["parts"])
            .iter()
            .map(|part| {
                let root = if part["root"].is_null() { &part["proposal"] } else { &part["root"] };
                let stands = page.word(&format!("stands-{}", text(&part["stands"])));
                vec![
                    text(&part["name"]),
                    text(&part["content"]),
                    text(&part["due_text"]),
                    stands,
                    text(&root["holder"]),
                ]
            })
            .collect();
        if !parts.is_empty() {
            page.table(&["work-source", "work-content", "work-outer", "cli-status", "work-holder"], &parts);
        }
        if self.orphans {
            let rows: Vec<Vec<String>> = list(&page.value["orphans"])
                .iter()
                .map(|row| {
                    let wrong = page.word(&format!("orphan-{}", text(&row["wrong"])));
                    vec![text(&row["record"]), text(&row["content"]), wrong]
                })
                .collect();
            page.table(&["cli-record", "work-content", "cli-status"], &rows);
        } else if self.owed {
            let rows: Vec<Vec<String>> = list(&page.value["owed"])
                .iter()
                .map(|row| [vec![text(&row["unit"])], cells(page, &row["work"])].concat())
                .collect();
            page.table(
                &["work-unit", "cli-record", "work-content", "work-stage", "work-holder", "work-due"],
                &rows,
            );
        } else if !self.office {
            table(page, "works");
        }
    }
}

fn cells(page: &Page<'_>, row: &Value) -> Vec<String> {
    let stage = page.word(&format!("work-stage-{}", text(&row["stage"])));
    let record = text(&row["record"]);
    let short = record.get(..13).unwrap_or_default().to_owned();
    vec![short, text(&row["content"]), stage, text(&row["lead"]), text(&row["due_text"])]
}

/// A table of works that stand in the result under a name.
pub(super) fn table(page: &mut Page<'_>, name: &str) {
    let rows: Vec<Vec<String>> = list(&page.value[name]).iter().map(|row| cells(page, row)).collect();
    page.table(&["cli-record", "work-content", "work-stage", "work-holder", "work-due"], &rows);
}
