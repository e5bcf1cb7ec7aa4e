//! What stands on the pages at a moment, as cells, and what is expected there.

use std::collections::BTreeMap;

use truc_proto::house::{House, Right};
use truc_proto::paper::Due;
use truc_proto::record::assignment::due::{Lateness, told};
use truc_proto::record::assignment::lists::{self, Beside, Line, Section};
use truc_proto::record::assignment::part::Standing;
use truc_proto::record::assignment::roles::{Holder, Why, answers, holder};
use truc_proto::record::assignment::{Stage, Work};
use truc_proto::record::outside::Outside;
use truc_proto::record::outside::sight::unit;

use super::office::{Named, Office};
use super::{cells, day, stamp, typed};

const PETITION: &str = "(đơn thư)";

#[derive(Default)]
pub(crate) struct Pages {
    lists: BTreeMap<&'static str, Vec<Vec<String>>>,
    /// By day: moments looked at, open parts, live works, works with a person, waiting to be assigned, faults.
    days: BTreeMap<String, [usize; 6]>,
    faults: Vec<String>,
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Proposed => "đề xuất",
        Stage::Given => "chờ nhận",
        Stage::Taken => "đang làm",
        Stage::HandedIn => "đã nộp, chờ xác nhận",
        Stage::Done => "hoàn thành",
        Stage::Withdrawn => "rút",
        Stage::Kept => "lưu",
    }
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::Proposed => "có đề xuất",
        Why::Back => "chuyển lại",
        Why::Left => "người làm đã thôi việc",
        Why::Unit => "đơn vị chưa phân công",
        Why::UnitEnded => "đơn vị đã kết thúc",
        Why::UnitWithoutAccounts => "đơn vị chưa có tài khoản: theo dõi giúp",
    }
}

fn lateness(house: &House, due: Due, now: i64) -> String {
    match Lateness::of(house, due, now) {
        Lateness::Left(days) => format!("còn {days} ngày làm việc"),
        Lateness::Today => "đến hạn hôm nay".into(),
        Lateness::Days(days) => format!("quá {days} ngày làm việc"),
        Lateness::Minutes(minutes) => format!("quá {minutes} phút"),
        Lateness::Hours(hours) => format!("quá {hours} giờ"),
        Lateness::Since(due) => format!("quá hạn từ {}", told(house, due, day(now))),
    }
}

/// What a list is made of at one moment.
struct Moment<'a> {
    office: &'a Office,
    now: i64,
}

