//! How our mails look: the sheet with the striped edge, its footer, light and dark, in the workspace's colours.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use volens_core::Locale;

/// A colour, written `#RRGGBB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour(pub [u8; 3]);

/// No colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a colour. Write it as #RRGGBB, such as #0B5C6D")]
pub struct BadColour(pub String);

impl FromStr for Colour {
    type Err = BadColour;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || BadColour(s.chars().take(20).collect());
        let hex = s.strip_prefix('#').filter(|h| h.len() == 6 && h.bytes().all(|b| b.is_ascii_hexdigit()));
        let n = u32::from_str_radix(hex.ok_or_else(bad)?, 16).map_err(|_| bad())?.to_be_bytes();
        Ok(Self([n[1], n[2], n[3]]))
    }
}

impl TryFrom<String> for Colour {
    type Error = BadColour;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<Colour> for String {
    fn from(c: Colour) -> Self {
        c.to_string()
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02X}{g:02X}{b:02X}")
    }
}

/// The colours of one scheme, named as in the theme's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colours {
    /// The ground around the sheet.
    pub canvas: Colour,
    /// The sheet.
    pub surface: Colour,
    /// Headings.
    pub ink: Colour,
    /// Text.
    pub ink_2: Colour,
    /// Small print.
    pub ink_3: Colour,
    /// Thin lines.
    pub line: Colour,
    /// The button and the stripes; white stands on it.
    pub accent: Colour,
    /// Links.
    pub accent_ink: Colour,
    /// The paler stripes.
    pub accent_line: Colour,
}

/// What a workspace's mails look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// The name that stands above the sheet.
    pub name: String,
    /// By day.
    pub light: Colours,
    /// In programs that ask for dark.
    pub dark: Colours,
    /// Hosts from which letters may show pictures: the workspace's own. A picture elsewhere tells its host who opened.
    pub picture_hosts: Vec<String>,
}

const fn hex(n: u32) -> Colour {
    let [_, r, g, b] = n.to_be_bytes();
    Colour([r, g, b])
}

impl Brand {
    /// The look of a workspace that saved no theme.
    #[must_use]
    pub fn plain(name: &str) -> Self {
        let light = [
            0xEE_F3_F3, 0xFF_FF_FF, 0x10_24_2B, 0x3B_4E_56, 0x53_66_6E, 0xD6_E0_E0, 0x0B_5C_6D, 0x0A_56_65, 0x9C_C7_CE,
        ];
        let dark = [
            0x0A_12_15, 0x12_1C_20, 0xE6_EE_EF, 0xBD_CA_CD, 0x9A_AB_B0, 0x26_35_3B, 0x1A_7B_8D, 0x7F_D1_DE, 0x2A_64_70,
        ];
        Self { name: name.to_owned(), light: Colours::of(light), dark: Colours::of(dark), picture_hosts: Vec::new() }
    }
}

impl Colours {
    /// From numbers `0xRRGGBB` in the order of the fields.
    #[must_use]
    pub const fn of(n: [u32; 9]) -> Self {
        Self {
            canvas: hex(n[0]),
            surface: hex(n[1]),
            ink: hex(n[2]),
            ink_2: hex(n[3]),
            ink_3: hex(n[4]),
            line: hex(n[5]),
            accent: hex(n[6]),
            accent_ink: hex(n[7]),
            accent_line: hex(n[8]),
        }
    }
}

/// The system's own faces: nothing is fetched.
pub(crate) const SANS: &str = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
pub(crate) const VOICE: &str = "Charter,'Bitstream Charter','Sitka Text',Cambria,Georgia,serif";

/// Keeps what follows the preview line in the mailbox's list from showing beside it.
const PAD: &str = "&#8199;&#847;";

/// The fixed parts of a mail, cut where something goes in.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) before_title: String,
    pub(crate) before_preview: String,
    pub(crate) before_label: String,
    pub(crate) before_body: String,
    pub(crate) before_footer: String,
    pub(crate) end: String,
    small: String,
    smaller: String,
    link: String,
}

