//! A letter's body as HTML with inline styles and as plain text, both templates still.

use comrak::Options;
use css_inline::CSSInliner;

use crate::holes::Holes;
use crate::layout::{self, Brand, SANS, VOICE};
use crate::letter::{Format, Letter, LetterError};
use crate::scan::{Tag, tags};
use crate::wrap::wrap;

/// Nothing is broken while tokens stand for code: the maker of the text part would break inside one.
const UNBROKEN: usize = 100_000;

/// What cannot be in a mail: programs drop it, or it acts on its own.
const DROPPED: [&str; 19] = [
    "script", "iframe", "object", "embed", "form", "input", "button", "select", "textarea", "link", "base", "meta",
    "video", "audio", "source", "svg", "html", "head", "body",
];

/// Both forms of a body and the code that is in them.
pub(crate) struct Body {
    pub(crate) html: String,
    pub(crate) text: String,
    pub(crate) holes: Holes,
}

/// Makes both forms.
pub(crate) fn make(letter: &Letter, brand: &Brand) -> Result<Body, LetterError> {
    let (mut holes, dug) = Holes::dig(&letter.body, letter.body_line)?;
    let fragment = match letter.format {
        Format::Markdown => comrak::markdown_to_html(&dug, &options()),
        Format::Html => dug,
    };
    look_over(&fragment, letter, brand, &holes)?;
    let text = plain_text(&fragment, letter, &mut holes)?;
    let with_buttons = buttons(&fragment, brand);
    let styled = CSSInliner::options().build().inline_fragment(&with_buttons, &style(brand)).map_err(|e| {
        LetterError::Template { line: letter.body_line, reason: format!("the HTML cannot be read: {e}") }
    })?;
    Ok(Body { html: holes.fill(&layout::ascii(styled.trim().into()))?, text: holes.fill(&text)?, holes })
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    // The author is the operator, and statements are comments by now.
    options.render.r#unsafe = true;
    options
}

fn style(brand: &Brand) -> String {
    let c = &brand.light;
    format!(
        "p,li{{margin:0 0 16px;font:400 16px/1.6 {SANS};color:{ink2}}}\
         li{{margin:0 0 6px}}ul,ol{{margin:0 0 16px;padding:0 0 0 22px}}\
         h1{{margin:0 0 14px;font:600 32px/1.2 {VOICE};letter-spacing:-.01em;color:{ink}}}\
         h2{{margin:28px 0 8px;font:600 20px/1.3 {VOICE};color:{ink}}}\
         h3{{margin:24px 0 6px;font:600 17px/1.3 {VOICE};color:{ink}}}\
         strong{{color:{ink};font-weight:600}}\
         p a,li a,td a{{color:{link};text-decoration:underline}}\
         img{{display:block;width:100%;max-width:510px;height:auto;border:0;border-radius:10px;margin:0 0 24px}}\
         hr{{border:0;border-top:1px solid {line};margin:24px 0}}\
         blockquote{{margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid {line}}}\
         table:not([role]){{width:100%;border-collapse:collapse;margin:8px 0 20px}}\
         table:not([role]) td{{border-top:1px solid {line};padding:11px 8px 11px 0;font:400 15px/1.5 {SANS};color:{ink2}}}\
         table:not([role]) th{{padding:0 8px 8px 0;text-align:left;font:600 15px/1.5 {SANS};color:{ink}}}",
        ink = c.ink,
        ink2 = c.ink_2,
        link = c.accent_ink,
        line = c.line,
    )
}

