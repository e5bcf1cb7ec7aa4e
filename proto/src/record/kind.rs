//! What a kind of record is, as data: the rules that others read without knowing the kind. Each kind's file
//! has its table, `KIND`, beside its moves.

/// How an addressee stands to the author.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// The author's own office.
    Own,
    /// Under it, at any distance.
    Below,
    /// Above it, at any distance.
    Above,
    /// Neither.
    Sideways,
}

/// Whether Own, Below, Above, Sideways may be addressed, in this order.
pub type May = [bool; 4];

/// To the author's own office alone.
pub const OWN: May = [true, false, false, false];
/// To every office.
pub const ANYWHERE: May = [true, true, true, true];
/// To offices below.
pub const DOWN: May = [true, true, false, false];
/// To offices above.
pub const UP: May = [true, false, true, false];
/// To offices below and above.
pub const UP_AND_DOWN: May = [true, true, true, false];

/// What a move speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// The whole record.
    Record,
    /// One task, item, question or office of it: the move is offered where that part is shown.
    Part,
}

/// What is no longer owed after a move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ends {
    /// Everything is owed as before.
    Nothing,
    /// What the office that says it owes of the record.
    Share,
    /// All that anybody owes of the record; the owner says it.
    Record,
}

/// What holds of one move of a kind: a row of the kind's table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The name by which commands, views and pages know the move.
    pub name: &'static str,
    /// To whom it may go.
    pub may: May,
    /// What it speaks of.
    pub of: Of,
    /// Whether a record may begin with it.
    pub opens: bool,
    /// Whether it brings a paper, whose number is then taken in the register of the office.
    pub paper: bool,
    /// What it ends.
    pub ends: Ends,
}

impl Rule {
    /// A move that only says something.
    pub const fn new(name: &'static str, may: May, of: Of) -> Self {
        Self { name, may, of, opens: false, paper: false, ends: Ends::Nothing }
    }

    /// Whether it is for nobody but the office that makes it.
    pub fn is_inward(&self) -> bool {
        self.may == OWN
    }

    /// A record may begin with it.
    #[must_use]
    pub const fn opens(mut self) -> Self {
        self.opens = true;
        self
    }

    /// It brings a paper.
    #[must_use]
    pub const fn paper(mut self) -> Self {
        self.paper = true;
        self
    }

    /// It ends this.
    #[must_use]
    pub const fn ends(mut self, ends: Ends) -> Self {
        self.ends = ends;
        self
    }
}

/// A kind of record.
#[derive(PartialEq, Eq, Debug)]
pub struct Kind {
    /// Its number in headers; never given twice.
    pub number: u32,
    /// Its name in commands, addresses and tables.
    pub name: &'static str,
    /// Its moves.
    pub moves: &'static [Rule],
    /// Whether each addressee is to say something of it. An addressee that has said nothing, or nothing but
    /// these moves, is waited for. None: nobody is waited for.
    pub asks_word: Option<&'static [&'static str]>,
    /// Whether it gives tasks or items, which are followed office by office in the whole province.
    pub gives_tasks: bool,
    /// Whether its paper binds its addressees as long as the type of the paper is not known.
    pub steers: bool,
    /// Whether its records are for the office itself alone: nobody else may ever be addressed, not even by moves that
    /// this program does not know.
    pub inward: bool,
}

impl Kind {
    /// What holds of a move.
    pub fn rule(&self, name: &str) -> Option<&'static Rule> {
        self.moves.iter().find(|rule| rule.name == name)
    }

    /// What a move ends.
    pub fn ends(&self, name: &str) -> Ends {
        self.rule(name).map_or(Ends::Nothing, |rule| rule.ends)
    }

    /// Whether an addressee whose newest word is this (empty: none) is waited for.
    pub fn awaits(&self, word: &str) -> bool {
        self.asks_word.is_some_and(|moves| word.is_empty() || moves.contains(&word))
    }

    /// Whether an owner tells those whom the record is for how far it is with its own part of it.
    pub fn tells_down(&self) -> bool {
        self.rule("progress").is_none_or(|rule| rule.may[Relation::Below as usize])
    }
}