impl Frame {
    pub(crate) fn new(brand: &Brand, locale: Locale) -> Self {
        let c = &brand.light;
        let tag = locale.tag();
        let table = "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"";
        let canvas = c.canvas;
        Self {
            before_title: format!(
                "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
                 <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
                 <meta name=\"x-apple-disable-message-reformatting\">\n\
                 <meta name=\"color-scheme\" content=\"light dark\">\n\
                 <meta name=\"supported-color-schemes\" content=\"light dark\">\n<title>"
            ),
            before_preview: format!(
                "</title>\n<style>\n{}</style>\n</head>\n<body class=\"bg\" style=\"margin:0;padding:0;background:{canvas}\">\n\
                 <div style=\"display:none;max-height:0;overflow:hidden;opacity:0\" aria-hidden=\"true\">",
                css(brand)
            ),
            before_label: format!(
                "{}</div>\n{table} width=\"100%\" class=\"bg\" bgcolor=\"{canvas}\" style=\"background:{canvas}\">\
                 <tr><td align=\"center\" style=\"padding:28px 12px\">\n<div role=\"article\" lang=\"{tag}\" aria-label=\"",
                PAD.repeat(20)
            ),
            before_body: format!(
                "\">\n{table} class=\"full\" width=\"600\" style=\"width:600px;max-width:100%\">\n\
                 <tr><td class=\"pad\" align=\"left\" style=\"padding:0 4px 16px\"><span class=\"ink\" \
                 style=\"font:600 18px/1.2 {VOICE};color:{ink}\">{name}</span></td></tr>\n\
                 <tr><td class=\"card\" bgcolor=\"{surface}\" style=\"background:{surface};border:1px solid {line};\
                 border-radius:16px;overflow:hidden\">{stripes}\n{table} width=\"100%\"><tr>\
                 <td class=\"pad v\" align=\"left\" style=\"padding:38px 44px 26px\">\n",
                ink = c.ink,
                name = escaped(&brand.name),
                surface = c.surface,
                line = c.line,
                stripes = stripes(c),
            ),
            before_footer:
                "\n</td></tr></table></td></tr>\n<tr><td class=\"pad\" align=\"left\" style=\"padding:22px 4px 8px\">\n"
                    .to_owned(),
            end: "</td></tr></table></div>\n</td></tr></table>\n</body>\n</html>\n".to_owned(),
            small: format!("<p class=\"ink3\" style=\"margin:0 0 12px;font:400 14px/1.6 {SANS};color:{}\">", c.ink_3),
            smaller: format!("<p class=\"ink3\" style=\"margin:0;font:400 13px/1.6 {SANS};color:{}\">", c.ink_3),
            link: format!("<a class=\"link\" style=\"color:{};text-decoration:underline\" href=\"", c.accent_ink),
        }
    }

    /// The octets of all fixed parts.
    pub(crate) fn len(&self) -> usize {
        [
            &self.before_title,
            &self.before_preview,
            &self.before_label,
            &self.before_body,
            &self.before_footer,
            &self.end,
        ]
        .iter()
        .map(|s| s.len())
        .sum()
    }

    /// The whole HTML part. `body` is HTML; everything else is plain text.
    pub(crate) fn html(&self, subject: &str, preview: &str, body: &str, footer: &Footer<'_>) -> String {
        let mut out = String::with_capacity(self.len() + body.len() + 1600);
        out.push_str(&self.before_title);
        escape(subject, &mut out);
        out.push_str(&self.before_preview);
        escape(preview, &mut out);
        out.push_str(&self.before_label);
        escape(subject, &mut out);
        out.push_str(&self.before_body);
        out.push_str(body);
        out.push_str(&self.before_footer);
        self.footer(footer, &mut out);
        out.push_str(&self.end);
        out
    }

    fn footer(&self, footer: &Footer<'_>, out: &mut String) {
        if let Some(lang) = footer.lang {
            let _ = writeln!(out, "<div lang=\"{lang}\">");
        }
        out.push_str(&self.small);
        escape(footer.line, out);
        for (i, (label, url)) in footer.links.iter().enumerate() {
            out.push_str(if i == 0 { " " } else { " &#183; " });
            self.link(label, url, out);
        }
        out.push_str("</p>\n");
        out.push_str(&self.smaller);
        escape(footer.sender, out);
        out.push_str(", ");
        escape(footer.address, out);
        for (i, (label, url)) in footer.notices.iter().enumerate() {
            out.push_str(if i == 0 { "<br>" } else { " &#183; " });
            self.link(label, url, out);
        }
        out.push_str("</p>\n");
        if footer.lang.is_some() {
            out.push_str("</div>\n");
        }
    }

    fn link(&self, label: &str, url: &str, out: &mut String) {
        out.push_str(&self.link);
        escape(url, out);
        out.push_str("\">");
        escape(label, out);
        out.push_str("</a>");
    }
}

/// What stands under the sheet.
pub(crate) struct Footer<'a> {
    /// Its language where that is not the sheet's.
    pub(crate) lang: Option<Locale>,
    pub(crate) line: &'a str,
    pub(crate) links: &'a [(&'a str, &'a str)],
    pub(crate) sender: &'a str,
    pub(crate) address: &'a str,
    pub(crate) notices: &'a [(&'a str, &'a str)],
}

impl Footer<'_> {
    /// The footer of the text part.
    pub(crate) fn text(&self, out: &mut String) {
        out.push_str("\n\n----\n");
        out.push_str(self.line);
        out.push('\n');
        for (label, url) in self.links {
            let _ = write!(out, "\n{label}\n{url}\n");
        }
        let _ = write!(out, "\n{}, {}\n", self.sender, self.address);
        for (label, url) in self.notices {
            let _ = match url.strip_prefix("mailto:") {
                Some(address) => writeln!(out, "{address}"),
                None => write!(out, "\n{label}\n{url}\n"),
            };
        }
    }
}

