//! A node that dies while it takes over a new certificate or a new authority can call afterwards, whatever the step.

use truc_tests::programs::Province;
use truc_tests::support::until;

#[test]
fn a_crash_at_any_step_leaves_a_machine_that_can_call() {
    let points = [
        "trust.authorities.before",
        "trust.authorities.after",
        "trust.certificate.before",
        "trust.certificate.after",
    ];
    let province = Province::running();
    for code in ["1", "2"] {
        province.stop(code);
    }
    province.hub(&["authority", "roll"]);
    // Two machines at a time; the second round is another roll-over.
    for pair in points.chunks(2) {
        for (code, point) in ["1", "2"].into_iter().zip(pair) {
            province.doomed(code, point, 1).aborts(point);
        }
    }
    for code in ["1", "2"] {
        province.start(code);
        until("it calls again", || province.standing(code) == "on");
        until("and is renewed", || {
            let shown = province.hub(&["authority", "show"]);
            let waiting = shown["waiting"].as_array().unwrap().clone();
            let office = province.node(code, &["status"])["office"].clone();
            !waiting.contains(&office)
        });
    }
    until("everybody has followed", || {
        province.hub(&["authority", "show"])["waiting"] == serde_json::json!([])
    });
    province.hub(&["authority", "retire"]);
    for code in ["40", "1", "2"] {
        province.stop(code);
        province.start(code);
        until("it is on", || province.standing(code) == "on");
    }
    province.judge();
}
