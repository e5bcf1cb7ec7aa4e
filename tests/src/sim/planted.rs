//! Planted bugs: one line of wrong code each, with what must catch it. `tests/tests/planted.rs` goes through them.

/// What must catch a planted bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// The simulation, within [`SEEDS`] runs.
    Simulation,
    /// A test of this name in `tests/tests/planted.rs`.
    Test(&'static str),
    /// Nothing yet.
    Nothing,
}

/// Seeds that the simulation has for each.
pub const SEEDS: u64 = 400;

/// A planted bug.
#[derive(Clone, Copy, Debug)]
pub struct Planted {
    /// As in `truc_proto::fault::planted`.
    pub name: &'static str,
    /// Where it is planted.
    pub place: &'static str,
    /// What is wrong.
    pub wrong: &'static str,
    /// What must catch it.
    pub layer: Layer,
}

const fn sim(name: &'static str, place: &'static str, wrong: &'static str) -> Planted {
    Planted { name, place, wrong, layer: Layer::Simulation }
}

const fn open(name: &'static str, place: &'static str, wrong: &'static str) -> Planted {
    Planted { name, place, wrong, layer: Layer::Nothing }
}

const fn test(name: &'static str, place: &'static str, wrong: &'static str, test: &'static str) -> Planted {
    Planted { name, place, wrong, layer: Layer::Test(test) }
}

/// All of them.
pub const PLANTED: &[Planted] = &[
    sim("incarnation.kept", "node/journal", "a start goes on in the incarnation of the run before"),
    sim("incarnation.numbered", "proto/id", "incarnations are numbered, not drawn"),
    sim("chain.place-only", "proto/entry", "an entry follows whatever stands before its place"),
    sim("channel.other-branch", "node/journal", "a back-pointer leads to another branch"),
    sim("admit.place-only", "node/journal", "what stands at a known place is taken for known"),
    sim("admit.any-predecessor", "node/journal", "a push is admitted wherever it begins"),
    sim("batch.unsigned", "proto/batch", "the head of a push is not verified"),
    sim("push.other-ledger", "proto/session", "a push may be of another's ledger"),
    sim("offer.unsigned", "proto/batch", "what is given back is not verified"),
    sim("offer.island-is-line", "node/journal", "an island moves the line"),
    open("offer.line-untold", "node/journal", "a session is not judged again when its line moved"),
    sim("line.left-untold", "node/journal", "what the line leaves behind is not sent to its author"),
    sim("evidence.dropped", "node/journal", "evidence is not kept"),
    sim("judge.older-tip", "proto/session", "an older copy is accepted in silence"),
    sim("judge.copy-merged", "proto/session", "what a copy wrote is merged in silence"),
    sim("forgot.any-word", "node/journal", "a forged receipt sanctions a branch"),
    sim("cursor.position-only", "node/journal", "a cursor is compared without its running hash"),
    sim("cursor.ahead-of-mail", "node/journal", "the cursor is durable before the mail"),
    sim("session.writes-on", "node/journal", "what builds on a refused write is written all the same"),
    sim("delivered.before-durable", "proto/session", "Delivered is said before the mail is durable"),
    sim("delivered.not-kept", "node/journal", "there is no delivered mark"),
    sim("delivered.lowered", "node/journal", "the delivered mark is lowered"),
    sim("resuming.before-mail", "proto/session", "resuming ends before all mail is there"),
    open("resuming.before-receipts", "proto/session", "resuming ends before all own entries are receipted"),
    sim("receipt.unsigned", "proto/session", "a receipt's signature is not checked"),
    sim("receipt.goes-back", "node/journal", "the newest receipt goes back"),
    sim("welcome.no-line", "proto/session", "Welcome does not name the line"),
    open("hello.no-receipt", "proto/session", "Hello shows no receipt"),
    sim("refill.nothing-offered", "proto/session", "nothing is given back to a hub that went back"),
    open("refill.own-branches-kept", "node/journal", "own other branches are not given back"),
    sim("early.counts-as-kept", "node/journal", "what came early counts as kept by the hub"),
    open("adopt.incomplete", "node/journal", "a line is adopted before all that it follows is there"),
    sim("mail.below-too", "hub/mail", "what is for one office goes to those below it too"),
    sim("mail.mark-past-end", "hub/mail", "a piece of mail claims more than it holds"),
    sim("mail.given-back-left-out", "hub/mail", "an author is not sent what others gave back"),
    sim("mail.no-credit", "proto/session", "mail is sent however slow the reader"),
    open("push.no-credit", "proto/session", "pushes go out however slow the hub"),
    sim("vet.unsigned", "node/vet", "entries are checked without their signatures"),
    sim("vet.anybody", "node/vet", "whoever may write may write anything to anybody"),
    test(
        "writer.answer-before-commit",
        "node/writer",
        "saved is said before the commit",
        "saved_is_said_after_the_commit",
    ),
    test(
        "attachment.unhashed",
        "node/attachments",
        "a file is shown whatever its bytes",
        "a_wrong_file_is_never_shown",
    ),
    test(
        "files.heard-of",
        "hub/files",
        "whoever has heard of a file gets it",
        "a_file_is_for_its_addressees",
    ),
    test("gate.revoked-passes", "hub/hub", "revoked certificates pass", "a_revoked_machine_is_cut_off"),
    test(
        "sessions.two-live",
        "hub/sessions",
        "an office has two sessions at once",
        "a_newer_session_ends_the_older",
    ),
    test("code.used-twice", "hub/codes", "an enrolment code works twice", "a_code_enrols_one_machine"),
];
