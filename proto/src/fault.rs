//! Faults for tests: planted bugs, compiled to nothing without the feature `faults`, which only `truc-tests` asks for.
//!
//! A test of a promise is worth what it would have caught. Each planted bug is one line of wrong code behind
//! [`planted`]; `tests/README.md` lists them with the test that must find each.

#[cfg(feature = "faults")]
static PLANTED: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// Chooses the one planted bug that this process has. A second choice is without effect.
#[cfg(feature = "faults")]
pub fn plant(name: &str) {
    PLANTED.get_or_init(|| name.to_owned());
}

/// Whether this process has the planted bug of this name.
#[cfg(feature = "faults")]
pub fn planted(name: &str) -> bool {
    PLANTED.get().is_some_and(|planted| planted == name)
}

/// Whether this process has the planted bug of this name: never, in what is shipped.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub const fn planted(_name: &str) -> bool {
    false
}
