//! The month, move by move.

use truc_proto::record::assignment::refusal::{Class, Key};

use super::lists::Pages;
use super::office::{Office, expected};
use super::registers;
use super::{Row, day, millis, rows};

const MOMENTS: [&str; 3] = ["2026-11-12T08:45", "2026-11-20T08:35", "2026-12-01T18:00"];

/// The rows of one press: several only in a batch.
fn presses(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|one, next| !one["batch"].is_empty() && one["batch"] == next["batch"])
}

/// Makes the moves of a press, all or none; the refusals of its rows.
fn press(office: &mut Office, rows: &[Row]) -> Vec<Option<Key>> {
    let before = office.clone();
    let mut keys: Vec<Option<Key>> =
        rows.iter().map(|row| office.play(row).err().map(|refusal| refusal.key)).collect();
    if rows.len() > 1 && keys.iter().any(Option::is_some) {
        *office = before;
        keys.iter_mut().for_each(|key| *key = key.or(Some(Key::BatchStopped)));
    }
    keys
}

#[test]
fn a_month_of_one_office() {
    let (mut office, rows) = (Office::new(), rows("play.csv"));
    let mut pages = Pages::default();
    let mut moments = MOMENTS.map(millis).into_iter().peekable();
    let mut wrong = Vec::new();
    let mut today = day(millis(&rows[0]["time"]));
    for press_rows in presses(&rows) {
        let now = millis(&press_rows[0]["time"]);
        while let Some(moment) = moments.next_if(|moment| *moment <= now) {
            pages.show(&office, moment);
        }
        while today < day(now) {
            today = today.plus(1);
            pages.tally(&office, today.start_millis());
        }
        let keys = press(&mut office, press_rows);
        for (row, key) in press_rows.iter().zip(keys) {
            let exit = match key.map(Key::class) {
                None => "0",
                Some(Class::Wrong) => "3",
                Some(Class::Unknown) => "4",
                Some(Class::NotAllowed) => "5",
            };
            if key != expected(row) || exit != row["exit"] {
                wrong.push(format!("{key:?} where {} is expected: {row:?}", row["key"]));
            }
        }
        pages.tally(&office, now);
    }
    for moment in moments {
        pages.show(&office, moment);
    }
    pages.tally(&office, millis(MOMENTS[2]));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    pages.compare();
    registers::compare(&office, millis(MOMENTS[2]));
}
