//! Crash points of the hub for tests; see `truc_node::fault`.

/// The crash points that only a hub's store has.
pub const POINTS: &[&str] = &[
    "codes.add.after",
    "codes.add.before",
    "codes.take.after",
    "codes.take.before",
    "credential.say.after",
    "credential.say.before",
    "mail.commit.after",
    "mail.commit.before",
    "rebuild.keys.after",
    "rebuild.keys.before",
    "refill.note.after",
    "refill.note.before",
];
