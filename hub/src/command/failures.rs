//! The hub's errors as failures with an exit code and a text for people.

use truc_node::identity::keys::KeyError;
use truc_node::words::failure::{ExitCode, Failure};

use crate::authority::AuthorityError;
use crate::authority::codes::{CODES, CodesError};
use crate::config::ConfigError;
use crate::delivery::index::MAIL;
use crate::files::brought::BroughtError;
use crate::hub::HubError;
use crate::listeners::ServeError;
use crate::trust::keeper::TrustError;
use crate::trust::vouch::VouchError;

/// Converts an error of key files.
fn key(error: KeyError) -> Failure {
    Failure::from(error)
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Io(path, source) if source.kind() == std::io::ErrorKind::NotFound => {
                Self::new(ExitCode::Store, "hub-not-made").about(path.display())
            }
            ConfigError::Io(path, source) => Self::io(&path, source),
            ConfigError::Format(path, reason) => Self::new(ExitCode::Input, "hub-toml-wrong")
                .with("reason", reason.trim().replace('\n', " "))
                .about(path.display()),
            ConfigError::Key(error) => key(error),
        }
    }
}

impl From<AuthorityError> for Failure {
    fn from(error: AuthorityError) -> Self {
        match error {
            AuthorityError::Key(error) => key(error),
            AuthorityError::Address(address) => {
                Self::new(ExitCode::Input, "configuration-wrong").about(address)
            }
            AuthorityError::Exists(path) => Self::new(ExitCode::Store, "hub-exists").about(path.display()),
            error => Self::new(ExitCode::Store, "keys-unusable").because(error),
        }
    }
}

impl From<VouchError> for Failure {
    fn from(error: VouchError) -> Self {
        match error {
            VouchError::Authority(error) => error.into(),
            VouchError::Hub(error) => error.into(),
        }
    }
}

impl From<TrustError> for Failure {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Authority(error) => error.into(),
            TrustError::Key(error) => key(error),
            error => Self::new(ExitCode::Store, "keys-unusable").because(error),
        }
    }
}

impl From<CodesError> for Failure {
    fn from(error: CodesError) -> Self {
        Self::from(error.0).of_file(CODES)
    }
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Office(error) => error.into(),
            HubError::Mail(error) => Self::from(error).of_file(MAIL),
            HubError::Codes(error) => error.into(),
            HubError::Inert(_) => Self::new(ExitCode::NotAllowed, "word-inert"),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Attachments(error) => error.into(),
            ServeError::Brought(BroughtError(error)) => error.into(),
            ServeError::Hub(error) => error.into(),
            ServeError::Config(error) => error.into(),
            ServeError::Trust(error) => error.into(),
            ServeError::Accounts(failure) => failure,
            ServeError::Listen(address, error) => Self::from(error).about(address),
        }
    }
}
