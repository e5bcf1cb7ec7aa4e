//! The catalogue is read by a macro, which cargo cannot see: a new text must be compiled in, too.

fn main() {
    println!("cargo:rerun-if-changed=words");
}
