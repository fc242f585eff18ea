//! Every page, with every sample, in every language: it renders, it is whole, and it is ours alone.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod html;

use html::Document;
use volens_core::Locale;
use volens_mail::Words;
use volens_web::pages::signup::SignupError;
use volens_web::pages::{
    Choices, Confirm, Leave, Left, Message, NotMe, Notice, Page, SAMPLE_NOW, Signup, Thanks, Trouble, WayBack, Welcome,
};
use volens_web::render::{Brand, Frame, Pages, WORDS, headers};
use volens_web::theme::{Look, NORDIC_BAKERY_MARK, Theme};

struct Drawn {
    what: String,
    html: String,
    status: u16,
}

struct Desk {
    pages: Pages,
    brand: Brand,
    look: Look,
}

impl Desk {
    fn new() -> Self {
        let look = Look::new(&Theme::nordic_bakery(), Some(NORDIC_BAKERY_MARK));
        Self { pages: Pages::new().unwrap(), brand: Brand::sample(), look }
    }

    fn frame(&self, locale: Locale) -> Frame<'_> {
        let Self { brand, look, .. } = self;
        Frame { locale, brand, look, here: Some("/f/letters"), now: SAMPLE_NOW, zone: "Europe/Rome" }
    }

    fn draw<P: Page>(&self, page: &P, locale: Locale) -> String {
        self.pages.try_render(page, &self.frame(locale)).unwrap()
    }

    fn samples<P: Page>(&self, into: &mut Vec<Drawn>) {
        for locale in Locale::ALL {
            for (sample, page) in P::samples() {
                let what = format!("{} {sample:?} {locale}", P::TEMPLATE);
                into.push(Drawn { what, html: self.draw(&page, locale), status: page.status() });
            }
        }
    }

    fn all(&self) -> Vec<Drawn> {
        let mut drawn = Vec::new();
        self.samples::<Signup>(&mut drawn);
        self.samples::<Thanks>(&mut drawn);
        self.samples::<Confirm>(&mut drawn);
        self.samples::<Welcome>(&mut drawn);
        self.samples::<NotMe>(&mut drawn);
        self.samples::<Leave>(&mut drawn);
        self.samples::<Left>(&mut drawn);
        self.samples::<WayBack>(&mut drawn);
        self.samples::<Choices>(&mut drawn);
        self.samples::<Trouble>(&mut drawn);
        self.samples::<Notice>(&mut drawn);
        self.samples::<Message>(&mut drawn);
        drawn
    }
}

fn fresh() -> Signup {
    Signup::samples().into_iter().find(|(name, _)| name.is_empty()).unwrap().1
}

#[test]
fn every_page_is_whole_html() {
    for Drawn { what, html, .. } in Desk::new().all() {
        let faults = Document::read(&html).faults();
        assert_eq!(faults, Vec::<String>::new(), "{what}\n{html}");
    }
}

#[test]
fn every_page_is_ours_alone() {
    for Drawn { what, html, .. } in Desk::new().all() {
        for foreign in ["<script", "style=", "<style", "http:", "https:", "//", "data:", "javascript:", " on", "web-"] {
            let found = match foreign {
                " on" => ["onclick", "onload", "onerror", "onfocus"].iter().any(|on| html.contains(on)),
                "web-" => html.contains(">web-"),
                _ => html.contains(foreign),
            };
            assert!(!found, "{what} holds {foreign}");
        }
    }
}

#[test]
fn a_page_and_its_sheet_weigh_at_most_15_kb() {
    let desk = Desk::new();
    let sheet = desk.look.css.body.len();
    let heaviest = desk.all().into_iter().max_by_key(|d| d.html.len()).unwrap();
    let weight = sheet + heaviest.html.len();
    assert!(weight <= 15_000, "{} weighs {weight}", heaviest.what);
}

#[test]
fn nothing_is_ticked_on_a_fresh_form_whatever_the_context_says() {
    let desk = Desk::new();
    let mut form = fresh();
    form.purposes.iter_mut().for_each(|p| p.ticked = true);
    for locale in Locale::ALL {
        let html = desk.draw(&form, locale);
        assert!(!html.contains("checked"), "{locale}");
        assert_eq!(html.matches("type=\"checkbox\"").count(), 3);
    }
    form.errors.push(SignupError::EmailMissing);
    assert_eq!(desk.draw(&form, Locale::En).matches(" checked").count(), 3);
}

