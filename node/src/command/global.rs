//! Options that every command has.

use std::path::PathBuf;

use clap::Args;

/// Exit codes and their meaning; printed below every program's help.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed in a way nobody foresaw; the log says more
  2  the command line is wrong
  3  a file or value handed in is wrong
  4  no such office, record, entry or file
  5  the rules do not allow it
  6  the store is locked, newer, another office's, or damaged; verify found something wrong
  7  the disk is full, read-only, failing, or not ours to write
  8  the hub cannot be reached, or refused this machine
  9  somebody listens at that address already
 10  the enrolment code is wrong, used, expired or damaged; or not (or already) enrolled
 11  disk-test: the disk answers faster than a disk can write; it may lose what was saved
 12  status: something is wrong that needs a person; what is printed says what

Environment:
  TRUC_DIR   folder of the store
  TRUC_LANG  vi or en; otherwise the locale decides, Vietnamese first
  RUST_LOG   what serve logs to stderr, for example info or truc_node=debug";

/// Options that every command has.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Folder of the store.
    #[arg(long, env = "TRUC_DIR", global = true, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// One JSON object on standard output; errors as {"error": {"code", "exit", "message"}}.
    #[arg(long, global = true)]
    pub json: bool,
    /// The account that acts and is named as author; default: the login name. Once accounts were added to the
    /// store, it must be an active one of them.
    #[arg(long, global = true, value_name = "ACCOUNT")]
    pub author: Option<String>,
}

impl Global {
    /// The account that acts.
    pub fn author(&self) -> String {
        let named = self.author.clone().filter(|author| !author.is_empty());
        let login = || ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        named.or_else(|| login().filter(|author| !author.is_empty())).unwrap_or_else(|| "system".to_owned())
    }
}
