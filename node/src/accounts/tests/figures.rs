use std::time::Duration;

use truc_proto::limits;
use truc_proto::record::duty::Thresholds;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn set(accounts: &Accounts, silence: Duration, soon: Duration) -> Result<(), Failure> {
    accounts.set_figures("qtv", Thresholds { silence, soon }, Some(ip(DESK)), NOW)
}

#[test]
fn what_people_set_stays_and_is_noted() {
    let (dir, accounts) = desk();
    assert_eq!(accounts.figures(), Thresholds::default());
    set(&accounts, 2 * HOUR, 5 * 24 * HOUR).unwrap();
    set(&accounts, 2 * HOUR, Duration::ZERO).unwrap();
    let figures = Thresholds { silence: 2 * HOUR, soon: Duration::ZERO };
    assert_eq!(accounts.figures(), figures);
    let notes = accounts.notes(None, 3).unwrap();
    let said: Vec<_> =
        notes.iter().map(|note| (note.who.as_str(), note.what.as_str(), note.about.as_str())).collect();
    assert_eq!(
        said,
        [
            ("qtv", "figure-soon", "5 d → 0"),
            ("qtv", "figure-soon", "3 d → 5 d"),
            ("qtv", "figure-silence", "1 d → 2 h"),
        ],
        "only what changed"
    );
    assert_eq!(notes[0].source.as_deref(), Some(DESK));
    drop(accounts);
    assert_eq!(Accounts::open(dir.path(), Realm::Desk).unwrap().figures(), figures);
}

#[test]
fn what_is_out_of_bounds_is_not_set() {
    let (_dir, accounts) = desk();
    let (least, most, soon) = (limits::SILENCE_LEAST, limits::SILENCE_MOST, limits::DUE_SOON_MOST);
    let second = Duration::from_secs(1);
    assert_eq!(key(set(&accounts, least - second, soon)), "figure-silence");
    assert_eq!(key(set(&accounts, most + second, soon)), "figure-silence");
    assert_eq!(key(set(&accounts, most, soon + second)), "figure-soon");
    assert_eq!(accounts.figures(), Thresholds::default());
    set(&accounts, least, soon).unwrap();
    set(&accounts, most, soon).unwrap();
}
