//! What came to the office from outside, and what is done with it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use truc_proto::id::{Incarnation, Seat};
use truc_proto::paper::Due;
use truc_proto::record::assignment::asked::of_outside;
use truc_proto::record::assignment::refusal::{Key, Refusal};
use truc_proto::record::assignment::{Actor, Work};
use truc_proto::record::outside::judge::{Alike, Setting, judge, key_of, paper_key, settle};
use truc_proto::record::outside::{
    Act, Answered, Arrived, Book, Channel, Classified, Corrected, Field, KIND, Kept, Move, Petition, Reason,
    Sender, Strand, Transferred,
};
use truc_proto::record::{Act as _, Outcome, Strand as _};
use truc_proto::time::{Hlc, When};

use super::office::{Office, Paper, record};
use super::table::{Case, play_cases};
use super::{Row, day, millis, rows};

type Args<'a> = BTreeMap<&'a str, &'a str>;

/// Which numbers the office had given when the month began.
const FIRST: [(Book, u32); 3] = [(Book::Incoming, 1201), (Book::Secret, 7), (Book::Petitions, 41)];

/// The numbers that papers of a book got, in the order in which they were accepted.
pub(crate) fn arrivals() -> &'static BTreeMap<String, (Book, u32)> {
    static ALL: LazyLock<BTreeMap<String, (Book, u32)>> = LazyLock::new(numbered);
    &ALL
}

fn papers() -> &'static [Row] {
    static ALL: LazyLock<Vec<Row>> = LazyLock::new(|| rows("papers.csv"));
    &ALL
}

fn numbered() -> BTreeMap<String, (Book, u32)> {
    let mut papers = rows("papers.csv");
    papers.retain(|row| !row["accepted"].is_empty());
    papers.sort_by_key(|row| (row["accepted"].clone(), row["id"].clone()));
    let mut next = BTreeMap::from(FIRST);
    let mut give = |row: &Row| {
        let number = next.get_mut(&book(row)).unwrap();
        *number += 1;
        (row["id"].clone(), (book(row), *number - 1))
    };
    papers.iter().map(&mut give).collect()
}

fn book(row: &Row) -> Book {
    match &*row["register"] {
        "den" => Book::Incoming,
        "mat" => Book::Secret,
        _ => Book::Petitions,
    }
}

fn channel(petition: Option<&Row>) -> Channel {
    match petition.map(|row| row["how"].as_str()) {
        Some("gửi trực tiếp") => Channel::Hand,
        Some("tiếp dân") => Channel::Reception,
        Some("cơ quan khác chuyển đến") => Channel::Forwarded,
        _ => Channel::Post,
    }
}

impl Office {
    /// Registers what came from outside in the whole month.
    pub(crate) fn arrive(&mut self) {
        let numbers = arrivals();
        let petitions: BTreeMap<String, Row> =
            rows("petitions.csv").into_iter().map(|row| (row["id"].clone(), row)).collect();
        let mut papers = papers().to_vec();
        papers.retain(|row| row["channel"] == "out");
        papers.sort_by_key(|row| (row["accepted"].clone(), row["id"].clone()));
        let said = |by: &str, act| Move { actor: Actor::himself(by), act };
        for row in &papers {
            let petition = petitions.get(&row["id"]);
            let id = row["id"].as_str();
            let arrived = Arrived {
                book: book(row),
                arrival: numbers[id].1,
                received: Some(day(millis(&row["arrived"]))),
                party: row["author"].clone(),
                number: row["number"].clone(),
                issued: row["issued"].parse().ok(),
                document_type: if row["type"] == "ĐT" { String::new() } else { row["type"].clone() },
                title: if row["level"].is_empty() { row["title"].clone() } else { String::new() },
                level: ["", "mật", "tối mật", "tuyệt mật"]
                    .iter()
                    .position(|level| *level == row["level"])
                    .unwrap() as u32,
                channel: channel(petition),
                petition: petition.map(|row| Petition {
                    class: row["class"].parse().unwrap(),
                    about: row["about"].clone(),
                    earlier: Some(&row["earlier"]).filter(|id| !id.is_empty()).map(|id| record(id)),
                    limit: None,
                }),
                ..Arrived::default()
            };
            let now = millis(&row["accepted"]);
            let arrive = said("lan", Act::Arrive(arrived));
            if row["void"].is_empty() {
                self.judged(id, arrive, "", now).unwrap();
            } else {
                // Registered twice, as it can be after two lives of an office.
                self.write(id, self.settled(id, arrive, now), now);
            }
            if let Some(sender) = petition.map(sender) {
                self.judged(id, said("lan", Act::Sender(sender.clone())), "", now).unwrap();
                self.senders.insert(id.to_owned(), sender);
            }
            if let Some((time, why)) = row["void"].split_once('|') {
                self.judged(id, said("lan", Act::Void(why.into())), "", millis(time)).unwrap();
            }
        }
    }

