//! Faults for tests: planted bugs, compiled to nothing without the feature `faults`, which only `truc-tests` asks for.
//!
//! Each planted bug is one line of wrong code behind [`planted`]; `tests/README.md` names the test that must find it.

#[cfg(feature = "faults")]
static PLANTED: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// Chooses the one planted bug of this process; later calls have no effect.
#[cfg(feature = "faults")]
pub fn plant(name: &str) {
    PLANTED.get_or_init(|| name.to_owned());
}

/// Whether this process has the planted bug of this name.
#[cfg(feature = "faults")]
pub fn planted(name: &str) -> bool {
    PLANTED.get().is_some_and(|planted| planted == name)
}

#[cfg(feature = "faults")]
std::thread_local! {
    static STUBS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Makes this thread sign with stubs that anybody could make, and accept nothing else as a signature. Simulations run
/// several times as fast with stubs, and do not test signatures.
#[cfg(feature = "faults")]
pub fn stub_signatures(stubs: bool) {
    STUBS.set(stubs);
}

/// The stub for a signature of these bytes by this key; none where real signatures are used.
#[cfg(feature = "faults")]
pub(crate) fn stub_signature(key: &ed25519_dalek::VerifyingKey, bytes: &[u8]) -> Option<[u8; 64]> {
    use sha2::{Digest, Sha256};
    STUBS.get().then(|| {
        let mut stub = [0; 64];
        stub[..32].copy_from_slice(key.as_bytes());
        stub[32..].copy_from_slice(&Sha256::new_with_prefix(key.as_bytes()).chain_update(bytes).finalize());
        stub
    })
}

/// Whether this process has the planted bug of this name: never, without the feature `faults`.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub const fn planted(_name: &str) -> bool {
    false
}
