//! The decision: a pure rule chain over facts. No I/O.
