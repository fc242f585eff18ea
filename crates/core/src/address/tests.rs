use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap_or_else(|e| panic!("{text:?}: {e}"))
}

fn refusal(text: &str) -> AddressError {
    EmailAddress::parse(text).err().unwrap_or_else(|| panic!("{text:?} was accepted"))
}

/// `valid` in the corpus and refused by us, each for a reason that the module's head gives.
const EXCEPTIONS: [(&str, AddressError); 5] = [
    ("test@io", AddressError::SingleLabel),
    // "example" is no punycode: the label decodes to nothing, and no registry would hold it.
    ("test@xn--example.com", AddressError::Domain),
    (r#""escaped.quote.\".local.part"@example.org"#, AddressError::Quoted),
    ("MyName <me@example.org>", AddressError::AngleBrackets),
    ("\"s\u{323}\u{307}\" <s\u{323}\u{307}@nfc.tld>", AddressError::Quoted),
];

#[test]
fn the_corpus_is_judged_as_people_would() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/addresses/email.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there; it is shared beside the checkout, not part of it", path.display());
        return;
    };
    let (mut valid, mut invalid) = (0, 0);
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let address = row["address"].as_str().unwrap();
        let got = EmailAddress::parse(address);
        match (row["verdict"].as_str().unwrap(), EXCEPTIONS.iter().find(|(a, _)| *a == address)) {
            ("valid", Some((_, why))) => assert_eq!(got.as_ref(), Err(why), "{address:?}"),
            ("valid", None) => {
                let got = got.unwrap_or_else(|e| panic!("{address:?} is valid, but: {e}"));
                if let Some(normalized) = row["normalized"].as_str() {
                    assert_eq!(got.as_str(), normalized);
                }
                if let Some(smtputf8) = row["smtputf8"].as_bool() {
                    assert_eq!(got.needs_smtputf8(), smtputf8, "{address:?}");
                }
                valid += 1;
            }
            ("invalid", _) => {
                assert!(got.is_err(), "{address:?} is invalid and was accepted: {}", row["why"]);
                invalid += 1;
            }
            ("unusual", _) => assert!(got.is_err(), "{address:?} is not what a form should take"),
            (verdict, _) => panic!("the corpus has a new verdict: {verdict}"),
        }
    }
    assert!(valid >= 25 && invalid >= 100, "only {valid} valid and {invalid} invalid addresses were read");
}

#[test]
fn each_mistake_is_named() {
    let long = "a".repeat(65);
    for (text, code) in [
        ("", "address-empty"),
        (" \t\u{a0}", "address-empty"),
        ("greta", "address-no-at"),
        ("greta@a@example.org", "address-many-ats"),
        ("@example.org", "address-no-local"),
        ("greta@", "address-no-domain"),
        ("gre ta@example.org", "address-space"),
        ("greta@example.org, otto@example.org", "address-space"),
        ("greta@exa\u{3000}mple.org", "address-space"),
        ("Greta <greta@example.org>", "address-angle-brackets"),
        ("\"greta\"@example.org", "address-quoted"),
        ("greta(home)@example.org", "address-comment"),
        ("greta@[192.0.2.1]", "address-literal"),
        (".greta@example.org", "address-local-dots"),
        ("greta..g@example.org", "address-local-dots"),
        ("greta,g@example.org", "address-local-character"),
        ("\u{301}greta@example.org", "address-local-character"),
        ("greta@example..org", "address-domain-dots"),
        ("greta@example.org.", "address-domain-dots"),
        ("greta@example。。org", "address-domain-dots"),
        ("greta@localhost", "address-single-label"),
        ("greta@192.0.2.1", "address-ending"),
        ("greta@example.c0m", "address-ending"),
        ("greta@example.invalid", "address-nowhere"),
        ("greta@exa_mple.org", "address-domain"),
        ("greta@-example.org", "address-domain"),
        ("greta@xn--a.org", "address-domain"),
        (&format!("{long}@example.org"), "address-local-too-long"),
        (&format!("a@{long}.org"), "address-label-too-long"),
        (&format!("a@ü{long}.org"), "address-label-too-long"),
        (&format!("a@{}org", "abcdefgh.".repeat(28)), "address-too-long"),
    ] {
        assert_eq!(refusal(text).code(), code, "{text:?}");
    }
}

