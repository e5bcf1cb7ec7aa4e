//! Opinions that are asked for until a day and hour. The last word of a member before the sum counts, and all stay. Silence
//! is a figure of its own, with names: it counts as agreement only where the house says so and names the paper.

use serde::{Deserialize, Serialize};

use super::content::Stance;

/// What a member said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Given {
    /// Whose it is.
    pub of: String,
    /// Who entered it.
    pub by: String,
    /// When, Unix milliseconds.
    pub time: i64,
    /// What the member thinks.
    pub stance: Stance,
    /// In words.
    pub text: String,
    /// It came after the time.
    pub late: bool,
    /// Where the scan of the slip is; empty: it was said here.
    pub slip: String,
}

/// A slip: who is asked about which version, until when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Slip {
    /// Who asks.
    pub by: String,
    /// When, Unix milliseconds.
    pub time: i64,
    /// Until when.
    pub until: i64,
    /// Until when it was first.
    pub first_until: i64,
    /// Who is asked.
    pub members: Vec<String>,
    /// About which version.
    pub version: u32,
    /// What is asked; may be empty.
    pub question: String,
    /// Silence counts as agreement.
    pub silence_agrees: bool,
    /// The paper by which it does; empty: it does not.
    pub basis: String,
    /// What was said, in its order.
    pub given: Vec<Given>,
    /// When it was summed up; none: it is open.
    pub closed: Option<i64>,
}

/// The sum of a slip.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally<'a> {
    /// Who agrees.
    pub agree: Vec<&'a str>,
    /// Who thinks otherwise.
    pub other: Vec<&'a str>,
    /// Who has no opinion.
    pub none: Vec<&'a str>,
    /// Who has said nothing.
    pub silent: Vec<&'a str>,
    /// Whose last word came after the time.
    pub late: Vec<&'a str>,
    /// How many count as agreeing.
    pub counted: usize,
    /// How many must, more than half of all who were asked.
    pub needed: usize,
}

impl Tally<'_> {
    /// Whether more than half agree.
    pub fn carried(&self) -> bool {
        self.counted >= self.needed
    }
}

impl Slip {
    /// The last word of each member, in the order of the first ones, as of a moment; none: as of now.
    pub fn last(&self, upto: Option<i64>) -> Vec<&Given> {
        let mut last: Vec<&Given> = Vec::new();
        for given in self.given.iter().filter(|given| upto.is_none_or(|upto| given.time <= upto)) {
            match last.iter_mut().find(|known| known.of == given.of) {
                Some(known) => *known = given,
                None => last.push(given),
            }
        }
        last
    }

    /// The sum as of a moment; none: as of now.
    pub fn tally(&self, upto: Option<i64>) -> Tally<'_> {
        let last = self.last(upto);
        let who = |is: &dyn Fn(Option<Stance>) -> bool| -> Vec<&str> {
            let stance =
                |member: &String| last.iter().find(|given| given.of == *member).map(|given| given.stance);
            self.members.iter().filter(|member| is(stance(member))).map(String::as_str).collect()
        };
        let agree = who(&|stance| stance.is_some_and(Stance::agrees));
        let silent = who(&|stance| stance.is_none());
        let counted = agree.len() + if self.silence_agrees { silent.len() } else { 0 };
        Tally {
            other: who(&|stance| stance == Some(Stance::Other)),
            none: who(&|stance| stance == Some(Stance::None)),
            late: last.iter().filter(|given| given.late).map(|given| given.of.as_str()).collect(),
            needed: self.members.len() / 2 + 1,
            counted,
            agree,
            silent,
        }
    }
}
