//! Templates, MIME, headers, reason line. No I/O.