#[test]
fn hostile_input_is_refused_and_not_repeated() {
    for text in [
        "greta@example.org\r\nBcc: all@example.org",
        "greta@example.org\n",
        "\r\ngreta@example.org",
        "greta\0@example.org",
        "greta@example.org\u{85}",
        "greta@example.org\u{2028}",
    ] {
        assert_eq!(refusal(text).code(), "address-control-character", "{text:?}");
        assert!(!refusal(text).to_string().contains(char::is_control));
    }
    for text in [
        "gre\u{202E}ta@example.org",
        "gre\u{2066}ta@example.org",
        "gre\u{200B}ta@example.org",
        "greta@exam\u{AD}ple.org",
        "\u{FEFF}greta@example.org",
        "greta@exa\u{200D}mple.org",
        "gr\u{FE0F}eta@example.org",
        "gr\u{E0041}eta@example.org",
    ] {
        assert_eq!(refusal(text).code(), "address-invisible", "{text:?}");
    }
    for text in ["a".repeat(10_000), format!("{}@example.org", "a".repeat(10_000)), "@".repeat(10_000)] {
        assert_eq!(refusal(&text), AddressError::TooLong { octets: text.len() });
    }
    // Hebrew and Arabic are languages, not attacks.
    assert!(parsed("דוד@example.org").needs_smtputf8());
}

#[test]
fn forms_of_one_address() {
    let a = parsed("  Greta.Müller+news@BÜCHER.Example ");
    assert_eq!(a.as_str(), "Greta.Müller+news@bücher.example");
    assert_eq!(a.local(), "Greta.Müller+news");
    assert_eq!(a.domain_ascii(), "xn--bcher-kva.example");
    assert_eq!(a.domain_unicode(), "bücher.example");
    assert_eq!(a.envelope(), "Greta.Müller+news@xn--bcher-kva.example");
    assert!(a.needs_smtputf8() && !parsed("greta@bücher.example").needs_smtputf8());
    assert_eq!(a.normalised().as_str(), "greta.müller+news@xn--bcher-kva.example");
    assert_eq!(a.normalised(), parsed("greta.mu\u{308}ller+NEWS@xn--bcher-kva.EXAMPLE").normalised());
    assert_ne!(a.normalised(), parsed("greta.müller@bücher.example").normalised());
    assert_eq!(parsed("a@faß.de").domain_ascii(), "xn--fa-hia.de");
}

#[test]
fn masks_show_little() {
    for (address, masked) in [
        ("giulia.neri@example.it", "g…i@example.it"),
        ("otto@example.it", "o…@example.it"),
        ("bo@example.it", "…@example.it"),
        ("x@example.it", "…@example.it"),
        ("我買我買我@example.it", "我…我@example.it"),
    ] {
        assert_eq!(parsed(address).masked(), masked);
    }
    assert_eq!(format!("{:?}", parsed("giulia.neri@example.it")), "EmailAddress(g…i@example.it)");
    assert!(!format!("{:?}", parsed("giulia.neri@example.it").normalised()).contains("neri"));
}

#[test]
fn a_slip_gets_a_suggestion_with_the_same_local_part() {
    assert_eq!(parsed("Greta@gmial.com").suggestion(), Some(parsed("Greta@gmail.com")));
    assert_eq!(parsed("greta@example.con").suggestion(), Some(parsed("greta@example.com")));
    assert_eq!(parsed("greta@gmail.com").suggestion(), None);
    assert_eq!(parsed("greta@bücher.example").suggestion(), None);
}

#[test]
fn json_holds_the_text_and_is_checked() {
    let a = parsed("greta@bücher.example");
    assert_eq!(serde_json::to_string(&a).unwrap(), "\"greta@bücher.example\"");
    assert_eq!(serde_json::from_str::<EmailAddress>("\"greta@bücher.example\"").unwrap(), a);
    assert!(serde_json::from_str::<EmailAddress>("\"greta\"").is_err());
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let Ok(a) = EmailAddress::parse(text) else { return Ok(()) };
    let again = EmailAddress::parse(&a.envelope());
    prop_assert_eq!(again.as_ref(), Ok(&a));
    let again = EmailAddress::parse(a.as_str());
    prop_assert_eq!(again.as_ref(), Ok(&a));
    for form in [a.as_str(), &a.envelope(), a.normalised().as_str(), &a.masked()] {
        prop_assert!(!form.contains(|c: char| c.is_control() || c.is_whitespace() || invisible(c)));
        prop_assert_eq!(form.matches('@').count(), 1);
    }
    prop_assert!(a.envelope().len() <= ADDRESS_MAX && a.as_str().len() <= ADDRESS_MAX && a.local().len() <= LOCAL_MAX);
    prop_assert!(a.domain_ascii().is_ascii());
    let known = a.suggestion().and_then(|s| s.suggestion());
    prop_assert!(known.is_none(), "a suggestion is never itself a slip");
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn text_that_looks_like_an_address_too(local in "\\PC{1,12}", domain in "[\\PC&&[^@]]{1,12}", end in "[a-z]{2,4}") {
        check(&format!("{local}@{domain}.{end}"))?;
    }

    #[test]
    fn and_what_people_have(text in "[A-Za-z0-9._+ßéñ-]{1,20}@[A-Za-z0-9üçλ-]{1,15}(\\.[a-z]{2,3}){1,2}") {
        check(&text)?;
    }
}
