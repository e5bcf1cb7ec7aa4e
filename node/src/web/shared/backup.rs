//! Download of a backup by the administrator. It contains private keys, so the password is asked for again (OWASP ASVS
//! 5.0, 7.5.1).

use axum::body::Body;
use axum::http::header;
use axum::response::IntoResponse;
use futures_util::stream;
use maud::{Markup, html};
use tokio::fs::{self, File};
use tokio::io::{self, AsyncReadExt};
use tokio::sync::Mutex;
use truc_proto::limits;
use truc_proto::time::Moment;

use crate::accounts::Realm;
use crate::accounts::rights::Right;
use crate::backup::{self, Last, StoreKind};
use crate::blocking::blocking;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::parts::{self, Mark, badge};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

const KEEP: Need = Need::Right(Right::Settings);
/// File name in the store's folder until the backup has been downloaded.
const MADE: &str = "handed-over.backup";
/// One backup at a time: all are prepared at the same place, and the disk may have room for one only.
static UNDER_WAY: Mutex<()> = Mutex::const_new(());

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/backup", KEEP, async |visit: Visit| show(&visit, &Form::default())),
        Route::post("/backup", KEEP, hand_over),
    ]
}

fn show(visit: &Visit, form: &Form) -> Answer {
    let (program, how, hint) = match visit.site.realm {
        Realm::Desk => ("truc-node", "backup-how", "hint-backup-files"),
        Realm::Console => ("truc-hub", "backup-how-hub", "hint-backup-files-hub"),
    };
    let files = Field::new(visit, "files", "field-backup-files").hint(visit.word(hint));
    let password = Field::new(visit, "password", "field-password-old").required();
    let password = password.kind("password").complete("current-password");
    let body = html! {
        div.narrow {
            p.crumb { a href="/me" { (visit.word("me-title")) } }
            h1 { (visit.word("sec-backup")) }
            (last(visit))
            p.mut { (visit.word(how)) }
            (field::summary(visit, form))
            form.box method="post" action="/backup" {
                (field::token(visit))
                p.note { (visit.word("backup-keys")) }
                (files.tick(form))
                (field::username(visit))
                (password.line(form))
                p.acts { button.b.go { (visit.word("btn-backup")) } }
                p.mut { (visit.word("backup-wait")) }
            }
            p { (visit.word("backup-daily")) }
            p { code { (program) " backup … --keep 14 --dir " (visit.office().dir().display()) } }
        }
    };
    Page::new(visit.word("sec-backup"), body).at("/me").render_form(visit, form)
}

/// When and where to the last backup was made; marked red if it is too old.
pub fn last(visit: &Visit) -> Markup {
    let Some(last) = Last::of(visit.office().dir()) else {
        return html! { p { (badge(Mark::Late, &visit.word("backup-never"))) } };
    };
    let taken = Moment::millis(last.taken);
    let old = !taken.is_within(limits::BACKUP_OLD, Moment::millis(visit.now as u64));
    html! {
        p {
            (badge(if old { Mark::Late } else { Mark::Done }, &visit.word("backup-last"))) " " (visit.time(last.taken as i64))
            " · " (parts::size(visit.lang, last.bytes))
            @if let Some(to) = &last.to { " · " code { (to.display()) } }
        }
    }
}

async fn hand_over(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    form.set("password", "");
    let (accounts, name, now) = (visit.site.accounts.clone(), visit.author().to_owned(), visit.seconds());
    let typed = posted.raw("password").to_owned();
    if let Err(failure) = blocking(move || accounts.prove(&name, &typed, now)).await {
        form.wrong("password", failure.on_page(visit.lang));
        return show(&visit, &form);
    }
    let (file, name) = match made(&visit, posted.is_set("files")).await {
        Ok(made) => made,
        Err(failure) => {
            form.failure = Some(failure);
            return show(&visit, &form);
        }
    };
    visit.site.accounts.note(visit.author(), "backup-taken", &name, Some(visit.source), now)?;
    let size = file.metadata().await.map_err(Failure::from)?.len();
    let headers = [
        (header::CONTENT_TYPE, "application/x-tar".to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut chunk = vec![0; limits::CHUNK];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok::<_, io::Error>((read > 0).then_some((chunk, file)))
    });
    Ok((headers, Body::from_stream(chunks)).into_response())
}

/// Makes a backup and opens it. Its file is deleted as soon as it is open, so nobody else can find it.
async fn made(visit: &Visit, files: bool) -> Result<(File, String), Failure> {
    let _one = UNDER_WAY.lock().await;
    let (dir, office) = (visit.office().dir().to_owned(), visit.me());
    let kind = match visit.site.realm {
        Realm::Desk => StoreKind::Node,
        Realm::Console => StoreKind::Hub,
    };
    let to = dir.join(MADE);
    // Left by a program that ended before the download.
    match fs::remove_file(&to).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Failure::io(&to, error)),
        _ => {}
    }
    let path = to.clone();
    blocking(move || {
        let made = backup::make(&dir, kind, office, &path, files, &mut |_, _| {})?;
        backup::note(&dir, &made, None)
    })
    .await?;
    let file = File::open(&to).await.map_err(|error| Failure::io(&to, error))?;
    fs::remove_file(&to).await.map_err(|error| Failure::io(&to, error))?;
    Ok((file, backup::name(office)))
}
