//! Drafts: typed text is saved while it is typed and survives a lost line, session or power. A shared draft is how a
//! paper reaches the chief for signature.

use std::collections::HashSet;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use truc_proto::limits;
use truc_proto::time::Moment;
use uuid::Uuid;

use crate::accounts::rights::Right;
use crate::accounts::{Accounts, Done, Draft, DraftError, SavedDraft};
use crate::blocking::blocking;
use crate::store::uploads;
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::{Form, LEVEL};
use crate::web::page::Page;
use crate::web::parts::picker::TO;
use crate::web::parts::{empty, field};
use crate::web::posted::{ATTACH, Posted};
use crate::web::route::{Answering, Need, Route, Text};
use crate::web::visit::{Visit, encoded, local};
use crate::words::failure::Failure;

/// Field with the draft's id.
pub const DRAFT: &str = "draft";
/// Field with the draft's version that the page loaded.
pub const VERSION: &str = "draft-version";
/// Field with the address of the form.
pub const FORM: &str = "draft-form";
/// Field with the draft's title in lists, for forms whose paper has none.
pub const TITLE: &str = "called";
/// Field by which somebody says that a paper is to be issued, after the question whether it is.
pub const SURE: &str = "sure";
/// Field with the name of the part that gets one more row.
const MORE: &str = "more";
/// Field of the button that the Enter key presses.
const KEEP: &str = "keep";

/// What a stub of a secret paper consists of: nothing else of such a form is kept.
const STUB: &[&str] = &[
    DRAFT,
    VERSION,
    FORM,
    TITLE,
    LEVEL,
    TO,
    "title",
    "type",
    "number",
    "symbol",
    "urgency",
    "due",
    "form",
    "period",
    "from",
    "to",
    "supervision",
    "in_reply_to",
    "again",
    "version",
    "notation",
];
/// Level at which a stub has no title either.
const UNTITLED: u8 = 3;

/// Forms that are carried out now, by the last byte of their draft's id: of two that are pressed together, the second
/// waits for what comes of the first.
static LANES: [Mutex<()>; 256] = [const { Mutex::const_new(()) }; 256];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/drafts", Need::Account, list),
        Route::get("/drafts/{id}", Need::Account, open),
        // Whoever may write with a form may keep what he typed into it.
        Route::post("/drafts/{id}", Need::Right(Right::Read), save).keeps(Text::Draft).guests(),
        Route::post("/drafts/{id}/remove", Need::Account, remove).back("/drafts"),
    ]
}

fn seen(visit: &Visit, id: &str) -> Result<SavedDraft, Fault> {
    let id: Uuid = id.parse().map_err(|_| Fault::NotFound)?;
    let saved = visit.site.accounts.draft(id)?.ok_or(Fault::NotFound)?;
    if is_open(visit, &saved) { Ok(saved) } else { Err(Fault::NotFound) }
}

/// Whether a draft is the visitor's to see: his own, or one that is shared in the office, whose guests see none.
fn is_open(visit: &Visit, saved: &SavedDraft) -> bool {
    saved.open_to(visit.author()) && (saved.draft.owner == visit.author() || !visit.guest)
}

/// Whether the visitor shares drafts with others, and edits theirs.
fn shares(visit: &Visit) -> bool {
    visit.may(Right::Handle) && !visit.guest
}

/// The form of a page: the draft that the address names, or an empty one with that id.
pub fn form(visit: &Visit, form_address: &str) -> Result<Form, Fault> {
    let id = visit.asked(DRAFT).parse().unwrap_or_else(|_| Uuid::now_v7());
    let saved = visit.site.accounts.draft(id)?;
    if saved.as_ref().is_some_and(|saved| !is_open(visit, saved)) {
        return Err(Fault::NotFound);
    }
    Ok(filled(id, saved, form_address))
}

fn filled(id: Uuid, saved: Option<SavedDraft>, form_address: &str) -> Form {
    let (mut form, version, address) = match saved {
        None => (Form::default(), 0, form_address.to_owned()),
        Some(SavedDraft { draft, .. }) => {
            (Form::from_json(&draft.fields).unwrap_or_default(), draft.version, draft.form)
        }
    };
    form.set(DRAFT, id.to_string());
    form.set(VERSION, version.to_string());
    form.set(FORM, address);
    form
}

