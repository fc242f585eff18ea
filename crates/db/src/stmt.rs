//! Statements: named constants with declared types, and the note of which ran on which engine.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::dialect::{self, Engine};
use crate::error::DbError;
use crate::value::{Type, Value};

/// Whose rows a statement touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One workspace: the SQL binds the column `ws` (a test checks it).
    Tenant,
    /// The whole instance: schema, nodes, leases.
    Instance,
}

/// A statement in the house dialect: one text for both engines. Made by [`statements!`](crate::statements).
#[derive(Debug)]
pub struct Stmt {
    /// `module::path::NAME`.
    pub name: &'static str,
    /// Whose rows it touches.
    pub scope: Scope,
    /// Whether it runs per mail or per request: then its plan is tested on full tables.
    pub hot: bool,
    /// The columns of `{rows}`; empty when the statement is not a bulk one. They take the first parameter numbers.
    pub rows: &'static [(&'static str, Type)],
    /// The scalar parameters, numbered after the columns of `rows`.
    pub params: &'static [Type],
    /// The columns of the answer; empty when it has none.
    pub columns: &'static [Type],
    /// The text with `$1`, `{rows}`, `{lock}`, `{skip_locked}`.
    pub sql: &'static str,
    texts: [OnceLock<String>; 2],
    ran: [AtomicBool; 2],
}

impl Stmt {
    /// A statement; see the fields.
    #[must_use]
    pub const fn new(
        name: &'static str,
        scope: Scope,
        hot: bool,
        rows: &'static [(&'static str, Type)],
        params: &'static [Type],
        columns: &'static [Type],
        sql: &'static str,
    ) -> Self {
        Self {
            name,
            scope,
            hot,
            rows,
            params,
            columns,
            sql,
            texts: [OnceLock::new(), OnceLock::new()],
            ran: [AtomicBool::new(false), AtomicBool::new(false)],
        }
    }

    /// The text as `engine` takes it, rendered once.
    pub fn text(&self, engine: Engine) -> &str {
        self.texts[engine as usize].get_or_init(|| dialect::render(engine, self.sql, self.rows))
    }

    pub(crate) fn misuse(&self, message: &str) -> DbError {
        DbError::Statement { statement: self.name, message: message.to_owned() }
    }

    /// Number and types of the scalar parameters are as declared, and text holds no U+0000.
    pub(crate) fn check(&self, params: &[Value]) -> Result<(), DbError> {
        if params.len() != self.params.len() {
            return Err(self.misuse(&format!("{} parameters are declared, {} given", self.params.len(), params.len())));
        }
        for (i, (value, wanted)) in params.iter().zip(self.params).enumerate() {
            value.check(self, self.rows.len() + i, *wanted)?;
        }
        Ok(())
    }

    /// Notes that the statement ran; after the first time this is one relaxed load.
    pub(crate) fn note(&'static self, engine: Engine) {
        let flag = &self.ran[engine as usize];
        if !flag.load(Ordering::Relaxed) && !flag.swap(true, Ordering::Relaxed) {
            RAN.lock().unwrap_or_else(PoisonError::into_inner).push((self.name, engine));
        }
    }
}

static RAN: Mutex<Vec<(&'static str, Engine)>> = Mutex::new(Vec::new());

/// Which statements have run in this process, on which engine, in the order of their first run.
#[must_use]
pub fn ran() -> Vec<(&'static str, Engine)> {
    RAN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Declares statements as statics of type [`Stmt`], and `ALL`, the list of them.
///
/// ```
/// volens_db::statements! {
///     /// Stores an act as it came.
///     pub INSERT_ACT: Tenant [Int, Blob] => [] "INSERT INTO act (ws, id) VALUES ($1, $2)";
///     /// Marks a wave: `hot` statements have their plan tested; `rows(..)` declares the columns of `{rows}`.
///     pub WAVE: Tenant hot rows(o: Int, q: Int) [Int] => [Int]
///         "UPDATE d SET state = 1 FROM {rows} WHERE d.ws = $3 AND d.o = u.o AND d.q = u.q RETURNING d.o";
/// }
/// assert_eq!((WAVE.rows.len(), ALL.len()), (2, 2));
/// ```
#[macro_export]
macro_rules! statements {
    ($(
        $(#[$meta:meta])*
        $vis:vis $name:ident : $scope:ident $($flag:ident $(($($col:ident : $kind:ident),+ $(,)?))?)*
        [$($param:ident),* $(,)?] => [$($column:ident),* $(,)?] $sql:expr;
    )*) => {
        $(
            $(#[$meta])*
            $vis static $name: $crate::Stmt = $crate::Stmt::new(
                concat!(module_path!(), "::", stringify!($name)),
                $crate::Scope::$scope,
                $crate::__hot!($($flag)*),
                $crate::__rows!($($flag $(($($col : $kind),+))?)*),
                &[$($crate::Type::$param),*],
                &[$($crate::Type::$column),*],
                $sql,
            );
        )*
        /// Every statement of this module, for the tests that look at all of them.
        pub static ALL: &[&$crate::Stmt] = &[$(&$name),*];
        const _: &[&$crate::Stmt] = ALL;
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __hot {
    () => { false };
    (hot $($rest:ident)*) => { true };
    (rows $($rest:ident)*) => { $crate::__hot!($($rest)*) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __rows {
    () => { &[] };
    (hot $($rest:tt)*) => { $crate::__rows!($($rest)*) };
    (rows($($col:ident : $kind:ident),+) $($rest:tt)*) => { &[$((stringify!($col), $crate::Type::$kind)),+] };
}
