//! `/f/{slug}`: the sign-up form. The POST stores the act as it came and answers the same to everybody; whether the
//! address is known is found out by a job, later (DESIGN 4.1).
//!
//! Machines are told by a field that people do not see: what fills it in gets the same thanks, and nothing is stored.
//! The time token tells how old the page is: sent back within two seconds, after a day, or with a token that is not
//! ours, the form comes again with everything that was typed, and one more press is enough. A password manager may be
//! that fast; a person loses nothing.

use std::sync::Arc;
use std::time::Duration;

use volens_app::Workspace;
use volens_app::intake::{FormRow, SignUp};
use volens_core::address::{AddressError, EmailAddress};
use volens_core::purpose::{PurposeNo, Scope};
use volens_core::text::is_unusable;
use volens_core::token::{FormRender, TimeToken};

use crate::body::{Fields, Sent};
use crate::handlers::{key, promise};
use crate::pages::signup::{
    FIELD_EMAIL, FIELD_FIX, FIELD_KEEP, FIELD_NAME, FIELD_PURPOSE, FIELD_TIME, FIELD_TRAP, PurposeBox, SignupError,
};
use crate::pages::thanks::FIELD_AGAIN;
use crate::pages::trouble::What;
use crate::pages::{Hidden, NoticeLink, Repeat, Signup, Thanks};
use crate::visit::{Answer, Refusal, Visit};

/// A form that comes back sooner was filled in by a program.
const AT_LEAST: Duration = Duration::from_secs(2);
/// A form that comes back later shows what may have changed since.
const AT_MOST: Duration = Duration::from_secs(24 * 60 * 60);
/// Characters of a first name.
const NAME_MAX: usize = 100;

/// The form.
pub async fn look(mut visit: Visit) -> Answer {
    let shown = Shown::find(&mut visit)?;
    let time = shown.mint(&visit, visit.now());
    Ok(visit.page(&shown.page(&visit, &Typed::default(), time, Vec::new())))
}

/// Signing up, or sending the mail once more.
pub async fn press(Sent(mut visit): Sent) -> Answer {
    let shown = Shown::find(&mut visit)?;
    admit(&visit)?;
    let typed = Typed::read(&shown, &visit.fields);
    if visit.fields.all(FIELD_TRAP).any(|v| !v.is_empty()) {
        return Ok(visit.thanks(shown.thanks(&visit, &typed)));
    }
    let (time, stale) = shown.time(&visit);
    let (address, errors) = typed.check(stale);
    let (Some(address), []) = (address, errors.as_slice()) else {
        return Ok(visit.page(&shown.page(&visit, &typed, time, errors)));
    };
    let app = &visit.site.app;
    let blank = || visit.draw(&shown.page(&visit, &Typed::default(), String::new(), Vec::new()), true);
    let contexts = app.form_contexts(&visit.site.contexts, &shown.workspace, shown.form(), visit.locale(), blank).await;
    let contexts = contexts.map_err(|e| visit.failed(&e))?;
    let sign_up = typed.sign_up(&visit, address);
    app.sign_up(&shown.workspace, shown.form(), sign_up, contexts).await.map_err(|e| visit.failed(&e))?;
    Ok(visit.thanks(shown.thanks(&visit, &typed)))
}

/// Lets a network sign up so many times a minute.
fn admit(visit: &Visit) -> Result<(), Refusal> {
    let Some(network) = visit.network else { return Ok(()) };
    let admitted = visit.site.gate.admit(network, visit.site.settings.signups_a_minute, visit.now());
    admitted.map_err(|seconds| visit.trouble(What::TooMany { seconds }))
}

/// The form of an address, as it is shown now.
pub(crate) struct Shown {
    pub(crate) workspace: Arc<Workspace>,
    at: usize,
}

impl Shown {
    /// Finds it by its short name; the visit enters its workspace and language.
    pub(crate) fn find(visit: &mut Visit) -> Result<Self, Refusal> {
        let named = |w: &Arc<Workspace>| w.forms.iter().position(|f| f.slug == visit.tail());
        let found = visit.site.app.workspaces().into_iter().find_map(|w| named(&w).map(|at| Self { workspace: w, at }));
        let shown = found.ok_or_else(|| visit.trouble(What::NotFound))?;
        visit.workspace = Some(shown.workspace.clone());
        visit.form_speaks(shown.form().doc.locale);
        Ok(shown)
    }

