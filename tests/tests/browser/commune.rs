//! A day of a commune's office: what comes by post becomes a work that goes from hand to hand; a petition is passed on; a
//! letter goes its road from the first line to its number. Five people, each at a desk of his own.

use truc_tests::pages::demo::Demo;
use truc_tests::pages::window::Window;

use crate::word;

const COMMUNE: &str = "17464";

/// Somebody of the office, signed in.
struct Person {
    window: Window,
    site: &'static str,
}

impl Person {
    fn new(user: &str) -> Self {
        let demo = Demo::shared();
        let (window, site) = (Window::open(), demo.desk(COMMUNE));
        window.sign_in(site, &demo.person(COMMUNE, user));
        Self { window, site }
    }

    /// Goes to a page of the desk.
    #[track_caller]
    fn at(&self, path: &str) -> &Window {
        self.window.go(&format!("{}{}", self.site, path.trim_start_matches('/')));
        &self.window
    }

    /// Opens what stands on Today under these words, and returns its address.
    #[track_caller]
    fn opens(&self, said: &str) -> String {
        let today = self.at("");
        today.until_said(said);
        today.click_said("#today a.t", said);
        today.until("it is open", "location.pathname !== '/'");
        today.at()
    }

    /// Presses the button of a move on the page that is open, and waits for what the page says then.
    #[track_caller]
    fn does(&self, mv: &str) {
        let form = format!("#next form:has(input[name='move'][value='{mv}'])");
        let behind = format!("details.move:not([open]):has(form input[name='move'][value='{mv}']) > summary");
        if self.window.has(&behind) {
            self.window.click(&behind);
        }
        self.window.click(&format!("{form} button.go"));
        self.window.until_there(".toast");
    }
}

#[test]
fn what_comes_by_post_is_worked_on_until_it_is_confirmed() {
    let title = "Kế hoạch chống hạn vụ xuân";
    let (clerk, chief, hoa) = (Person::new("lan"), Person::new("cvp"), Person::new("hoa"));
    let form = clerk.at("outside/new?book=incoming");
    form.fill("#party", "Sở Nông nghiệp và Môi trường");
    form.fill("#number", "412/SNNMT");
    form.fill("#title", title);
    form.click(".foot button.go");
    form.until("the paper is registered", "/^\\/outside\\/[0-9a-f-]{36}/.test(location.pathname)");
    let paper = form.at();

    // The chief finds it on Today, to be assigned.
    let today = chief.at("");
    today.until_said(title);
    today.click_said("#to-assign a.t", title);
    today.until_there("#lead");
    today.put("#lead", "hoa");
    today.click("[name='no_due']");
    today.click("button[value='give']");
    today.until("the work is given", "/^\\/assignment\\//.test(location.pathname)");
    let work = today.at();

    assert_eq!(hoa.opens(title), work);
    hoa.does("take");
    hoa.window.click("details.move:has(input[value='hand-in']) > summary");
    hoa.window.fill("details[open] [name='note']", "Đã có phương án cho ba hồ");
    hoa.window.click("details[open] form button.go");
    hoa.window.until_there(".toast");

    assert_eq!(chief.opens(title), work);
    assert!(chief.window.text("#main").contains("Đã có phương án cho ba hồ"));
    chief.does("confirm");
    assert!(!chief.at("").text("#today").contains(title), "nothing of it waits");

    // The register says all of it in one line.
    let register = clerk.at("registers/in");
    let line = format!(
        "[...document.querySelectorAll('tr')].find((row) => row.innerText.includes({title:?}))?.innerText"
    );
    register.until("the line is there", &line);
    let line = register.js(&format!("return {line}"), &[]);
    let line = line.as_str().unwrap();
    assert!(line.contains("Lê Thị Hoa Mẫu") && line.contains("412/SNNMT"), "{paper}: {line}");
}

