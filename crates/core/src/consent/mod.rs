//! Consent: the append-only event and its fold into where a contact point stands.
//!
//! Invariants: the canonical bytes of an event are the truth; [`fold`] over them in the order of `seq`, and nothing
//! else, gives a [`crate::standing::Standing`]. No clock enters the fold.

mod event;
mod fold;

pub use event::{
    Actor, Body, Box_, Context, Draft, Event, EventError, Item, Left, Profile, Relation, SCHEMA, Stamp, TextRef,
    instant,
};
pub use fold::{PENDING_MAX, fold, refold};
