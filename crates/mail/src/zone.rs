//! A time zone by its name, looked up once.

use jiff::tz::TimeZone;
use volens_core::Micros;

/// No zone of the bundled tz database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time zone. Write one such as Europe/Rome, America/Toronto or UTC")]
pub struct UnknownZone(pub String);

/// A zone of the tz database that comes with the binary, so that the same instant reads the same everywhere.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of an IANA name.
    ///
    /// # Errors
    /// A name that the database lacks.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(name).map(Self).map_err(|_| UnknownZone(name.chars().take(40).collect()))
    }

    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// A number for the day that it is there: instants of one day have the same.
    #[must_use]
    pub fn day(&self, when: Micros) -> i32 {
        let date = self.civil(when).date();
        (i32::from(date.year()) * 16 + i32::from(date.month())) * 32 + i32::from(date.day())
    }

    /// What calendar and clock show there; instants beyond the year 9999 read as 1970.
    #[must_use]
    pub(crate) fn civil(&self, when: Micros) -> jiff::civil::DateTime {
        self.0.to_datetime(jiff::Timestamp::from_microsecond(when.0).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_changes_at_midnight_there() {
        let zone = Zone::named("Europe/Rome").unwrap();
        let midnight = 1_777_759_200_000_000;
        let day = |at| zone.day(Micros(at));
        assert_eq!(day(midnight), day(midnight + 86_399_999_999));
        assert_ne!(day(midnight), day(midnight - 1));
        assert_ne!(Zone::utc().day(Micros(midnight)), day(midnight));
    }
}