/// The form of a move with what this account has typed into it and not sent. Its id follows from whose it is and what
/// it is about, so that it is found again, and from a secret, so that nobody else uses it up.
pub fn of_move(visit: &Visit, address: &str, about: &[(&str, &str)]) -> Result<Form, Failure> {
    let about = about.iter().flat_map(|(name, value)| [*name, *value]);
    let id = visit.site.accounts.draft_about([visit.author(), address].into_iter().chain(about));
    let saved = visit.site.accounts.draft(id)?.filter(|saved| is_open(visit, saved));
    Ok(filled(id, saved, address))
}

/// The form of a move as its page shows it: what was posted, if it is this one, else what was typed here and not sent.
pub fn typed(visit: &Visit, address: &str, about: &[(&str, &str)], posted: Option<&Form>) -> Form {
    let kept = of_move(visit, address, about).unwrap_or_default();
    let Some(mut form) = posted.cloned() else { return kept };
    if !form.is_set(DRAFT) {
        [DRAFT, VERSION, FORM].iter().for_each(|name| form.set(name, kept.raw(name)));
    }
    form
}

/// The form of a page on which several forms stand: the draft that the address names, or none.
pub fn asked(visit: &Visit) -> Result<Form, Fault> {
    if visit.asked(DRAFT).is_empty() { Ok(Form::default()) } else { form(visit, &visit.path) }
}

/// What of a form is kept: nothing of the page itself, and of a secret paper only its stub.
pub fn kept(form: &Form) -> Form {
    let mut kept = form.clone();
    let level = form.level();
    kept.retain(|name| ![MORE, KEEP, SURE].contains(&name));
    if level > 0 {
        kept.retain(|name| STUB.contains(&name) && !(level >= UNTITLED && name == "title"));
    }
    kept
}

/// The address of a form with its draft.
fn address(form: &str, id: Uuid) -> String {
    let form = local(form);
    format!("{form}{}{DRAFT}={id}", if form.contains('?') { '&' } else { '?' })
}

/// What begins a form that is kept as a draft: the session's token, the draft, and the button that Enter presses. That
/// one saves and leads back to the form.
pub fn head(visit: &Visit, form: &Form) -> Markup {
    html! {
        (field::token(visit))
        @for name in [DRAFT, VERSION, FORM] { input type="hidden" name=(name) value=(form.raw(name)); }
        button.vh tabindex="-1" aria-hidden="true" name=(KEEP) value="1" formaction=(save_address(form)) formnovalidate {}
    }
}

/// A form that consists of one button, and is carried out once like any other.
pub fn button(visit: &Visit, address: &str, class: &str, word: &str, hidden: &[(&str, &str)]) -> Markup {
    html! {
        form.inline method="post" action=(address) {
            (named(visit, address, hidden))
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            button.b.(class) { (word) }
        }
    }
}

/// What begins a form in which nothing is typed: the session's token, and the name under which it is carried out once.
pub fn named(visit: &Visit, address: &str, about: &[(&str, &str)]) -> Markup {
    let about = about.iter().flat_map(|(name, value)| [*name, *value]);
    let id = visit.site.accounts.draft_about([visit.author(), address].into_iter().chain(about));
    html! { (field::token(visit)) input type="hidden" name=(DRAFT) value=(id); }
}

/// Where a form is saved as a draft.
pub fn save_address(form: &Form) -> String {
    format!("/drafts/{}", form.raw(DRAFT))
}

/// Whether and when the form was saved.
pub fn saved(visit: &Visit) -> Markup {
    html! {
        span.mut.sm data-saved data-word=(visit.word("form-saved")) data-failed=(visit.word("form-unsaved"))
            data-files=(visit.word("form-files-coming")) role="status" {}
    }
}

/// The end of a form: when it was saved, and the buttons.
pub fn foot(visit: &Visit, form: &Form, buttons: Markup) -> Markup {
    let save = save_address(form);
    html! {
        @if let Some(question) = &form.question {
            p.note role="alert" { b { (question) } }
            input type="hidden" name=(SURE) value="1";
        }
        p.foot {
            (saved(visit))
            button.b formaction=(save) formnovalidate data-keep { (visit.word("btn-draft")) }
            button.b formaction={ (save) "?share=1" } formnovalidate { (visit.word("btn-submit-sign")) }
            (buttons)
        }
    }
}