fn css(brand: &Brand) -> String {
    let d = &brand.dark;
    let Colours { canvas, surface, ink, ink_2, ink_3, line, accent, accent_ink, accent_line } = d;
    format!(
        ":root{{color-scheme:light dark;supported-color-schemes:light dark}}\n\
         body{{margin:0;padding:0;-webkit-text-size-adjust:100%}}\n\
         @media(max-width:600px){{.pad{{padding-left:22px!important;padding-right:22px!important}}.full{{width:100%!important}}}}\n\
         @media(prefers-color-scheme:dark){{\n\
         .bg{{background:{canvas}!important}}.card{{background:{surface}!important;border-color:{line}!important}}\n\
         .ink,.v h1,.v h2,.v h3,.v strong,.v th{{color:{ink}!important}}.v p,.v li,.v td{{color:{ink_2}!important}}.v .ink3,.ink3{{color:{ink_3}!important}}\n\
         .v a,.link{{color:{accent_ink}!important}}.v td,.v th,.v hr,.v blockquote{{border-color:{line}!important}}.btn{{background:{accent}!important}}.v .btn a{{color:#fff!important}}\n\
         .s1{{background:{accent}!important}}.s2{{background:{accent_line}!important}}.v img{{filter:brightness(.86)}}\n\
         }}\n\
         [data-ogsc] .ink,[data-ogsc] .v h1,[data-ogsc] .v h2,[data-ogsc] .v strong{{color:{ink}!important}}[data-ogsc] .v p,[data-ogsc] .v li{{color:{ink_2}!important}}[data-ogsc] .ink3{{color:{ink_3}!important}}[data-ogsc] .link,[data-ogsc] .v a{{color:{accent_ink}!important}}\n\
         [data-ogsb] .bg{{background:{canvas}!important}}[data-ogsb] .card{{background:{surface}!important}}[data-ogsb] .btn{{background:{accent}!important}}\n"
    )
}

/// The striped edge of an envelope: cells of a table, so that it shows with pictures off.
fn stripes(c: &Colours) -> String {
    let mut out = "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" aria-hidden=\"true\" \
                   style=\"font-size:0;line-height:0\"><tr>"
        .to_owned();
    for i in 0..16 {
        let (class, colour) = if i % 4 == 0 { ("s1", c.accent) } else { ("s2", c.accent_line) };
        if i % 2 == 0 {
            let _ = write!(
                out,
                "<td class=\"{class}\" bgcolor=\"{colour}\" width=\"6%\" height=\"6\" style=\"background:{colour}\">&nbsp;</td>"
            );
        } else {
            out.push_str("<td width=\"6%\" height=\"6\">&nbsp;</td>\n");
        }
    }
    out.push_str("</tr></table>");
    out
}

/// One button: a cell with a ground of its own, so that it shows where padding on links does not.
pub(crate) fn button(c: &Colours, href: &str, label: &str) -> String {
    format!(
        "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:8px 0 22px\"><tr>\
         <td class=\"btn\" align=\"center\" bgcolor=\"{a}\" style=\"border-radius:10px;background:{a}\">\
         <a href=\"{href}\" style=\"display:inline-block;padding:17px 32px;font:600 17px/1.2 {SANS};color:#ffffff;\
         text-decoration:none;border-radius:10px\">{label}</a></td></tr></table>",
        a = c.accent,
    )
}

/// Text as HTML text or as a quoted attribute, in ASCII: what is beyond becomes a numeric entity, so that the HTML part
/// needs no transfer encoding, which would cost more than all the rest of a mail.
pub(crate) fn escape(text: &str, out: &mut String) {
    put(text, out, |b| match b {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'"' => "&quot;",
        b'\'' => "&#39;",
        _ => "",
    });
}

/// HTML with every character beyond ASCII as a numeric entity.
pub(crate) fn ascii(html: std::borrow::Cow<'_, str>) -> std::borrow::Cow<'_, str> {
    if html.is_ascii() {
        return html;
    }
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    put(&html, &mut out, |_| "");
    out.into()
}

fn put(text: &str, out: &mut String, entity: impl Fn(u8) -> &'static str) {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut at = 0;
    while let Some(b) = bytes.get(at) {
        let known = entity(*b);
        if b.is_ascii() && known.is_empty() {
            at += 1;
            continue;
        }
        out.push_str(&text[from..at]);
        let c = text[at..].chars().next().unwrap_or_default();
        match known {
            "" => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            known => out.push_str(known),
        }
        at += c.len_utf8();
        from = at;
    }
    out.push_str(&text[from..]);
}

/// The same as a new string.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(text, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_read_and_print() {
        assert_eq!("#0b5c6d".parse::<Colour>().unwrap().to_string(), "#0B5C6D");
        for bad in ["", "0b5c6d", "#0b5c6", "#0b5c6g", "red;x:url(", "#é5c6d"] {
            assert!(bad.parse::<Colour>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn everything_from_outside_is_escaped() {
        let frame = Frame::new(&Brand::plain("<b>\"N\""), Locale::En);
        let footer = Footer {
            lang: None,
            line: "<i>",
            links: &[("<l>", "https://x/\"><script>")],
            sender: "<s>",
            address: "<a>",
            notices: &[],
        };
        let html = frame.html("<t>", "<p>", "", &footer);
        for bad in ["<b>", "<i>", "<l>", "<script>", "<s>", "<a>", "<t>"] {
            assert!(!html.contains(bad), "{bad}");
        }
    }
}
