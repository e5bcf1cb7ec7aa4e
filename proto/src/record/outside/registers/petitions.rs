//! Sổ tiếp nhận đơn thư, masked or with all senders; and sổ chuyển giao văn bản.

use super::incoming::road;
use super::{Cell, Words, day, root, short};
use crate::house::House;
use crate::record::assignment::{Stage, Work};
use crate::record::outside::{Outside, Reason, Road, Sender};

/// A petition in the register.
pub struct PetitionLine<'a> {
    /// The petition.
    pub outside: &'a Outside,
    /// The works that were given for it.
    pub works: Vec<&'a Work>,
    /// Who sent it, as far as the reader sees that; none: it is kept secret from him, or nobody said it.
    pub sender: Option<&'a Sender>,
    /// The number of the petition before in the same matter.
    pub earlier: Option<u32>,
    /// It is about the reader: he sees its number and day alone.
    pub hidden: bool,
}

/// The line of a petition.
pub fn petition(house: &House, words: &impl Words, line: &PetitionLine<'_>) -> Vec<Cell> {
    let (outside, paper) = (line.outside, &line.outside.paper);
    let head = [Cell::Day(paper.received), Cell::Figure(paper.arrival, 1)];
    let petition = paper.petition.as_ref().filter(|_| !line.hidden);
    let Some(petition) = petition else {
        return head.into_iter().chain((0..6).map(|_| Cell::text(""))).collect();
    };
    let class = words.say(&format!("petition-{}", <&str>::from(petition.class)), &[]);
    let class = match petition.earlier {
        Some(_) => format!("{class} {}", words.say("register-again", &[])),
        None => class,
    };
    let void = outside.void.as_ref().map(|void| words.say("register-void", &[("why", &void.note)]));
    let rest = [
        Cell::text(sender(words, line)),
        Cell::text(paper.title.as_str()),
        Cell::text(class),
        Cell::text(void.unwrap_or_else(|| way(house, words, line))),
        Cell::Day(petition.limit),
        Cell::text(result(words, line)),
    ];
    head.into_iter().chain(rest).collect()
}

/// Who sent it, or why that does not stand here.
fn sender(words: &impl Words, line: &PetitionLine<'_>) -> String {
    match (&line.outside.sender, line.sender) {
        (None, _) => String::new(),
        (Some(sent), _) if sent.anonymous => words.say("register-anonymous", &[]),
        (Some(sent), _) if !sent.envelope.is_empty() => {
            words.say("register-envelope", &[("envelope", &sent.envelope)])
        }
        (Some(_), Some(sender)) => {
            let said = [&sender.name, &sender.address].into_iter().filter(|text| !text.is_empty());
            said.cloned().collect::<Vec<_>>().join(", ")
        }
        (Some(_), None) => words.say("register-masked", &[]),
    }
}

/// Which way it went, or where it is.
fn way(house: &House, words: &impl Words, line: &PetitionLine<'_>) -> String {
    let outside = line.outside;
    if let Some(decided) = &outside.decided {
        let why = match decided.road {
            Road::Kept(reason) => kept(words, line, reason, &decided.said.note),
            Road::Guided | Road::Answered | Road::Transferred => decided.said.note.clone(),
        };
        return road(house, words, outside, decided, &why);
    }
    if let Some(accepted) = &outside.accepted {
        return words.say("register-accepted", &[("day", &short(day(accepted.time)))]);
    }
    match root(&line.works) {
        Some(work) => words.say("register-given", &[("who", house.name(&work.lead, day(work.given)))]),
        None => words.say("register-unsorted", &[]),
    }
}

/// Why it is kept: the reason of the list, and what was added.
fn kept(words: &impl Words, line: &PetitionLine<'_>, reason: Reason, note: &str) -> String {
    let said = match (reason, line.earlier) {
        (Reason::Repeated, Some(number)) => {
            words.say("petition-reason-repeated-of", &[("n", &number.to_string())])
        }
        (reason, _) => words.say(&format!("petition-reason-{}", <&str>::from(reason)), &[]),
    };
    [said.as_str(), note].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What came of it.
fn result(words: &impl Words, line: &PetitionLine<'_>) -> String {
    let reply = line.outside.transfer.as_ref().and_then(|transfer| transfer.reply.as_ref());
    if let Some(reply) = reply {
        return if reply.paper.is_empty() { reply.said.note.clone() } else { reply.paper.clone() };
    }
    match root(&line.works).filter(|work| work.stage == Stage::Done).and_then(|work| work.handed_in) {
        Some(handed_in) => words.say("register-proposed", &[("day", &short(day(handed_in)))]),
        None => String::new(),
    }
}

/// The line of a transfer; none: it went nowhere.
pub fn transfer(house: &House, outside: &Outside) -> Option<Vec<Cell>> {
    let (decided, transfer) = (outside.decided.as_ref()?, outside.transfer.as_ref()?);
    let when = day(decided.said.time);
    let signed = transfer.receipt.as_ref().map(|receipt| {
        let on = day(receipt.time);
        let who = if receipt.note.is_empty() { house.name(&receipt.by, on) } else { &receipt.note };
        format!("{who}, {}", super::long(on))
    });
    Some(vec![
        Cell::Day(Some(when)),
        Cell::text(decided.paper.as_str()),
        Cell::text(house.name(&transfer.to, when)),
        Cell::text(signed.unwrap_or_default()),
    ])
}
