//! Why a move of a draft is refused where it is made: a key, and what its sentence names. Some keys say only what came of a
//! move that was made. The sentences are in the catalogues.

pub use crate::record::assignment::refusal::Arg;

/// What a key is about: each has an exit code of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// A value is wrong or missing.
    Wrong,
    /// It is unknown, or not to be seen.
    Unknown,
    /// It is not allowed.
    NotAllowed,
    /// It was done, and this came of it.
    Said,
}

macro_rules! keys {
    ($($name:ident $key:literal $class:ident $doc:literal)*) => {
        /// Why a move is refused, or what came of it.
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
    DraftNoTitle "draft-no-title" Wrong "The abstract is missing."
    SecretStub "secret-stub" NotAllowed "Secret papers are not written here: only number and date are entered."
    PersonUnknown "person-unknown" Unknown "The house knows nobody called …."
    OfficeUnknown "office-unknown" Unknown "There is no office …."
    DraftUnknown "draft-unknown" Unknown "There is no such draft."
    VersionUnknown "version-unknown" Unknown "There is no such version."
    DraftNotDrafter "draft-not-drafter" NotAllowed "The house does not let this person draft; choose another."
    DraftNoRoad "draft-no-road" NotAllowed "There is no road for … of …. The chief makes one in the house."
    TypeNotForBody "type-not-for-body" NotAllowed "… does not issue …."
    IssueOffRoad "issue-off-road" NotAllowed "… has a road: draft, appraise, sign, then issue."
    DraftEnded "draft-ended" NotAllowed "The draft is …; nothing more can be done."
    DraftNotThere "draft-not-there" NotAllowed "The draft is …; this step is not now."
    DraftNotYours "draft-not-yours" NotAllowed "This belongs to … or to who has this step."
    DraftLocked "draft-locked" NotAllowed "The draft is … and cannot be changed. Take it back or have it returned first."
    DraftEdited "draft-edited" NotAllowed "… has just saved a version that changes the same part. Yours is kept beside it (no. …): compare and choose."
    DraftBeside "draft-beside" NotAllowed "A version kept beside has not been settled."
    DraftTypeFixed "draft-type-fixed" NotAllowed "Another type or issuer is another road: begin a new draft that replaces this one."
    DraftNotAppraiser "draft-not-appraiser" NotAllowed "The house does not let you appraise."
    DraftNotSecretary "draft-not-secretary" NotAllowed "This is for the secretary of the standing members."
    DraftNotStanding "draft-not-standing" NotAllowed "This is for the standing members."
    DraftNotChief "draft-not-chief" NotAllowed "This is for the chief of office."
    AppraiseOwn "appraise-own" NotAllowed "Who wrote it does not appraise it."
    AppraiseLightOnly "appraise-light-only" NotAllowed "Who appraises corrects the look only. What concerns the words is written as a remark."
    PassWithMust "pass-with-must" NotAllowed "This road has no later step to take remarks in: return it with the remark, or make it a suggestion."
    VersionMoved "version-moved" NotAllowed "There is version … now; you were looking at an older one. See what changed and do it again."
    ReturnNoReason "return-no-reason" Wrong "Say why."
    RemarkOpen "remark-open" NotAllowed "Remarks without an answer: …."
    RemarkUnchecked "remark-unchecked" NotAllowed "Answers not checked yet: …."
    RemarkUnknown "remark-unknown" Unknown "There is no such remark."
    RemarkHow "remark-how" Wrong "Choose taken or explained."
    RemarkEmpty "remark-empty" Wrong "An explanation needs words."
    RemarkNotTaken "remark-not-taken" NotAllowed "Said to be taken but there is no newer version since the remark."
    RemarkNotAnswered "remark-not-answered" NotAllowed "This remark has no answer yet."
    RemarkDone "remark-done" NotAllowed "This remark has been checked."
    CheckOwn "check-own" NotAllowed "Who wrote it does not check the answers."
    AskUntil "ask-until" Wrong "The time for opinions must be at least … hours away."
    AskOpen "ask-open" NotAllowed "The slip before is still open."
    AskNone "ask-none" NotAllowed "No slip is open."
    AskNotDue "ask-not-due" NotAllowed "Not yet due and not answered by: …."
    OpinionNotAsked "opinion-not-asked" NotAllowed "You are not among those asked."
    OpinionClosed "opinion-closed" NotAllowed "Summed up at …; this opinion is noted and not counted."
    OpinionWord "opinion-word" Wrong "Choose agree, agree with remarks, other, none."
    OpinionNoWords "opinion-no-words" Wrong "Write the opinion."
    OpinionNoSlip "opinion-no-slip" Wrong "Entered for another needs the scanned slip."
    ConsultOpen "consult-open" NotAllowed "Other offices are still being asked."
    CommentNotAsked "comment-not-asked" NotAllowed "This office was not asked."
    MeetingNoEvent "meeting-no-event" Wrong "Name the meeting (E…)."
    SignerNoRight "signer-no-right" NotAllowed "You may not sign … of …."
    SignOther "sign-other" NotAllowed "It waits for …. The chief can redirect it."
    SignForm "sign-form" NotAllowed "The right form of signing is …."
    SignOrder "sign-order" NotAllowed "… signs first."
    WithdrawSigned "withdraw-signed" NotAllowed "It is signed: the signer takes the signature back first."
    TakenAlready "taken-already" NotAllowed "Somebody has acted on it; ask for its return."
    IssueNotClerk "issue-not-clerk" NotAllowed "Only the clerk issues."
    IssueUnsigned "issue-unsigned" NotAllowed "Not signed (…)."
    IssueFuture "issue-future" Wrong "The date of issue is in the future."
    IssueBeforeSignature "issue-before-signature" Wrong "The date of issue is before the signature."
    AskNotCarried "ask-not-carried" Said "Less than half: back to the step before."
    DraftUnchanged "draft-unchanged" Said "Nothing changed; no new version."
    DraftMerged "draft-merged" Said "Merged with the version that … just saved (another part)."
    CommentLate "comment-late" Said "After the time; still in the table."
    CommentAfter "comment-after" Said "After the table was closed; kept beside it."
}

/// Why a move is refused, or what came of it, with what the sentence says.
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