    fn settled(&self, id: &str, mut mv: Move, now: i64) -> Move {
        let strand = self.outside.get(id).cloned().unwrap_or_default();
        settle(&self.house, now, &strand, &mut mv);
        mv
    }

    /// Makes a move, or says why not. `used`: the arrival number that somebody typed.
    fn judged(&mut self, id: &str, mv: Move, used: &str, now: i64) -> Result<(), Refusal> {
        let mv = self.settled(id, mv, now);
        let strand = match mv.act {
            Act::Arrive(_) => Strand::default(),
            _ => self.outside.get(id).cloned().unwrap_or_default(),
        };
        let works: Vec<Work> = self.works_of(id).into_iter().map(|named| named.as_ref().clone()).collect();
        let key = key_of(&self.house, day(now), &strand, &mv);
        let alike = key.map(|key| self.alike(&key, id, now)).unwrap_or_default();
        let setting = Setting {
            house: &self.house,
            now,
            strand: &strand,
            works: &works.iter().collect::<Vec<_>>(),
            alike: &alike,
            used: !used.is_empty() && arrivals().values().any(|(_, given)| given.to_string() == used),
            files: false,
        };
        judge(&setting, &mv)?;
        self.write(id, mv, now);
        Ok(())
    }

    /// The papers of a body, number and date that were here at a moment.
    fn alike(&self, key: &str, id: &str, now: i64) -> Vec<Alike> {
        let numbers = arrivals();
        let network = |row: &Row| {
            let here =
                row["channel"] == "net" && !row["accepted"].is_empty() && millis(&row["accepted"]) <= now;
            let same =
                paper_key(&row["author"], &row["number"], row["issued"].parse().ok()).as_deref() == Some(key);
            (here && same).then(|| Alike { arrival: numbers[&row["id"]].1, network: true })
        };
        let outside = |(other, strand): (&String, &Strand)| {
            let outside = strand.paper().filter(|outside| outside.void.is_none())?;
            let paper = &outside.paper;
            let body = self.house.name(&paper.party, day(now));
            let here = (outside.registered.time.millis() as i64) <= now && other != id;
            let same = paper_key(body, &paper.number, paper.issued).as_deref() == Some(key);
            (here && same).then_some(Alike { arrival: paper.arrival, network: false })
        };
        papers().iter().filter_map(network).chain(self.outside.iter().filter_map(outside)).collect()
    }

    fn write(&mut self, id: &str, mv: Move, now: i64) {
        // What is written is read as it was.
        assert_eq!(Move::decode(&mv.encode()).unwrap(), Some(mv.clone()));
        let strand = self.outside.entry(id.to_owned()).or_default();
        let seat = Seat { incarnation: Incarnation(1 << 32), seq: 1 };
        let allowed = strand.next(strand, truc_proto::id::OfficeId(uuid::Uuid::nil()), false);
        assert!(allowed.contains(&mv.act.rule().name), "{id}: {mv:?}");
        let outcome = strand.apply(seat, When::unsent(Hlc::at(now as u64)), mv.clone());
        assert_eq!(outcome, Outcome::Applied, "{id}: {mv:?}");
        match strand.paper().and_then(of_outside) {
            Some(part) => {
                let since = strand.paper().unwrap().registered.time.millis() as i64;
                self.papers.insert(id.to_owned(), Paper { part, since });
            }
            None => drop(self.papers.remove(id)),
        }
    }

