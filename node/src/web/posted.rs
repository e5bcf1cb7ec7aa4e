//! A posted form: its values and files. Files are stored at once in the store's folder of uploads.
//!
//! A form names a file by a handle, `ID/NAME`, so that it survives errors, drafts and restarts. It becomes an
//! attachment only when the form is submitted.

use std::ops::Deref;

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use http_body_util::{BodyExt, Limited};
use tokio::io::AsyncWriteExt;
use truc_proto::limits;
use uuid::Uuid;

use crate::accounts::rights::Right;
use crate::store::uploads;
use crate::words::failure::{ExitCode, Failure};

use super::form::{Form, pairs};
use super::visit::Visit;

/// Name of the field with the session's token against forged requests.
pub const CSRF: &str = "csrf";
/// Name of the field with handles of files.
pub const ATTACH: &str = "attach";

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

    /// Reads a request's body.
    pub(super) async fn read(visit: &Visit, request: Request) -> Result<Self, Unusable> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let values = if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            multipart(visit, request).await?
        } else {
            let body = Limited::new(request.into_body(), limits::WEB_FORM).collect().await;
            let body = body.map_err(|error| too_large(limits::WEB_FORM, &error))?;
            pairs(&body.to_bytes())
        };
        let mut csrf = String::new();
        let mut kept = Vec::with_capacity(values.len());
        for (name, value) in values {
            if name == CSRF { csrf = value } else { kept.push((name, value)) }
        }
        if kept.len() > limits::WEB_FIELDS {
            return Err(too_large(limits::WEB_FIELDS, "fields"));
        }
        Ok(Self { form: Form::of(kept), csrf })
    }
}

fn too_large(limit: usize, cause: impl std::fmt::Display) -> Unusable {
    Unusable(Failure::new(ExitCode::Input, "form-too-large").sized("limit", limit).because(cause))
}

async fn multipart(visit: &Visit, request: Request) -> Result<Vec<(String, String)>, Unusable> {
    let broken = |error: axum::extract::multipart::MultipartError| too_large(limits::WEB_UPLOAD, error);
    let parts = Multipart::from_request(request, &()).await;
    let mut parts = parts.map_err(|error| too_large(limits::WEB_UPLOAD, error))?;
    let mut values = Vec::new();
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
            values.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            continue;
        };
        // The browser sends an empty part for a file field that was left empty.
        if file.is_empty() {
            continue;
        }
        // Files are stored only for people who may hand some in, wherever they send them.
        if !visit.may(Right::Handle) && !visit.may(Right::Offices) {
            continue;
        }
        let handle = uploads::handle(Uuid::now_v7(), &file);
        let path = uploads::path_of(visit.office().dir(), &handle)
            .ok_or_else(|| too_large(limits::ATTACHMENT_NAME, &file))?;
        let io = |error: std::io::Error| Unusable(Failure::io(&path, error));
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(io)?;
        }
        let mut out = tokio::fs::File::create_new(&path).await.map_err(io)?;
        while let Some(chunk) = part.chunk().await.map_err(broken)? {
            out.write_all(&chunk).await.map_err(io)?;
        }
        out.flush().await.map_err(io)?;
        out.sync_all().await.map_err(io)?;
        values.push((ATTACH.to_owned(), handle));
    }
    Ok(values)
}
