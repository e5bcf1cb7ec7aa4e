//! Faults for tests at the hub; see `truc_node::fault`.

/// Every point of a hub's store that a node's has not.
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