impl Moment<'_> {
    fn is_over(&self, work: &Work) -> bool {
        let part = self.office.papers.get(&self.office.part_of(&work.source));
        part.is_some_and(|paper| paper.part.is_over_above())
    }

    fn is_petition(&self, work: &Work) -> bool {
        let part = self.office.papers.get(&self.office.part_of(&work.source));
        part.is_some_and(|paper| paper.part.petition.is_some())
    }

    fn content(&self, work: &Work) -> String {
        let part = self.office.papers.get(&self.office.part_of(&work.source));
        let secret = part.is_some_and(|paper| paper.part.secret);
        if secret { "Xử lý văn bản mật".into() } else { work.content.clone() }
    }

    /// How late an open work is; nothing where whoever asked for it has ended it.
    fn late(&self, work: &Work) -> String {
        let open = work.stage.is_open() && !self.is_over(work);
        work.due.filter(|_| open).map_or_else(String::new, |due| lateness(&self.office.house, due, self.now))
    }

    fn works(&self) -> Vec<&Named> {
        self.office.works.values().filter(|named| named.as_ref().stage != Stage::Kept).collect()
    }

    fn states(&self) -> Vec<Vec<String>> {
        let (house, day) = (&self.office.house, day(self.now));
        let row = |named: &&Named| {
            let work = named.as_ref();
            let has = holder(house, work, day);
            let (person, why) = match has {
                Holder::Nobody(why) if work.stage.is_live() => ("", reason(why)),
                Holder::Person(person) => (person, ""),
                Holder::Nobody(_) if house.known_person(&work.lead, day).is_some() => {
                    (work.lead.as_str(), "")
                }
                Holder::Nobody(_) => ("", ""),
            };
            let at = match work.stage {
                Stage::Proposed => "giao-viec",
                _ => lists::at(house, work, day).unwrap_or_default(),
            };
            let chain: Vec<String> =
                work.chain.iter().map(|link| format!("{}→{}", link.from, link.to)).collect();
            let due = |due: Option<Due>| stamp(due.unwrap().0);
            let done = match (work.stage, work.is_late()) {
                (Stage::Done, Some(true)) => {
                    let (due, handed_in) = (work.due.unwrap().0, work.handed_in.unwrap().millis() as i64);
                    let late = house.working_between(super::day(due), super::day(handed_in));
                    format!("muộn {late} ngày làm việc")
                }
                (Stage::Done, _) => "đúng hạn".into(),
                _ => String::new(),
            };
            vec![
                named.id.clone(),
                self.office.part_of(&work.source),
                Office::parent_of(&work.source),
                work.stage.as_ref().to_owned(),
                person.to_owned(),
                why.to_owned(),
                at.to_owned(),
                due(work.first_due),
                due(work.due),
                work.changes.len().to_string(),
                work.asked.as_ref().map_or_else(String::new, |asked| typed(asked.until)),
                work.progress.to_string(),
                work.returns.to_string(),
                chain.join("; "),
                done,
            ]
        };
        self.works().iter().map(row).collect()
    }

    fn overdue(&self) -> Vec<Vec<String>> {
        let (house, day) = (&self.office.house, day(self.now));
        let late = |named: &&&Named| {
            let work = named.as_ref();
            work.stage.is_open() && work.due.is_some_and(|due| self.now > due.0) && !self.is_over(work)
        };
        let row = |named: &&Named| {
            let work = named.as_ref();
            let due = work.due.unwrap();
            let outer =
                self.office.papers.get(&self.office.part_of(&work.source)).and_then(|paper| paper.part.outer);
            vec![
                named.id.clone(),
                holder(house, work, day).person().unwrap_or_default().to_owned(),
                lists::at(house, work, day).unwrap().to_owned(),
                stamp(due.0),
                stamp(work.first_due.unwrap().0),
                outer.map_or_else(String::new, typed),
                house.working_between(super::day(due.0), day).to_string(),
                self.late(work),
                if outer.is_some_and(|outer| self.now > outer.0) { "có" } else { "" }.to_owned(),
            ]
        };
        self.works().iter().filter(late).map(row).collect()
    }

    fn mine(&self) -> Vec<Vec<String>> {
        let (house, day) = (&self.office.house, day(self.now));
        let name = |id: &str| house.name(id, day).to_owned();
        let mut all = Vec::new();
        for person in house.people(day).filter(|person| person.account.is_some()) {
            let who = person.id.as_str();
            let works = self.works();
            let mut lines: Vec<(Line<'_>, &Named)> = works
                .iter()
                .flat_map(|named| {
                    lists::mine(house, (*named).as_ref(), who, day).into_iter().map(|line| (line, *named))
                })
                .collect();
            lines.sort_by_key(|(line, named)| {
                let due = named.as_ref().due;
                (line.section, due.is_none(), due, named.id.clone())
            });
            for (number, (line, named)) in (1..).zip(lines) {
                let work = named.as_ref();
                let section = match (line.section, line.asked) {
                    (Section::Work, _) => "việc".into(),
                    (Section::Decide, Some(asked)) => format!("xin gia hạn đến {}", told(house, asked, day)),
                    (Section::Decide, None) => "chờ tôi xác nhận".into(),
                    (Section::Help, _) => "phối hợp".into(),
                    (Section::Inform, _) => "để biết".into(),
                    (Section::Assign, _) => "chờ phân công".into(),
                    (Section::Unit, _) => "đơn vị chưa ai nhận".to_owned(),
                    (Section::Over, _) => "việc trên đã kết thúc".to_owned(),
                };
                let beside = match line.beside {
                    Beside::Nothing => String::new(),
                    Beside::StandsFor(other) => format!("thay {}", name(other)),
                    Beside::Away(Some(other)) => format!("vắng, {} thay", name(other)),
                    Beside::Away(None) => "vắng, không có người thay".into(),
                    Beside::Nobody(why) => reason(why).into(),
                };
                let names = [&work.giver, &work.lead, &work.unit];
                let named_here =
                    names.into_iter().chain(&work.helping).chain(&work.informed).any(|name| name == who)
                        || work.confirmer() == who
                        || work.chain.iter().any(|link| link.from == who || link.to == who);
                let shown =
                    !self.is_petition(work) || house.has_right(who, Right::Petitions, day) || named_here;
                let word =
                    if self.is_over(work) { "việc trên đã kết thúc".into() } else { self.late(work) };
                all.push(vec![
                    who.to_owned(),
                    number.to_string(),
                    section,
                    named.id.clone(),
                    if shown { self.content(work) } else { PETITION.into() },
                    stage(work.stage).into(),
                    stamp(work.due.unwrap().0),
                    word,
                    beside,
                ]);
            }
        }
        all
    }

    fn given(&self) -> Vec<Vec<String>> {
        let (house, day) = (&self.office.house, day(self.now));
        let mut works = self.works();
        works.retain(|named| lists::given(house, (*named).as_ref(), day).is_some());
        works.sort_by_key(|named| {
            let work = (*named).as_ref();
            (work.giver.clone(), work.stage != Stage::HandedIn, work.due, named.id.clone())
        });
        let row = |named: &&Named| {
            let work = named.as_ref();
            let person = match holder(house, work, day) {
                Holder::Person(person) => person.to_owned(),
                Holder::Nobody(why) => reason(why).to_owned(),
            };
            let asked = work.asked.as_ref().map_or_else(String::new, |asked| typed(asked.until));
            let giver = answers(house, &work.giver, day).unwrap().to_owned();
            let state = stage(work.stage).to_owned();
            vec![giver, named.id.clone(), state, person, stamp(work.due.unwrap().0), self.late(work), asked]
        };
        works.iter().map(row).collect()
    }

    fn unassigned(&self) -> Vec<Vec<String>> {
        let (house, day) = (&self.office.house, day(self.now));
        let mut rows: Vec<Vec<String>> = self
            .office
            .open(self.now, |name, paper, standing| {
                let Standing::ToAssign(proposals) = standing else { return None };
                let part = &paper.part;
                let why = match proposals.first() {
                    Some(proposal) => format!("có đề xuất {}", proposal.id),
                    None if part.open_again.is_some() => "đã thụ lý, chưa giao".into(),
                    None => "chưa giao".into(),
                };
                let limit = part.petition.as_ref().and_then(|petition| petition.limit);
                let due = part.outer.map(typed).or(limit.map(|limit| limit.to_string())).unwrap_or_default();
                let content = if part.petition.is_some() { PETITION.into() } else { part.content.clone() };
                Some(vec![name.to_owned(), why, "giao-viec".into(), content, due])
            })
            .into_iter()
            .flatten()
            .collect();
        for named in self.works() {
            let work = named.as_ref();
            if let Some((why, page)) = lists::unassigned(house, work, day) {
                rows.push(vec![
                    named.id.clone(),
                    reason(why).into(),
                    page.unwrap().into(),
                    self.content(work),
                    stamp(work.due.unwrap().0),
                ]);
            }
        }
        rows.sort();
        rows
    }

    fn to_report(&self) -> Vec<Vec<String>> {
        let report = self.office.open(self.now, |name, paper, standing| {
            let Standing::ToReport(root) = standing else { return None };
            let part = &paper.part;
            let content = if part.petition.is_some() { PETITION.into() } else { part.content.clone() };
            Some(vec![name.to_owned(), content, part.outer.map_or_else(String::new, typed), root.id.clone()])
        });
        report.into_iter().flatten().collect()
    }

    fn owes(&self) -> Vec<Vec<String>> {
        let (house, day) = (&self.office.house, day(self.now));
        let rows = self.office.open(self.now, |name, paper, standing| {
            let part = &paper.part;
            if !name.contains('#') {
                return None;
            }
            let (root, person) = match &standing {
                Standing::Given(works) => {
                    let person = holder(house, (*works[0]).as_ref(), day).person();
                    (works[0].id.clone(), person.unwrap_or("chờ phân công").to_owned())
                }
                Standing::ToReport(_) => (String::new(), "chờ báo lên trên".to_owned()),
                _ => (String::new(), "chờ phân công".to_owned()),
            };
            let word = part.outer.map_or_else(|| "chưa có hạn".into(), |due| lateness(house, due, self.now));
            let outer = part.outer.map_or_else(String::new, typed);
            Some(vec![name.to_owned(), part.name.clone(), part.content.clone(), outer, root, person, word])
        });
        rows.into_iter().flatten().collect()
    }

    fn owed(&self) -> Vec<Vec<String>> {
        let (house, day) = (&self.office.house, day(self.now));
        let row = |named: &&Named| {
            let work = named.as_ref();
            let unit = lists::owed_by(house, work, day).filter(|_| !self.is_over(work))?;
            let content = if self.is_petition(work) { PETITION.into() } else { self.content(work) };
            Some(vec![
                unit.to_owned(),
                named.id.clone(),
                content,
                stamp(work.due.unwrap().0),
                self.late(work),
            ])
        };
        let transfer = |outside: &Outside| {
            let (transfer, decided) = (outside.awaited()?, outside.decided.as_ref()?);
            let due = transfer.answer_by;
            Some(vec![
                unit(house, &transfer.to, day).to_owned(),
                decided.paper.clone(),
                format!("{PETITION} trả lời phiếu chuyển"),
                stamp(due.0),
                lateness(house, due, self.now),
            ])
        };
        let transfers = self.office.outside.values().filter_map(|strand| transfer(strand.paper()?));
        self.works().iter().filter_map(row).chain(transfers).collect()
    }
}

