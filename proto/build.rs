//! Compiles the messages with a compiler written in Rust, so that nobody has to install `protoc`, and puts
//! their definitions into the program. Whatever lies in `truc/v1` is a message definition.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const FOLDER: &str = "truc/v1";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={FOLDER}");
    let mut files = Vec::new();
    for file in fs::read_dir(FOLDER)? {
        files.push(file?.file_name().into_string().map_err(|_| "a name that is no text")?);
    }
    files.retain(|name| name.ends_with(".proto"));
    files.sort_unstable();
    let paths: Vec<String> = files.iter().map(|name| format!("{FOLDER}/{name}")).collect();
    tonic_prost_build::configure()
        .bytes(".")
        .codec_path("crate::codec::SmallCodec")
        .compile_fds(protox::compile(&paths, ["."])?)?;
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join(FOLDER);
    let definition = |name: &String| format!("({name:?}, include_str!({:?})),\n", folder.join(name));
    let list: String = files.iter().map(definition).collect();
    fs::write(Path::new(&env::var("OUT_DIR")?).join("definitions.rs"), format!("&[\n{list}]"))?;
    Ok(())
}
