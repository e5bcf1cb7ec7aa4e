//! The house on the command line: what an office is from within, read in, shown, changed.

mod asked;
mod road;
mod told;

use std::fs::File;
use std::sync::Arc;

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::json;
use truc_proto::date::Date;
use truc_proto::house::check::check;
use truc_proto::house::finding::Problem;
use truc_proto::house::road::check::backwards;
use truc_proto::house::row::{Row, Value as Held};
use truc_proto::house::{Fact, House, Lent, Right, Table, Thing};
use truc_proto::id::Seat;
use truc_proto::identifier;
use truc_proto::record::assignment::Saw;
use truc_proto::record::house::{self, Deed, Move, Strand};

use super::page::{Page, text};
use super::{Context, Output, act};
use crate::accounts::Role;
use crate::derive::views::inside::Form;
use crate::derive::views::kinds;
use crate::import::{house as file, house_words};
use crate::office::Intent;
use crate::words::failure::{ExitCode, Failure};

pub use asked::{Away, Delegate, End, Import, Say, Show};
use asked::{changed, day, field, typed};
pub(crate) use told::{findings, summed_up};
use told::{render_shown, render_written, shown, told};

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
    /// The roads of drafts.
    #[command(subcommand)]
    Road(road::Verb),
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
        matches!(self, Self::Export | Self::Show(_) | Self::Road(_))
    }

    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let strand = said(context)?;
        let (known, newest) = (strand.house(), strand.newest());
        match self {
            Self::Import(import) => import.execute(context, &known, newest).await,
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
                let saw = saw(say.saw.as_deref(), newest);
                write(context, &known, saw, Deed::Say, say.rows(&known, context.today())?).await
            }
            Self::End(end) => {
                may_edit(context, &known, None)?;
                let facts = end.facts(&known)?;
                let saw = saw(end.saw.as_deref(), newest);
                write(context, &known, saw, Deed::End, facts.iter().map(Fact::to_row).collect()).await
            }
            Self::Away(away) => {
                may_edit(context, &known, Some(&identifier::account(&away.person)))?;
                write(context, &known, saw(away.saw.as_deref(), newest), Deed::Away, vec![away.row()]).await
            }
            Self::Delegate(lent) => {
                lent.may(context, &known)?;
                write(context, &known, saw(lent.saw.as_deref(), newest), Deed::Delegate, vec![lent.row()])
                    .await
            }
            Self::Road(verb) => verb.execute(&known, context.today()),
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
            Self::Road(_) => road::render(page),
            _ => render_written(page),
        }
    }
}

impl Import {
    async fn execute(&self, context: &Context<'_>, known: &House, newest: Seat) -> Result<Output, Failure> {
        may_edit(context, known, None)?;
        let (facts, mut findings) = file::findings(&self.text, &code(context), known);
        let named: Vec<(Thing, Option<Date>)> =
            facts.iter().map(|fact| (fact.what.thing(), fact.span.from)).collect();
        let lacks = known.facts().filter(|fact| !named.contains(&(fact.what.thing(), fact.span.from)));
        let lacks: Vec<String> = lacks.map(|fact| named_as(&fact.what.thing())).collect();
        let news = known.news(facts);
        findings.extend(backwards(known, &news, context.today()));
        let wrong = findings.iter().find(|finding| !finding.problem.is_warning());
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
            output["written"] = say_facts(context, newest, Deed::Import, news).await?;
        }
        Ok(output)
    }
}

/// Everything that was said of this office's house.
pub(crate) fn said(context: &Context<'_>) -> Result<Strand, Failure> {
    Ok(context.office.view(|views| kinds::house::said(views, context.office.id()))?)
}

/// The house as of everything that was said.
pub(crate) fn known(context: &Context<'_>) -> Result<Arc<House>, Failure> {
    Ok(context.office.view(|views| kinds::house::known(views, context.office.id()))?)
}