impl Pages {
    pub(crate) fn show(&mut self, office: &Office, now: i64) {
        let moment = Moment { office, now };
        let live = moment.works().iter().filter(|named| (**named).as_ref().stage.is_live()).count();
        let lists = [
            ("states.csv", moment.states()),
            ("overdue.csv", moment.overdue()),
            ("mywork.csv", moment.mine()),
            ("given.csv", moment.given()),
            ("unassigned.csv", moment.unassigned()),
            ("toreport.csv", moment.to_report()),
            ("office.csv", moment.owes()),
            ("owed.csv", moment.owed()),
        ];
        let length = |name: &str| lists.iter().find(|(list, _)| *list == name).unwrap().1.len();
        let figures = [live, length("unassigned.csv"), length("overdue.csv"), length("toreport.csv")];
        let counts =
            figures.iter().chain(&[length("office.csv"), length("owed.csv")]).map(usize::to_string).collect();
        for (name, rows) in lists.into_iter().chain([("counts.csv", vec![counts])]) {
            let all = self.lists.entry(name).or_default();
            all.extend(rows.into_iter().map(|row| [vec![stamp(now)], row].concat()));
        }
    }

    /// Looks whether each open part stands at one place and each live work on one page.
    pub(crate) fn tally(&mut self, office: &Office, now: i64) {
        let (moment, today) = (Moment { office, now }, day(now));
        let mut faults = Vec::new();
        let mut waiting = 0;
        let open = office.open(now, |name, _, standing| match standing {
            Standing::Given(roots) if roots.len() > 1 => faults.push(format!("{name}: given twice")),
            Standing::ToAssign(_) => waiting += 1,
            _ => {}
        });
        let live: Vec<&Work> = moment
            .works()
            .into_iter()
            .map(AsRef::as_ref)
            .filter(|work: &&Work| work.stage.is_live() && work.stage != Stage::Proposed)
            .collect();
        let held = live.iter().filter(|work| holder(&office.house, work, today).person().is_some()).count();
        for work in &live {
            if let Some(orphan) = lists::orphan(&office.house, work, today) {
                faults.push(format!("{}: {orphan:?}", work.content));
            }
        }
        let unassigned = waiting + live.len() - held;
        let day = self.days.entry(today.to_string()).or_default();
        *day = [day[0] + 1, open.len(), live.len(), held, unassigned, day[5] + faults.len()];
        self.faults.extend(faults.into_iter().map(|fault| format!("{}: {fault}", stamp(now))));
    }

    pub(crate) fn compare(self) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n"));
        let row = |(day, figures): (String, [usize; 6])| {
            [vec![day], figures.iter().map(usize::to_string).collect()].concat()
        };
        let days = self.days.into_iter().map(row).collect();
        for (name, rows) in self.lists.into_iter().chain([("invariant.csv", days)]) {
            let expected = cells(name);
            let missing: Vec<_> = expected.iter().filter(|row| !rows.contains(row)).collect();
            let more: Vec<_> = rows.iter().filter(|row| !expected.contains(row)).collect();
            assert!(missing.is_empty() && more.is_empty(), "{name}\nmissing {missing:#?}\nmore {more:#?}");
            assert_eq!(rows, expected, "{name}: the order");
        }
    }
}
