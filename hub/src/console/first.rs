//! What to act on first: a list below the picture, with the same content for people who prefer to read, and a button
//! for each reminder that would help.

use std::collections::HashMap;

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::derive::views::kinds::directive::replies;
use truc_node::tell;
use truc_node::web::Visit;
use truc_node::web::parts::{badge, field};
use truc_node::words::failure::Failure;
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::record::{Act as _, directive};
use truc_proto::registry::Tier;

use super::glance::{Owing, State};
use super::province::{self, Office, Province, Words};
use super::remind;

/// When each office was last reminded of each directive by a letter, Unix milliseconds.
type Reminded = HashMap<(RecordId, OfficeId), i64>;

/// The list; empty if nothing needs action.
pub(super) fn list(
    visit: &Visit,
    province: &Province,
    words: &Words,
    only: Option<State>,
) -> Result<Markup, Failure> {
    let calm = [State::DoneLate, State::OnCourse, State::Absent];
    let wanted = |office: &&Office| match only {
        Some(only) => office.stand.is(only),
        None => !calm.contains(&office.stand.state),
    };
    let mut offices: Vec<&Office> = province.offices.iter().filter(wanted).collect();
    if offices.is_empty() {
        return Ok(html! {});
    }
    // Late offices are sorted by their oldest deadline, silent ones by the length of their silence.
    let since = |office: &Office| match office.worst.as_ref().map(|(_, open)| open.owing) {
        Some(Owing::Until { due, .. }) if office.stand.state != State::Unknown => due,
        _ => office.contact.heard.unwrap_or(i64::MIN),
    };
    offices.sort_by_key(|office| (office.stand.state, since(office)));
    let (all, more) = (offices.len(), offices.len().saturating_sub(limits::ACT_FIRST));
    offices.truncate(limits::ACT_FIRST);
    let steer = visit.may(Right::Steer) && offices.iter().any(|office| remindable(office).is_some());
    let reminded = if steer { reminded(visit, &offices)? } else { Reminded::new() };
    Ok(html! {
        section.first id="first" data-part aria-labelledby="h-first" {
            h2 id="h-first" { (tell!(visit, "first-title", count = all)) }
            div.tw tabindex="0" { table {
                thead { tr {
                    @for key in ["cli-office", "first-under", "first-what", "cli-status", "first-heard"] { th scope="col" { (visit.word(key)) } }
                    @if steer { th scope="col" { (visit.word("first-remind")) } }
                } }
                tbody { @for office in &offices {
                    tr {
                        (line(visit, province, words, office))
                        @if steer { td { (reminder(visit, office, &reminded, only)) } }
                    }
                } }
            } }
            @if more > 0 {
                p.sm.mut { (tell!(visit, "first-more", count = more)) " " a href={ "/offices" @if let Some(only) = only { "?only=" (only.name()) } } { (visit.word("first-all")) } }
            }
        }
    })
}

fn line(visit: &Visit, province: &Province, words: &Words, office: &Office) -> Markup {
    let clock = visit.clock();
    let state = office.stand.state;
    let above = office.fact.parent.filter(|above| province.registry.tier(*above) > Some(Tier::Province));
    let said = match (state, office.worst.as_ref().map(|(_, open)| open.owing)) {
        (State::Late, Some(Owing::Until { due, .. })) => {
            let late = tell!(visit, "st-overdue", time = clock.span(visit.now.saturating_sub(due)));
            if office.stand.broken { format!("{late}, {}", words.broken()) } else { late }
        }
        (State::Soon, Some(Owing::Until { due, .. })) => {
            format!("{}, {}", words.office(office), clock.left(due))
        }
        (State::Unknown, _) => match office.contact.heard {
            Some(heard) => tell!(visit, "first-silent", time = clock.at(heard)),
            None => visit.word("first-never"),
        },
        _ => words.office(office),
    };
    html! {
        th scope="row" { a href=(office.address()) { (office.fact.committee()) } }
        td { @match above { Some(above) => (province.registry.office(above).and_then(|above| above.current()).map_or("", province::short)), None => "–" } }
        td {
            @if let Some((matter, open)) = &office.worst {
                a href=(province::record_address(*matter)) { (open.what) }
                @if office.stand.count > 1 { " " span.mut { (tell!(visit, "first-others", count = office.stand.count - 1)) } }
            } @else { "–" }
        }
        td { (badge(state.mark(), &said)) }
        td.n { @match office.contact.heard {
            Some(_) if office.connected() => (visit.word("first-connected")),
            Some(heard) => (visit.time(heard)),
            None => "–",
        } }
    }
}

