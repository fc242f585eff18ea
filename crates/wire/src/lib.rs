//! SMTP and LMTP client with pool, SMTP listener: bytes and addresses, not campaigns.