#[test]
fn a_refused_form_says_so_and_loses_nothing() {
    let desk = Desk::new();
    let mut form = fresh();
    form.email = "luca.ferrero@gmial.com".into();
    form.first_name = "Luca".into();
    form.purposes[1].ticked = true;
    let suggestion = "luca.ferrero@gmail.com".to_owned();
    form.errors = vec![SignupError::EmailSlip { typed_domain: "gmial.com".into(), suggestion }];
    assert_eq!((form.status(), fresh().status()), (422, 200));
    let html = desk.draw(&form, Locale::En);
    for part in [
        "<title>Error: Letters from the oven · Nordic Bakery</title>",
        "role=\"alert\"",
        "<a href=\"#email\">Check the address: did you mean gmail.com?</a>",
        "aria-invalid=\"true\"",
        "value=\"luca.ferrero@gmial.com\"",
        "value=\"Luca\"",
        "id=\"box-2\" name=\"purpose\" value=\"offers\" checked",
        "name=\"email_fix\" value=\"luca.ferrero@gmail.com\">Use luca.ferrero@gmail.com</button>",
        "name=\"email_keep\" value=\"luca.ferrero@gmial.com\">No, gmial.com is right</button>",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    let (enter, fix) = (html.find("<button").unwrap(), html.find("email_fix").unwrap());
    assert!(!html[enter..].starts_with("<button class=\"btn\"") && enter < fix, "Enter would take the suggestion");
}

#[test]
fn hostile_values_are_escaped_turned_straight_and_cut() {
    let desk = Desk::new();
    let hostile = format!("\"'><script>alert(1)</script>{{{{ 7*7 }}}}\u{202E}gnp\u{0}{}", "é".repeat(10_000));
    let mut form = fresh();
    form.email.clone_from(&hostile);
    form.first_name.clone_from(&hostile);
    form.purposes[0].name.clone_from(&hostile);
    form.heading.clone_from(&hostile);
    form.errors = vec![SignupError::EmailSlip { typed_domain: hostile.clone(), suggestion: hostile.clone() }];
    let thanks = Thanks { email: hostile.clone(), ..Thanks::samples().remove(0).1 };
    let welcome = Welcome { first_name: hostile.clone(), masked: hostile.clone(), ..Welcome::samples().remove(3).1 };
    let left = Left { stopped: Some(hostile.clone()), masked: hostile, ..Left::samples().remove(0).1 };
    for locale in Locale::ALL {
        for html in [
            desk.draw(&form, locale),
            desk.draw(&thanks, locale),
            desk.draw(&welcome, locale),
            desk.draw(&left, locale),
        ] {
            assert!(html.contains("&lt;script&gt;") && html.contains("{{ 7*7 }}"), "{html}");
            assert!(!html.contains("<script") && !html.contains(['\u{202E}', '\0']), "{html}");
            assert!(html.len() < 20_000, "{} bytes", html.len());
            assert_eq!(Document::read(&html).faults(), Vec::<String>::new());
        }
    }
}

#[test]
fn leaving_is_as_easy_for_all_as_for_one() {
    let html = Desk::new().draw(&Leave::samples().remove(2).1, Locale::En);
    assert!(
        html.contains("<button class=\"btn main big\" name=\"stop\" value=\"this\">Stop the Bread letter</button>")
    );
    assert!(
        html.contains(
            "<button class=\"btn big\" name=\"stop\" value=\"all\">Stop everything from Nordic Bakery</button>"
        )
    );
}

#[test]
fn what_stopped_is_told_with_its_second_and_zone() {
    let desk = Desk::new();
    let left = Left::samples().remove(4).1;
    assert!(desk.draw(&left, Locale::En).contains("It took effect at 10:43:07 (CET)."));
    assert!(desk.draw(&left, Locale::De).contains("Das gilt seit 10:43:07 Uhr (CET)."));
    let earlier = Left::samples().remove(1).1;
    assert!(desk.draw(&earlier, Locale::En).contains("8:43:07 (CET) on 24 November 2026"));
    let unknown = Frame { zone: "Nowhere/At all", ..desk.frame(Locale::En) };
    assert!(desk.pages.render(&left, &unknown).contains("9:43:07 (UTC)"));
}

#[test]
fn saved_choices_say_what_stopped_and_what_waits() {
    let html = Desk::new().draw(&Choices::samples().remove(0).1, Locale::En);
    for part in [
        "<title>Saved: What you get from us · Nordic Bakery</title>",
        "Saved at 10:43:07 (CET)",
        "Stopped at once: Offers.",
        "Waiting for your click in the mail to g…i@example.it: Courses and openings and Openings.",
        "name=\"stop\" value=\"all\"",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
}

#[test]
fn statuses_are_those_of_the_pages() {
    let mut seen: Vec<u16> = Desk::new().all().iter().map(|d| d.status).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [200, 400, 404, 405, 408, 410, 413, 415, 422, 429, 500, 503]);
}

#[test]
fn only_pages_without_a_person_may_be_listed() {
    let listed = [Signup::INDEXABLE, Notice::INDEXABLE];
    let hidden = [Confirm::INDEXABLE, Leave::INDEXABLE, Choices::INDEXABLE, Thanks::INDEXABLE, Trouble::INDEXABLE];
    assert_eq!((listed, hidden), ([true; 2], [false; 5]));
    assert!(headers(false).contains(&("x-robots-tag", "noindex, nofollow")));
    assert!(headers(true).iter().all(|(name, _)| *name != "x-robots-tag"));
}

#[test]
fn all_languages_have_all_words_with_the_same_variables() {
    let words = Words::new(&WORDS).unwrap();
    let ours = |list: Vec<(Locale, String)>| -> Vec<(Locale, String)> {
        list.into_iter().filter(|(_, key)| key.starts_with("web-")).collect()
    };
    assert_eq!(ours(words.missing()), []);
    assert_eq!(ours(words.uneven()), []);
}

#[test]
fn the_voice_has_no_exclamation_marks() {
    for (locale, source) in WORDS {
        let said = source.lines().filter(|line| !line.starts_with('#'));
        assert!(said.clone().all(|line| !line.contains(['!', '¡'])), "{locale}");
        let straight = said.filter(|line| line.contains(['\'', '"'])).collect::<Vec<_>>();
        assert!(straight.is_empty(), "{locale}: {straight:?}");
    }
}

#[test]
fn language_links_are_plain_and_can_be_left_out() {
    let desk = Desk::new();
    let html = desk.draw(&fresh(), Locale::It);
    assert!(html.contains("<a href=\"/f/letters?lang=de\" hreflang=\"de\" lang=\"de\">Deutsch</a>"));
    assert!(html.contains("lang=\"it\" aria-current=\"true\">Italiano"));
    let bare = Frame { here: None, ..desk.frame(Locale::It) };
    assert!(!desk.pages.render(&fresh(), &bare).contains("?lang="));
}
