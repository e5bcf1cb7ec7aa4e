//! Files: uploaded as soon as they are chosen; served only through an entry that this office holds, as a download or for
//! a frame of this site's pages, in which nothing runs (OWASP ASVS 5.0, 3.2.1).

use axum::Json;
use axum::body::Body;
use axum::http::header;
use axum::response::IntoResponse;
use futures_util::stream;
use serde_json::json;
use tokio::sync::mpsc;
use truc_proto::entry::Entry;
use truc_proto::id::Hash;
use truc_proto::limits;
use truc_proto::record::{assignment, outside};
use truc_proto::seal::{About, PieceKey};

use crate::accounts::rights::Right;
use crate::blocking::blocking;
use crate::derive::vet;
use crate::derive::views::read;
use crate::store::attachments::{AttachmentError, Attachments};
use crate::web::fault::{Answer, Fault};
use crate::web::guard;
use crate::web::parts::files::Seen;
use crate::web::posted::{ATTACH, INWARD, Posted};
use crate::web::route::{Need, Route};
use crate::web::visit::{Visit, encoded};
use crate::words::failure::{ExitCode, Failure};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/upload", Need::Right(Right::Handle), upload).files().back("/"),
        Route::post(INWARD, Need::Right(Right::Handle), upload).files().inward().guests().back("/"),
        Route::get("/files/{position}/{hash}", Need::Right(Right::Read), serve).guests(),
    ]
}

/// Answers an upload with the handles of its files, which were stored while the request was read.
async fn upload(_: Visit, posted: Posted) -> Answer {
    let handles: Vec<&str> = posted.all(ATTACH).collect();
    Ok(Json(json!({ "handles": handles })).into_response())
}

/// Encoding of a text file, as browsers name it: by its mark, UTF-8 if it is that to its end, and otherwise what
/// Vietnamese programs of before wrote.
fn encoding_of(
    read: impl Fn(u64) -> Result<Vec<u8>, AttachmentError>,
) -> Result<&'static str, AttachmentError> {
    let (mut offset, mut left) = (0, Vec::new());
    loop {
        let chunk = read(offset)?;
        if offset == 0 {
            match chunk.as_slice() {
                [0xff, 0xfe, ..] => return Ok("utf-16le"),
                [0xfe, 0xff, ..] => return Ok("utf-16be"),
                _ => {}
            }
        }
        if chunk.is_empty() {
            return Ok(if left.is_empty() { "utf-8" } else { "windows-1258" });
        }
        offset += chunk.len() as u64;
        left.extend(chunk);
        match std::str::from_utf8(&left).map_err(|error| (error.error_len(), error.valid_up_to())) {
            Ok(_) => left.clear(),
            // A letter goes on in the next piece.
            Err((None, whole)) => drop(left.drain(..whole)),
            Err((Some(_), _)) => return Ok("windows-1258"),
        }
    }
}

/// A sealed file of this office.
struct Unsealed {
    key: PieceKey,
    about: About,
    /// Bytes of the file itself.
    size: u64,
}

impl Unsealed {
    /// The file with this hash of an own entry; none: it does not open here.
    fn of(visit: &Visit, entry: &Entry, hash: Hash) -> Option<Self> {
        let (key, files) = visit.office().content_key(entry)?;
        let index = entry.header.attachments.iter().position(|file| file.hash == hash)?;
        let (number, file) = (u32::try_from(index).ok()?, files.get(index)?);
        Some(Self { key: key.for_file(number), about: About::of(&entry.header), size: file.size })
    }

    /// Its bytes, opened as they are sent.
    fn body(self, files: Attachments, hash: Hash) -> Body {
        let (pieces, mut opened) = mpsc::channel(2);
        tokio::task::spawn_blocking(move || {
            let take = |piece| pieces.blocking_send(Ok(piece)).is_ok();
            if let Err(error) = files.open_sealed(hash, &self.key, &self.about, take) {
                // The answer has begun: it ends before its length, so that nobody takes it for whole.
                let _ = pieces.blocking_send(Err(std::io::Error::other(error)));
            }
        });
        Body::from_stream(stream::poll_fn(move |context| opened.poll_recv(context)))
    }
}

