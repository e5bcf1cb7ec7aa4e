//! Looking after the store from the pages: a backup is handed over to those who may have it, and is a whole one.

use std::fs;

use truc_node::accounts::Role;
use truc_tests::pages::http::Visitor;
use truc_tests::pages::small::{COMMUNE, HUB, Small};

#[test]
fn a_backup_is_handed_over_for_the_password_and_restores_all_of_it() {
    let small = Small::new();
    for (name, kind) in [(COMMUNE, "node"), (HUB, "hub")] {
        let person = small.person(name, Role::Administrator, "quan.tri");
        let admin = Visitor::sign_in(&small.url(name), &person);
        assert!(admin.get("/backup").body.contains("Chưa sao lưu lần nào"), "{name}");

        // Of whoever found the browser open.
        let refused = admin.send("/backup", &[("files", "1"), ("password", "không phải")]);
        assert_eq!(refused.status, 422, "{name}");
        assert!(refused.body.contains("Mật khẩu hiện tại không đúng"), "{name}: {}", refused.body);
        assert!(refused.body.contains("Chưa sao lưu lần nào") && !refused.body.contains("không phải"));

        let given = admin.send("/backup", &[("files", "1"), ("password", &person.password)]);
        assert_eq!((given.status, given.header("content-type")), (200, "application/x-tar"), "{name}");
        assert_eq!(given.header("content-length"), given.bytes.len().to_string());
        assert!(given.header("content-disposition").contains(".backup"));
        let says = given.body.replace(char::is_whitespace, "");
        assert!(says.contains(&format!("\"kind\":\"{kind}\"")), "{name}");
        let page = admin.get("/backup").body;
        assert!(page.contains("Sao lưu gần nhất") && !page.contains("Chưa sao lưu"), "{name}: {page}");
        let notes = admin.get(if name == HUB { "/audit?of=console" } else { "/notes" }).body;
        assert!(notes.contains("lấy bản sao lưu"), "{name}: {notes}");
        // Nothing with keys in it stays behind.
        let left = fs::read_dir(small.dir(name)).unwrap().map(|found| found.unwrap().file_name());
        let left: Vec<_> = left.filter(|found| found.to_string_lossy().contains("handed-over")).collect();
        assert!(left.is_empty(), "{left:?}");

        if name == COMMUNE {
            let file = small.dir("kept.backup");
            fs::write(&file, &given.bytes).unwrap();
            let before = small.ask(COMMUNE, &["status"]);
            let restored = small.ask("restored", &["restore", file.to_str().unwrap()]);
            assert_eq!((&restored["office"], &restored["journal"]), (&before["office"], &before["journal"]));
        }
    }
}