/// The button that adds a row to a part.
pub fn more(visit: &Visit, form: &Form, part: &str) -> Markup {
    html! {
        button.b.plain name=(MORE) value=(part) formaction=(save_address(form)) formnovalidate data-more=(part) {
            (visit.word("btn-more-rows"))
        }
    }
}

/// Where else a request for the page of a form leads: to the form under the id of a new draft, so that Back and reload
/// meet the same one; to what came of it, if it was carried out.
pub(in crate::web) fn lead(visit: &Visit, text: Text) -> Result<Option<Response>, Failure> {
    if text != Text::Paper {
        return Ok(None);
    }
    let Ok(id) = visit.asked(DRAFT).parse::<Uuid>() else {
        return Ok(Some(Redirect::to(&visit.with(DRAFT, &Uuid::now_v7().to_string())).into_response()));
    };
    if visit.site.accounts.draft(id)?.is_some() {
        return Ok(None);
    }
    visit.site.accounts.done(id)?.map(|done| first(visit, &done)).transpose()
}

/// The response that shows what came of a form the first time.
fn first(visit: &Visit, done: &Done) -> Result<Response, Failure> {
    let time = visit.clock().told(done.at as i64 * 1000);
    visit.flash(tell!(visit, "done-already", time = time))?;
    Ok(Redirect::to(local(&done.place)).into_response())
}

/// Carries a form out, once: whoever presses twice, goes back or has the form in two tabs is shown what came of the
/// first time. What was changed since is kept as a new draft.
pub(in crate::web) async fn once(
    visit: &Visit,
    posted: Posted,
    text: Text,
    deed: &(dyn Fn(Visit, Posted) -> Answering + Send + Sync),
) -> Answer {
    let id = posted
        .get(DRAFT)
        .parse::<Uuid>()
        .ok()
        .filter(|_| matches!(text, Text::Paper | Text::Move | Text::Once));
    let Some(id) = id else { return deed(visit.clone(), posted).await };
    let lane = usize::from(id.as_bytes()[15]);
    let _alone = match LANES.get(lane) {
        Some(lane) => Some(lane.lock().await),
        None => None,
    };
    let fields = sum(&posted);
    // What was done under an id as another kind of form says nothing of this one.
    let again = text != Text::Paper;
    if let Some(done) = visit.site.accounts.done(id)?.filter(|done| done.again == again) {
        let now = Moment::seconds(visit.seconds());
        let twice = done.fields == fields
            && (!done.again || Moment::seconds(done.at).is_within(limits::DONE_TWICE, now));
        if twice {
            return Ok(first(visit, &done)?);
        }
        if !done.again {
            let mut form = kept(&posted);
            form.set(DRAFT, Uuid::now_v7().to_string());
            form.set(VERSION, "0");
            let kept = keep(&visit.site.accounts, visit.author(), &form, &visit.path, visit.seconds())?;
            visit.flash(visit.word("done-before"))?;
            return Ok(Redirect::to(&format!("/drafts/{kept}")).into_response());
        }
    }
    let mut handed = handed_in(&posted);
    let answer = deed(visit.clone(), posted).await?;
    let place = answer.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
    if let (StatusCode::SEE_OTHER, Some(place)) = (answer.status(), place) {
        let done = Done { place: place.to_owned(), fields, again, at: visit.seconds() };
        // It is carried out: that its draft or files stay behind is no failure of it.
        if let Ok(Some(saved)) = visit.site.accounts.draft(id) {
            handed.extend(files_of(&saved));
        }
        if let Err(failure) = visit.site.accounts.finish_draft(id, visit.author(), &done) {
            tracing::warn!(%failure, "the draft of what was carried out could not be deleted");
        }
        release(visit, handed).await;
    }
    Ok(answer)
}

/// What a form says, whatever its page is: two with the same sum say the same.
fn sum(form: &Form) -> [u8; 32] {
    let mut said = kept(form);
    said.retain(|name| ![VERSION, FORM, TITLE].contains(&name));
    Sha256::digest(said.to_json()).into()
}

