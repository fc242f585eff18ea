//! Use cases, job loops, the sending pipeline. No HTTP types.