/// The directive of which it makes sense to remind an office: the office is late with it, or it is express and not
/// accepted. Not for a silent office: nobody knows whether it needs a reminder, which would wait where the paper waits.
fn remindable(office: &Office) -> Option<RecordId> {
    let ((record, kind), _) = office.worst.as_ref()?;
    let open = matches!(office.stand.state, State::Express | State::Sent | State::Late);
    let late = open && !office.stand.broken;
    (late && *kind == directive::Move::KIND).then_some(*record)
}

fn reminded(visit: &Visit, offices: &[&Office]) -> Result<Reminded, Failure> {
    visit.look(|conn, look| {
        let mut found = Reminded::new();
        let mut records: Vec<RecordId> = offices.iter().filter_map(|office| remindable(office)).collect();
        records.sort_unstable();
        records.dedup();
        for record in records {
            for letter in replies(conn, record, Some(vec![look.me]))?.0 {
                for Scope { office, .. } in letter.audience {
                    found.insert((record, office), letter.opened);
                }
            }
        }
        Ok(found)
    })
}

fn reminder(visit: &Visit, office: &Office, reminded: &Reminded, only: Option<State>) -> Markup {
    let Some(record) = remindable(office) else { return html! {} };
    let said = reminded.get(&(record, office.id)).map(|at| visit.clock().at(*at));
    html! {
        form.inline method="post" action=(remind::address(record)) {
            (field::token(visit))
            input type="hidden" name=(remind::OFFICE) value=(office.id);
            input type="hidden" name=(remind::FROM) value=(only.map_or("overview", State::name));
            button.b { (visit.word("btn-remind-all")) span.vh { " " (office.fact.committee()) } }
        }
        @if let Some(time) = said { p.sm.mut { (tell!(visit, "first-reminded", time = time)) } }
    }
}

#[cfg(test)]
mod tests {
    use truc_proto::record::report;
    use truc_proto::registry::Fact;
    use uuid::Uuid;

    use super::*;
    use crate::console::facts::Open;
    use crate::console::glance::{Contact, Stand};

    fn office(state: State, broken: bool, kind: u32) -> Office {
        let id = OfficeId(Uuid::from_u128(2));
        let fact = Fact {
            since: "2025-07-01".parse().unwrap_or_else(|_| unreachable!("a day")),
            said: "2025-07-01".parse().unwrap_or_else(|_| unreachable!("a day")),
            withdrawn: None,
            order: 0,
            tier: Tier::Commune,
            parent: None,
            code: "1".into(),
            kind: "xã".into(),
            name: "Xã A".into(),
            closed: false,
            successors: Vec::new(),
            symbols: Vec::new(),
        };
        let open = Open { office: id, owing: Owing::Express { from: 0 }, what: "bão".into(), owner: id };
        let worst = Some(((RecordId(Uuid::from_u128(9)), kind), open));
        let stand = Stand { state, broken, worst: Some(0), count: 1, late: 0 };
        Office { id, fact, contact: Contact { heard: Some(0), enrolled: true }, met: None, stand, worst }
    }

    #[test]
    fn who_can_be_heard_and_is_late_with_a_directive_can_be_reminded() {
        let kind = directive::Move::KIND;
        let can = |state, broken, kind| remindable(&office(state, broken, kind)).is_some();
        for state in State::ALL {
            let late = matches!(state, State::Express | State::Sent | State::Late);
            assert_eq!(can(state, false, kind), late, "{state:?}");
            assert!(!can(state, true, kind), "{state:?}: silent");
            assert!(!can(state, false, report::Move::KIND), "{state:?}: not of a directive");
        }
    }
}
