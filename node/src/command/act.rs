//! Commands that all kinds of record share: open, move, list, show.

use std::fs::{self, File};

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;
use truc_proto::audience::Scope;
use truc_proto::entry::Entry;
use truc_proto::id::RecordId;
use truc_proto::limits;
use truc_proto::record::directive::{PROGRAM, Status};
use truc_proto::record::kind::{Of, Relation, Rule};
use truc_proto::record::{self, Move, Paper, State, directive, kind_name, outside};
use truc_proto::seal::ContentKey;
use truc_proto::wire::Confidentiality;

use super::failures::{move_key, not_now};
use super::page::when;
use super::paper::{Levels, SendArgs};
use super::{Context, Output, refer, to_value};
use crate::blocking::blocking;
use crate::derive::views::kinds::{self, Record};
use crate::derive::views::read::{self, Filter, RecordRow};
use crate::derive::views::story;
use crate::identity::keys;
use crate::office::{Intent, Numbering, OfficeError, SealedFiles, Written, arrival, is_sealed};
use crate::store::attachments::{self, AttachmentError};
use crate::words;
use crate::words::failure::{ExitCode, Failure};

/// Which records a list shows.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct ListArgs {
    /// Only those whose number and title contain these words, with or without marks.
    #[arg(long, default_value = "")]
    pub search: String,
    /// Only this office's.
    #[arg(long, value_name = "OFFICE")]
    pub owner: Option<String>,
    /// Only this term.
    #[arg(long)]
    pub term: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    pub last: u32,
}

/// A record, named by its id, an unambiguous beginning of it, or its number.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Which {
    /// Id, an unambiguous beginning of it, or the document's number.
    pub record: String,
}

impl ListArgs {
    /// The filter as queries of the views take it.
    pub fn filter(&self, context: &Context<'_>) -> Result<Filter, Failure> {
        let registry = context.office.registry();
        let owner = self.owner.as_deref().map(|text| refer::office(&registry, text, context.today()));
        Ok(Filter {
            owner: owner.transpose()?,
            term: self.term.clone(),
            search: self.search.clone(),
            // One more shows whether there are more.
            limit: self.last.saturating_add(1),
            ..Filter::default()
        })
    }
}

/// Opens the files that are attached. The process that carries the command out gets them as they are: it may not see
/// where they lie, and not be allowed to read them.
pub(super) fn prepare_files(levels: &mut Levels, opened: &mut Vec<File>) -> Result<(), Failure> {
    for path in &mut levels.attach {
        let io = |error| Failure::io(path, error);
        // Looked at first: opening a pipe would wait for its other end.
        if !fs::metadata(&*path).map_err(io)?.is_file() {
            return Err(AttachmentError::NotAFile(path.clone()).into());
        }
        let file = File::open(&*path).map_err(io)?;
        let name = path.file_name().ok_or_else(|| AttachmentError::NotAFile(path.clone()))?;
        *path = attachments::handed_path(opened.len(), name);
        opened.push(file);
    }
    Ok(())
}

/// Opens a record with a paper that bears this number.
pub(super) async fn open(
    context: &Context<'_>,
    send: &SendArgs,
    mv: impl Into<Move>,
    numbering: Numbering,
) -> Result<Output, Failure> {
    let author = context.author()?;
    let audience = refer::scopes(&context.office.registry(), &send.to, context.today())?;
    let intent = Intent { once: send.once, numbering, ..Intent::opening(author, mv, audience) };
    write(context, with_levels(context, intent, &send.levels).await?).await
}

