//! What a letter may know about the person that it goes to.

use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use crate::header::clean;

/// A person as letters see it: `person.first_name`, `person.last_name` and so on. A value that is empty is missing.
///
/// Values are one line of text each: breaks, controls and marks that turn the reading direction are taken out.
#[derive(Clone, Debug, Default)]
pub struct PersonView {
    fields: Vec<(Arc<str>, Value)>,
}

impl PersonView {
    /// A person of whom nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With `person.first_name`.
    #[must_use]
    pub fn first_name(self, name: &str) -> Self {
        self.field("first_name", name)
    }

    /// With `person.language`, a tag such as `it`.
    #[must_use]
    pub fn language(self, tag: &str) -> Self {
        self.field("language", tag)
    }

    /// With `person.country`, a code such as `IT`.
    #[must_use]
    pub fn country(self, code: &str) -> Self {
        self.field("country", code)
    }

    /// With a field of the workspace's own; a later one of the same name replaces it.
    #[must_use]
    pub fn field(self, name: impl Into<Arc<str>>, text: &str) -> Self {
        let text = clean(text);
        let text = text.trim();
        if text.is_empty() { self } else { self.with(name.into(), Value::from(text)) }
    }

    /// With a field that is a whole number.
    #[must_use]
    pub fn number(self, name: impl Into<Arc<str>>, number: i64) -> Self {
        self.with(name.into(), Value::from(number))
    }

    /// Whether a field is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn with(mut self, name: Arc<str>, value: Value) -> Self {
        match self.fields.iter_mut().find(|(n, _)| *n == name) {
            Some(place) => place.1 = value,
            None => self.fields.push((name, value)),
        }
        self
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }
}

/// The one variable of a letter's templates. It remembers the last field that was asked for in vain, which is the one
/// that a strict error is about.
#[derive(Debug)]
pub(crate) struct Root {
    person: Value,
}

#[derive(Debug)]
struct Asked {
    view: Arc<PersonView>,
    missed: Arc<Missed>,
}

#[derive(Debug, Default)]
pub(crate) struct Missed(Mutex<Option<String>>);

impl Missed {
    pub(crate) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Root {
    pub(crate) fn of(view: &Arc<PersonView>, missed: &Arc<Missed>) -> Value {
        let asked = Asked { view: Arc::clone(view), missed: Arc::clone(missed) };
        Value::from_object(Self { person: Value::from_object(asked) })
    }

    /// A person who has every field: with it a letter is tried when it is read.
    pub(crate) fn anybody() -> Value {
        Value::from_object(Self { person: Value::from_object(Anybody) })
    }
}

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        (key == "person").then(|| self.person.clone())
    }
}

impl Object for Asked {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let found = self.view.get(key).cloned();
        if found.is_none() {
            *self.missed.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.to_owned());
        }
        found
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.view.fields.iter().map(|(n, _)| Value::from(&**n)).collect())
    }
}

#[derive(Debug)]
struct Anybody;

impl Object for Anybody {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(Value::from("1"))
    }
}
