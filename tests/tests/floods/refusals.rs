//! A refusal that the hub could not say when it refused is said when it starts again.

use std::time::{Duration, Instant};

use bytes::Bytes;
use truc_proto::audience::Scope;
use truc_tests::floods::ground::Ground;
use truc_tests::floods::office::Office;

const SOON: Duration = Duration::from_secs(30);
const DIRECTIVE: u32 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_left_unsaid_is_said_at_the_next_start() {
    let ground = Ground::prepare(1).await;
    let hub = ground.serve(Some("refusal.unsaid"));
    let mut office = Office::new(ground.machines[1].clone());
    let (session, _) = office.come_back(hub.sessions).await;
    office.write_as(DIRECTIVE, Scope::office(ground.machines[0].office), Bytes::from_static(b"\xff"));
    drop(session);
    let (session, _) = office.come_back(hub.sessions).await;
    let begun = Instant::now();
    while hub.said("entry refused") == 0 {
        assert!(begun.elapsed() < SOON, "nothing was refused");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop((session, hub));
    let before = office.mail.len();
    for start in 1..=2 {
        let hub = ground.serve(None);
        let (mut session, _) = office.come_back(hub.sessions).await;
        let begun = Instant::now();
        while office.mail.len() == before {
            assert!(begun.elapsed() < SOON, "the refusal was never said");
            office.take_within(&mut session, Duration::from_millis(50)).await.unwrap();
        }
        assert_eq!(office.mail.len(), before + 1, "said once, at start {start}");
    }
}
