//! How each table erases. A test walks both schemas and fails on a table that is not listed here.

/// What erasing a person does to the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// The person's rows are deleted.
    Delete,
    /// What points to the person is blanked, the row stays for the books.
    Blank,
    /// Only a keyed hash stays, so that a stop outlives the person.
    KeyedHash,
    /// Holds nothing about a person, because of the reason given.
    Nothing(&'static str),
}

/// Every table with its way.
pub const ERASURE: &[(&str, Erasure)] = &[
    ("act", Erasure::Delete),
    ("address_budget", Erasure::KeyedHash),
    ("address_key", Erasure::Delete),
    ("blob", Erasure::Delete),
    ("campaign", Erasure::Nothing("letters are written to everybody")),
    ("contact", Erasure::Delete),
    ("context", Erasure::Nothing("context objects hold no personal data")),
    ("dead_act", Erasure::Delete),
    ("delivery", Erasure::Blank),
    ("event", Erasure::Delete),
    ("form", Erasure::Nothing("what a form shows is the same for everybody")),
    ("instance", Erasure::Nothing("settings of the instance")),
    ("kept_mail", Erasure::Delete),
    ("key_state", Erasure::Nothing("which keys are in use")),
    ("left_out", Erasure::Nothing("counts")),
    ("node", Erasure::Nothing("processes of this instance")),
    ("point", Erasure::Delete),
    ("purpose", Erasure::Nothing("what the workspace offers")),
    ("relay", Erasure::Nothing("where mail is handed over")),
    ("schema_version", Erasure::Nothing("kept by the migrator")),
    ("sender", Erasure::Nothing("legal persons that send")),
    ("slice", Erasure::Nothing("counts and leases")),
    ("source", Erasure::Nothing("where permissions come from, not whose")),
    ("standing", Erasure::Delete),
    ("stream", Erasure::Nothing("a queue, not its rows")),
    ("text", Erasure::Nothing("wordings")),
    ("topic", Erasure::Nothing("what the workspace offers")),
    ("workspace", Erasure::Nothing("the tenant itself")),
];