async fn serve(visit: Visit) -> Answer {
    let position: u64 = visit.param("position").parse().map_err(|_| Fault::NotFound)?;
    let hash = data_encoding::HEXLOWER.decode(visit.param("hash").as_bytes()).ok();
    let hash = Hash(hash.and_then(|hash| hash.try_into().ok()).ok_or(Fault::NotFound)?);
    // Only a file that the entry at this position names: knowing a hash gives no access.
    let before = position.checked_sub(1).ok_or(Fault::NotFound)?;
    let named = visit.office().view(|views| read::files_named(views, hash, before, position, 1))?;
    let named = named.into_iter().next().ok_or(Fault::NotFound)?;
    let stored = visit.office().read(|journal| journal.at_position(named.position))?;
    let entry = stored.map(|stored| stored.entry).ok_or(Fault::NotFound)?;
    if vet::inward(visit.me(), &entry.header) {
        return Err(Fault::NotFound);
    }
    // Files of a work, and of what came from outside, are for who sees it; guests see no others.
    let (kind, record) = (entry.header.kind, entry.header.record);
    if kind == assignment::KIND.number {
        visit.within(|context| context.work(record))?;
    } else if kind == outside::KIND.number {
        visit.within(|context| context.outside(record))?;
    } else if visit.guest {
        return Err(Fault::NotFound);
    }
    let sealed = match entry.header.seal {
        Some(_) => Some(Unsealed::of(&visit, &entry, hash).ok_or(Fault::NotFound)?),
        None => None,
    };
    let header = entry.header;
    // The entry may name the same content more than once: the link says which name is meant.
    let same = header.attachments.into_iter().filter(|file| file.hash == hash);
    let file = same.min_by_key(|file| file.name != visit.asked("name")).ok_or(Fault::NotFound)?;
    let have = visit.site.files.have(hash).map_err(Failure::from)?;
    if !have.complete {
        return Err(Failure::new(ExitCode::NotAllowed, "attachment-absent").about(file.name).into());
    }
    let files = visit.site.files.clone();
    let seen = Seen::of(&file).filter(|_| visit.asked("as") != "file");
    // The encoding of a text is told by its bytes, which are sealed.
    let seen = seen.filter(|seen| sealed.is_none() || *seen != Seen::Text);
    let checked = blocking(move || {
        files.check(hash)?;
        let text = seen == Some(Seen::Text);
        Ok::<_, Failure>(text.then(|| encoding_of(|at| files.read_at(hash, at, limits::CHUNK))).transpose()?)
    });
    let encoding = checked.await.map_err(|failure| failure.about(file.name.clone()))?;
    let inline = seen.is_some();
    let kind = match encoding {
        Some(encoding) => format!("text/plain; charset={encoding}"),
        None if inline => file.media_type.clone(),
        None => "application/octet-stream".to_owned(),
    };
    let how = if inline { "inline" } else { "attachment" };
    let headers = [
        (header::CONTENT_TYPE, kind),
        // Not as the entry says: its author may be wrong.
        (header::CONTENT_LENGTH, sealed.as_ref().map_or(have.bytes, |sealed| sealed.size).to_string()),
        (header::CONTENT_DISPOSITION, format!("{how}; filename*=UTF-8''{}", encoded(&file.name))),
        (header::CONTENT_SECURITY_POLICY, guard::FILE_POLICY.to_owned()),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN".to_owned()),
    ];
    let files = visit.site.files.clone();
    if let Some(sealed) = sealed {
        return Ok((headers, sealed.body(files, hash)).into_response());
    }
    let chunks = stream::try_unfold(0, move |offset| {
        let files = files.clone();
        async move {
            let read = tokio::task::spawn_blocking(move || files.read_at(hash, offset, limits::CHUNK)).await;
            let chunk = read.map_err(std::io::Error::other)?.map_err(std::io::Error::other)?;
            let next = offset + chunk.len() as u64;
            Ok::<_, std::io::Error>((!chunk.is_empty()).then_some((chunk, next)))
        }
    });
    Ok((headers, Body::from_stream(chunks)).into_response())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn text_is_told_by_its_bytes() {
        let of = |bytes: &[u8], piece: usize| {
            encoding_of(|offset| {
                let from = (offset as usize).min(bytes.len());
                Ok(bytes[from..(from + piece).min(bytes.len())].to_vec())
            })
            .unwrap()
        };
        for piece in [2, 3, 1000] {
            assert_eq!(of("Đảng ủy xã Diễn Châu".as_bytes(), piece), "utf-8", "{piece}");
            assert_eq!(of(b"", piece), "utf-8");
            assert_eq!(of(b"X\xe3 Di\xean Ch\xe2u", piece), "windows-1258", "{piece}");
            assert_eq!(of("cắt giữa chữ ễ".as_bytes().split_last().unwrap().1, piece), "windows-1258");
            assert_eq!(of(b"\xff\xfeX\0", piece), "utf-16le");
            assert_eq!(of(b"\xfe\xff\0X", piece), "utf-16be");
        }
    }
}
