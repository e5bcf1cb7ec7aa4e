//! Each limit is worth what its flood does without it: with the limit taken away, the flood must be seen.

use tokio::task::JoinSet;
use truc_proto::limits;
use truc_tests::floods::bombs;
use truc_tests::floods::http2::{self, Attacker};
use truc_tests::floods::hub::Site;
use truc_tests::floods::slow::{self, How};

/// The planted bug that takes a limit away, and the flood or bomb that must then not be held.
const RED: &[(&str, &str)] = &[
    ("limits.pending-resets", "rapid reset"),
    ("limits.local-error-resets", "provoked resets"),
    ("limits.header-list", "CONTINUATION"),
    ("limits.streams", "10,000 streams"),
    ("limits.connections", "connections"),
    ("limits.frame", "length of 4 GiB"),
    ("limits.frame", "message of 96 MiB"),
    ("limits.unpacked", "zstd 32,000:1"),
    ("limits.fields", "empty entries"),
    ("limits.fields", "empty entries, packed"),
    ("limits.fields", "empty scopes"),
    ("limits.fields", "empty marks"),
];

/// The planted bug that takes a deadline away, and the slow callers who then stay. That they are cut with it is in H3.
const STAY: &[(&str, &[How])] = &[
    ("limits.handshake", &[How::Handshake, How::Tcp]),
    ("limits.silent", &[How::Tls]),
    ("limits.first-frame", &[How::Session]),
];

/// The planted bug that takes a number of handshakes away, and the crowd that is one too many: addresses, and
/// connections from each.
const CROWDS: &[(&str, usize, usize)] = &[
    ("limits.handshakes-per-source", 1, limits::HANDSHAKES_PER_SOURCE + 1),
    (
        "limits.handshakes",
        limits::HANDSHAKES / limits::HANDSHAKES_PER_SOURCE + 1,
        limits::HANDSHAKES_PER_SOURCE,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn without_its_deadline_each_slow_caller_stays() {
    let _alone = crate::MACHINE.lock().await;
    let mut all = JoinSet::new();
    for (planted, slow) in STAY {
        all.spawn(async move {
            let site = Site::prepare(1).await;
            let hub = site.serve(Some(planted));
            let lasted = slow::callers(&hub, 1, &site.machines[1..]).join_all().await;
            for (how, lasted) in lasted.into_iter().filter(|(how, _)| slow.contains(how)) {
                assert_eq!(lasted, None, "{planted}: {how:?} was cut all the same");
            }
        });
    }
    all.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_number_nobody_is_one_too_many() {
    let _alone = crate::MACHINE.lock().await;
    let site = Site::prepare(0).await;
    for (planted, addresses, each) in CROWDS {
        let cut = slow::crowd(&site.serve(None), *addresses, *each).await;
        let kept = slow::crowd(&site.serve(Some(planted)), *addresses, *each).await;
        println!("{planted}: of {} {cut} were refused, without it {kept}", addresses * each);
        assert!(cut > 0 && kept == 0, "{planted}: {cut} were refused, without it {kept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_limit_each_flood_is_red() {
    let _alone = crate::MACHINE.lock().await;
    let site = Site::prepare(1).await;
    let mut held = Vec::new();
    for (planted, attack) in RED {
        let hub = site.serve(Some(planted));
        let who = Attacker::machine(&hub, &site.machines[1]);
        let outcome = match bombs::BOMBS.contains(attack) {
            true => bombs::drop_bomb(&hub, &who, attack).await,
            false => http2::attack(&hub, &who, attack).await,
        };
        println!("{planted}: {attack}: {}: {}", if outcome.held { "HELD" } else { "red" }, outcome.told);
        if outcome.held {
            held.push(*planted);
        }
    }
    assert!(held.is_empty(), "held without their limits: {held:?}");
}
