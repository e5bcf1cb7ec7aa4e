//! The whole province on one page: a sentence, a legend that counts and filters, the picture, and what to act on first.

use std::collections::BTreeMap;
use std::sync::Arc;

use maud::{Markup, html};
use truc_node::accounts::rights::Right;
use truc_node::desk::below::Below;
use truc_node::tell;
use truc_node::web::page::Page;
use truc_node::web::parts::{self, glyph};
use truc_node::web::route::{Need, Route};
use truc_node::web::{Answer, Visit};
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::registry::{Registry, Tier};

use super::facts::FactsCache;
use super::glance::State;
use super::province::{self, Office, Province, Words};
use super::{first, layout};
use crate::hub::Hub;

/// Number of columns of the picture.
const COLUMNS: usize = 7;
/// Heights on the picture in pixels: a heading with the gap above it, a line of small tiles, a line of large tiles.
const HEAD: u32 = 36;
const SMALL: u32 = 17;
const LARGE: u32 = 23;

pub(super) fn routes(hub: &Arc<Hub>, keeper: &Arc<FactsCache>) -> Vec<Route> {
    let (hub, keeper) = (Arc::clone(hub), Arc::clone(keeper));
    vec![Route::get("/", Need::Right(Right::Read), move |visit| {
        overview(visit, Arc::clone(&hub), Arc::clone(&keeper))
    })]
}

async fn overview(visit: Visit, hub: Arc<Hub>, keeper: Arc<FactsCache>) -> Answer {
    let province = Province::look(&visit, &hub, &keeper).await?;
    let words = Words::of(&visit);
    let only = State::from_name(visit.asked("only"));
    let own = Below::read(&visit)?;
    let below = |office: &&Office| office.fact.tier > Tier::Province;
    let (small, blocks) = blocks(&province);
    let heights: Vec<u32> = blocks.iter().map(|block| block.height(small)).collect();
    let mut rest = &blocks[..];
    // Districts are stops of the tab key. Where there are none, the first tile is, and arrows lead on.
    let stop = blocks.iter().flat_map(|block| &block.tiles).map(|office| office.id).next().filter(|_| !small);
    let body = html! {
        div.say id="say" data-part {
            h1 { (sentence(&visit, &province)) }
            p.mut { (as_of(&visit, province.as_of)) }
        }
        (legend(&visit, &province, &words, only))
        @if !province.offices.iter().any(|office| below(&office)) {
            (parts::empty(&visit.word("empty-offices"), visit.may(Right::Offices).then_some(("/offices/import", &*visit.word("btn-import-offices")))))
        }
        div.map.roomy[!small] data-walk {
            @for count in layout::columns(&heights, COLUMNS) {
                @let (column, after) = rest.split_at(count);
                @let () = rest = after;
                div { @for block in column { (block.markup(&visit, &words, only, stop)) } }
            }
        }
        (first::list(&visit, &province, &words, only)?)
        // What waits for the hub's own office, as at any desk.
        (own.sections(&visit))
    };
    Ok(Page::new(visit.word("nav-overview"), body).class("ov").at("/").render(&visit))
}

/// The first thing that is said.
fn sentence(visit: &Visit, province: &Province) -> String {
    let count = |state| province.count(state);
    let mut said: Vec<String> = Vec::new();
    // Only the first part of the sentence says "offices", so that it fits on one line.
    let first = |said: &Vec<String>| i32::from(said.is_empty());
    if count(State::Express) > 0 {
        said.push(tell!(visit, "say-express", count = count(State::Express)));
    }
    if count(State::Sent) > 0 {
        said.push(tell!(visit, "say-sent", count = count(State::Sent)));
    }
    if count(State::Late) > 0 {
        let most = most_late(province);
        said.push(tell!(visit, "say-late", first = first(&said), count = count(State::Late)));
        if let (Some(late), false) = (said.last_mut(), most.is_empty()) {
            *late = tell!(visit, "say-most", late = late.as_str(), places = most.join(", "));
        }
    }
    if count(State::Unknown) > 0 {
        said.push(tell!(visit, "say-unknown", first = first(&said), count = count(State::Unknown)));
    }
    if said.is_empty() && count(State::Soon) > 0 {
        said.push(tell!(visit, "say-soon", count = count(State::Soon)));
    }
    if said.is_empty() {
        said.push(visit.word("say-calm"));
    }
    if count(State::Absent) > 0 {
        said.push(tell!(visit, "say-absent", first = 0_i32, count = count(State::Absent)));
    }
    parts::capital(&said.join("; "))
}