/// Stores the attached files, then adds levels and files to the intent. The files come first, because an entry must not
/// name a file that is not in the store. In a rehearsal they are described and not stored.
pub(super) async fn with_levels(
    context: &Context<'_>,
    mut intent: Intent,
    levels: &Levels,
) -> Result<Intent, Failure> {
    intent.urgency = levels.urgency.wire();
    intent.confidentiality = levels.confidentiality.wire();
    // Who issues a paper signs it; a secret one says here no more than its number, date and title.
    if let (Confidentiality::Open, Some(paper)) = (intent.confidentiality, intent.mv.paper_mut()) {
        paper.signer =
            context.accounts.get(context.author)?.map(|account| account.signer()).unwrap_or_default();
    }
    if is_sealed(intent.mv.kind()) {
        return with_sealed(context, intent, levels).await;
    }
    for path in &levels.attach {
        let (files, path, rehearsal) = (context.files.clone(), path.to_owned(), context.rehearsal);
        let put = move || if rehearsal { files.describe(&path) } else { files.put_file(&path) };
        let file = blocking(move || Ok::<_, Failure>(put()?)).await?;
        // The same file chosen twice goes once; under two names it goes under both.
        if !intent.attachments.contains(&file) {
            intent.attachments.push(file);
        }
    }
    Ok(intent)
}

/// Seals the files of a move that is sealed. What they are bound to, the record among it, is settled here.
async fn with_sealed(context: &Context<'_>, mut intent: Intent, levels: &Levels) -> Result<Intent, Failure> {
    if levels.attach.is_empty() || context.rehearsal {
        return Ok(intent);
    }
    let record = intent.record(context.office.id());
    intent.record = Some(record);
    let about = intent.about(context.office.id(), record);
    let key = ContentKey::new(keys::random()?);
    let mut sealed = Vec::new();
    for (index, path) in (0..).zip(&levels.attach) {
        let (files, path, key) = (context.files.clone(), path.to_owned(), key.for_file(index));
        let put = move || Ok::<_, Failure>(files.put_sealed(&path, &key, &about)?);
        let (file, stored) = blocking(put).await?;
        sealed.push(file);
        intent.attachments.push(stored);
    }
    intent.sealed = Some(SealedFiles { key, files: sealed });
    Ok(intent)
}

/// The record that is meant, as this office sees it.
pub fn find(context: &Context<'_>, kind: u32, which: &Which) -> Result<Record, Failure> {
    let row = refer::record(context, kind, &which.record)?;
    let shown = context.look(|views, look| kinds::show(views, look, row.id))?;
    let same = shown.into_iter().find(|shown| shown.row.owner == row.owner && shown.row.kind == kind);
    same.ok_or_else(|| Failure::new(ExitCode::NotFound, "record-unknown").with("record", &*which.record))
}

/// Writes a move of a record. The record's rules are asked first, so that a refusal names the moves that are allowed
/// now; whether they still are is decided when it is written.
pub(super) async fn answer(
    context: &Context<'_>,
    record: &Record,
    mv: impl Into<Move>,
    levels: &Levels,
) -> Result<Output, Failure> {
    answer_numbered(context, record, mv, levels, Numbering::AsWritten).await
}

/// As [`answer`], with a move that bears this number.
pub(super) async fn answer_numbered(
    context: &Context<'_>,
    record: &Record,
    mv: impl Into<Move>,
    levels: &Levels,
    numbering: Numbering,
) -> Result<Output, Failure> {
    answer_after(context, record, Vec::<Move>::new(), mv, levels, numbering).await
}

/// As [`answer_numbered`], after other moves that must come first. All are written or none.
pub(super) async fn answer_after(
    context: &Context<'_>,
    record: &Record,
    first: Vec<impl Into<Move>>,
    mv: impl Into<Move>,
    levels: &Levels,
    numbering: Numbering,
) -> Result<Output, Failure> {
    let (mv, row): (Move, _) = (mv.into(), &record.row);
    let mut first: Vec<Move> = first.into_iter().map(Into::into).collect();
    allowed(context, record, first.first().unwrap_or(&mv).name())?;
    let intent = |mv: Move| -> Result<Intent, Failure> {
        let audience = audience(context, row, &mv);
        let author = if arrival::is_programs(&mv) { PROGRAM } else { context.author()? };
        Ok(Intent::new(author, row.id, mv, audience))
    };
    let mut intents = first.drain(..).map(intent).collect::<Result<Vec<_>, _>>()?;
    let last = Intent { numbering, ..intent(mv)? };
    intents.push(with_levels(context, last, levels).await?);
    write_all(context, intents).await
}

