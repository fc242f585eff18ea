//! The mails that Volens writes by itself, in the reader's language and the workspace's look.
//!
//! Each is made of blocks that write the HTML and the text part at once, so that both always say the same.

use volens_core::{Locale, Micros};

use crate::compiled::Rendered;
use crate::header::HeaderText;
use crate::layout::{Brand, Colours, Footer, Frame, SANS, VOICE, escape, escaped};
use crate::words::{Arg, Words};
use crate::wrap::wrap;
use crate::zone::Zone;

/// One thing that somebody ticked.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The purpose's name: `The Bread letter`.
    pub name: &'a str,
    /// The words beside the box, exactly as they stood there; empty where there were none.
    pub wording: &'a str,
    /// The promise: `Every Thursday, by e-mail`.
    pub frequency: &'a str,
}

/// Who sends: stated in every mail.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The legal person.
    pub name: &'a str,
    /// Its postal address, in one line.
    pub postal_address: &'a str,
    /// Where to write to.
    pub contact: Option<&'a str>,
    /// Its privacy notice.
    pub privacy_url: Option<&'a str>,
}

/// Asks for the one press that makes a sign-up a permission. No advert, no picture.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    /// What was ticked.
    pub choices: &'a [Choice<'a>],
    /// Where, as people know it: `nordicbakery.example`.
    pub place: &'a str,
    /// When the form was sent.
    pub asked_at: Micros,
    /// Until when the button works.
    pub until: Micros,
    /// The page with the button.
    pub confirm_url: &'a str,
    /// The page that stops such mails for 30 days.
    pub not_me_url: &'a str,
}

/// Goes out after the press.
#[derive(Clone, Copy, Debug)]
pub struct Welcome<'a> {
    /// What was joined.
    pub choices: &'a [Choice<'a>],
    /// From [`crate::reason_line`].
    pub reason: &'a str,
    /// The choices page.
    pub choices_url: &'a str,
    /// The leave page.
    pub leave_url: &'a str,
}

/// Answers a confirmed reader who signed up again, where others get a confirmation.
#[derive(Clone, Copy, Debug)]
pub struct AlreadyReader<'a> {
    /// Where the form stands.
    pub place: &'a str,
    /// When it was sent.
    pub asked_at: Micros,
    /// The choices page.
    pub choices_url: &'a str,
}

/// A confirmation for just what was added on the choices page, or brought back after leaving.
#[derive(Clone, Copy, Debug)]
pub struct AddedChoice<'a> {
    /// What was added.
    pub choices: &'a [Choice<'a>],
    /// Whether the reader had left it before.
    pub brought_back: bool,
    /// When it was asked for.
    pub asked_at: Micros,
    /// Until when the button works.
    pub until: Micros,
    /// The page with the button.
    pub confirm_url: &'a str,
}

