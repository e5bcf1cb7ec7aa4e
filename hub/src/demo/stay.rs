//! What the demo prints while it stays up: addresses to open, accounts, commands to try.

use super::pages::Pages;
use super::picture::Picture;
use super::stage::Stage;

/// Prints what a person can try.
pub(super) fn stay(picture: &Picture, stage: &Stage, json: bool) {
    picture.finish();
    if json {
        let desks: Vec<serde_json::Value> = stage.desks.values().map(Pages::json).collect();
        let console = stage.console.as_ref().map(Pages::json);
        println!("{}", serde_json::json!({ "console": console, "desks": desks }));
    }
    picture.step("demo-pages", &[]);
    for pages in stage.console.iter().chain(stage.desks.values()) {
        picture.say(&format!("  {}  {}", pages.url(), pages.office));
        for account in &pages.accounts {
            picture.say(&format!("      {} / {}", account.user, account.password));
        }
    }
    picture.step("demo-stays", &[]);
    let top = stage.nodes[&stage.top].dir.display().to_string();
    let weak = stage.nodes[&stage.weak].dir.display().to_string();
    let programs = stage.programs().display();
    for line in [
        format!("  {programs}/truc-node status --dir {weak}"),
        format!("  {programs}/truc-node directive list --dir {weak}"),
        format!("  {programs}/truc-node directive show 913-CV/TU --dir {top}"),
        format!("  {programs}/truc-node report list --dir {top}"),
        format!("  {programs}/truc-node log --dir {weak}"),
        format!("  {programs}/truc-hub status --dir {}", stage.hub_dir().display()),
    ] {
        picture.say(&line);
    }
}
