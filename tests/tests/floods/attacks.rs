//! H1 and H2: each attack is refused, takes no memory, and does not disturb an honest office.

use truc_proto::audience::Scope;
use truc_tests::floods::bombs::{self, BOMBS};
use truc_tests::floods::honest::HonestOffice;
use truc_tests::floods::http2::{self, ATTACKS, Attacker};
use truc_tests::floods::hub::Site;
use truc_tests::floods::office::Office;
use truc_tests::floods::{ACKNOWLEDGED, Outcome};

#[tokio::test(flavor = "multi_thread")]
async fn floods_and_bombs_are_refused_and_nobody_else_notices() {
    let _alone = crate::MACHINE.lock().await;
    let site = Site::prepare(2).await;
    let mut hub = site.serve(None);
    let [province, honest, taken_over] = &site.machines[..] else { panic!("three machines") };
    let calm = HonestOffice::start(Office::new(honest.clone()), hub.sessions, Scope::office(province.office));
    let (machine, stranger) = (Attacker::machine(&hub, taken_over), Attacker::stranger(&hub, &site));
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (attack, who) in ATTACKS.iter().flat_map(|attack| [(attack, &machine), (attack, &stranger)]) {
        outcomes.push(http2::attack(&hub, who, attack).await);
    }
    for bomb in BOMBS {
        outcomes.push(bombs::drop_bomb(&hub, &machine, bomb).await);
    }
    for outcome in &outcomes {
        println!("{}: {}: {}", outcome.attack, if outcome.held { "held" } else { "NOT HELD" }, outcome.told);
    }
    let (_, median, late, entries) = calm.stop().await;
    println!("an honest office: {entries} entries acknowledged, median {median:?}, p99 {late:?}");
    assert!(hub.process.ended().is_none(), "the hub ended");
    assert!(outcomes.iter().all(|outcome| outcome.held), "see above");
    assert!(late <= ACKNOWLEDGED, "p99 of {entries} acknowledgements: {late:?}");
}