/// A mail that Volens writes by itself.
#[derive(Clone, Copy, Debug)]
pub enum SystemMail<'a> {
    /// See [`Confirmation`].
    Confirmation(Confirmation<'a>),
    /// See [`Welcome`].
    Welcome(Welcome<'a>),
    /// See [`AlreadyReader`].
    AlreadyReader(AlreadyReader<'a>),
    /// See [`AddedChoice`].
    AddedChoice(AddedChoice<'a>),
}

impl SystemMail<'_> {
    /// The mail in `locale`; dates are told in `zone`, the workspace's own.
    #[must_use]
    pub fn render(&self, words: &Words, brand: &Brand, sender: &Sender<'_>, locale: Locale, zone: &Zone) -> Rendered {
        let mut sheet = Sheet { words, locale, zone, brand, html: String::with_capacity(4096), text: String::new() };
        let (stem, foot) = match self {
            Self::Confirmation(c) => ("confirm", sheet.confirmation(c)),
            Self::Welcome(w) => ("welcome", sheet.welcome(w)),
            Self::AlreadyReader(a) => ("already", sheet.already(a)),
            Self::AddedChoice(a) => (if a.brought_back { "back" } else { "added" }, sheet.added(a)),
        };
        sheet.finish(stem, &foot, sender)
    }
}

/// The line under the sheet and its links.
struct Foot<'a> {
    line: String,
    links: Vec<(String, &'a str)>,
}

/// A mail while it is written.
struct Sheet<'a> {
    words: &'a Words,
    locale: Locale,
    zone: &'a Zone,
    brand: &'a Brand,
    html: String,
    text: String,
}

impl Sheet<'_> {
    fn confirmation<'m>(&mut self, mail: &Confirmation<'m>) -> Foot<'m> {
        let when = self.when(mail.asked_at);
        let until = self.when(mail.until);
        let not_me = self.say("confirm-not-me", &[]);
        self.title("confirm-title");
        self.paragraph("confirm-lead", &[("when", Arg::from(&when)), ("place", mail.place.into())]);
        self.choices(mail.choices);
        self.button("confirm-button", mail.confirm_url);
        self.paragraph("confirm-until", &[("when", Arg::from(&until))]);
        Foot {
            line: self.say("confirm-reason", &[("label", Arg::from(&not_me))]),
            links: vec![(not_me, mail.not_me_url)],
        }
    }

    fn welcome<'m>(&mut self, mail: &Welcome<'m>) -> Foot<'m> {
        self.title("welcome-title");
        self.paragraph("welcome-lead", &[]);
        self.choices(mail.choices);
        self.paragraph("welcome-change", &[]);
        self.link("footer-change", mail.choices_url);
        let links =
            vec![(self.say("footer-change", &[]), mail.choices_url), (self.say("footer-leave", &[]), mail.leave_url)];
        Foot { line: mail.reason.to_owned(), links }
    }

    fn already<'m>(&mut self, mail: &AlreadyReader<'m>) -> Foot<'m> {
        let when = self.when(mail.asked_at);
        self.title("already-title");
        self.paragraph("already-lead", &[("when", Arg::from(&when)), ("place", mail.place.into())]);
        self.paragraph("already-ask", &[]);
        self.button("already-button", mail.choices_url);
        Foot { line: self.say("already-reason", &[]), links: Vec::new() }
    }

    fn added<'m>(&mut self, mail: &AddedChoice<'m>) -> Foot<'m> {
        let when = self.when(mail.asked_at);
        let until = self.when(mail.until);
        let [title, lead, button] = match mail.brought_back {
            true => ["back-title", "back-lead", "back-button"],
            false => ["added-title", "added-lead", "added-button"],
        };
        self.title(title);
        self.paragraph(lead, &[("when", Arg::from(&when))]);
        self.choices(mail.choices);
        self.button(button, mail.confirm_url);
        self.paragraph("added-until", &[("when", Arg::from(&until))]);
        Foot { line: self.say("added-reason", &[]), links: Vec::new() }
    }

    fn say(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.words.say(self.locale, key, args)
    }

    fn when(&self, at: Micros) -> String {
        self.words.on_date_at(self.locale, at, self.zone)
    }

    fn colours(&self) -> &Colours {
        &self.brand.light
    }

    fn title(&mut self, key: &str) {
        let said = self.say(key, &[]);
        self.html.push_str(&format!(
            "<h1 style=\"margin:0 0 14px;font:600 28px/1.2 {VOICE};letter-spacing:-.01em;color:{}\">{}</h1>\n",
            self.colours().ink,
            escaped(&said)
        ));
        self.text.push_str(&said);
        self.text.push_str("\n\n");
    }

    fn paragraph(&mut self, key: &str, args: &[(&str, Arg<'_>)]) {
        let said = self.say(key, args);
        self.html.push_str(&self.open_paragraph());
        escape(&said, &mut self.html);
        self.html.push_str("</p>\n");
        wrap(&said, &mut self.text);
        self.text.push_str("\n\n");
    }

    fn open_paragraph(&self) -> String {
        format!("<p style=\"margin:0 0 16px;font:400 16px/1.6 {SANS};color:{}\">", self.colours().ink_2)
    }

    fn link(&mut self, key: &str, url: &str) {
        let label = self.say(key, &[]);
        self.html.push_str(&self.open_paragraph());
        self.html.push_str(&format!(
            "<a class=\"link\" href=\"{}\" style=\"color:{};text-decoration:underline\">{}</a></p>\n",
            escaped(url),
            self.colours().accent_ink,
            escaped(&label)
        ));
        self.text.push_str(&format!("{label}\n{url}\n\n"));
    }

    fn button(&mut self, key: &str, url: &str) {
        let label = self.say(key, &[]);
        self.html.push_str(&crate::layout::button(self.colours(), &escaped(url), &escaped(&label)));
        self.html.push('\n');
        self.text.push_str(&format!("{label}\n{url}\n\n"));
    }

    /// What was ticked: name, words, promise, each after a tick.
    fn choices(&mut self, choices: &[Choice<'_>]) {
        let Colours { ink, ink_3, line, accent_ink, .. } = *self.colours();
        self.html.push_str(
            "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:0 0 24px\">",
        );
        for choice in choices {
            self.html.push_str(&format!(
                "<tr><td valign=\"top\" width=\"30\" style=\"border-top:1px solid {line};padding:12px 0\">\
                 <span class=\"link\" style=\"font:700 18px/1.3 {SANS};color:{accent_ink}\">&#10003;</span></td>\
                 <td style=\"border-top:1px solid {line};padding:12px 0;font:400 15px/1.5 {SANS};color:{ink}\">\
                 <strong style=\"color:{ink};font-weight:600\">{}</strong>",
                escaped(choice.name)
            ));
            self.text.push_str(&format!("* {}\n", choice.name));
            for detail in [choice.wording, choice.frequency].into_iter().filter(|d| !d.is_empty()) {
                self.html.push_str(&format!(
                    "<br><span class=\"ink3\" style=\"color:{ink_3};font-size:14px\">{}</span>",
                    escaped(detail)
                ));
                self.text.push_str(&format!("  {detail}\n"));
            }
            self.html.push_str("</td></tr>");
        }
        self.html.push_str("</table>\n");
        self.text.push('\n');
    }

    fn finish(mut self, stem: &str, foot: &Foot<'_>, sender: &Sender<'_>) -> Rendered {
        let brand = [("brand", Arg::from(&self.brand.name))];
        let subject = HeaderText::owned(self.say(&format!("{stem}-subject"), &brand));
        let preview = self.say(&format!("{stem}-preview"), &[]);
        let links: Vec<(&str, &str)> = foot.links.iter().map(|(label, url)| (label.as_str(), *url)).collect();
        let contact = sender.contact.map(|c| format!("mailto:{c}"));
        let [write, privacy] = ["footer-contact", "footer-privacy"].map(|k| self.say(k, &[]));
        let notices: Vec<(&str, &str)> = [(&write, contact.as_deref()), (&privacy, sender.privacy_url)]
            .into_iter()
            .filter_map(|(label, url)| Some((label.as_str(), url?)))
            .collect();
        let footer = Footer {
            lang: None,
            line: &foot.line,
            links: &links,
            sender: sender.name,
            address: sender.postal_address,
            notices: &notices,
        };
        let html = Frame::new(self.brand, self.locale).html(subject.as_str(), &preview, &self.html, &footer);
        self.text.truncate(self.text.trim_end().len());
        footer.text(&mut self.text);
        Rendered { subject, html, text: self.text }
    }
}