/// Whether the program has said by now that a paper has arrived, in the journal if not yet in the views.
pub(super) fn has_arrived(context: &Context<'_>, record: &Record) -> Result<bool, Failure> {
    let (me, row) = (context.office.id(), &record.row);
    let newest = context.office.view(|views| story::newest_own(views, me, row.id, row.kind))?;
    Ok(newest.is_some_and(|newest| newest.mv == Status::Arrived.name()))
}

/// Fails unless the record allows this move now.
pub(super) fn allowed(context: &Context<'_>, record: &Record, name: &str) -> Result<(), Failure> {
    if record.next.contains(&name) {
        return Ok(());
    }
    let kind = record.row.kind;
    Err(before(context, record.row.id, kind, not_now(kind, name, &record.next)))
}

/// A failure of a move that says who of this office did what before, and when, if that is why.
fn before(context: &Context<'_>, record: RecordId, kind: u32, failure: Failure) -> Failure {
    let reason = failure.args.iter().find(|(name, _)| name == "reason").map(|(_, value)| value);
    let judged = ["judged", "answered", "reported"]
        .iter()
        .any(|judged| reason == Some(&words::Value::Text((*judged).into())));
    if !matches!(&*failure.key, "move-none" | "move-not-allowed" | "move-no-effect") && !judged {
        return failure;
    }
    let me = context.office.id();
    let newest = context.office.view(|views| story::newest_own(views, me, record, kind));
    let Ok(Some(newest)) = newest else { return failure };
    let did = move_key(kind, &newest.mv);
    // Nobody is forestalled by the paper itself, nor by a step that comes before.
    let opened = record::kind(kind).and_then(|kind| kind.rule(&newest.mv)).is_none_or(|rule| rule.opens);
    let same =
        failure.args.iter().any(|(name, value)| name == "move" && *value == words::Value::Text(did.clone()));
    if opened || failure.key == "move-no-effect" && !same {
        return failure;
    }
    let accounts = context.accounts.list().unwrap_or_default();
    let account = accounts.into_iter().find(|account| account.name == newest.author);
    failure
        .with("who", account.map_or(newest.author, |account| account.shown))
        .with("did", did)
        .with("when", when(&newest.time.into()))
        .second()
}

/// The audience of a move. The owner's goes to everybody whom the record was opened for, or, if it is about one office,
/// to that office alone; what it says of its own part of a paper stays with it where the table lets nothing go down. An
/// addressee's goes to the owner alone. What the table lets nobody else hear stays here.
pub(super) fn audience(context: &Context<'_>, row: &RecordRow, mv: &Move) -> Vec<Scope> {
    let me = context.office.id();
    match mv.about() {
        _ if mv.rule().is_some_and(Rule::is_inward) => Vec::new(),
        Some(office) if office == me => Vec::new(),
        Some(office) => vec![Scope::office(office)],
        None if row.owner != me => vec![Scope::office(row.owner)],
        None if mv.rule().is_some_and(|rule| rule.of == Of::Part && !rule.may[Relation::Below as usize]) => {
            Vec::new()
        }
        None => row.audience.clone(),
    }
}

/// This office's own strand of a record.
pub(super) fn own_strand(context: &Context<'_>, row: &RecordRow) -> Result<Option<State>, Failure> {
    let me = context.office.id();
    Ok(context.office.view(|views| read::strand(views, row.id, row.kind, me))?)
}

/// Writes the intent; the result names what was written.
pub(super) async fn write(context: &Context<'_>, intent: Intent) -> Result<Output, Failure> {
    write_all(context, vec![intent]).await
}