/// Whether the acting account edits the house: it has the right; or nobody has it yet, or any more, and it is the
/// administrator's. Before an account was added, whoever may open the store edits it.
pub(crate) fn edits(context: &Context<'_>, known: &House) -> Result<bool, Failure> {
    let (by, today) = (context.author()?, context.today());
    let Some(account) = context.accounts.get(by)? else { return Ok(true) };
    let editor = known.people(today).any(|person| known.has_right(&person.id, Right::House, today));
    let administrator = account.role == Role::Administrator;
    Ok(known.has_right(by, Right::House, today) || !editor && administrator)
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
async fn write(
    context: &Context<'_>,
    known: &House,
    saw: Seat,
    deed: Deed,
    rows: Vec<Row>,
) -> Result<Output, Failure> {
    let checked = check(known, &rows);
    // A fact that is taken back ends before it begins.
    let wrong = checked.findings.iter().find(|finding| {
        !(finding.problem.is_warning() || deed == Deed::End && finding.problem == Problem::DateOrder)
    });
    if let Some(wrong) = wrong {
        return Err(house_words::failure(wrong));
    }
    let news = known.news(checked.facts);
    if let Some(wrong) = backwards(known, &news, context.today()).first() {
        return Err(house_words::failure(wrong));
    }
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
        output["written"] = say_facts(context, saw, deed, news).await?;
    }
    Ok(output)
}

/// What is to be said of a person who gets an account today; none: the house says it already. Fails if the house does not
/// take it. Nothing is written yet.
pub(super) async fn person(
    context: &Context<'_>,
    named: Vec<(&str, &str)>,
) -> Result<Option<Intent>, Failure> {
    let (strand, today) = (said(context)?, context.today());
    let known = strand.house();
    let named = named.into_iter().map(|(name, value)| typed(name, value)).collect();
    let mut fields = changed(&known, Table::People, named, today);
    fields.push(field("from", Held::Day(today)));
    let checked = check(&known, &[Row { table: Table::People, line: 0, fields }]);
    if let Some(wrong) = checked.findings.iter().find(|finding| !finding.problem.is_warning()) {
        return Err(house_words::failure(wrong));
    }
    let news = known.news(checked.facts);
    if news.is_empty() {
        return Ok(None);
    }
    let intent = intent(context, strand.newest(), Deed::Say, news)?;
    let rehearsed = context.office.check_all(vec![intent.clone()]).await;
    rehearsed.map(|_| Some(intent)).map_err(|(_, error)| error.into())
}

/// How far the acting account knew the house: up to what its page showed, or to what is known now.
fn saw(shown: Option<&str>, newest: Seat) -> Seat {
    match shown.and_then(|shown| shown.parse().ok()) {
        Some(Saw::Move(seat)) => seat,
        _ => newest,
    }
}

async fn say_facts(
    context: &Context<'_>,
    saw: Seat,
    deed: Deed,
    facts: Vec<Fact>,
) -> Result<Output, Failure> {
    act::write(context, intent(context, saw, deed, facts)?).await
}

fn intent(context: &Context<'_>, saw: Seat, deed: Deed, facts: Vec<Fact>) -> Result<Intent, Failure> {
    let by = context.author()?;
    let mv = Move { deed, by: by.to_owned(), facts };
    let form = Form { saw: Some(Saw::Move(saw)), ..Form::default() };
    Ok(Intent { form, ..Intent::new(by, house::record(context.office.id()), mv, Vec::new()) })
}

/// The code of this office.
fn code(context: &Context<'_>) -> String {
    let registry = context.office.registry();
    registry.fact_at(context.office.id(), context.today()).map(|fact| fact.code.clone()).unwrap_or_default()
}

/// A thing as answers name it: `people hoa`.
fn named_as(thing: &Thing) -> String {
    format!("{} {}", <&str>::from(thing.table), thing.key.join(" "))
}
