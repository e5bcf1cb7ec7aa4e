//! Papers from outside as they are found and read: by a number of a book, and by who sees them.

use truc_proto::date::Date;
use truc_proto::id::RecordId;
use truc_proto::identifier;
use truc_proto::record;
use truc_proto::record::assignment::Work;
use truc_proto::record::assignment::refusal::{Key, Refusal};
use truc_proto::record::outside::{Act, Book, Move, Outside, Sender, sight};

use super::Context;
use super::tasks::Moment;
use crate::derive::views::kinds::assignment as works;
use crate::derive::views::kinds::outside::{self as papers, OutsideRow};
use crate::words::failure::{ExitCode, Failure};

impl Context<'_> {
    /// A paper from outside, as far as the acting account sees it.
    pub(crate) fn outside(&self, record: RecordId) -> Result<OutsideRow, Failure> {
        let me = self.office.id();
        let found = self.office.view(|views| papers::one(views, me, record))?;
        let moment = self.moment()?;
        match found {
            Some(row) if moment.sees_outside(&row)? => Ok(row),
            _ => Err(Refusal::new(Key::NotFound).into()),
        }
    }

    /// Who sent a petition, from the entry that says so. Whether somebody may know is asked before.
    pub(crate) fn sender(&self, outside: &Outside) -> Result<Option<Sender>, Failure> {
        let Some(sent) = &outside.sender else { return Ok(None) };
        let stored = self.office.read(|journal| journal.at(journal.own(), sent.seat))?;
        Ok(stored.and_then(|stored| match record::of(&stored.entry) {
            Ok(record::Move::Outside(Move { act: Act::Sender(sender), .. })) => Some(sender),
            _ => None,
        }))
    }
}

impl Moment<'_> {
    /// Whether the acting account sees a paper from outside.
    pub(crate) fn sees_outside(&self, row: &OutsideRow) -> Result<bool, Failure> {
        let (house, context, today) = (self.house(), self.context(), self.context().today());
        let sees = |works: &[Work]| sight::sees(house, &row.outside, works, context.author, today);
        if sees(&[]) {
            return Ok(true);
        }
        let given = context.look(|views, look| works::of_part(views, look.me, row.record, ""))?;
        Ok(sees(&given.into_iter().map(|row| row.work).collect::<Vec<_>>()))
    }

    /// The name of a body: of the house, or as it was written.
    pub fn body(&self, outside: &Outside) -> String {
        self.name(&outside.paper.party)
    }
}

/// The first and the last moment of a year, Unix milliseconds; the last is not in it.
pub(crate) fn year(year: i16) -> (i64, i64) {
    let start = |year| Date::new(year, 1, 1).map_or(i64::MAX, Date::start_millis);
    (start(year), start(year.saturating_add(1)))
}

/// The record that somebody means: a number of a book, with the year if it is not this one, else an id or the unambiguous
/// beginning of one.
pub(crate) fn which(context: &Context<'_>, text: &str) -> Result<RecordId, Failure> {
    if let Ok(id) = text.trim().parse() {
        return Ok(id);
    }
    let unknown = || Failure::from(Refusal::new(Key::NotFound));
    let (book, rest) = match text.split_once(':') {
        Some((book, rest)) => (book.trim().parse().map_err(|_| unknown())?, rest),
        None => (Book::Incoming, text),
    };
    let (number, of) = rest.split_once('/').unwrap_or((rest, ""));
    let this_year = context.today().civil().year();
    let of = if of.is_empty() { Some(this_year) } else { of.trim().parse().ok() };
    let me = context.office.id();
    let found: Vec<RecordId> = match (identifier::whole(number), of) {
        (Some(number), Some(of)) => {
            let (since, until) = year(of);
            let rows =
                context.office.view(|views| papers::numbered(views, me, book, number, since, until))?;
            rows.into_iter().map(|row| row.record).collect()
        }
        _ => {
            let begin: String =
                text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
            let is_id =
                begin.len() >= 8 && text.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
            match is_id {
                true => context.office.view(|views| papers::beginning(views, me, &begin))?,
                false => Vec::new(),
            }
        }
    };
    match found[..] {
        [one] => Ok(one),
        [] => Err(unknown()),
        [..] => Err(Failure::new(ExitCode::Input, "record-ambiguous")
            .with("record", text)
            .with("found", found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))),
    }
}