/// A paragraph that is one strong link is a button: `**[Read on](https://...)**`.
fn buttons(html: &str, brand: &Brand) -> String {
    const OPEN: &str = "<p><strong><a href=\"";
    const CLOSE: &str = "</a></strong></p>";
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find(OPEN) {
        let inner = &rest[start + OPEN.len()..];
        let found = inner.find(CLOSE).and_then(|end| Some((inner[..end].split_once("\">")?, end)));
        match found.filter(|((_, label), _)| !label.contains("</p>") && !label.contains("</a>")) {
            Some(((href, label), end)) => {
                out.push_str(&rest[..start]);
                out.push_str(&layout::button(&brand.light, href, label));
                rest = &inner[end + CLOSE.len()..];
            }
            None => {
                out.push_str(&rest[..start + OPEN.len()]);
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}

fn look_over(html: &str, letter: &Letter, brand: &Brand, holes: &Holes) -> Result<(), LetterError> {
    for tag in tags(html) {
        let line = |needle: &str| line_of(letter, html, &tag, needle);
        let unfit = |needle: &str, what: String, remedy: &str| {
            Err(LetterError::Unfit { line: line(needle), what, remedy: remedy.to_owned() })
        };
        let name = tag.name.as_str();
        if DROPPED.contains(&name) {
            let what = format!("mail programs do not show <{name}>");
            return unfit(&format!("<{name}"), what, "Take it out; a link can lead to a page that has it");
        }
        if let Some((on, _)) = tag.attributes.iter().find(|(n, _)| n.starts_with("on") || n == "background") {
            return unfit(on, format!("mail programs do not take the attribute {on}"), "Take it out");
        }
        let style = tag.get("style").unwrap_or_default().to_ascii_lowercase();
        if style.contains("url(") || style.contains("expression(") {
            return unfit("url(", "a style would fetch something when the mail is opened".to_owned(), "Use a colour");
        }
        if name == "style" {
            let what = "a <style> cannot stand in a letter's text".to_owned();
            return unfit("<style", what, "Write style=\"...\" at the element itself");
        }
        if name == "a" {
            let href = tag.get("href").unwrap_or_default();
            if !leads_somewhere(href, holes) {
                let what = format!("the link {:?} leads nowhere from a mail", brief(href));
                return unfit(href, what, "Write the whole address, such as https://example.com/page");
            }
        }
        if name == "img" {
            picture(&tag, brand).or_else(|(what, remedy)| unfit(tag.get("src").unwrap_or("<img"), what, &remedy))?;
        }
    }
    Ok(())
}

fn leads_somewhere(href: &str, holes: &Holes) -> bool {
    holes.begins(href)
        || ["https://", "http://", "mailto:", "tel:"].iter().any(|s| href.len() > s.len() && href.starts_with(s))
}

fn picture(tag: &Tag<'_>, brand: &Brand) -> Result<(), (String, String)> {
    let src = tag.get("src").unwrap_or_default();
    let host = src
        .strip_prefix("https://")
        .or_else(|| src.strip_prefix("http://"))
        .and_then(|r| r.split(['/', '?', '#']).next());
    if !host.is_some_and(|h| brand.picture_hosts.iter().any(|own| own == h)) || tag.get("srcset").is_some() {
        let hosts = match brand.picture_hosts.as_slice() {
            [] => "this workspace has no host for pictures yet".to_owned(),
            own => format!("pictures may come from {}", own.join(", ")),
        };
        let what = format!("the picture {:?} would tell another server who opens the letter", brief(src));
        return Err((what, format!("Put it on your own server: {hosts}")));
    }
    match tag.get("alt") {
        Some(_) => Ok(()),
        None => Err((
            format!("the picture {:?} has no words for those who do not see it", brief(src)),
            "Add alt=\"...\"; alt=\"\" where it only decorates".to_owned(),
        )),
    }
}

fn brief(s: &str) -> String {
    s.chars().take(60).collect()
}

fn line_of(letter: &Letter, html: &str, tag: &Tag<'_>, needle: &str) -> usize {
    let (text, at) = match letter.format {
        Format::Html => (html, Some(tag.at)),
        Format::Markdown => (letter.body.as_str(), letter.body.find(needle).filter(|_| !needle.is_empty())),
    };
    letter.body_line + at.map_or(0, |at| text[..at].matches('\n').count())
}

/// The text part: what the HTML says, links behind their words.
fn plain_text(fragment: &str, letter: &Letter, holes: &mut Holes) -> Result<String, LetterError> {
    let html = spelled_out(&holes.uncomment(fragment), holes);
    let text = html2text::config::plain_no_decorate()
        .link_footnotes(false)
        .no_table_borders()
        .allow_width_overflow()
        .string_from_read(html.as_bytes(), UNBROKEN)
        .map_err(|e| LetterError::Template {
            line: letter.body_line,
            reason: format!("no text part can be made: {e}"),
        })?;
    let mut out = String::with_capacity(text.len());
    // A statement takes the blank line after it along, so that what it leaves out leaves no gap.
    let mut skip_blank = false;
    for line in text.lines() {
        let line = line.trim_end();
        if skip_blank && line.is_empty() {
            continue;
        }
        skip_blank = holes.only_statements(line);
        wrap(line, &mut out);
        if !skip_blank {
            out.push('\n');
        }
    }
    Ok(out.trim_end().to_owned())
}

/// What the maker of the text part would mark in its own way: links become `words <address>`, headings lines.
fn spelled_out(html: &str, holes: &mut Holes) -> String {
    let mut out = String::with_capacity(html.len());
    let mut from = 0;
    for tag in tags(html) {
        if tag.at < from {
            continue;
        }
        let heading = matches!(tag.name.as_str(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        let close = format!("</{}>", tag.name);
        let inside = html[tag.at..].find(&close).map(|i| &html[tag.end..(tag.at + i).max(tag.end)]);
        let (Some(words), true) = (inside, heading || tag.name == "a") else { continue };
        out.push_str(&html[from..tag.at]);
        from = tag.end + words.len() + close.len();
        if heading {
            out.push_str(&format!("<p>{}</p>", spelled_out(words, holes)));
            continue;
        }
        out.push_str(words);
        let href = tag.get("href").unwrap_or_default().replace("&amp;", "&");
        let href = href.strip_prefix("mailto:").unwrap_or(&href);
        if words.replace("&amp;", "&") != href {
            out.push(' ');
            out.push_str(&holes.bury(format!("<{href}>")));
        }
    }
    out.push_str(&html[from..]);
    out
}