/// Writes all these moves of one record or none; the result names the last. If somebody of this office was first, the
/// failure says so. In a rehearsal nothing is written, and the result is null.
pub(super) async fn write_all(context: &Context<'_>, intents: Vec<Intent>) -> Result<Output, Failure> {
    let matter = intents.last().and_then(|intent| Some((intent.record?, intent.mv.kind())));
    let written = if context.rehearsal {
        context.office.check_all(intents).await.map(|_| Vec::new())
    } else {
        context.office.act_all(intents).await
    };
    match written {
        Ok(_) if context.rehearsal => Ok(Output::Null),
        Ok(written) => Ok(told(written.last().ok_or(OfficeError::Stopped)?)),
        Err((_, error)) => {
            let failure = Failure::from(error);
            let Some((record, kind)) = matter else { return Err(failure) };
            // What was first is in the journal, and maybe not in the views yet.
            let end = context.office.read(|journal| Ok(journal.end()?.position))?;
            let _ = timeout(limits::SEARCH_SOON, context.office.wait_folded(end)).await;
            Err(before(context, record, kind, failure))
        }
    }
}

/// What was written, as commands tell it.
pub(super) fn told(written: &Written) -> Output {
    let header = &written.entry.header;
    // What was written has been read back.
    let mv = truc_proto::record::of(&written.entry).ok();
    let mut output = json!({
        "record": header.record,
        "kind": kind_name(header.kind),
        "number": mv.as_ref().and_then(Move::paper).map(|paper| paper.number.clone()).unwrap_or_default(),
        "move": mv.as_ref().map_or("malformed", Move::name),
        "position": written.position,
        "place": header.place().to_string(),
        "hash": written.entry.hash,
    });
    match mv {
        Some(Move::Directive(directive::Move::Status { arrival_number, .. }))
            if !arrival_number.is_empty() =>
        {
            output["arrival_number"] = arrival_number.into();
        }
        Some(Move::Outside(outside::Move { act: outside::Act::Arrive(arrived), .. })) => {
            output["arrival_number"] = arrived.arrival.to_string().into();
        }
        _ => {}
    }
    if written.stood {
        output["stood"] = true.into();
    }
    output
}

/// Everything about one record, including text, files and story.
pub(super) fn show(context: &Context<'_>, kind: u32, which: &Which) -> Result<Output, Failure> {
    let record = find(context, kind, which)?;
    let stored = context.office.read(|journal| journal.at_position(record.row.position))?;
    let said = context.look(|views, look| story::of(views, look, &record.row))?;
    let mut output = to_value(&record)?;
    if let Value::Object(object) = &mut output {
        let entry = stored.map(|stored| stored.entry);
        let text = entry.as_ref().and_then(text_of).unwrap_or_default();
        object.insert("text".into(), text.into());
        object.insert("attachments".into(), files(context, entry.as_ref())?);
        object.insert("story".into(), to_value(said)?);
    }
    Ok(output)
}

/// The text of the paper in an entry; none if its move carries no paper.
pub fn text_of(entry: &Entry) -> Option<String> {
    paper_of(entry).map(|paper| paper.text)
}

/// The paper that an entry carries, with its text.
pub fn paper_of(entry: &Entry) -> Option<Paper> {
    let mv = truc_proto::record::of(entry).ok()?;
    mv.paper().cloned()
}

/// The attachments of an entry, with how much of each is stored here.
pub(super) fn files(context: &Context<'_>, entry: Option<&Entry>) -> Result<Value, Failure> {
    let mut all = Vec::new();
    for file in entry.filter(|entry| !entry.destroyed).map_or(&[][..], |entry| &entry.header.attachments) {
        let have = context.files.have(file.hash)?;
        all.push(json!({
            "hash": file.hash, "size": file.size, "name": file.name, "media_type": file.media_type,
            "have": have.bytes, "complete": have.complete,
        }));
    }
    Ok(all.into())
}
