//! Recipient picker: the office tree as nested checkboxes that work without scripts; the script adds search,
//! partly-selected state and the count.

use std::collections::BTreeMap;

use maud::{Markup, html};
use truc_proto::id::OfficeId;
use truc_proto::registry::Registry;

use crate::tell;
use crate::web::form::Form;
use crate::web::visit::Visit;
use crate::words::order::order;

use super::field;

/// Name of the field. Values: codes or ids, `subtree:ID` for an office and all below it.
pub const TO: &str = "recipient";

/// Offices to choose from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offered {
    /// All below this office: guidance, inspections.
    Below,
    /// Offices above: reports.
    Above,
    /// This office, those above and those below: programmes. None chosen: this office alone.
    Around,
    /// All offices: letters.
    All,
}

/// The picker of recipients.
pub fn picker(visit: &Visit, form: &Form, offered: Offered) -> Markup {
    let registry = visit.registry();
    let me = visit.me();
    let mut children: BTreeMap<OfficeId, Vec<OfficeId>> = BTreeMap::new();
    for (id, _) in registry.offices().filter(|(id, _)| registry.is_open(*id)) {
        if let Some(parent) = registry.parent(id) {
            children.entry(parent).or_default().push(id);
        }
    }
    for list in children.values_mut() {
        list.sort_by_cached_key(|id| order(&visit.name(*id)));
    }
    let below = || children.get(&me).cloned().unwrap_or_default();
    let above = registry.ancestors(me);
    // Offices by themselves, and such with all below them.
    let (alone, trees): (Vec<OfficeId>, Vec<OfficeId>) = match offered {
        Offered::Below => (Vec::new(), below()),
        Offered::Above => (above.collect(), Vec::new()),
        Offered::Around => (std::iter::once(me).chain(above).collect(), below()),
        Offered::All => (Vec::new(), vec![registry.hub()]),
    };
    let whole = !trees.is_empty() && offered != Offered::All;
    let optional = offered == Offered::Around;
    let tree = Tree { visit, form, registry: &registry, children: &children };
    html! {
        fieldset.field.picker data-picker {
            legend { (visit.word("field-to")) @if !optional { span.req aria-hidden="true" { " *" } } }
            p.hint { (visit.word("hint-to")) @if optional { " " (visit.word("hint-to-none")) } }
            input.jsonly type="search" data-picker-search hidden aria-label=(visit.word("picker-search")) placeholder=(visit.word("picker-search"));
            p.picked role="status" data-picker-count data-word=(visit.word("picker-count")) {}
            div.tree id=(TO) tabindex="-1" {
                @if !alone.is_empty() { ul { @for office in &alone { (tree.leaf(*office)) } } }
                @if !trees.is_empty() { div data-all[whole] {
                    @if whole {
                        label.whole { input type="checkbox" name=(TO) value={ "subtree:" (me) } checked[form.has(TO, &format!("subtree:{me}"))] data-whole; (visit.word("picker-all-below")) }
                    }
                    ul { @for root in &trees { (tree.branch(*root, 0)) } }
                } }
            }
            (field::error(form, TO))
        }
    }
}

struct Tree<'a> {
    visit: &'a Visit,
    form: &'a Form,
    registry: &'a Registry,
    children: &'a BTreeMap<OfficeId, Vec<OfficeId>>,
}

impl Tree<'_> {
    fn tick(&self, office: OfficeId) -> Markup {
        let one = office.to_string();
        html! {
            label { input type="checkbox" name=(TO) value=(one) checked[self.form.has(TO, &one)]; (self.visit.name(office)) }
        }
    }

    fn leaf(&self, office: OfficeId) -> Markup {
        html! { li data-name=(truc_proto::vietnamese::fold(&self.visit.name(office))) { (self.tick(office)) } }
    }

    fn branch(&self, office: OfficeId, depth: usize) -> Markup {
        let below = self.children.get(&office).map_or(&[][..], Vec::as_slice);
        // Limits the depth: a damaged registry with a cycle must not hang the page.
        if below.is_empty() || depth >= 8 {
            return self.leaf(office);
        }
        let name = self.visit.name(office);
        let whole = format!("subtree:{office}");
        let open = depth == 0 || self.form.all(TO).any(|chosen| self.holds(below, chosen));
        html! {
            li data-name=(truc_proto::vietnamese::fold(&name)) {
                (self.tick(office))
                details open[open] {
                    summary { (tell!(self.visit, "agg-offices", count = below.len())) }
                    label.whole { input type="checkbox" name=(TO) value=(whole) checked[self.form.has(TO, &whole)] data-whole; (tell!(self.visit, "scope-subtree", office = name.as_str())) }
                    ul { @for child in below { (self.branch(*child, depth + 1)) } }
                }
            }
        }
    }

    fn holds(&self, below: &[OfficeId], chosen: &str) -> bool {
        let id = chosen.strip_prefix("subtree:").unwrap_or(chosen);
        id.parse().is_ok_and(|id: OfficeId| {
            below.iter().any(|office| *office == id || self.registry.is_above(*office, id))
        })
    }
}