#[test]
fn a_letter_goes_its_road_to_its_number() {
    let title = "Về việc bố trí trụ sở làm việc";
    let text = "Kính gửi: Văn phòng Tỉnh ủy.\n\nĐề nghị bố trí 12 phòng làm việc.";
    let minh = Person::new("minh");
    let form = minh.at("draft/new");
    form.put("#issuer", "DU");
    form.put("#type", "CV");
    form.fill("#title", title);
    form.fill("#text", text);
    form.fill("#recipients", "40");
    form.click(".foot button.go");
    form.until("the draft is begun", "/^\\/draft\\/[0-9a-f-]{36}$/.test(location.pathname)");
    let draft = form.at();
    minh.does("hand-in");

    // The appraiser gives it back with a remark, which is answered by a further version.
    let hoa = Person::new("hoa");
    assert_eq!(hoa.opens(title), draft);
    hoa.window.fill("[name='must']", "12 phòng hay 21 phòng?");
    hoa.window.click("button[value='back']");
    hoa.window.until_there(".toast");
    assert!(minh.at(&draft).text("#main").contains("12 phòng hay 21 phòng?"));
    let edit = minh.at(&format!("{draft}/edit"));
    edit.fill("#text", &text.replace("12", "21"));
    edit.click(".foot button.go");
    edit.until("the version is saved", "/^\\/draft\\/[0-9a-f-]{36}$/.test(location.pathname)");
    minh.window.click("button[value='taken']");
    minh.window.until_there(".toast");
    minh.does("hand-in");

    assert_eq!(hoa.opens(title), draft);
    hoa.window.until_there("ins");
    hoa.window.click("button[value='pass']");
    hoa.window.until_there(".toast");
    let chief = Person::new("cvp");
    assert_eq!(chief.opens(title), draft);
    chief.does("initial");
    let signer = Person::new("pbttt");
    assert_eq!(signer.opens(title), draft);
    signer.does("sign");
    let clerk = Person::new("lan");
    assert_eq!(clerk.opens(title), draft);
    clerk.does("issue");
    let said = clerk.window.text("#main");
    assert!(said.contains("-CV/ĐU"), "{said}");

    // The paper says what was signed, who signed it, and which road it went; the province has it.
    clerk.window.click("header.top .meta a");
    clerk.window.until_said("21 phòng làm việc");
    clerk.window.until_said(&word("draft-of-paper"));
    let path = clerk.window.at();
    let province = Window::open();
    let demo = Demo::shared();
    province.sign_in(demo.desk("40"), &demo.chief("40"));
    let there = format!("{}{}", demo.desk("40"), &path[1..]);
    truc_tests::support::until("the province has the letter", || {
        province.go(&there);
        province.text("#main").contains("21 phòng làm việc")
    });
}

#[test]
fn a_petition_is_passed_on_and_seen_by_who_may() {
    let said = "Đề nghị cấp nước sạch cho xóm 5";
    let clerk = Person::new("lan");
    let form = clerk.at("outside/new?book=petitions");
    form.put("#class", "kien-nghi");
    form.fill("#title", said);
    form.click(".foot button.go");
    form.until("the petition is registered", "/^\\/outside\\/[0-9a-f-]{36}/.test(location.pathname)");
    let petition = form.at();
    assert!(form.text("h1").contains(said));

    let minh = Person::new("minh");
    assert!(!minh.at(&petition).text("body").contains(said), "nobody else hears of it");
    assert!(!minh.at(&format!("search?q={}", "cấp nước sạch")).text("#main").contains("xóm 5"));
    assert!(!minh.at("").text("#today").contains(said));

    let chief = Person::new("cvp");
    chief.at(&petition);
    chief.window.click("details.move:has(input[value='transfer']) > summary");
    chief.window.put("details[open] [name='to']", "UBND");
    chief.window.fill("details[open] [name='paper']", "13-PC/VPĐU");
    chief.window.put("details[open] [name='answer_by']", "2031-05-04");
    chief.window.click("details[open] form button.go");
    chief.window.until_there(".toast");
    assert!(chief.at("works?tab=owed").text("#main").contains("13-PC/VPĐU"));
    assert!(clerk.at("registers/transfers").text("#main").contains("13-PC/VPĐU"));
}