    /// Makes the move of a row about something that came from outside.
    pub(crate) fn of_outside(
        &mut self,
        id: &str,
        mv: &str,
        args: &Args<'_>,
        actor: &Actor,
        now: i64,
    ) -> Result<(), Refusal> {
        let opens = KIND.rule(mv).is_some_and(|rule| rule.opens);
        if !opens && !self.outside.contains_key(id) {
            return Err(Key::NotFound.into());
        }
        let number = args.get("no").copied().unwrap_or_default();
        let new = format!("new {id}");
        let id = if opens { &new } else { id };
        let mv = Move { actor: actor.clone(), act: act(mv, args, day(now)) };
        let sender = match &mv.act {
            Act::Sender(sender) => Some(sender.clone()),
            _ => None,
        };
        self.judged(id, mv, number, now)?;
        self.senders.extend(sender.map(|sender| (id.to_owned(), sender)));
        Ok(())
    }
}

fn sender(row: &Row) -> Sender {
    let typed = |column: &str| if row["identity"] == "paper" { String::new() } else { row[column].clone() };
    Sender {
        name: typed("sender"),
        address: typed("address"),
        signers: row["signers"].parse().unwrap_or(0),
        envelope: row["envelope"].clone(),
        anonymous: row["identity"] == "anonymous",
    }
}

fn act(mv: &str, args: &Args<'_>, today: truc_proto::date::Date) -> Act {
    let text = |name: &str| args.get(name).copied().unwrap_or_default().to_owned();
    let answered = |paper: &str| Answered { paper: text(paper), note: text("note") };
    match mv {
        "arrive" => Act::Arrive(Arrived {
            book: args.get("book").map_or(Book::Incoming, |book| book.parse().unwrap()),
            arrival: text("no").parse().unwrap_or(1299),
            received: Some(today),
            party: text("author"),
            number: text("number"),
            issued: text("issued").parse().ok(),
            title: text("title"),
            level: text("level").parse().unwrap_or(0),
            ..Arrived::default()
        }),
        "void" => Act::Void(text("note")),
        "correct" => Act::Correct(Corrected {
            field: text("field").parse::<Field>().unwrap(),
            was: String::new(),
            now: text("now"),
            note: String::new(),
        }),
        "summary" => Act::Summary(text("text")),
        "classify" => Act::Classify(Classified(Petition {
            class: text("class").parse().unwrap(),
            about: text("about"),
            earlier: None,
            limit: None,
        })),
        "sender" => Act::Sender(Sender { name: text("name"), ..Sender::default() }),
        "identity" => Act::Identity(text("why")),
        "accept-petition" | "accept" => Act::Accept(text("note")),
        "keep" => {
            let note = text("note");
            let (reason, note) = match note.split_once(", ") {
                Some(("nặc danh", note)) => (Some(Reason::Anonymous), note.to_owned()),
                Some(("trùng đơn số 41", note)) => (Some(Reason::Repeated), note.to_owned()),
                _ => (None, note),
            };
            Act::Keep(Kept { reason, note })
        }
        "guide" => Act::Guide(text("note")),
        "answer" => Act::Answer(answered("paper")),
        "reply" => Act::Reply(answered("number")),
        "transfer" => Act::Transfer(Transferred {
            to: text("to"),
            paper: text("paper"),
            answer_by: args.get("answer_by").map(|day| Due(millis(day))),
            note: text("note"),
        }),
        "receipt" => Act::Receipt(text("note")),
        "note" => Act::Note(text("note")),
        "paper-copy" => {
            Act::PaperCopy(truc_proto::record::outside::Copied { record: record("P01"), day: Some(today) })
        }
        "full-register" => Act::FullRegister(text("why")),
        other => panic!("{other}"),
    }
}