/// Names of the two districts with the most late offices; without districts, of the late offices if at most two.
fn most_late(province: &Province) -> Vec<&str> {
    const NAMED: usize = 2;
    let late = || province.offices.iter().filter(|office| office.stand.is(State::Late));
    let mut by_district: BTreeMap<OfficeId, usize> = BTreeMap::new();
    for office in late() {
        let district = if office.fact.tier == Tier::District { Some(office.id) } else { office.fact.parent };
        if let Some(district) = district.filter(|id| province.registry.tier(*id) == Some(Tier::District)) {
            *by_district.entry(district).or_default() += 1;
        }
    }
    if by_district.is_empty() {
        let names: Vec<&str> = late().map(Office::short).collect();
        return if names.len() <= NAMED { names } else { Vec::new() };
    }
    let mut most: Vec<(OfficeId, usize)> = by_district.into_iter().collect();
    // Sorted by count; ties in the order of the picture.
    most.sort_by_key(|(id, count)| {
        let fact = province.registry.office(*id).and_then(|office| office.current());
        (std::cmp::Reverse(*count), fact.map(|fact| layout::place(&fact.code)))
    });
    let name = |id| province.registry.office(id).and_then(|office| office.current()).map(province::short);
    most.into_iter().take(NAMED).filter_map(|(id, _)| name(id)).collect()
}

/// The moment that a page describes: now, or `older` if reading what is new took longer than a page waits.
pub(super) fn as_of(visit: &Visit, older: Option<i64>) -> String {
    let clock = visit.clock();
    let moment = older.unwrap_or(visit.now);
    let told = format!("{} {} {}", clock.hour(moment), clock.weekday(moment), clock.day(moment));
    let key = if older.is_some() { "say-as-of" } else { "say-live" };
    tell!(visit, key, time = told)
}

/// The legend: each state with its count, as a link that filters. Other states then fade.
fn legend(visit: &Visit, province: &Province, words: &Words, only: Option<State>) -> Markup {
    let top = province.offices.iter().filter(|office| office.fact.tier == Tier::Province);
    html! {
        nav.key id="key" data-part aria-label=(visit.word("glance-legend")) {
            @for office in top {
                a.prov href=(office.address()) title=(words.office(office)) {
                    (glyph(office.stand.state.mark().name())) (office.fact.committee()) span.vh { ", " (words.office(office)) }
                }
            }
            @for state in State::ALL {
                @let count = province.count(state);
                @if count > 0 || only == Some(state) {
                    @let on = only == Some(state);
                    a href=(visit.with("only", if on { "" } else { state.name() })) aria-current=[on.then_some("true")] {
                        (glyph(state.mark().name())) b { (count) } " " (words.state(state))
                    }
                }
            }
            @if only.is_some() { a.off href=(visit.with("only", "")) { (visit.word("table-unfilter")) } }
            @else { span.mut { (visit.word("glance-age")) } }
        }
    }
}

/// A block of the picture: a district with the offices under it; without districts, the offices with the same initial.
struct Block<'a> {
    id: String,
    title: String,
    head: Option<&'a Office>,
    tiles: Vec<&'a Office>,
}

