//! Compiles the messages with a compiler written in Rust, so that nobody has to install `protoc`.

use std::error::Error;

const FILES: &[&str] = &[
    "truc/v1/entry.proto",
    "truc/v1/session.proto",
    "truc/v1/enrolment.proto",
    "truc/v1/renewal.proto",
    "truc/v1/attachment.proto",
    "truc/v1/record.proto",
    "truc/v1/registry.proto",
    "truc/v1/programme.proto",
    "truc/v1/directive.proto",
    "truc/v1/report.proto",
    "truc/v1/guidance.proto",
    "truc/v1/inspection.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let files = protox::compile(FILES, ["."])?;
    tonic_prost_build::configure().bytes(".").codec_path("crate::codec::SmallCodec").compile_fds(files)?;
    Ok(())
}
