//! Each limit is worth what its flood does without it: with the limit taken away, the flood must be seen.

use truc_tests::floods::bombs;
use truc_tests::floods::ground::Ground;
use truc_tests::floods::http2::{self, Attacker};

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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "half a minute more; see tests/README.md"]
async fn without_its_limit_each_flood_is_red() {
    let _alone = crate::MACHINE.lock().await;
    let ground = Ground::prepare(1).await;
    let mut held = Vec::new();
    for (planted, attack) in RED {
        let hub = ground.serve(Some(planted));
        let who = Attacker::machine(&hub, &ground.machines[1]);
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