#[test]
fn each_move_is_made_and_is_refused() {
    use Key::{
        AboutHimself, AnswerByMissing, DuplicatePaper, IdentityInText, NoRight, NoRightIdentity, NotFound,
        PartGiven, PartyUnknown, PetitionDecided, ReasonMissing, SecretNoText,
    };
    const GIVEN: &str = "10T14:00 cvp A give source=P08; content=x; lead=minh; due=2026-11-12";
    const TRANSFERRED: &str = "12T09:00 cvp P47 transfer to=UBND; paper=12-PC/VPĐU; answer_by=2026-11-27";
    let cases: &[Case<'_>] = &[
        (
            &[],
            "10T09:00 lan P01 arrive author=Sở Nội vụ; number=9/SNV; issued=2026-11-09",
            "10T09:00 lan P01 arrive author=sở nội vụ; number=2210 / snv-cchc; issued=2026-11-02; no=1203",
            Key::NumberUsed,
        ),
        (
            &[],
            "10T09:00 lan P01 arrive author=Sở Nội vụ; number=9/SNV; issued=2026-11-09",
            "10T09:00 hoa P01 arrive author=Sở Nội vụ; number=9/SNV; issued=2026-11-09",
            NoRight,
        ),
        (
            &[],
            "10T09:00 lan P01 arrive book=secret; level=1; author=Công an tỉnh; number=M-119; issued=2026-11-09",
            "10T09:00 lan P01 arrive book=secret; level=1; author=Công an tỉnh; number=M-119; title=x",
            SecretNoText,
        ),
        (&[], "10T09:00 lan P01 paper-copy ", "10T09:00 hoa P01 paper-copy ", NoRight),
        (&[], "10T09:00 lan P07 void note=nhầm", "10T09:00 lan P07 void ", ReasonMissing),
        (&[GIVEN], "10T15:00 lan P07 void note=nhầm", "10T15:00 lan P08 void note=nhầm", PartGiven),
        (
            &["10T08:00 lan P22 void note=nhầm"],
            "10T09:00 lan P07 correct field=number; now=2211/SNV-CCVC",
            "10T09:00 lan P22 correct field=number; now=125/KH-UBND",
            Key::PartClosed,
        ),
        (
            &["10T08:00 lan P22 correct field=issued; now=2026-11-02"],
            "10T09:00 lan P22 correct field=title; now=Rà soát hồ, đập",
            "10T09:00 hoa P22 correct field=title; now=x",
            NoRight,
        ),
        (
            &[],
            "10T09:00 lan P49 summary text=Nêu việc chia đất",
            "10T09:00 lan P49 summary text=Bà Giang  to thu",
            IdentityInText,
        ),
        (
            &[],
            "10T09:00 lan P47 summary text=Ông Đào Khiếu Thử nêu",
            "10T09:00 hoa P47 summary text=x",
            NotFound,
        ),
        (
            &[],
            "10T09:00 lan P48 classify class=to-cao",
            "10T09:00 lan P48 classify class=to-cao; about=nobody",
            Key::PersonUnknown,
        ),
        (
            &[],
            "10T09:00 lan P49 sender name=Người khác",
            "10T09:00 lan P49 sender name=Chia Đất Sai",
            IdentityInText,
        ),
        (
            &[],
            "10T09:00 cnubkt P49 identity why=liên hệ",
            "10T09:00 cvp P49 identity why=xem",
            NoRightIdentity,
        ),
        (&[], "10T09:00 cnubkt P49 accept ", "10T09:00 hoa P49 accept ", NotFound),
        (
            &[],
            "10T09:00 cnubkt P52 keep note=nặc danh, không rõ",
            "10T09:00 cnubkt P52 keep note=x",
            ReasonMissing,
        ),
        (&[], "10T09:00 lan P48 guide note=gửi xóm", "10T09:00 lan P48 guide ", ReasonMissing),
        (
            &[TRANSFERRED],
            "12T10:00 cvp P50 answer paper=97-CV/VPĐU",
            "12T10:00 cvp P47 answer paper=97-CV/VPĐU",
            PetitionDecided,
        ),
        (&[], TRANSFERRED, "12T09:00 cvp P47 transfer to=UBND; paper=12-PC/VPĐU", AnswerByMissing),
        (
            &[],
            TRANSFERRED,
            "12T09:00 cvp P47 transfer to=XYZ; paper=1-PC/VPĐU; answer_by=2026-11-27",
            PartyUnknown,
        ),
        (
            &[],
            "17T09:00 cvp P54 transfer to=UBND; paper=1-PC/VPĐU; answer_by=2026-11-27",
            "17T09:00 cvp P54 transfer to=BXDD; paper=1-PC/VPĐU; answer_by=2026-11-27",
            AboutHimself,
        ),
        (&[TRANSFERRED], "12T10:00 ubndvp P47 receipt ", "12T10:00 hoa P47 receipt ", NotFound),
        (
            &[TRANSFERRED],
            "12T10:00 lan P47 reply number=6/CV-UBND",
            "12T10:00 lan P50 reply number=6/CV-UBND",
            NotFound,
        ),
        (&[], "10T09:00 lan P49 note note=đã xem", "10T09:00 lan P49 note note=Giang Tố Thử", IdentityInText),
        (
            &[],
            "10T09:00 cnubkt P01 full-register why=kiểm tra",
            "10T09:00 lan P01 full-register why=x",
            NoRightIdentity,
        ),
        (
            &[],
            "10T09:00 lan P60 correct field=number; now=M-08",
            "10T09:00 lan P60 note note=x",
            SecretNoText,
        ),
        (
            &["10T08:00 lan P15 correct field=issued; now=2026-10-30"],
            "10T09:00 lan P18 correct field=party; now=UBNDT",
            "10T09:00 lan P15 correct field=number; now=125 / kh–ubnd",
            DuplicatePaper,
        ),
    ];
    play_cases(cases, KIND.moves);
}

