//! The both-engines test attribute.
