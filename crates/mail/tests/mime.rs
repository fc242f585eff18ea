//! Mails read back by another's parser, with hostile values in every place that takes one.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly, their helpers too")]

mod common;

use common::*;
use mail_parser::{HeaderName, MessageParser};
use proptest::prelude::*;
use volens_core::Locale;
use volens_mail::{AddrSpec, Compiled, HeaderText, Letter, ListId, Mailbox, Message, PersonView, Rendered};

fn rendered(subject: &str, html: &str, text: &str) -> Rendered {
    Rendered { subject: HeaderText::new(subject), html: html.to_owned(), text: text.to_owned() }
}

/// What RFC 5322, 2045 and 2369 ask of any mail of ours.
fn well_formed(bytes: &[u8]) {
    assert!(bytes.is_ascii(), "7 bits only");
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']), "only CRLF");
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(text.split("\r\n").all(|l| l.len() <= 998));
    // The mail's own boundary: a part that goes as it is may hold a line that looks like one.
    let boundary = head.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let between = format!("\r\n--{boundary}");
    let encoded = body.split(&between).filter(|part| !part.contains("Encoding: 7bit"));
    assert!(encoded.flat_map(|part| part.split("\r\n")).all(|l| l.len() <= 76), "{body}");
    assert!(head.split_whitespace().filter(|w| w.starts_with("=?")).all(|w| w.len() <= 75 + 2), "{head}");
    let names: Vec<&str> =
        head.split("\r\n").filter(|l| !l.starts_with([' ', '\t'])).map(|l| l.split(':').next().unwrap()).collect();
    let mut expected = vec![
        "Date",
        "From",
        "To",
        "Subject",
        "Message-ID",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Feedback-ID",
        "MIME-Version",
        "Content-Type",
    ];
    expected.retain(|n| !n.starts_with("List") && *n != "Feedback-ID" || names.contains(n));
    assert_eq!(names, expected);
}

#[test]
fn reads_back_whole() {
    let mail = compiled().render(&giulia(), &furniture(&reason(Locale::En), Locale::En)).unwrap();
    let bytes = Message::build(&mail, &envelope().headers());
    well_formed(&bytes);
    let parsed = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(parsed.subject(), Some("Rye, three ways"));
    assert_eq!(parsed.from().unwrap().first().unwrap().address(), Some("letters@nordicbakery.example"));
    assert_eq!(parsed.to().unwrap().first().unwrap().name(), Some("Giulia Però"));
    assert_eq!(parsed.date().unwrap().to_rfc3339(), "2026-11-26T06:30:00Z");
    assert_eq!(parsed.message_id().unwrap(), envelope().id.as_str());
    assert_eq!((parsed.text_body.len(), parsed.html_body.len(), parsed.parts.len()), (1, 1, 3));
    assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n"), mail.text);
    assert_eq!(parsed.body_html(0).unwrap().replace("\r\n", "\n"), mail.html);
    assert_eq!(bytes, Message::build(&mail, &envelope().headers()), "the same octets each time");
    let unsubscribe = parsed.header_raw(HeaderName::ListUnsubscribe).unwrap();
    assert!(unsubscribe.contains("<https://letters.") && unsubscribe.contains("<mailto:aebag"), "{unsubscribe}");
    assert_eq!(parsed.header_raw("List-Unsubscribe-Post").map(str::trim), Some("List-Unsubscribe=One-Click"));
}

#[test]
fn non_ascii_local_parts_say_that_they_need_smtputf8() {
    let mut envelope = envelope();
    assert!(!envelope.headers().needs_smtputf8());
    envelope.to = Mailbox::bare(AddrSpec::parse("jürgen@bäckerei.example").unwrap());
    assert!(envelope.headers().needs_smtputf8());
    let bytes = Message::build(&rendered("s", "h", "t"), &envelope.headers());
    assert!(String::from_utf8(bytes).unwrap().contains("<jürgen@xn--bckerei-5wa.example>"));
}

#[test]
fn a_part_that_holds_the_boundary_gets_another() {
    let envelope = envelope();
    let bytes = Message::build(&rendered("s", "h", "t"), &envelope.headers());
    let text = String::from_utf8(bytes).unwrap();
    let boundary = text.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let evil = format!("a\n--{boundary}--\n\n--{boundary}\nContent-Type: text/html\n\nevil");
    let bytes = Message::build(&rendered("s", "h", &evil), &envelope.headers());
    well_formed(&bytes);
    let parsed = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!((parsed.parts.len(), parsed.body_text(0).unwrap().replace("\r\n", "\n")), (3, evil));
}

/// Anything that a form may be sent, with the octets that break mail more often than chance would have them.
fn hostile() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        "\\PC{0,12}",
        Just("\r\n".to_owned()),
        Just("\r\nBcc: victim@x.example\r\n\r\n".to_owned()),
        Just("\n--=_6508\n".to_owned()),
        Just("=?utf-8?q?=0D=0ABcc:?=".to_owned()),
        Just("\0\u{7f}\u{85}\u{2028}".to_owned()),
        Just("\u{202e}\u{2066}".to_owned()),
        Just("\"<>,;:@()\\".to_owned()),
        Just("{{ 7*191 }}{% raw %}".to_owned()),
        Just("</p><script>alert(1)</script>".to_owned()),
        Just("è".repeat(400)),
        Just("x".repeat(1200)),
        Just("   ".to_owned()),
    ];
    prop::collection::vec(bit, 0..6).prop_map(|bits| bits.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_value_adds_a_header_or_breaks_the_mail(subject in hostile(), name in hostile(), list in hostile(), text in hostile()) {
        let mut envelope = envelope();
        envelope.from = Mailbox::named(&name, envelope.from.address.clone());
        envelope.to = Mailbox::named(&subject, envelope.to.address.clone());
        envelope.list = ListId::new(&list, "bread", "letters.nordicbakery.example").unwrap();
        let bytes = Message::build(&rendered(&subject, "<p>x</p>", &text), &envelope.headers());
        well_formed(&bytes);
        let parsed = MessageParser::default().parse(&bytes).unwrap();
        prop_assert_eq!(parsed.parts.len(), 3);
        prop_assert_eq!(parsed.to().unwrap().iter().count(), 1);
        prop_assert_eq!(parsed.from().unwrap().first().unwrap().address(), Some("letters@nordicbakery.example"));
        let words = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(words(parsed.subject().unwrap_or_default()), words(HeaderText::new(&subject).as_str()));
    }

    #[test]
    fn no_field_adds_markup_or_code(value in hostile()) {
        let letter = Letter::parse("---\npurpose: b\nsubject: For {{ person.x }}\npreview: P {{ person.x }}\n---\nHi {{ person.x }}.").unwrap();
        let compiled = Compiled::new(&letter, &brand(), &words(), Locale::En).unwrap();
        let person = PersonView::new().field("x", &value);
        let Ok(mail) = compiled.render(&person, &furniture("r", Locale::En)) else {
            prop_assert!(value.trim().is_empty() || value.chars().all(|c| !c.is_alphanumeric()));
            return Ok(());
        };
        // 7*191, had the value been run. In the text: in the HTML an entity such as &#133700; holds it too.
        prop_assert!(!mail.html.contains("<script>") && !mail.text.contains("1337"));
        prop_assert_eq!(mail.html.matches("<p").count(), 3);
        let bytes = Message::build(&mail, &envelope().headers());
        well_formed(&bytes);
        prop_assert_eq!(MessageParser::default().parse(&bytes).unwrap().parts.len(), 3);
    }
}
