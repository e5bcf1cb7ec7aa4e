//! Mail that the hub's index lost while it ran: the hub finds that out and makes the index anew, and who was passed over
//! asks again.

use rusqlite::Connection;
use truc_hub::delivery::index::MAIL;
use truc_node::line::state::Standing;
use truc_proto::audience::Scope;
use truc_tests::province::{Node, Province, Result, letter};
use truc_tests::support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn what_an_addressee_missed_comes_again_by_itself() -> Result<()> {
    let mut province = Province::new().await?;
    let top = province.add("province", None, "40", "Tỉnh ủy").await?;
    let below = province.add("commune", Some(top), "1", "Đảng ủy xã Một").await?;
    let sender = province.node(top, "40").await?;
    let mut receiver = province.node(below, "1").await?;
    receiver.line_is(Standing::On).await?;
    sender.office.act(letter("đầu tiên", Scope::office(below))).await?;
    receiver.has("đầu tiên").await?;
    let folder = receiver.stop().await?;
    sender.office.act(letter("bị mất", Scope::office(below))).await?;
    sender.receipted().await;
    let hub = &province.hub().hub;
    let lost = hub.office.reached()?.borrow().end.position;
    eventually("the letter is indexed", || {
        hub.office.followings().unwrap().borrow().get(MAIL).is_some_and(|mail| mail.upto >= lost)
    })
    .await;
    let mail = Connection::open(province.hub_dir().join(MAIL))?;
    assert_eq!(mail.execute("DELETE FROM mail WHERE position = ?1", [lost as i64])?, 1);
    drop(mail);
    sender.office.act(letter("cuối cùng", Scope::office(below))).await?;
    let receiver = Node::start(&folder).await?;
    receiver.has("cuối cùng").await?;
    assert!(!receiver.titles().contains(&"bị mất".to_owned()), "it is not in the index");
    province.stop().await;
    province.start().await?;
    assert!(province.hub().hub.office.followings()?.borrow()[MAIL].anew.is_some());
    receiver.has("bị mất").await?;
    receiver.stop().await?;
    sender.stop().await?;
    Ok(())
}
