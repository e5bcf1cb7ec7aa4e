//! The protocol of Trục: what every party must agree on.
//!
//! Bytes and values in, bytes and values out: nothing here opens a file or a socket, reads a clock or
//! waits. `proto/README.md` is the protocol's specification for readers of other languages.

pub mod audience;
pub mod authority;
pub mod batch;
pub mod code;
pub mod codec;
pub mod crowd;
pub mod date;
pub mod enrolment;
pub mod entry;
pub mod fault;
pub mod head;
pub mod id;
pub mod limits;
pub mod paper;
pub mod proof;
pub mod receipt;
pub mod record;
pub mod registry;
pub mod secrecy;
pub mod session;
mod signature;
pub mod time;
pub mod vietnamese;

/// The messages of `truc.v1`, as generated from `proto/truc/v1/*.proto`.
#[allow(missing_docs, clippy::all, unreachable_pub)]
pub mod wire {
    tonic::include_proto!("truc.v1");
}

/// The `.proto` files by name. Archives include them, so that a reader in twenty years can still decode the entries.
pub const DEFINITIONS: &[(&str, &str)] = &[
    ("attachment.proto", include_str!("../truc/v1/attachment.proto")),
    ("directive.proto", include_str!("../truc/v1/directive.proto")),
    ("enrolment.proto", include_str!("../truc/v1/enrolment.proto")),
    ("entry.proto", include_str!("../truc/v1/entry.proto")),
    ("guidance.proto", include_str!("../truc/v1/guidance.proto")),
    ("inspection.proto", include_str!("../truc/v1/inspection.proto")),
    ("programme.proto", include_str!("../truc/v1/programme.proto")),
    ("record.proto", include_str!("../truc/v1/record.proto")),
    ("registry.proto", include_str!("../truc/v1/registry.proto")),
    ("renewal.proto", include_str!("../truc/v1/renewal.proto")),
    ("report.proto", include_str!("../truc/v1/report.proto")),
    ("session.proto", include_str!("../truc/v1/session.proto")),
];

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn no_definition_is_left_out() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("truc/v1");
        let mut files: Vec<(String, String)> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap())
            .map(|file| (file.file_name().into_string().unwrap(), fs::read_to_string(file.path()).unwrap()))
            .collect();
        files.sort();
        let listed: Vec<(String, String)> =
            super::DEFINITIONS.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        assert_eq!(listed, files);
    }
}