/// The files that a form names.
fn handed_in(form: &Form) -> HashSet<Uuid> {
    form.all(ATTACH).filter_map(uploads::id_of).collect()
}

/// The files that a draft names.
fn files_of(saved: &SavedDraft) -> HashSet<Uuid> {
    Form::from_json(&saved.draft.fields).map(|form| handed_in(&form)).unwrap_or_default()
}

/// Removes handed-in files that no draft names any more.
async fn release(visit: &Visit, mut files: HashSet<Uuid>) {
    if files.is_empty() {
        return;
    }
    let (accounts, dir) = (visit.site.accounts.clone(), visit.office().dir().to_owned());
    let released = blocking(move || {
        let named = accounts.uploads_named()?;
        files.retain(|id| !named.contains(id));
        uploads::remove(&dir, &files).map_err(|error| Failure::io(&dir.join(uploads::UPLOADS), error))?;
        accounts.forget_files(&files)
    });
    if let Err(failure) = released.await {
        // The next start of the program tidies up.
        tracing::warn!(%failure, "files that were sent could not be removed from where they were handed in");
    }
}

fn draft(form: &Form, owner: &str, otherwise: &str, shared: bool) -> Draft {
    Draft {
        id: form.get(DRAFT).parse().unwrap_or_else(|_| Uuid::now_v7()),
        form: form.some(FORM).unwrap_or_else(|| otherwise.to_owned()),
        owner: owner.to_owned(),
        title: form.some("title").unwrap_or_else(|| form.get(TITLE).to_owned()),
        fields: form.to_json(),
        shared,
        version: form.get(VERSION).parse().unwrap_or(0),
    }
}

/// Keeps a form whose session had ended as a draft; returns the draft's id. `otherwise` is the address of a form that
/// names none.
pub(super) fn keep(
    accounts: &Accounts,
    owner: &str,
    form: &Form,
    otherwise: &str,
    now: u64,
) -> Result<Uuid, Failure> {
    let draft = draft(&kept(form), owner, otherwise, false);
    let id = draft.id;
    match accounts.save_draft(draft, now) {
        Ok(_) => Ok(id),
        Err(DraftError::Edited { kept, .. }) => Ok(kept),
        Err(DraftError::Failure(failure)) => Err(failure),
    }
}

/// Response to a form without this session's token: nothing is done. The form may come from an earlier session, so its
/// text is shown as a draft that the person can continue.
pub(in crate::web) fn stale(visit: &Visit, posted: &Posted, text: Text) -> Response {
    let mut form = if text.is_kept() { kept(posted) } else { Form::default() };
    let any = form.values().iter().any(|(_, value)| !value.is_empty());
    if any && !form.is_set(DRAFT) {
        form.set(DRAFT, Uuid::now_v7().to_string());
        form.set(FORM, visit.path.clone());
    }
    let body = html! {
        h1 { (visit.word("err-stale-title")) }
        div.errbox role="alert" { p { (visit.word(if any { "err-stale" } else { "err-stale-plain" })) } }
        @if any {
            form method="post" action=(save_address(&form)) {
                (field::token(visit))
                @for (name, value) in form.values() { input type="hidden" name=(name) value=(value); }
                p.acts { button.b.go { (visit.word("btn-go-on")) } }
            }
        }
    };
    (StatusCode::FORBIDDEN, Page::new(visit.word("err-stale-title"), body).render(visit)).into_response()
}

