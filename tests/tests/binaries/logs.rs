//! A log that cannot be written costs the log, and nothing else.

use std::path::Path;
use std::process::Command;

use truc_tests::programs::{Process, Province, command, program_of};
use truc_tests::support::until;

/// On a full disk, or into a pipe that nobody reads any more: the line comes back by itself, and mail goes on.
#[test]
fn a_log_that_cannot_be_written_costs_the_log_alone() {
    let province = Province::running();
    province.stop("1");
    let starts: [fn(&mut Command) -> Process; 2] =
        [|command| Process::start(command, Path::new("/dev/full")), Process::start_unheard];
    for (number, start) in starts.iter().enumerate() {
        let serve = |name: &str| {
            let mut command = command(program_of(name), &province.dir(name), &["serve"]);
            let mut process = start(command.env("RUST_LOG", "debug"));
            process.serves(&province.dir(name)).unwrap();
            process
        };
        let mut node = serve("1");
        until("the line stands", || province.standing("1") == "on");
        province.stop("hub");
        until("the line is gone", || province.standing("1") != "on");
        let mut hub = serve("hub");
        until("the line is back", || province.standing("1") == "on");
        let title = format!("Log {number}");
        province.node("1", &["directive", "create", "--title", &title, "--to", "40"]);
        until("it has gone", || province.titles("40").contains(&title));
        assert!(node.ended().is_none() && hub.ended().is_none());
        node.stop();
        hub.stop();
        province.start("hub");
    }
}