    pub(crate) fn form(&self) -> &FormRow {
        &self.workspace.forms[self.at]
    }

    fn render(&self, visit: &Visit) -> FormRender {
        let FormRow { id, version, .. } = *self.form();
        FormRender { workspace: self.workspace.tenant.no, form: id, version, locale: visit.locale() }
    }

    fn mint(&self, visit: &Visit, issued: volens_core::Micros) -> String {
        TimeToken { issued }.mint(&visit.site.app.ring, &self.render(visit))
    }

    /// The time token for the next page, and whether the one that came is of no use. One that is only too young stays,
    /// so that the next press is not too fast again.
    fn time(&self, visit: &Visit) -> (String, bool) {
        let (ring, now) = (&visit.site.app.ring, visit.now());
        let came = visit.fields.one(FIELD_TIME).unwrap_or_default();
        match TimeToken::verify(came, ring, &self.render(visit)) {
            Ok(token) if token.age(now) <= AT_MOST && token.issued <= now => {
                (came.to_owned(), token.age(now) < AT_LEAST)
            }
            _ => (self.mint(visit, now), true),
        }
    }

    fn page(&self, visit: &Visit, typed: &Typed, time_token: String, errors: Vec<SignupError>) -> Signup {
        let (doc, locale) = (&self.form().doc, visit.locale());
        let text = self.workspace.text(doc.text, doc.text_version, locale);
        let (heading, lead) = text.map_or_else(Default::default, |(w, _)| (w.name.clone(), w.body.clone()));
        let notice = self.workspace.text(doc.notice, doc.notice_version, locale);
        let slug = &self.form().slug;
        Signup {
            action: format!("/f/{slug}"),
            heading,
            lead,
            purposes: doc.purposes.iter().map(|no| self.purpose_box(visit, *no, typed)).collect(),
            email: typed.email.clone(),
            first_name: typed.name.clone(),
            time_token,
            errors,
            notice: NoticeLink {
                path: format!("/privacy/{slug}"),
                since: notice.map_or_else(Default::default, |(_, since)| since),
            },
        }
    }

    fn purpose_box(&self, visit: &Visit, no: PurposeNo, typed: &Typed) -> PurposeBox {
        let words = promise(&self.workspace, Scope::whole(no), visit.locale());
        PurposeBox {
            key: key(&self.workspace, no),
            name: words.name,
            benefit: self.workspace.words(Scope::whole(no), visit.locale()).body,
            frequency: words.frequency,
            ticked: typed.ticked.contains(&no),
        }
    }

    /// The thanks: made from what came, never from what is known.
    fn thanks(&self, visit: &Visit, typed: &Typed) -> Thanks {
        let brand = [("brand", volens_mail::Arg::from(&self.workspace.name))];
        let first = self.form().doc.purposes.first().and_then(|no| self.workspace.offer.purpose(*no));
        let sender = first.and_then(|p| self.workspace.offer.sender(p.sender));
        let budget = visit.site.app.settings.confirmations_a_day;
        let left = u32::try_from(budget - 1).unwrap_or(0).saturating_sub(typed.again);
        let action = format!("/f/{}", self.form().slug);
        Thanks {
            email: typed.email.clone(),
            form: action.clone(),
            subject: visit.site.app.words.say(visit.locale(), "confirm-subject", &brand),
            from: sender.map_or_else(|| self.workspace.settings.contact_email.clone(), |s| s.email.clone()),
            again: (left > 0).then(|| Repeat { action, fields: typed.again(&self.workspace, &visit.fields) }),
            left_today: (left > 0).then_some(left),
            repeated: typed.again > 0,
        }
    }
}

/// What was typed and ticked.
#[derive(Debug, Default)]
struct Typed {
    email: String,
    name: String,
    ticked: Vec<PurposeNo>,
    /// The address looks like a slip and is right all the same.
    kept: bool,
    /// How often the mail was asked for once more.
    again: u32,
}

