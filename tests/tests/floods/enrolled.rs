//! H5: two machines of enrolled offices flood the hub with what is well-formed; express mail of others does not wait.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use truc_proto::limits;
use truc_tests::floods::ACKNOWLEDGED;
use truc_tests::floods::enrolled::{self, FLOODS};
use truc_tests::floods::honest::Express;
use truc_tests::floods::hub::Site;
use truc_tests::floods::office::Office;

/// For so long each flood lasts, at most.
const LASTS: Duration = Duration::from_secs(6);
/// Offices of a province behind one router.
const BEHIND_ONE_ROUTER: usize = 131;

#[tokio::test(flavor = "multi_thread")]
async fn express_mail_does_not_wait_for_what_two_enrolled_offices_bring() {
    let _alone = crate::MACHINE.lock().await;
    let site = Site::prepare(4).await;
    let mut hub = site.serve(None);
    let [_, from, to, hostile @ ..] = &site.machines[..] else { panic!("five machines") };
    let mut late: Vec<&str> = Vec::new();
    let mut honest = [from, to].map(|machine| Office::new(machine.clone()));
    for flood in FLOODS {
        let said = enrolled::said_by_the_hub(&site);
        let [from, to] = honest;
        let express = Express::start(from, to, hub.sessions);
        let begun = Instant::now();
        let mut all = JoinSet::new();
        for machine in hostile {
            all.spawn(enrolled::flood(flood, hub.sessions, machine.clone(), LASTS));
        }
        let through: usize = all.join_all().await.into_iter().sum();
        // What was handed in before the flood ended is still being worked on.
        tokio::time::sleep(LASTS.saturating_sub(begun.elapsed())).await;
        let (median, p99, entries);
        (honest, median, p99, entries) = express.stop().await;
        let said = enrolled::said_by_the_hub(&site) - said;
        println!(
            "{flood}: {through} through; express mail {entries}: median {median:?}, p99 {p99:?}; hub said {said}"
        );
        late.extend((p99 > ACKNOWLEDGED).then_some(*flood));
        // Each word of the hub's stays in its ledger, and goes to offices.
        let most = 2 * (limits::DAY_REFUSED_SAID + limits::DAY_WENT_BACK + limits::DAY_QUESTIONS);
        assert!(said <= most, "{flood}: the hub wrote {said} entries");
    }
    assert!(hub.process.ended().is_none(), "the hub ended");
    assert!(late.is_empty(), "express mail waited: {late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_offices_of_a_province_connect_at_once_from_one_address() {
    let _alone = crate::MACHINE.lock().await;
    let site = Site::prepare(0).await;
    let hub = site.serve(None);
    let through = enrolled::handshakes(&hub, &site.machines[0], BEHIND_ONE_ROUTER).await;
    assert_eq!(through, BEHIND_ONE_ROUTER);
}