async fn list(visit: Visit) -> Answer {
    let all = visit.site.accounts.drafts(visit.author(), shares(&visit))?;
    let body = html! {
        h1 { (visit.word("nav-drafts")) }
        @if all.is_empty() { (empty(&visit.word("empty-drafts"), None)) }
        ul.rows {
            @for saved in &all {
                li {
                    span.when { (visit.time(saved.saved_at as i64 * 1000)) }
                    div {
                        a.t href={ "/drafts/" (saved.draft.id) } { (title(&visit, &saved.draft)) }
                        p { (visit.person(&saved.draft.owner)) @if saved.draft.shared { " · " (visit.word("draft-shared")) } }
                    }
                    @if saved.draft.owner == visit.author() {
                        // What cannot be undone is asked.
                        details.move {
                            summary.b.plain { (visit.word("btn-remove")) "…" }
                            div.box {
                                p { (tell!(visit, "ask-remove-draft", title = title(&visit, &saved.draft))) }
                                (field::button(&visit, &format!("/drafts/{}/remove", saved.draft.id), "go grave", &visit.word("btn-remove"), &[]))
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(Page::new(visit.word("nav-drafts"), body).at("/me").render(&visit))
}

fn title(visit: &Visit, draft: &Draft) -> String {
    if draft.title.trim().is_empty() { visit.word("draft-untitled") } else { draft.title.clone() }
}

async fn open(visit: Visit) -> Answer {
    let saved = seen(&visit, visit.param("id"))?;
    // The draft's owner supplied the address: it must not lead a colleague to another site.
    Ok(Redirect::to(&address(&saved.draft.form, saved.draft.id)).into_response())
}

/// Saves a draft, on request of the script while somebody types, or of a button.
async fn save(visit: Visit, posted: Posted) -> Answer {
    let id: Uuid = visit.param("id").parse().map_err(|_| Fault::NotFound)?;
    let machine = visit.asked("as") == "json";
    let before = visit.site.accounts.draft(id)?;
    if before
        .as_ref()
        .is_some_and(|saved| saved.draft.owner != visit.author() && !(saved.draft.shared && shares(&visit)))
    {
        return Err(Fault::NotFound);
    }
    let mut form = kept(&posted);
    let more = posted.get(MORE);
    if !more.is_empty() {
        let next = form.rows(more).last().map_or(1, |last| last + 1);
        form.add(&format!("{more}.{next}.content"), "");
    }
    form.set(DRAFT, id.to_string());
    // What was carried out stays as it is: what is typed on its page is another paper.
    let over = before.is_none() && visit.site.accounts.done(id)?.is_some_and(|done| !done.again);
    if over {
        form.set(DRAFT, Uuid::now_v7().to_string());
        form.set(VERSION, "0");
    }
    let share = visit.asked("share") == "1" && shares(&visit);
    let shared = share || before.as_ref().is_some_and(|saved| saved.draft.shared);
    let draft = draft(&form, visit.author(), "/", shared);
    let (kept, address) = (draft.id, address(&draft.form, draft.id));
    let clock = visit.clock();
    let saved = visit.site.accounts.save_draft(draft, visit.seconds());
    if let Some(before) = before {
        if form.is_secret() {
            visit.site.accounts.scrub()?;
        }
        // What was taken out of it.
        let named = handed_in(&form);
        release(&visit, &files_of(&before) - &named).await;
    }
    match saved {
        Ok(_) if machine && over => {
            let answer = json!({ "edited": visit.word("done-before"), "kept": format!("/drafts/{kept}") });
            Ok((StatusCode::CONFLICT, Json(answer)).into_response())
        }
        Ok(version) if machine => Ok(Json(
            json!({ "version": version, "told": tell!(visit, "form-saved-at", time = clock.hour(visit.now)) }),
        )
        .into_response()),
        Ok(_) if !more.is_empty() => Ok(Redirect::to(&format!("{address}#{}", encoded(more))).into_response()),
        Ok(_) => {
            visit.flash(visit.word(if share { "done-shared" } else { "done-draft" }))?;
            Ok(Redirect::to(&address).into_response())
        }
        Err(DraftError::Edited { by, at, kept }) => {
            let told = tell!(visit, "err-edited", who = visit.person(&by), time = clock.at(at as i64 * 1000));
            if machine {
                let answer = json!({ "edited": told, "kept": format!("/drafts/{kept}") });
                return Ok((StatusCode::CONFLICT, Json(answer)).into_response());
            }
            visit.flash(told)?;
            Ok(Redirect::to("/drafts").into_response())
        }
        Err(DraftError::Failure(failure)) => Err(failure.into()),
    }
}

async fn remove(visit: Visit, _: Posted) -> Answer {
    let saved = seen(&visit, visit.param("id"))?;
    if saved.draft.owner != visit.author() {
        return Err(Fault::NotFound);
    }
    visit.site.accounts.drop_draft(saved.draft.id, visit.author())?;
    release(&visit, files_of(&saved)).await;
    Ok(Redirect::to("/drafts").into_response())
}
