//! A province in one process: what is written in one office arrives at all that it is for.

use truc_hub::line::presence::MachineStatus;
use truc_node::clock::unix_millis;
use truc_node::derive::views::read;
use truc_node::identity::keys;
use truc_node::line::state::Standing;
use truc_node::office::{Intent, OfficeError, Refused, unsent};
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
use truc_proto::record::{Move, directive};
use truc_proto::refusal::Refusal;
use truc_proto::wire::Urgency;
use truc_tests::province::{Node, Province, Result, intent, letter, paper};
use truc_tests::slow_line::SlowLine;
use truc_tests::support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_goes_down_sideways_and_up_also_over_a_break() -> Result<()> {
    // province ── commune A
    //         └── commune B
    let mut province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let b = province.add("commune", Some(top), "16732", "Đảng ủy phường Cửa Lò").await?;
    let mut node_top = province.node(top, "top").await?;
    let mut node_a = province.node(a, "a").await?;
    let mut node_b = province.node(b, "b").await?;
    for node in [&mut node_top, &mut node_a, &mut node_b] {
        node.line_is(Standing::On).await?;
        node.until(|office| Ok(office.registry().office(b).is_some())).await?;
    }
    node_top.office.act(letter("Công văn xuống", Scope::subtree(top))).await?;
    node_a.has("Công văn xuống").await?;
    node_b.has("Công văn xuống").await?;
    node_a.office.act(letter("Công văn ngang", Scope::office(b))).await?;
    node_b.has("Công văn ngang").await?;
    node_b.office.act(letter("Công văn lên", Scope::office(top))).await?;
    node_top.has("Công văn lên").await?;

    // The hub goes away; work goes on; all arrives when it is back.
    province.stop().await;
    node_a.line_is(Standing::Off).await?;
    node_a.office.act(letter("Viết khi mất mạng", Scope::office(top))).await?;
    province.start().await?;
    node_top.has("Viết khi mất mạng").await?;

    // A node is stopped and started again from its folder.
    let dir = node_b.stop().await?;
    node_top.office.act(letter("Khi máy tắt", Scope::office(b))).await?;
    let node_b = Node::start(&dir).await?;
    node_b.has("Khi máy tắt").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_forbid_is_refused_at_home_and_everywhere_else() -> Result<()> {
    let province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let node_top = province.node(top, "top").await?;
    let mut node_a = province.node(a, "a").await?;
    node_a.line_is(Standing::On).await?;
    // The registry must have arrived for the office to know its place.
    node_a.until(|office| Ok(office.registry().office(top).is_some())).await?;
    let upwards = intent(paper("Chỉ thị ngược", "CT"), Scope::office(top));
    let refused = node_a.office.act(upwards.clone()).await;
    assert!(
        matches!(refused, Err(OfficeError::Refused(Refused::Rules(Refusal::MayNotDirect)))),
        "{refused:?}"
    );

    // A number of the province's register.
    let mut taken = paper("Số của người khác", "CV");
    if let Some(paper) = taken.paper_mut() {
        paper.number = "914-CV/TU".into();
    }
    let forged = intent(taken, Scope::office(top));
    let refused = node_a.office.act(forged.clone()).await;
    assert!(
        matches!(refused, Err(OfficeError::Refused(Refused::Rules(Refusal::NotYourSymbol)))),
        "{refused:?}"
    );

    // A program that does not ask the rules: the hub takes it, delivers it to nobody, and says why.
    for intent in [upwards, forged] {
        let (_, entry) = node_a.office.append(intent).await?;
        node_a.until(|office| Ok(office.view(|views| read::hub_refused(views, &entry.hash))?)).await?;
    }
    // What comes after it arrives as if nothing had been.
    node_a.office.act(letter("Sau đó", Scope::office(top))).await?;
    node_top.has("Sau đó").await?;
    for refused in ["Chỉ thị ngược", "Số của người khác"] {
        assert!(!node_top.titles().contains(&refused.to_owned()), "{refused}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_says_by_itself_how_it_stands() -> Result<()> {
    let mut province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let mut node = province.node(top, "top").await?;
    told(&province, top, |seen| seen.disk_free.is_some() && seen.oldest.is_none()).await;
    // What waits is counted with its urgency and its age while the line is down …
    province.stop().await;
    node.line_is(Standing::Off).await?;
    let before = unix_millis();
    let intent = Intent { urgency: Urgency::Express, ..letter("Hỏa tốc", Scope::subtree(top)) };
    node.office.act(intent).await?;
    node.office.act(letter("Thường", Scope::subtree(top))).await?;
    let status = unsent::status(&node.office, "test")?;
    assert_eq!(status.backlog, [1, 0, 0, 1, 0]);
    assert!((before..=unix_millis()).contains(&status.oldest_unsent));
    // … and is nothing any more once the hub has it.
    province.start().await?;
    told(&province, top, |seen| seen.disk_free.is_some() && seen.backlog == 0).await;
    assert_eq!(province.hub().hub.sessions.connected()[&top].oldest, None);
    Ok(())
}

/// Waits until the hub has been told so.
async fn told(province: &Province, office: OfficeId, so: impl Fn(&MachineStatus) -> bool) {
    let sessions = &province.hub().hub.sessions;
    eventually("the hub is told", || sessions.connected().get(&office).is_some_and(&so)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_express_letter_says_so_everywhere() -> Result<()> {
    let province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let node_top = province.node(top, "top").await?;
    let node_a = province.node(a, "a").await?;
    node_top.until(|office| Ok(office.registry().office(a).is_some())).await?;
    let intent = Intent { urgency: Urgency::Express, ..letter("Hỏa tốc", Scope::office(a)) };
    node_top.office.act(intent).await?;
    node_a.has("Hỏa tốc").await?;
    let rows = node_a.office.view(|views| read::list(views, &read::Filter::default()))?;
    assert_eq!(rows[0].urgency, 3);
    Ok(())
}

/// At 64 kbit/s the long papers alone take twenty seconds.
#[tokio::test(flavor = "multi_thread")]
async fn an_express_letter_comes_before_the_long_papers_that_wait() -> Result<()> {
    let province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let node_top = province.node(top, "top").await?;
    let node_a = province.node(a, "a").await?;
    for node in [&node_top, &node_a] {
        node.until(|office| Ok(office.registry().office(a).is_some())).await?;
        node.until(|office| Ok(office.registry().credential(a).is_some())).await?;
    }
    let dir = node_a.stop().await?;
    for number in 0..8 {
        let mut long = paper(&format!("Dài {number}"), "CV");
        if let Move::Directive(directive::Move::Issued(issued)) = &mut long {
            let random: [u8; 10_000] = keys::random()?;
            issued.paper.text = random.iter().map(|byte| format!("{byte:02x}")).collect();
        }
        node_top.office.act(intent(long, Scope::office(a))).await?;
    }
    let express = Intent { urgency: Urgency::Express, ..letter("Hỏa tốc", Scope::office(a)) };
    node_top.office.act(express).await?;
    node_top.receipted().await;
    let line = SlowLine::of_speed(province.hub().config.address.clone(), 8_000);
    let path = dir.join("identity/enrolled.json");
    let enrolled = std::fs::read_to_string(&path)?;
    std::fs::write(&path, enrolled.replace(&province.hub().config.address, &line.address))?;
    let node_a = Node::start(&dir).await?;
    node_a.has("Hỏa tốc").await?;
    assert_eq!(node_a.titles(), ["Hỏa tốc"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_follows_its_letter_and_goes_to_nobody_else() -> Result<()> {
    let province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let b = province.add("commune", Some(top), "16732", "Đảng ủy phường Cửa Lò").await?;
    let node_top = province.node(top, "top").await?;
    let node_a = province.node(a, "a").await?;
    let node_b = province.node(b, "b").await?;
    node_top.until(|office| Ok(office.registry().office(b).is_some())).await?;
    let path = province.dir.path().join("bản đồ.pdf");
    std::fs::write(&path, vec![7; 1_000_000])?;
    let file = node_top.files.put_file(&path)?;
    let intent = Intent { attachments: vec![file.clone()], ..letter("Kèm bản đồ", Scope::office(a)) };
    node_top.office.act(intent).await?;
    node_a.has("Kèm bản đồ").await?;
    eventually("the file is here", || node_a.files.have(file.hash).unwrap().complete).await;
    assert_eq!(node_a.files.read_at(file.hash, 999_999, 10)?, [7]);
    // The other office was not sent the entry; were it to know the hash, the hub would not give it the file.
    let rule = &province.hub().file_rule;
    assert!(rule.may_get(a, file.hash)? && !rule.may_get(b, file.hash)?);
    assert_eq!(node_b.files.have(file.hash)?.bytes, 0);
    Ok(())
}
