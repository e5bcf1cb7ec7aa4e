//! Why a move of a work is refused where it is made: a key, and what its sentence names. The sentences are in the
//! catalogues.

/// What a refusal is about: each has an exit code of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// A value is wrong or missing.
    Wrong,
    /// It is unknown, or not to be seen.
    Unknown,
    /// It is not allowed.
    NotAllowed,
}

macro_rules! keys {
    ($($name:ident $key:literal $class:ident $doc:literal)*) => {
        /// Why a move is refused.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Key {
            $(#[doc = $doc] $name,)*
        }

        impl Key {
            /// All keys.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable name in answers of commands and in the catalogues.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// What it is about.
            pub fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)* }
            }
        }
    };
}

keys! {
    NotFound "not-found" Unknown "No such work, or the person may not see it."
    PersonUnknown "person-unknown" Unknown "The house knows nobody of this name."
    NoAccount "no-account" Unknown "A person of another body who has no account: the work goes to the unit."
    PersonLeft "person-left" NotAllowed "The person has left."
    UnitEnded "unit-ended" NotAllowed "The unit has ended."
    DueBeforeToday "due-before-today" Wrong "The date has passed."
    DueAfterOuter "due-after-outer" NotAllowed "The date is later than the outer one, and nothing says why."
    DueAfterOwn "due-after-own" NotAllowed "The date is later than that of the work of which it is a part."
    ProductUnknown "product-unknown" Wrong "There is no such document type."
    RoleTwice "role-twice" Wrong "Somebody has two roles in one work."
    ContentMissing "content-missing" Wrong "Nothing says what is to be done."
    PartGiven "part-given" NotAllowed "The part is given already."
    PartClosed "part-closed" NotAllowed "The part is closed."
    PartUnknown "part-unknown" Unknown "There is no such part."
    RootOpen "root-open" NotAllowed "The work inside is not confirmed yet."
    NoRightAssign "no-right-assign" NotAllowed "The person may not give work to this one."
    NotYours "not-yours" NotAllowed "Somebody else is responsible."
    NotConfirmer "not-confirmer" NotAllowed "Somebody else confirms."
    OwnWork "own-work" NotAllowed "Nobody confirms his own work."
    NotCoordinating "not-coordinating" NotAllowed "The person does not help, or is not to know of it."
    StandInNot "standin-not" NotAllowed "The person does not hold that place on this day."
    AlreadyTaken "already-taken" NotAllowed "Somebody took it before."
    Changed "changed" NotAllowed "Somebody did something after the page was shown."
    Closed "closed" NotAllowed "The work has ended."
    WaitsForConfirm "waits-for-confirm" NotAllowed "A result was handed in and waits."
    NotHandedIn "not-handed-in" NotAllowed "No result was handed in."
    ProductMissing "product-missing" Wrong "A product is expected, and none is named."
    ChildrenOpen "children-open" NotAllowed "Parts of the work are open."
    CoordinatingSilent "coordinating-silent" NotAllowed "Somebody who helps has not said his word."
    ReasonMissing "reason-missing" Wrong "It must say why."
    UntilNotLater "until-not-later" Wrong "The date asked for is not later."
    AskPending "ask-pending" NotAllowed "A later date is asked for already."
    NoAsk "no-ask" NotAllowed "No later date is asked for."
    SamePerson "same-person" Wrong "The person has it already."
    InChain "in-chain" NotAllowed "The person handed it down."
    ProgressBack "progress-back" Wrong "Progress goes down, and nothing says why."
    OutOfRange "out-of-range" Wrong "Progress is 0 to 100."
    OuterClosed "outer-closed" NotAllowed "The part is confirmed above."
    AboutHimself "about-himself" NotAllowed "The petition is about the person, or somebody of the unit."
    SecretNoText "secret-no-text" NotAllowed "A secret paper: no words here."
    BatchStopped "batch-stopped" NotAllowed "Another move of the same press is refused."
    NoRight "no-right" NotAllowed "The account has no such right."
    PartyUnknown "party-unknown" Unknown "The house knows no such outside body."
    NoRightIdentity "no-right-identity" NotAllowed "The person may not see who denounced."
    IdentityInText "identity-in-text" NotAllowed "The text names who denounced."
    IdentityOnPaper "identity-on-paper" NotAllowed "The office keeps who denounced in envelopes."
    PetitionDecided "petition-decided" NotAllowed "The petition is decided."
    AnswerByMissing "answer-by-missing" Wrong "Nothing says until when they are to answer."
    DuplicatePaper "duplicate-paper" NotAllowed "The paper is registered."
    PaperCopy "paper-copy" NotAllowed "The paper came by the network."
    NumberUsed "number-used" NotAllowed "Another paper has the arrival number."
}

/// What stands in a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arg {
    /// As it is: a name, a number of a paper, a day.
    Text(String),
    /// A count.
    Number(u32),
    /// A word that the catalogue has in each language.
    Word(String),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Arg {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

/// Why a move is refused, with what the sentence says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The reason.
    pub key: Key,
    /// What the sentence names, by the names in it.
    pub args: Vec<(&'static str, Arg)>,
}

impl Refusal {
    /// A refusal whose sentence names nothing.
    pub fn new(key: Key) -> Self {
        Self { key, args: Vec::new() }
    }

    /// The same, whose sentence names this too.
    #[must_use]
    pub fn with(mut self, name: &'static str, arg: impl Into<Arg>) -> Self {
        self.args.push((name, arg.into()));
        self
    }
}

impl From<Key> for Refusal {
    fn from(key: Key) -> Self {
        Self::new(key)
    }
}
