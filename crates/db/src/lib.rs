//! Values, rows, transactions, SQLite writer and readers, PostgreSQL pool, migrator, wake-ups: engines, not tables.
