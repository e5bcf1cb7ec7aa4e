//! The accessibility checker axe-core, which `.ci/test` fetches: WCAG 2.2, levels A and AA.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::window::Window;
use crate::support::built;

static SOURCE: LazyLock<String> = LazyLock::new(|| {
    let path = built().parent().unwrap().join("tools/axe.min.js");
    let missing = |error| panic!("{}: {error}; .ci/test fetches it", path.display());
    std::fs::read_to_string(&path).unwrap_or_else(missing)
});

const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];

/// Checks at most two of the rows of a list that are built alike, since long pages consist mostly of such rows. Rows
/// are alike if their elements have the same tags, classes and attributes, and are empty at the same places.
const ALIKE: &str = "
    const shape = (one) => [one.tagName, one.getAttribute('class'), one.getAttributeNames().join(), \
        one.textContent.trim() === '', ...Array.from(one.children, shape)].join('|');
    for (const list of document.querySelectorAll('tbody, ul, ol, select')) {
        const seen = new Map();
        for (const row of list.children) {
            const times = (seen.get(shape(row)) ?? 0) + 1;
            seen.set(shape(row), times);
            if (times > 2) row.dataset.alike = '';
        }
    }";

/// Of each violated rule, one element and the number of elements.
const RUN: &str = "const [options, done] = arguments; \
    const told = ({ id, nodes }) => `${id}, ${nodes.length} times: ${nodes[0].target.join(' ')}: \
        ${nodes[0].failureSummary.replace(/\\s+/g, ' ')}`; \
    axe.run({ include: document, exclude: ['[data-alike]'] }, options).then((found) => done(found.violations.map(told)), \
        (error) => done([`axe failed: ${error}`]))";

/// All violations on the page.
#[track_caller]
pub fn everything(window: &Window) -> Vec<String> {
    run(window, json!({ "type": "tag", "values": TAGS }))
}

/// Violations by colours, the only ones that the dark theme can add.
#[track_caller]
pub fn colours(window: &Window) -> Vec<String> {
    run(window, json!({ "type": "rule", "values": ["color-contrast"] }))
}

#[track_caller]
fn run(window: &Window, only: Value) -> Vec<String> {
    if window.js("return typeof axe", &[]) != "object" {
        window.js(&SOURCE, &[]);
        window.js(ALIKE, &[]);
    }
    let options = json!({ "runOnly": only, "resultTypes": ["violations"], "iframes": false });
    let found = window.js_later(RUN, &[options]);
    found.as_array().unwrap().iter().map(|said| said.as_str().unwrap_or_default().to_owned()).collect()
}