impl Typed {
    fn read(shown: &Shown, fields: &Fields) -> Self {
        let one = |name| fields.one(name).unwrap_or_default();
        let email = fields.one(FIELD_FIX).unwrap_or(one(FIELD_EMAIL));
        let wanted = |no: &PurposeNo| fields.all(FIELD_PURPOSE).any(|k| k == key(&shown.workspace, *no));
        Self {
            email: email.to_owned(),
            name: one(FIELD_NAME).trim().to_owned(),
            ticked: shown.form().doc.purposes.iter().copied().filter(wanted).collect(),
            kept: fields.one(FIELD_KEEP) == Some(email),
            again: one(FIELD_AGAIN).parse().unwrap_or(0),
        }
    }

    /// The address, and everything that stands in the way.
    fn check(&self, stale: bool) -> (Option<EmailAddress>, Vec<SignupError>) {
        let mut errors = Vec::new();
        let address = match EmailAddress::parse(&self.email) {
            Ok(address) => {
                let suggestion = address.suggestion().filter(|_| !self.kept);
                errors.extend(suggestion.map(|s| SignupError::EmailSlip {
                    typed_domain: address.domain_unicode().to_owned(),
                    suggestion: s.as_str().to_owned(),
                }));
                Some(address)
            }
            Err(error) => {
                errors.push(match error {
                    AddressError::Empty => SignupError::EmailMissing,
                    AddressError::TooLong { .. } | AddressError::LocalTooLong { .. } => SignupError::EmailTooLong,
                    _ => SignupError::EmailMalformed,
                });
                None
            }
        };
        if self.name.chars().count() > NAME_MAX || self.name.chars().any(is_unusable) {
            errors.push(SignupError::NameUnusable);
        }
        if self.ticked.is_empty() {
            errors.push(SignupError::NothingTicked);
        }
        if stale {
            errors.push(SignupError::Stale);
        }
        (address, errors)
    }

    fn sign_up(&self, visit: &Visit, address: EmailAddress) -> SignUp {
        let press = visit.press();
        SignUp {
            address,
            name: (!self.name.is_empty()).then(|| self.name.clone()),
            ticked: self.ticked.clone(),
            button: if self.again > 0 { "send_again" } else { "send" }.to_owned(),
            locale: visit.locale(),
            network: press.network,
            agent: press.agent,
        }
    }

    /// The same act for "send it again".
    fn again(&self, workspace: &Workspace, fields: &Fields) -> Vec<Hidden> {
        let hidden = |name: &str, value: &str| Hidden { name: name.to_owned(), value: value.to_owned() };
        let mut out = vec![hidden(FIELD_EMAIL, &self.email)];
        if self.kept {
            out.push(hidden(FIELD_KEEP, &self.email));
        }
        if !self.name.is_empty() {
            out.push(hidden(FIELD_NAME, &self.name));
        }
        out.extend(self.ticked.iter().map(|no| hidden(FIELD_PURPOSE, &key(workspace, *no))));
        out.push(hidden(FIELD_TIME, fields.one(FIELD_TIME).unwrap_or_default()));
        out.push(hidden(FIELD_AGAIN, &self.again.saturating_add(1).to_string()));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(email: &str, name: &str) -> Typed {
        Typed { email: email.into(), name: name.into(), ticked: vec![PurposeNo(1)], ..Typed::default() }
    }

    #[test]
    fn each_fault_has_its_name() {
        let errors = |t: &Typed| t.check(false).1;
        assert_eq!(errors(&typed("", "")), [SignupError::EmailMissing]);
        assert_eq!(errors(&typed("luca", "")), [SignupError::EmailMalformed]);
        assert_eq!(errors(&typed(&"x".repeat(10_000), "")), [SignupError::EmailTooLong]);
        assert_eq!(errors(&typed("a@example.org\r\nBcc: b@example.org", "")), [SignupError::EmailMalformed]);
        for name in ["x\r\ny", "\u{202E}evil", "a\u{0}b", "x\u{200B}", &"n".repeat(101)] {
            assert_eq!(errors(&typed("a@example.org", name)), [SignupError::NameUnusable], "{name:?}");
        }
        for name in ["Ana María", "O’Neill", "Zoë", "مريم", "Jean-Luc", &"n".repeat(100)] {
            assert_eq!(errors(&typed("a@example.org", name)), [], "{name:?}");
        }
        let slip = typed("a@gmial.com", "");
        assert!(
            matches!(&errors(&slip)[..], [SignupError::EmailSlip { suggestion, .. }] if suggestion == "a@gmail.com")
        );
        assert_eq!(errors(&Typed { kept: true, ..slip }), []);
    }
}
