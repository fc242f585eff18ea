//! Typed columns: ids, instants and documents out of rows.

use serde::Serialize;
use serde::de::DeserializeOwned;
use volens_core::Micros;
use volens_core::id::Id;
use volens_db::{DbError, Row};

use crate::error::StoreError;

/// Column `i` as an id.
pub(crate) fn id<K>(row: &Row, i: usize) -> Result<Id<K>, DbError> {
    Ok(Id::from_bytes(row.get::<[u8; 16]>(i)?))
}

/// Column `i` as an instant.
pub(crate) fn micros(row: &Row, i: usize) -> Result<Micros, DbError> {
    Ok(Micros(row.int(i)?))
}

/// Column `i` as a number of ours.
pub(crate) fn number(row: &Row, i: usize) -> Result<u32, StoreError> {
    u32::try_from(row.int(i)?).map_err(|e| StoreError::document("number", e))
}

/// Column `i` as a count.
pub(crate) fn count(row: &Row, i: usize) -> Result<u64, DbError> {
    Ok(u64::try_from(row.int(i)?).unwrap_or(0))
}

/// Column `i` as a JSON document.
pub(crate) fn document<T: DeserializeOwned>(row: &Row, i: usize, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(row.text(i)?).map_err(|e| StoreError::document(what, e))
}

/// A JSON document for a column.
pub(crate) fn to_document<T: Serialize>(value: &T, what: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::document(what, e))
}
