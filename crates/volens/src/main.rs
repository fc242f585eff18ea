//! The Volens binary.

fn main() {}