/// Whoever a petition is about sees nothing of it, whatever rights he holds: neither the petition nor who sent it, nor a
/// work for it.
#[test]
fn nobody_sees_a_petition_about_himself() {
    let mut office = Office::new();
    let refused = |office: &mut Office, said: &str| {
        office.play(&super::table::row(said)).map_err(|refusal| refusal.key)
    };
    let moves = [
        ("10T09:00 cnubkt P49 note note=xem", Ok(())),
        ("10T09:01 lan P49 classify class=to-cao; about=cnubkt", Ok(())),
        ("10T09:02 cnubkt P49 note note=xem", Err(Key::NotFound)),
        ("10T09:02 cnubkt P49 identity why=xem", Err(Key::NotFound)),
        ("10T09:03 cvp A give source=P49; content=x; lead=UBKTDU; due=2026-11-20", Err(Key::AboutHimself)),
        ("10T09:03 cvp A give source=P49; content=x; lead=minh; due=2026-11-20", Ok(())),
        ("10T09:04 cnubkt A note note=x", Err(Key::NotFound)),
        ("10T09:05 minh A note note=Giang Tố Thử", Err(Key::IdentityInText)),
        ("10T09:05 minh A note note=đã xem", Ok(())),
        ("10T09:06 hoa A note note=Giang Tố Thử", Err(Key::NotFound)),
    ];
    for (said, expected) in moves {
        assert_eq!(refused(&mut office, said), expected, "{said}");
    }
}

/// Where the office keeps who denounced in envelopes, no name is typed; of a complaint it may be.
#[test]
fn who_denounced_is_not_typed_where_it_stays_on_paper() {
    use truc_proto::house::{Denouncer, Fact, Setting, Span, What};
    let mut office = Office::new();
    office.house.say(Fact { span: Span::ALWAYS, what: What::Setting(Setting::Denouncer(Denouncer::Paper)) });
    let mut said = |said: &str| office.play(&super::table::row(said)).map_err(|refusal| refusal.key);
    assert_eq!(said("10T09:00 lan P49 sender name=Người khác"), Err(Key::IdentityOnPaper));
    assert_eq!(said("10T09:00 lan P47 sender name=Người khác"), Ok(()));
}

/// The limit is that of the house on the day on which the petition came, however late it is classified.
#[test]
fn a_limit_is_that_of_the_day_of_arrival() {
    use truc_proto::house::{Counting, Fact, Limit, PetitionClass, Setting, Span, What};
    use truc_proto::record::outside::judge::limit;
    let mut house = Office::new().house;
    let setting = Setting::Limit(PetitionClass::Feedback, Limit { days: 3, kind: Counting::Working });
    let span = Span { from: "2026-11-10".parse().ok(), to: None };
    house.say(Fact { span, what: What::Setting(setting) });
    let until = |day: &str| limit(&house, day.parse().unwrap(), PetitionClass::Feedback).unwrap().to_string();
    assert_eq!(until("2026-11-09"), "2026-11-19", "ten days");
    assert_eq!(until("2026-11-10"), "2026-11-13", "three working days");
    assert_eq!(until("2026-11-20"), "2026-11-27", "over the days off");
}
