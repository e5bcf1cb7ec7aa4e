//! A refusal that the hub could not say when it refused is said when it starts again.

use bytes::Bytes;
use truc_proto::audience::Scope;
use truc_tests::floods::hub::Site;
use truc_tests::floods::office::Office;
use truc_tests::support::{eventually, soon};

const DIRECTIVE: u32 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_left_unsaid_is_said_at_the_next_start() {
    let site = Site::prepare(1).await;
    let hub = site.serve(Some("refusal.unsaid"));
    let mut office = Office::new(site.machines[1].clone());
    let (session, _) = office.come_back(hub.sessions).await;
    office.write_as(DIRECTIVE, Scope::office(site.machines[0].office), Bytes::from_static(b"\xff"));
    drop(session);
    let (session, _) = office.come_back(hub.sessions).await;
    eventually("the entry is refused", || hub.said("entry refused") > 0).await;
    drop((session, hub));
    let before = office.mail.len();
    for start in 1..=2 {
        let hub = site.serve(None);
        let (mut session, _) = office.come_back(hub.sessions).await;
        soon("the refusal is said", async {
            while office.mail.len() == before {
                office.take(&mut session).await.unwrap();
            }
        })
        .await;
        assert_eq!(office.mail.len(), before + 1, "said once, at start {start}");
    }
}
