//! After the form: the click in the mail is missing. The same words for every address.

use serde::Serialize;

use super::{Page, Repeat, hidden};
use crate::render::{mark, short};

/// Field of the "Send it again" button that says that it is a repetition.
pub const FIELD_AGAIN: &str = "again";

/// The page that answers a sign-up, and "Send it again" too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Thanks {
    /// The address as typed; cut when it is longer than an address can be.
    pub email: String,
    /// Path of the form, for "Wrong address?".
    pub form: String,
    /// The subject to look for in the spam folder.
    pub subject: String,
    /// The address that the mail comes from.
    pub from: String,
    /// What "Send it again" posts; `None` when today's budget is spent, and then the page says so.
    pub again: Option<Repeat>,
    /// How many more times today, where that is known; shown only beside `again`.
    pub left_today: Option<u32>,
    /// Whether this answers a repetition.
    pub repeated: bool,
}

impl Thanks {
    /// The page without what differs from one person to the next, and that: for [`crate::render::Stencil`].
    #[must_use]
    pub fn apart(mut self) -> (Self, Vec<String>) {
        let mut values = vec![short(&std::mem::replace(&mut self.email, mark(0)), 254)];
        for field in self.again.iter_mut().flat_map(|again| &mut again.fields) {
            let value = std::mem::replace(&mut field.value, mark(values.len()));
            values.push(value);
        }
        (self, values)
    }
}

impl Page for Thanks {
    const TEMPLATE: &'static str = "thanks.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let fields = vec![
            hidden("email", "luca.ferrero@example.it"),
            hidden("first_name", "Luca"),
            hidden("purpose", "bread-letter"),
            hidden("t", "AQAAAGnG8mAA-sample-sample"),
            hidden(FIELD_AGAIN, "1"),
        ];
        let first = Self {
            email: "luca.ferrero@example.it".into(),
            form: "/f/letters".into(),
            subject: "Please confirm: letters from Nordic Bakery".into(),
            from: "hello@news.nordicbakery.example".into(),
            again: Some(Repeat { action: "/f/letters".into(), fields }),
            left_today: Some(2),
            repeated: false,
        };
        vec![
            ("again", Self { repeated: true, left_today: None, ..first.clone() }),
            ("spent", Self { repeated: true, again: None, left_today: None, ..first.clone() }),
            ("", first),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Brand, Frame, Pages, Stencil};
    use crate::theme::{Look, Theme};

    #[test]
    fn a_page_that_is_filled_in_is_the_page_that_is_drawn() {
        let (pages, brand, look) = (Pages::new().unwrap(), Brand::sample(), Look::new(&Theme::volens(), None));
        let long = "\u{e9}".repeat(300);
        let hostile = ["", "<b>&\"'", "\u{202E}evil\u{0}\n\t", "\u{10FE00}\u{10FE01}\u{E000}", &long, "{{ 1 }} ö"];
        for (locale, now) in volens_core::Locale::ALL.into_iter().zip([super::super::SAMPLE_NOW; 6]) {
            let frame = Frame { locale, brand: &brand, look: &look, here: None, now, zone: "Europe/Rome" };
            for ((_, sample), odd) in Thanks::samples().into_iter().flat_map(|s| hostile.map(|h| (s.clone(), h))) {
                let mut page = Thanks { email: odd.to_owned(), ..sample };
                page.again.iter_mut().for_each(|a| a.fields[1].value = odd.to_owned());
                let (marked, values) = page.clone().apart();
                let stencil = Stencil::cut(&pages.try_render(&marked, &frame).unwrap());
                assert_eq!(stencil.fill(&values), pages.try_render(&page, &frame).unwrap(), "{odd:?}");
            }
        }
    }
}
