//! Templates, MIME, headers, reason line, and the words of six languages.
//!
//! Invariant: this crate does no I/O, reads no clock, and renders the same bytes for the same arguments.

mod body;
pub mod compiled;
pub mod header;
mod holes;
pub mod layout;
pub mod letter;
pub mod mime;
pub mod person;
pub mod reason;
mod scan;
pub mod system;
pub mod words;
mod wrap;
pub mod zone;

pub use compiled::{Compiled, Furniture, MissingField, RenderError, Rendered};
pub use header::{AddrSpec, BadHeader, FeedbackId, HeaderText, ListId, Mailbox, MessageId, WebUrl, message_id};
pub use layout::{BadColour, Brand, Colour, Colours};
pub use letter::{Letter, LetterError, OnUnknown};
pub use mime::{Headers, List, Message};
pub use person::PersonView;
pub use reason::{Reason, Source, reason_line};
pub use system::{AddedChoice, AlreadyReader, Choice, Confirmation, Sender, SystemMail, Welcome};
pub use words::{Arg, Words, WordsError};
pub use zone::{UnknownZone, Zone};
