//! A posted form: its values and files. Files are stored at once in the store's folder of uploads.
//!
//! A form names a file by a handle, `ID/NAME`, so that it survives errors, drafts and restarts. It becomes an
//! attachment only when the form is submitted.

use std::collections::HashSet;
use std::ops::Deref;

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use http_body_util::{BodyExt, Limited};
use tokio::io::AsyncWriteExt;
use truc_proto::limits;
use uuid::Uuid;

use crate::store::uploads;
use crate::words::failure::{ExitCode, Failure};

use super::form::{Form, pairs};
use super::visit::Visit;

/// Name of the field with the session's token against forged requests.
pub const CSRF: &str = "csrf";
/// Name of the field with handles of files.
pub const ATTACH: &str = "attach";

/// Name of the field by which a form says that its files stay inside the office, wherever it is sent.
pub const STAYS: &str = "stays";
/// Address where files are handed in for a record that stays inside the office.
pub const INWARD: &str = "/upload/inward";

/// What becomes of files that a form brings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brings {
    /// It may bring some.
    pub files: bool,
    /// They are for a record that stays inside the office.
    pub inward: bool,
}

/// A posted form.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The values, without the token.
    pub form: Form,
    csrf: String,
}

impl Deref for Posted {
    type Target = Form;

    fn deref(&self) -> &Form {
        &self.form
    }
}

/// The request is no form, or exceeds a limit.
pub struct Unusable(pub Failure);

impl Posted {
    /// Whether the form has the token of this session.
    pub(super) fn is_of(&self, csrf: &str) -> bool {
        use subtle::ConstantTimeEq;
        !csrf.is_empty() && bool::from(self.csrf.as_bytes().ct_eq(csrf.as_bytes()))
    }

    /// Reads a request's body. Files are stored only if the form may bring any, and only after the session's token
    /// was read: a form has it before its first file.
    pub(super) async fn read(visit: &Visit, brings: Brings, request: Request) -> Result<Self, Unusable> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let mut posted = Self { form: Form::default(), csrf: String::new() };
        if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            let mut came = HashSet::new();
            if let Err(unusable) = posted.multipart(visit, brings, request, &mut came).await {
                // Nobody is told what the files before are called.
                discard(visit, came);
                return Err(unusable);
            }
        } else {
            let body = Limited::new(request.into_body(), limits::WEB_FORM).collect().await;
            let body = body.map_err(|error| too_large(limits::WEB_FORM, &error))?;
            for (name, value) in pairs(&body.to_bytes()) {
                posted.take(&name, value);
            }
        }
        if posted.values().len() > limits::WEB_FIELDS {
            return Err(too_large(limits::WEB_FIELDS, "fields"));
        }
        Ok(posted)
    }

    fn take(&mut self, name: &str, value: String) {
        if name == CSRF { self.csrf = value } else { self.form.add(name, value) }
    }

    async fn multipart(
        &mut self,
        visit: &Visit,
        brings: Brings,
        request: Request,
        came: &mut HashSet<Uuid>,
    ) -> Result<(), Unusable> {
        let broken = |error: axum::extract::multipart::MultipartError| too_large(limits::WEB_UPLOAD, error);
        let parts = Multipart::from_request(request, &()).await;
        let mut parts = parts.map_err(|error| too_large(limits::WEB_UPLOAD, error))?;
        let mut typed = 0;
        while let Some(mut part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            let Some(file) = part.file_name().map(str::to_owned) else {
                let mut bytes = Vec::new();
                while let Some(chunk) = part.chunk().await.map_err(broken)? {
                    typed += chunk.len();
                    if typed > limits::WEB_FORM {
                        return Err(too_large(limits::WEB_FORM, "typed"));
                    }
                    bytes.extend_from_slice(&chunk);
                }
                self.take(&name, String::from_utf8_lossy(&bytes).into_owned());
                continue;
            };
            // The browser sends an empty part for a file field that was left empty. What comes with a secret level is
            // not kept anywhere.
            let wanted = brings.files && self.is_of(visit.csrf()) && !self.is_secret() && !file.is_empty();
            if wanted {
                if self.form.all(ATTACH).count() >= limits::ATTACHMENTS {
                    let failure = Failure::new(ExitCode::Input, "attachment-too-many");
                    return Err(Unusable(
                        failure.with("count", limits::ATTACHMENTS + 1).with("limit", limits::ATTACHMENTS),
                    ));
                }
                let handle = store(visit, part, &file, brings.inward || self.is_set(STAYS)).await?;
                came.extend(uploads::id_of(&handle));
                self.form.add(ATTACH, handle);
            }
        }
        Ok(())
    }
}

/// Stores a file that a form brings; returns its handle. Of one that breaks off, or is more than the account may hand
/// in, nothing stays.
async fn store(visit: &Visit, mut part: Field<'_>, name: &str, inward: bool) -> Result<String, Unusable> {
    let accounts = &visit.site.accounts;
    let mut coming = accounts.coming(visit.author());
    let id = Uuid::now_v7();
    let handle = uploads::handle(id, name);
    let path = uploads::path_of(visit.office().dir(), &handle)
        .ok_or_else(|| too_large(limits::ATTACHMENT_NAME, name))?;
    let write = async {
        let io = |error: std::io::Error| Unusable(Failure::io(&path, error));
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(io)?;
        }
        if inward {
            uploads::mark_inward(visit.office().dir(), id).map_err(io)?;
        }
        let mut out = tokio::fs::File::create_new(&path).await.map_err(io)?;
        while let Some(chunk) = part.chunk().await.map_err(|error| too_large(limits::WEB_UPLOAD, error))? {
            coming.more(chunk.len() as u64).map_err(Unusable)?;
            out.write_all(&chunk).await.map_err(io)?;
        }
        out.flush().await.map_err(io)?;
        out.sync_all().await.map_err(io)?;
        coming.keep(id).map_err(Unusable)
    };
    let written = write.await;
    if written.is_err() {
        discard(visit, HashSet::from([id]));
    }
    written.map(|()| handle)
}

/// Removes files that a request brought which is of no use.
fn discard(visit: &Visit, files: HashSet<Uuid>) {
    if let Err(error) = uploads::remove(visit.office().dir(), &files) {
        tracing::warn!(%error, "what was handed in by half could not be removed");
    } else if let Err(failure) = visit.site.accounts.forget_files(&files) {
        tracing::warn!(%failure, "what was handed in by half still counts");
    }
}

fn too_large(limit: usize, cause: impl std::fmt::Display) -> Unusable {
    Unusable(Failure::new(ExitCode::Input, "form-too-large").sized("limit", limit).because(cause))
}
