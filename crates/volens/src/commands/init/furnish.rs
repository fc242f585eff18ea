//! The first workspace: a sender, a purpose, a form, a notice.

use std::collections::BTreeMap;

use volens_app::{App, WorkspaceSettings};
use volens_core::locale::Locale;
use volens_core::permission::SourceKind;
use volens_core::purpose::{Class, PurposeNo, SenderNo, SourceNo};
use volens_mail::Brand;
use volens_store::Tenant;
use volens_store::form::{FormDoc, FormRow};
use volens_store::purpose::{Addition, NewText, PurposeRow, SenderRow, SourceRow, TextKey, Words};

use super::words::{self, TEXTS};
use super::{UNEDITED, UNEDITED_EMAIL, UNKNOWN_COUNTRY};
use crate::cli::InitArgs;
use crate::request::{Failure, Kind};

/// Makes it; gives the address of the form.
///
/// # Errors
/// When a flag holds what cannot be used, or the database fails.
pub async fn furnish(app: &App, args: &InitArgs, name: Option<&str>) -> Result<String, Failure> {
    let name = name.unwrap_or("My workspace");
    let sender = sender(app, args, name)?;
    let settings = WorkspaceSettings {
        schema: 1,
        zone: zone(&args.zone)?,
        contact_email: sender.email.clone(),
        feedback_sender: feedback_sender(name),
        brand: Brand::plain(name),
        theme: serde_json::Value::Null,
        home_form: Some(words::FORM.into()),
    };
    let postal = sender.postal_address.clone();
    let email = sender.email.clone();
    let legal = sender.name.clone();
    let tenant = app.create_workspace(&slug(name), name, &settings).await?;
    let sender = SenderNo(app.add_to_offer(tenant, Addition::Sender(sender)).await?);
    let fill = |text: &str| {
        let filled = text.replace("{name}", name).replace("{legal}", &legal);
        filled.replace("{postal}", &postal).replace("{email}", &email)
    };
    let purpose_text = add_text(app, tenant, 0, &fill).await?;
    let form_text = add_text(app, tenant, 1, &fill).await?;
    let notice = add_text(app, tenant, 2, &fill).await?;
    let row = PurposeRow {
        no: PurposeNo(0),
        id: app.id(),
        slug: words::PURPOSE.into(),
        class: Class::Newsletter,
        sender,
        text: purpose_text,
    };
    let purpose = PurposeNo(app.add_to_offer(tenant, Addition::Purpose(row)).await?);
    let host = app.settings.mail_host.clone();
    let row = SourceRow { no: SourceNo(0), kind: SourceKind::Website, name: host, text: None };
    let source = SourceNo(app.add_to_offer(tenant, Addition::Source(row)).await?);
    let doc = FormDoc {
        schema: 1,
        text: form_text.id,
        text_version: form_text.version,
        notice: notice.id,
        notice_version: notice.version,
        purposes: vec![purpose],
        locale: Locale::En,
    };
    let form = FormRow { id: app.id(), version: 1, slug: words::FORM.into(), source, doc };
    app.store.publish_form(tenant, form, app.now()).await?;
    app.reload().await?;
    Ok(app.links(tenant.no).form(words::FORM))
}

fn sender(app: &App, args: &InitArgs, name: &str) -> Result<SenderRow, Failure> {
    let host = &app.settings.mail_host;
    let email = args.email.clone().unwrap_or_else(|| format!("{UNEDITED_EMAIL}{host}"));
    if args.email.is_some() {
        let parsed = volens_core::address::EmailAddress::parse(&email);
        parsed.map_err(|e| Failure::new(Kind::Usage, format!("--email: {e}")))?;
    }
    let country = args.country.as_deref().unwrap_or(UNKNOWN_COUNTRY).to_ascii_uppercase();
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(Failure::new(Kind::Usage, "--country: write two letters, like IT or FR"));
    }
    let postal = args.postal_address.clone();
    Ok(SenderRow {
        no: SenderNo(0),
        id: app.id(),
        slug: slug(name),
        name: args.legal_name.clone().unwrap_or_else(|| name.to_owned()),
        country,
        postal_address: postal.unwrap_or_else(|| format!("{UNEDITED}: street and number, postcode and town, country")),
        email,
    })
}

fn zone(name: &str) -> Result<String, Failure> {
    volens_mail::Zone::named(name).map_err(|e| Failure::new(Kind::Usage, format!("--zone: {e}")))?;
    Ok(name.to_owned())
}

async fn add_text(app: &App, tenant: Tenant, which: usize, fill: &impl Fn(&str) -> String) -> Result<TextKey, Failure> {
    let words = |texts: &[[&str; 3]; 3]| {
        let [name, body, frequency] = texts[which].map(fill);
        Words { name, body, frequency }
    };
    let words: BTreeMap<Locale, Words> = TEXTS.iter().map(|(locale, texts)| (*locale, words(texts))).collect();
    let key = TextKey { id: app.id(), version: 1 };
    app.add_to_offer(tenant, Addition::Text(NewText { id: key.id, version: key.version, words })).await?;
    Ok(key)
}

/// A short name out of a name: small letters, figures, hyphens.
fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty());
    let slug: String = parts.collect::<Vec<_>>().join("-").chars().take(40).collect();
    if slug.is_empty() { "main".into() } else { slug }
}

/// The sender in Feedback-ID, which must have 5 to 15 characters.
fn feedback_sender(name: &str) -> String {
    format!("{:-<5}", slug(name)).chars().take(15).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_makes_a_sender_that_mails_can_name() {
        for name in ["Acme", "X", "日本", "Nordic Bakery of the Long Name", "!?", "7"] {
            let sender = feedback_sender(name);
            volens_mail::FeedbackId::new("system", "service", "transactional", &sender).unwrap();
        }
    }

    #[test]
    fn short_names() {
        for (name, wanted) in [("Nordic Bakery", "nordic-bakery"), ("Ärzte & Co.", "rzte-co"), ("日本", "main")] {
            assert_eq!(slug(name), wanted);
        }
    }

    #[test]
    fn every_language_has_every_text() {
        assert_eq!(TEXTS.map(|(l, _)| l), Locale::ALL);
        for (locale, texts) in TEXTS {
            for (i, [name, body, frequency]) in texts.iter().enumerate() {
                assert!(!name.is_empty() && !body.is_empty(), "{locale} {i}");
                assert_eq!(frequency.is_empty(), i != 0, "{locale} {i}");
            }
        }
    }
}
