//! Light pages: what the matrix of a whole province of three tiers weighs on the wire, and what a second look costs.

use http::{Method, header};
use truc_hub::demo::address;
use truc_node::accounts::{Realm, Role};
use truc_tests::pages::http::Visitor;
use truc_tests::pages::people::Person;
use truc_tests::programs::Province;
use truc_tests::support::until;

/// Bytes that a first visit of the matrix may take: a page in a second on a line of 1 Mbit/s.
const FIRST: usize = 100_000;

/// 21 districts with 412 communes.
fn offices() -> String {
    let mut list = "code,parent_code,tier,kind,name\n40,,province,tỉnh,Tỉnh Nghệ An\n".to_owned();
    for district in 0..21 {
        list.push_str(&format!("{},40,district,huyện,Huyện Số {district}\n", 400 + district));
    }
    for commune in 0..412 {
        let above = 400 + commune % 21;
        list.push_str(&format!("{},{above},commune,xã,Xã Tên Dài {commune}\n", 17_000 + commune));
    }
    list
}

#[test]
fn the_matrix_of_a_province_is_light() {
    let mut province = Province::new(&offices());
    province.pages = [("hub", address::free())].into();
    province.start("hub");
    let site = format!("http://{}/", province.pages["hub"]);
    let who = Person::new(&province.dir("hub"), Realm::Console, Role::Supervisor, "giam.sat");
    let who = Visitor::sign_in(&site, &who);
    let create = ["directive", "create", "--type", "CV", "--title", "Ứng phó bão", "--to", "subtree:40"];
    let tasks = ["--task", "T1|Trực|subtree:40|2031-01-01|", "--task", "T2|Báo cáo|subtree:40|2031-02-01|"];
    let record = province.hub(&[&create[..], &tasks, &["--author", "giam.sat"]].concat())["record"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/directives/{record}");
    until("all are in it", || who.get(&path).body.matches("/offices/").count() >= 433);
    let get = |path: &str, more: &[(header::HeaderName, &str)]| {
        let gzip = (header::ACCEPT_ENCODING, "gzip, deflate, br");
        who.ask(Method::GET, path, &[&[gzip], more].concat(), "")
    };
    let page = get(&path, &[]);
    assert_eq!((page.status, page.header("content-encoding")), (200, "gzip"));
    let plain = who.get(&path);
    let assets: Vec<&str> = plain.body.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(assets.len() >= 3, "{assets:?}");
    let weights: Vec<usize> = assets.iter().map(|asset| get(asset, &[]).bytes.len()).collect();
    let first = page.bytes.len() + weights.iter().sum::<usize>();
    println!("{first} bytes: page {} ({} unpacked), {weights:?}", page.bytes.len(), plain.bytes.len());
    assert!(first <= FIRST, "{first} bytes: page {}, {weights:?}", page.bytes.len());
    for asset in assets {
        assert!(get(asset, &[]).header("cache-control").contains("immutable"), "{asset}");
    }
    // A page that shows all there is gets nothing when it asks again.
    let marks = plain.body.split("data-part=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let marks: Vec<&str> = marks.collect();
    let live = header::HeaderName::from_static("x-truc-live");
    assert!(marks.len() > 2);
    until("nothing changes any more", || {
        let again = get(&path, &[(live.clone(), &marks.join(","))]);
        let none = again.status == 204 && again.bytes.is_empty();
        none || again.bytes.len() < page.bytes.len() / 4
    });
}