/// The blocks of the picture in their order, and whether its tiles are small (there are districts).
fn blocks(province: &Province) -> (bool, Vec<Block<'_>>) {
    let mut districts: Vec<Block<'_>> = Vec::new();
    let mut loose: Vec<&Office> = Vec::new();
    let of_tier = |tier| province.offices.iter().filter(move |office| office.fact.tier == tier);
    for head in of_tier(Tier::District) {
        let title = head.short().to_owned();
        districts.push(Block { id: format!("d-{}", head.id), title, head: Some(head), tiles: Vec::new() });
    }
    for office in of_tier(Tier::Commune) {
        let under = |block: &&mut Block<'_>| block.head.map(|head| head.id) == office.fact.parent;
        match districts.iter_mut().find(under) {
            Some(block) => block.tiles.push(office),
            None => loose.push(office),
        }
    }
    districts.sort_by_key(|block| block.head.map(|head| layout::place(&head.fact.code)));
    let small = !districts.is_empty();
    districts.extend(groups(&province.registry, loose));
    (small, districts)
}

/// Blocks of the offices directly under the province: by their former districts if more than half were in one that the
/// registry knows, otherwise by initials.
fn groups<'a>(registry: &Registry, offices: Vec<&'a Office>) -> Vec<Block<'a>> {
    let was = |office: &Office| province::former_district(registry, office.id);
    let by_district = offices.iter().filter(|office| was(office).is_some()).count() * 2 > offices.len();
    let mut found: Vec<((usize, String), Block<'a>)> = Vec::new();
    for office in offices {
        let district = was(office).filter(|_| by_district).and_then(|id| registry.office(id)?.current());
        let (key, title) = match district {
            Some(fact) => {
                let (place, code) = layout::place(&fact.code);
                ((place, code.to_owned()), province::short(fact).to_owned())
            }
            None => {
                let initial: String = office.short().chars().take(1).collect();
                ((usize::MAX, String::new()), initial.to_uppercase())
            }
        };
        // Offices come sorted by name, so their initials come sorted too.
        match found.iter_mut().find(|(known, block)| *known == key && block.title == title) {
            Some((_, block)) => block.tiles.push(office),
            None => {
                found.push((key, Block { id: format!("g-{title}"), title, head: None, tiles: vec![office] }));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.into_iter().map(|(_, block)| block).collect()
}

impl Block<'_> {
    fn height(&self, small: bool) -> u32 {
        let tiles = self.tiles.len() as u32;
        HEAD + if small { tiles.div_ceil(2) * SMALL } else { tiles * LARGE }
    }

    fn markup(&self, visit: &Visit, words: &Words, only: Option<State>, stop: Option<OfficeId>) -> Markup {
        let fades = |office: &Office| only.is_some_and(|only| !office.stand.is(only));
        // States that a heading counts; the others are only drawn.
        let counts = [State::Express, State::Late, State::Unknown]
            .map(|state| (state, self.tiles.iter().filter(|office| office.stand.is(state)).count()));
        let counted = html! {
            span.c {
                @for (state, count) in counts.iter().filter(|(_, count)| *count > 0) {
                    span.(state.mark().name()) { (glyph(state.mark().name())) (count) span.vh { " " (words.state(*state)) } }
                }
            }
        };
        html! {
            section id=(self.id) data-part {
                h2 {
                    @if let Some(head) = self.head {
                        @let word = words.office(head);
                        a.l[head.stand.state == State::Late].x[head.stand.state == State::Express].u[head.stand.state == State::Unknown].fade[fades(head)]
                            href=(head.address()) title={ (head.fact.committee()) ": " (word) } {
                            (glyph(head.stand.state.mark().name())) span { (self.title) } span.vh { ", " (word) } (age(visit, head)) (counted)
                        }
                    } @else {
                        span.head { (self.title) (counted) }
                    }
                }
                ul { @for office in &self.tiles { (tile(visit, words, office, fades(office), stop == Some(office.id))) } }
            }
        }
    }
}

fn tile(visit: &Visit, words: &Words, office: &Office, fades: bool, stop: bool) -> Markup {
    let state = office.stand.state;
    let class = match state {
        State::Express => "x",
        State::Late => "l",
        State::Unknown => "u",
        State::Sent => "f",
        State::Soon => "s",
        State::DoneLate => "d",
        State::OnCourse => "o",
        State::Absent => "n",
    };
    let age = age_word(visit, office);
    let name = office.short();
    // Long names get small letters, so that they need not be cut.
    let length = name.chars().count() + age.as_ref().map_or(0, |age| age.chars().count() + 1);
    let word = words.office(office);
    html! {
        li.(class).q[office.stand.broken].w[(11..14).contains(&length)].ww[length >= 14].fade[fades] {
            a href=(office.address()) tabindex=[(!stop).then_some("-1")] title={ (office.fact.committee()) ": " (word) } {
                (glyph(state.mark().name())) span { (name) } b.vh { ", " (word) }
                @if let Some(age) = age { i { (age) } }
            }
        }
    }
}

/// How long ago the office was last heard from; none if that is recent or it never was.
fn age_word(visit: &Visit, office: &Office) -> Option<String> {
    // The age grows in steps, so that the picture does not change every minute.
    const STEP: i64 = 5 * 60 * 1000;
    let age = visit.now - office.contact.heard?;
    if age < limits::AGE_SHOWN.as_millis() as i64 {
        return None;
    }
    Some(visit.clock().short_age(visit.now - age / STEP * STEP))
}

fn age(visit: &Visit, office: &Office) -> Markup {
    html! { @if let Some(age) = age_word(visit, office) { i { (age) } } }
}

#[cfg(test)]
mod tests {
    use truc_proto::record::duty::Thresholds;

    use super::*;
    use crate::console::glance::{Contact, Stand};

    fn office(number: u128, tier: Tier, parent: u128, code: &str, name: &str) -> Office {
        let id = |number| OfficeId(uuid::Uuid::from_u128(number));
        let kind = name.split(' ').next().unwrap_or_default().to_lowercase();
        let since = "2025-07-01".parse().unwrap_or_else(|_| unreachable!("a day"));
        let parent = Some(id(parent));
        let (code, name) = (code.to_owned(), name.to_owned());
        let fact = truc_proto::registry::Fact {
            since,
            said: since,
            withdrawn: None,
            order: 0,
            tier,
            parent,
            code,
            kind,
            name,
            closed: false,
            successors: Vec::new(),
            symbols: Vec::new(),
        };
        let contact = Contact { heard: None, enrolled: true };
        let stand = Stand { state: State::OnCourse, broken: false, worst: None, count: 0, late: 0 };
        Office { id: id(number), fact, contact, met: None, stand, worst: None }
    }

    fn province(mut offices: Vec<Office>) -> Province {
        offices
            .sort_by_cached_key(|office| (office.fact.tier, truc_node::words::order::order(office.short())));
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key();
        let registry = Arc::new(Registry::new(OfficeId(uuid::Uuid::from_u128(1)), key));
        Province {
            offices,
            registry,
            figures: Thresholds::default(),
            denied: Default::default(),
            as_of: None,
        }
    }

    fn titles(province: &Province) -> Vec<(String, usize)> {
        blocks(province).1.into_iter().map(|block| (block.title, block.tiles.len())).collect()
    }

    #[test]
    fn three_tiers_stand_in_districts_and_two_under_initials() {
        let three = province(vec![
            office(2, Tier::Province, 1, "40", "Tỉnh Nghệ An"),
            office(3, Tier::District, 2, "425", "Huyện Diễn"),
            office(4, Tier::District, 2, "417", "Huyện Kỳ"),
            office(5, Tier::Commune, 4, "1", "Xã A"),
            office(6, Tier::Commune, 4, "2", "Xã B"),
        ]);
        assert_eq!(titles(&three), [("Kỳ".to_owned(), 2), ("Diễn".to_owned(), 0)]);
        let two = province(vec![
            office(2, Tier::Province, 1, "40", "Tỉnh Nghệ An"),
            office(5, Tier::Commune, 2, "1", "Xã Đô"),
            office(6, Tier::Commune, 2, "2", "Xã Dân"),
            office(7, Tier::Commune, 2, "3", "Xã Đại"),
        ]);
        assert_eq!(titles(&two), [("D".to_owned(), 1), ("Đ".to_owned(), 2)]);
    }
}
