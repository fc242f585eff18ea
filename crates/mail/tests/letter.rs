//! A campaign's letter from its file to the octets.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly, their helpers too")]

mod common;

use common::*;
use volens_core::Locale;
use volens_mail::{Brand, Compiled, Letter, LetterError, Message, PersonView, RenderError};

#[test]
fn the_sample_letter() {
    let compiled = compiled();
    let reason = reason(Locale::En);
    let rendered = compiled.render(&giulia(), &furniture(&reason, Locale::En)).unwrap();
    insta::assert_snapshot!("letter_html", rendered.html);
    insta::assert_snapshot!("letter_text", rendered.text);
    let bytes = Message::build(&rendered, &envelope().headers());
    insta::assert_snapshot!("letter_mime_head", String::from_utf8(bytes[..2200].to_vec()).unwrap().replace('\r', ""));
    assert!((6_000..12_000).contains(&rendered.html.len()), "{} octets of HTML", rendered.html.len());
    assert!((6_000..14_000).contains(&bytes.len()), "{} octets in all", bytes.len());
}

#[test]
fn the_footer_speaks_the_readers_language() {
    let compiled = compiled();
    for locale in Locale::ALL {
        let reason = reason(locale);
        let rendered = compiled.render(&giulia(), &furniture(&reason, locale)).unwrap();
        let footer = rendered.text.split("----").nth(1).unwrap().to_owned();
        insta::assert_snapshot!(format!("letter_footer_{locale}"), footer);
        assert_eq!(rendered.html.contains(&format!("<div lang=\"{locale}\">")), locale != Locale::En);
    }
}

#[test]
fn a_missing_field_is_a_strict_error_with_the_way_out() {
    let letter = "---\npurpose: b\nsubject: For {{ person.first_name }}\n---\nHello {{ person.points | upper }}";
    let compiled = Compiled::new(&Letter::parse(letter).unwrap(), &brand(), &words(), Locale::En).unwrap();
    assert_eq!(compiled.fields().iter().map(String::as_str).collect::<Vec<_>>(), ["first_name", "points"]);
    let missing = |person: &PersonView| match compiled.check(person) {
        Err(RenderError::Missing(m)) => m.field,
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(&PersonView::new()), "first_name");
    assert_eq!(missing(&PersonView::new().first_name("  ")), "first_name");
    assert_eq!(missing(&PersonView::new().first_name("Ada")), "points");
    let e = compiled.check(&PersonView::new()).unwrap_err().to_string();
    assert!(e.contains("{{ person.first_name | default('friend') }}"), "{e}");
    compiled.check(&PersonView::new().first_name("Ada").number("points", 3)).unwrap();
}

#[test]
fn a_condition_may_ask_for_what_is_missing() {
    compiled().check(&PersonView::new()).unwrap();
    let text = compiled().render(&PersonView::new(), &furniture("r", Locale::En)).unwrap().text;
    assert!(text.contains("Dear friend,") && !text.contains("We bake for") && !text.contains("\n\n\n"), "{text}");
}

fn refused(body: &str) -> String {
    let letter = Letter::parse(&format!("---\npurpose: b\nsubject: s\n---\n\n{body}\n")).unwrap();
    Compiled::new(&letter, &brand(), &words(), Locale::En).unwrap_err().to_string()
}

#[test]
fn what_mail_cannot_carry_is_refused_with_its_line() {
    for (body, line, says) in [
        ("a\n\n![x](https://elsewhere.example/p.png)", 8, "letters.nordicbakery.example"),
        ("a\n\n[x](/page)", 8, "leads nowhere"),
        ("a\n\n[x](javascript:alert)", 8, "leads nowhere"),
        ("<p>a\n<img src=\"https://letters.nordicbakery.example/p.png\"></p>", 7, "alt="),
        ("<p>a</p>\n<script>x</script>", 7, "<script>"),
        ("<p style=\"background:URL(https://x.example/y)\">a</p>", 6, "fetch"),
        ("<p onclick=x>a</p>", 6, "onclick"),
        ("Hi {{ name }}", 6, "person.name"),
        ("a\n\nHi {{ person.x | nosuch }}", 8, "filter"),
        ("a\n{% if person.x %}\nb", 7, "block"),
        ("a\n\n{{ person.x", 8, "never closes"),
        ("{% for i in person.x %}{% for j in range(9) %}x{% endfor %}{% endfor %}", 6, "range"),
        ("<table>{% if person.x %}<tr><td>{{ person.x }}</td></tr>{% endif %}</table>", 6, "around whole"),
        ("{% include 'x' %}", 6, "template"),
    ] {
        let e = refused(body);
        assert!(e.starts_with(&format!("line {line}:")) && e.contains(says), "{body:?}: {e}");
    }
}

#[test]
fn loops_run_out_of_fuel() {
    let nest = "{% for a in person.x %}".repeat(9) + "." + &"{% endfor %}".repeat(9);
    let letter = Letter::parse(&format!("---\npurpose: b\nsubject: s\n---\n{nest}")).unwrap();
    let compiled = Compiled::new(&letter, &brand(), &words(), Locale::En);
    let e = match compiled {
        Err(LetterError::Template { reason, .. }) => reason,
        Err(e) => panic!("{e}"),
        Ok(c) => c.check(&PersonView::new().field("x", &"long ".repeat(50))).unwrap_err().to_string(),
    };
    assert!(e.contains("too long") || e.contains("iterable"), "{e}");
}

#[test]
fn html_letters_keep_their_code() {
    let body = "<p>Hi {{ person.first_name | default(\"<you>\") }} <a href=\"{{ person.link }}\">x</a></p>\n{% if person.n < 3 %}<p>few</p>{% endif %}";
    let letter = Letter::parse(&format!("---\npurpose: b\nsubject: s\n---\n{body}")).unwrap();
    let compiled = Compiled::new(&letter, &brand(), &words(), Locale::En).unwrap();
    let person = PersonView::new().field("link", "https://x.example/?a=1&b=\"2").number("n", 2);
    let out = compiled.render(&person, &furniture("r", Locale::En)).unwrap();
    assert!(out.html.contains("Hi &lt;you&gt; <a") && out.html.contains("&amp;b=&quot;2\""), "{}", out.html);
    assert!(out.text.starts_with("Hi <you> x <https://x.example/?a=1&b=\"2>\n\nfew"), "{}", out.text);
}

#[test]
fn braces_made_by_markdown_stay_braces() {
    let letter = Letter::parse("---\npurpose: b\nsubject: s\n---\n&#123;&#123; 7 }} \\{\\{ 7").unwrap();
    let compiled = Compiled::new(&letter, &brand(), &words(), Locale::En).unwrap();
    let out = compiled.render(&PersonView::new(), &furniture("r", Locale::En)).unwrap();
    assert!(out.text.starts_with("{{ 7 }} {{ 7"), "{}", out.text);
}

#[test]
fn nothing_of_ours_is_fetched_from_anywhere() {
    let letter = Letter::parse("---\npurpose: b\nsubject: s\n---\nHello").unwrap();
    let compiled = Compiled::new(&letter, &Brand::plain("N"), &words(), Locale::En).unwrap();
    let html = compiled.render(&PersonView::new(), &furniture("r", Locale::En)).unwrap().html;
    let own = html.matches("https://letters.nordicbakery.example/").count();
    assert_eq!((html.matches("http").count(), own), (2, 2), "{html}");
    assert!(!html.contains("url(") && !html.contains("@import") && !html.contains("src="));
}
