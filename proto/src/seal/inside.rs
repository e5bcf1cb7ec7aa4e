//! What is sealed in an entry of an office to itself: the message of the kind, and what the header does not say of files.

use bytes::Bytes;
use prost::Message;

use super::{About, ContentKey, Opened, Ring, SealError, open};
use crate::entry::{Attachment, Entry, SALT, SEALED_FILE};
use crate::id::OfficeId;
use crate::{crowd, limits, wire};

/// A file before it was sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size, bytes.
    pub size: u64,
}

/// The bytes to be sealed, and the attachments as the header names them. `files`: each as it was before, and as it lies in
/// the store. What nobody could read again is not packed: a name that no header would bear.
pub fn pack(message: &[u8], files: &[(File, Attachment)]) -> Result<(Bytes, Vec<Attachment>), SealError> {
    let sealed = |(file, _): &(File, Attachment)| wire::SealedFile {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        size: file.size,
    };
    let message = Bytes::copy_from_slice(message);
    let inside = wire::Inside { message, files: files.iter().map(sealed).collect() };
    let unnamed = files.iter().map(|(_, stored)| unnamed(stored.clone())).collect();
    let packed = inside.encode_to_vec().into();
    if read(&packed).is_some() { Ok((packed, unnamed)) } else { Err(SealError::Files) }
}

/// An attachment as the header of a sealed entry names it.
pub fn unnamed(file: Attachment) -> Attachment {
    Attachment { name: SEALED_FILE.to_owned(), media_type: String::new(), ..file }
}

/// An entry with its body opened and its files named, if it is sealed and this office can open it; else as it is. What was
/// sealed must be the move that the header names.
pub fn opened(entry: Entry, me: OfficeId, ring: &Ring) -> Entry {
    let Some((message, files)) = open_entry(&entry, me, ring).and_then(|opened| read(&opened.body)) else {
        return entry;
    };
    let header = &entry.header;
    if crowd::only(&message) != Some(header.mv) || files.len() != header.attachments.len() {
        return entry;
    }
    let mut entry = entry.opened(message);
    for (stored, file) in entry.header.attachments.iter_mut().zip(files) {
        (stored.name, stored.media_type) = (file.name, file.media_type);
    }
    entry
}

/// The content key of a sealed entry, opened or not, and its files as they were before.
pub fn key_of(entry: &Entry, me: OfficeId, ring: &Ring) -> Option<(ContentKey, Vec<File>)> {
    let opened = open_entry(entry, me, ring)?;
    let (_, files) = read(&opened.body)?;
    Some((opened.key, files))
}

fn open_entry(entry: &Entry, me: OfficeId, ring: &Ring) -> Option<Opened> {
    let commit = entry.header.seal.filter(|_| !entry.destroyed)?;
    let body = entry.parts().ok()?.body.slice(SALT..);
    open(&About::of(&entry.header), commit, &body, me, ring).ok()
}

fn read(inside: &Bytes) -> Option<(Bytes, Vec<File>)> {
    if crowd::fields(inside, &[]) > limits::ATTACHMENTS + 1 {
        return None;
    }
    let inside = wire::Inside::decode(inside.clone()).ok()?;
    let file = |file: wire::SealedFile| {
        let fits = file.name.len() <= limits::ATTACHMENT_NAME && file.media_type.len() <= limits::MEDIA_TYPE;
        let plain = !file.name.chars().chain(file.media_type.chars()).any(char::is_control);
        (fits && plain).then_some(File { name: file.name, media_type: file.media_type, size: file.size })
    };
    Some((inside.message, inside.files.into_iter().map(file).collect::<Option<_>>()?))
}
