//! Planted bugs: one line of wrong code each, with what must catch it. `tests/tests/inside/planted.rs` goes through
//! them.

/// What must catch a planted bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// The simulation: this day, or one of the first [`SEEDS`] if changes of the code made this one another day.
    Simulation(u64),
    /// A test of this name in `tests/tests/inside`, which must see something wrong. A wait that times out does not
    /// count, because a slow machine causes that too.
    Test(&'static str),
    /// A test of this name there, whose wait must time out: the bug leaves out what it waits for.
    Wait(&'static str),
}

/// Days that the simulation may use per bug, after the one known to catch it.
pub const SEEDS: u64 = 300;

/// A planted bug.
#[derive(Clone, Copy, Debug)]
pub struct Planted {
    /// Name in `truc_proto::fault::planted`.
    pub name: &'static str,
    /// Crate and module of the code.
    pub place: &'static str,
    /// What the code does wrong.
    pub wrong: &'static str,
    /// What must catch it.
    pub layer: Layer,
}

const fn sim(day: u64, name: &'static str, place: &'static str, wrong: &'static str) -> Planted {
    Planted { name, place, wrong, layer: Layer::Simulation(day) }
}

const fn wait(name: &'static str, place: &'static str, wrong: &'static str, test: &'static str) -> Planted {
    Planted { name, place, wrong, layer: Layer::Wait(test) }
}

const fn test(name: &'static str, place: &'static str, wrong: &'static str, test: &'static str) -> Planted {
    Planted { name, place, wrong, layer: Layer::Test(test) }
}

/// The days that must catch a planted bug, the likeliest first.
pub fn seeds(name: &str) -> impl Iterator<Item = u64> {
    let known = PLANTED.iter().find(|planted| planted.name == name).and_then(|planted| match planted.layer {
        Layer::Simulation(day) => Some(day),
        Layer::Test(_) | Layer::Wait(_) => None,
    });
    known.into_iter().chain((0..SEEDS).filter(move |day| Some(*day) != known))
}

/// All planted bugs.
pub const PLANTED: &[Planted] = &[
    sim(10, "incarnation.kept", "node/store/journal", "a start goes on in the incarnation of the run before"),
    sim(7, "incarnation.numbered", "proto/id", "incarnations are numbered, not drawn"),
    sim(125, "chain.place-only", "proto/entry", "an entry follows whatever stands before its place"),
    sim(1, "channel.other-branch", "node/store/journal", "a back-pointer leads to another branch"),
    sim(63, "admit.place-only", "node/store/journal", "what stands at a known place is taken for known"),
    sim(1, "admit.any-predecessor", "node/store/journal", "a push is admitted wherever it begins"),
    sim(42, "batch.unsigned", "proto/batch", "the head of a push is not verified"),
    sim(26, "push.other-ledger", "proto/session", "a push may be of another's ledger"),
    sim(22, "offer.unsigned", "proto/batch", "what is given back is not verified"),
    sim(7, "offer.island-is-line", "node/store/journal", "an island moves the line"),
    sim(13, "offer.line-untold", "node/store/journal", "a session is not judged again when its line moved"),
    sim(1, "line.left-untold", "node/store/journal", "what the line leaves behind is not sent to its author"),
    sim(1, "evidence.dropped", "node/store/journal", "evidence is not kept"),
    sim(1, "judge.older-tip", "proto/session", "an older copy is accepted in silence"),
    sim(1, "judge.copy-merged", "proto/session", "what a copy wrote is merged in silence"),
    sim(6, "forgot.any-word", "node/store/journal", "a forged receipt sanctions a branch"),
    sim(7, "cursor.position-only", "node/store/journal", "a cursor is compared without its running hash"),
    sim(10, "cursor.ahead-of-mail", "node/store/journal", "the cursor is durable before the mail"),
    sim(
        55,
        "session.writes-on",
        "node/store/journal",
        "what builds on a refused write is written all the same",
    ),
    sim(1, "delivered.before-durable", "proto/session", "Delivered is said before the mail is durable"),
    sim(0, "delivered.not-kept", "node/store/journal", "there is no delivered mark"),
    sim(1, "delivered.lowered", "node/store/journal", "the delivered mark is lowered"),
    sim(48, "resuming.before-mail", "proto/session", "resuming ends before all mail is there"),
    sim(3, "resuming.before-receipts", "proto/session", "resuming ends before all own entries are receipted"),
    sim(63, "receipt.unsigned", "proto/session", "a receipt's signature is not checked"),
    sim(13, "receipt.goes-back", "node/store/journal", "the newest receipt goes back"),
    sim(5, "welcome.no-line", "proto/session", "Welcome does not name the line"),
    sim(1, "hello.no-receipt", "proto/session", "Hello shows no receipt"),
    sim(7, "refill.nothing-offered", "proto/session", "nothing is given back to a hub that went back"),
    test(
        "refill.own-branches-kept",
        "node/store/journal",
        "own other branches are not given back",
        "planted::other_branches_of_ones_own_are_given_back",
    ),
    sim(3, "early.counts-as-kept", "node/store/journal", "what came early counts as kept by the hub"),
    sim(
        128,
        "adopt.incomplete",
        "node/store/journal",
        "a line is adopted before all that it follows is there",
    ),
    sim(0, "mail.below-too", "hub/delivery/index", "what is for one office goes to those below it too"),
    sim(1, "mail.mark-past-end", "hub/delivery/mail", "a piece of mail claims more than it holds"),
    sim(555, "mail.given-back-left-out", "hub/delivery/mail", "an author is not sent what others gave back"),
    sim(1, "mail.no-credit", "proto/session", "mail is sent however slow the reader"),
    sim(130, "push.no-credit", "proto/session", "pushes go out however slow the hub"),
    sim(10, "vet.unsigned", "node/derive/vet", "entries are checked without their signatures"),
    sim(10, "vet.anybody", "node/derive/vet", "whoever may write may write anything to anybody"),
    // What is well-formed, and what is well placed.
    sim(47, "header.scope-twice", "proto/entry", "an audience may name a scope twice"),
    sim(48, "header.place-to-come", "proto/entry", "a back-pointer may name a place to come"),
    sim(10, "chain.any-channel", "proto/chain", "a back-pointer may name any place"),
    sim(190, "chain.time-back", "proto/chain", "time may go back along a chain"),
    sim(10, "chain.seen-back", "proto/chain", "what an author has seen may go back along a chain"),
    sim(225, "place.second-base", "node/store/journal", "an incarnation may have a second base"),
    sim(42, "record.other-move", "proto/record", "a header may say another move than its body"),
    sim(121, "record.anybodys", "proto/authority", "whoever knows a record's id may open it"),
    sim(121, "secret.unread", "proto/secrecy", "a secret entry may have in it what nobody reads"),
    // Nobody is taken at his word about himself, and nobody about others.
    sim(6, "marks.any", "proto/session", "marks may have any form and order"),
    sim(6, "went-back.any-word", "hub/session", "whoever says that the hub went back has proved it"),
    sim(9, "head.any-word", "hub/session", "a head proves that the hub went back, whoever signed it"),
    sim(9, "offer.own-history", "node/store/journal", "an office gives back any history of its own"),
    sim(191, "own.unvouched", "proto/session", "own entries are taken whoever signed them"),
    sim(24, "adopt.line-behind", "proto/session", "a line behind the tip is adopted"),
    sim(37, "welcome.back-unknown", "node/store/journal", "whose cursor was set back does not know it"),
    sim(63, "place.unvouched-holds", "node/store/journal", "what nobody vouches for keeps its place"),
    sim(
        153,
        "seen.newest-receipt",
        "node/store/journal",
        "what the newest receipt says is all that was seen",
    ),
    test(
        "writer.answer-before-commit",
        "node/store/writer",
        "saved is said before the commit",
        "planted::saved_is_said_after_the_commit",
    ),
    test(
        "attachment.unhashed",
        "node/store/attachments",
        "a file is shown whatever its bytes",
        "planted::a_wrong_file_is_never_shown",
    ),
    test(
        "files.heard-of",
        "hub/files/entitled",
        "whoever has heard of a file gets it",
        "planted::a_file_is_for_its_addressees",
    ),
    wait(
        "gate.revoked-passes",
        "hub/hub",
        "revoked certificates pass",
        "planted::a_revoked_machine_is_cut_off",
    ),
    wait(
        "sessions.two-live",
        "hub/line/presence",
        "an office has two sessions at once",
        "planted::a_newer_session_ends_the_older",
    ),
    test(
        "writer.ack-failed",
        "node/store/writer",
        "what could not be saved is said to be",
        "disk::fsync::a_flush_that_fails_once_is_never_acknowledged_and_the_writer_goes_on_verified",
    ),
    test(
        "journal.shorter-is-whole",
        "node/store/journal",
        "a journal that lacks its end is taken for whole",
        "disk::flips::no_flipped_bit_is_read_as_something_else",
    ),
    test(
        "code.used-twice",
        "hub/authority/codes",
        "an enrolment code works twice",
        "planted::a_code_enrols_one_machine",
    ),
];
