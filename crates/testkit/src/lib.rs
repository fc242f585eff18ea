//! TestApp, SMTP sink, fake clock, both-engines test attribute (dev only).
