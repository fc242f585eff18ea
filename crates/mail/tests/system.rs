//! The mails that Volens writes by itself, in six languages.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly, their helpers too")]

mod common;

use common::*;
use volens_core::{Locale, Micros};
use volens_mail::{AddedChoice, AlreadyReader, Choice, Confirmation, Message, Rendered, SystemMail, Welcome};

const WEEK: i64 = 7 * 86_400_000_000;
const BASE: &str = "https://letters.nordicbakery.example";

fn each(locale: Locale) -> Vec<(&'static str, Rendered)> {
    let (name, frequency, wording) = PURPOSES[locale as usize];
    let choices = [Choice { name, wording, frequency }];
    let [confirm_url, not_me_url, choices_url, leave_url] =
        ["y", "n", "c", "l"].map(|p| format!("{BASE}/{p}/AQEAvuD4kQ2mT0c9"));
    let reason = reason(locale);
    let (place, asked_at, until) = ("nordicbakery.example", JOINED, Micros(JOINED.0 + WEEK));
    let added =
        |brought_back| AddedChoice { choices: &choices, brought_back, asked_at, until, confirm_url: &confirm_url };
    let mails = [
        (
            "confirmation",
            SystemMail::Confirmation(Confirmation {
                choices: &choices,
                place,
                asked_at,
                until,
                confirm_url: &confirm_url,
                not_me_url: &not_me_url,
            }),
        ),
        (
            "welcome",
            SystemMail::Welcome(Welcome {
                choices: &choices,
                reason: &reason,
                choices_url: &choices_url,
                leave_url: &leave_url,
            }),
        ),
        ("already", SystemMail::AlreadyReader(AlreadyReader { place, asked_at, choices_url: &choices_url })),
        ("added", SystemMail::AddedChoice(added(false))),
        ("back", SystemMail::AddedChoice(added(true))),
    ];
    mails.map(|(n, m)| (n, m.render(&words(), &brand(), &sender(), locale, &zone()))).to_vec()
}

#[test]
fn texts_in_six_languages() {
    for locale in Locale::ALL {
        for (name, mail) in each(locale) {
            insta::assert_snapshot!(format!("{name}_{locale}"), format!("Subject: {}\n\n{}", mail.subject, mail.text));
        }
    }
}

#[test]
fn html_of_each() {
    for (name, mail) in each(Locale::De) {
        let sheet = mail.html.split_once("class=\"pad v\"").unwrap().1;
        insta::assert_snapshot!(format!("{name}_de_html"), sheet);
    }
}

#[test]
fn a_whole_confirmation() {
    let (_, mail) = &each(Locale::De)[0];
    let bytes = Message::build(mail, &envelope().plain());
    insta::assert_snapshot!("confirmation_de_mime", String::from_utf8(bytes).unwrap().replace('\r', ""));
}

#[test]
fn each_is_whole_sized_right_and_fetches_nothing() {
    for locale in Locale::ALL {
        for (name, mail) in each(locale) {
            let size = mail.html.len();
            assert!((5_000..12_000).contains(&size), "{name} {locale}: {size} octets");
            assert!(!mail.html.contains("<img") && !mail.html.contains("url("), "{name} {locale}");
            for must in ["Nordic Bakery S.r.l.", "Via del Forno 12, 10122 Torino, Italy"] {
                assert!(mail.html.contains(must) && mail.text.contains(must), "{name} {locale}: {must}");
            }
            let foreign =
                mail.html.split("http").skip(1).find(|rest| !rest.starts_with("s://letters.nordicbakery.example/"));
            assert_eq!(foreign, None, "{name} {locale}");
            assert_eq!(mail.html.matches("class=\"btn\"").count(), usize::from(name != "welcome"), "{name} {locale}");
            for odd in ["{ $", "!", "\u{2068}"] {
                assert!(
                    !mail.text.contains(odd) && !mail.subject.as_str().contains(odd),
                    "{name} {locale}: {odd:?}\n{}",
                    mail.text
                );
            }
        }
    }
}
