//! Values and rows: the three types that both engines share.

use crate::error::DbError;
use crate::stmt::Stmt;

/// The types of the house dialect: `bigint`/`INTEGER`, `text`/`TEXT`, `bytea`/`BLOB`. No booleans, no floats, no dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// 64-bit integer; times are microseconds, truth is 0 or 1.
    Int,
    /// UTF-8 without U+0000.
    Text,
    /// Bytes.
    Blob,
}

/// One value in a parameter or a row.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// No value; fits every type.
    Null,
    /// See [`Type::Int`].
    Int(i64),
    /// See [`Type::Text`].
    Text(String),
    /// See [`Type::Blob`].
    Blob(Vec<u8>),
}

impl Value {
    /// The type of this value; `None` for NULL, which fits all.
    #[must_use]
    pub fn kind(&self) -> Option<Type> {
        match self {
            Self::Null => None,
            Self::Int(_) => Some(Type::Int),
            Self::Text(_) => Some(Type::Text),
            Self::Blob(_) => Some(Type::Blob),
        }
    }

    pub(crate) fn check(&self, stmt: &Stmt, index: usize, wanted: Type) -> Result<(), DbError> {
        match self {
            Self::Text(text) if text.contains('\0') => Err(DbError::NulInText),
            value => match value.kind() {
                Some(found) if found != wanted => {
                    Err(stmt.misuse(&format!("parameter {} is declared {wanted:?} and got {found:?}", index + 1)))
                }
                _ => Ok(()),
            },
        }
    }
}

/// Values may hold addresses: a log line shows their shape only.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Int(n) => write!(f, "Int({n})"),
            Self::Text(t) => write!(f, "Text({} bytes)", t.len()),
            Self::Blob(b) => write!(f, "Blob({} bytes)", b.len()),
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}
impl From<&str> for Value {
    fn from(t: &str) -> Self {
        Self::Text(t.to_owned())
    }
}
impl From<String> for Value {
    fn from(t: String) -> Self {
        Self::Text(t)
    }
}
impl From<&String> for Value {
    fn from(t: &String) -> Self {
        Self::Text(t.clone())
    }
}
impl From<Vec<u8>> for Value {
    fn from(b: Vec<u8>) -> Self {
        Self::Blob(b)
    }
}
impl From<&[u8]> for Value {
    fn from(b: &[u8]) -> Self {
        Self::Blob(b.to_vec())
    }
}
impl<const N: usize> From<[u8; N]> for Value {
    fn from(b: [u8; N]) -> Self {
        Self::Blob(b.to_vec())
    }
}
impl<const N: usize> From<&[u8; N]> for Value {
    fn from(b: &[u8; N]) -> Self {
        Self::Blob(b.to_vec())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// The parameters of a statement from anything that becomes a value: `params![ws, "text", id.bytes()]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::Value::from($value)),*] };
}

/// What a column of a row can be read as.
pub trait FromValue: Sized {
    /// Takes the value; `None` when it does not fit.
    fn from_value(value: &Value) -> Option<Self>;
    /// In words, for the error.
    const NAME: &'static str;
}

impl FromValue for i64 {
    const NAME: &'static str = "an integer";
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Int(n) = value { Some(*n) } else { None }
    }
}
impl FromValue for String {
    const NAME: &'static str = "text";
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Text(t) = value { Some(t.clone()) } else { None }
    }
}
impl FromValue for Vec<u8> {
    const NAME: &'static str = "bytes";
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Blob(b) = value { Some(b.clone()) } else { None }
    }
}
impl<const N: usize> FromValue for [u8; N] {
    const NAME: &'static str = "bytes of a fixed length";
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Blob(b) = value { b.as_slice().try_into().ok() } else { None }
    }
}
impl<T: FromValue> FromValue for Option<T> {
    const NAME: &'static str = T::NAME;
    fn from_value(value: &Value) -> Option<Self> {
        if *value == Value::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

/// One row of an answer; columns count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// Column `index` as `T`: `i64`, `String`, `Vec<u8>`, `[u8; N]`, or an `Option` of one. NULL fits only an `Option`.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, DbError> {
        self.0.get(index).and_then(T::from_value).ok_or_else(|| self.misfit(index, T::NAME))
    }

    /// Column `index`, which is an integer and not NULL.
    pub fn int(&self, index: usize) -> Result<i64, DbError> {
        self.get(index)
    }

    /// Column `index`, which is text and not NULL, without a copy.
    pub fn text(&self, index: usize) -> Result<&str, DbError> {
        match self.0.get(index) {
            Some(Value::Text(t)) => Ok(t),
            _ => Err(self.misfit(index, String::NAME)),
        }
    }

    /// Column `index`, which is bytes and not NULL, without a copy.
    pub fn blob(&self, index: usize) -> Result<&[u8], DbError> {
        match self.0.get(index) {
            Some(Value::Blob(b)) => Ok(b),
            _ => Err(self.misfit(index, Vec::<u8>::NAME)),
        }
    }

    /// Takes column `index` out of the row, leaving NULL: for large blobs.
    pub fn take(&mut self, index: usize) -> Value {
        self.0.get_mut(index).map_or(Value::Null, |v| std::mem::replace(v, Value::Null))
    }

    /// All columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    fn misfit(&self, index: usize, wanted: &'static str) -> DbError {
        DbError::Column { index, wanted, found: self.0.get(index).map_or("no column".into(), |v| format!("{v:?}")) }
    }
}

/// The rows of a bulk statement, kept by column because PostgreSQL takes one array a column.
#[derive(Clone, Debug)]
pub struct Rows {
    pub(crate) stmt: &'static Stmt,
    pub(crate) columns: Vec<Vec<Value>>,
    len: usize,
}

impl Rows {
    /// No rows yet, for the `rows(...)` that `stmt` declares.
    #[must_use]
    pub fn new(stmt: &'static Stmt) -> Self {
        Self::with_capacity(stmt, 0)
    }

    /// The same with room for `capacity` rows.
    #[must_use]
    pub fn with_capacity(stmt: &'static Stmt, capacity: usize) -> Self {
        Self { stmt, columns: stmt.rows.iter().map(|_| Vec::with_capacity(capacity)).collect(), len: 0 }
    }

    /// Adds a row, its values in the declared order; their types are checked when the statement runs.
    pub fn push<const N: usize>(&mut self, row: [Value; N]) -> Result<(), DbError> {
        if N != self.columns.len() {
            return Err(self.stmt.misuse(&format!("a row has {} columns and got {N} values", self.columns.len())));
        }
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
        self.len += 1;
        Ok(())
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The same rows for another statement that declares the same columns.
    pub fn moved_to(self, stmt: &'static Stmt) -> Result<Self, DbError> {
        if self.stmt.rows != stmt.rows {
            return Err(stmt.misuse(&format!("its rows are not those of {}", self.stmt.name)));
        }
        Ok(Self { stmt, ..self })
    }

    pub(crate) fn check(&self, stmt: &'static Stmt) -> Result<(), DbError> {
        if self.stmt.name != stmt.name {
            return Err(stmt.misuse(&format!("the rows were made for {}", self.stmt.name)));
        }
        for (index, (column, (_, wanted))) in self.columns.iter().zip(stmt.rows).enumerate() {
            column.iter().try_for_each(|value| value.check(stmt, index, *wanted))?;
        }
        Ok(())
    }
}
