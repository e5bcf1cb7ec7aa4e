//! What cargo cannot see: the catalogue is read by a macro, so a new text must be compiled in; and the program's version
//! is that of the workspace with the name of the build (`TRUC_BUILD`), if it has one.

fn main() {
    println!("cargo:rerun-if-changed=words");
    println!("cargo:rerun-if-env-changed=TRUC_BUILD");
    let mut version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    if let Some(build) = std::env::var("TRUC_BUILD").ok().filter(|build| !build.is_empty()) {
        version = format!("{version}+{build}");
    }
    println!("cargo:rustc-env=TRUC_VERSION={version}");
}
