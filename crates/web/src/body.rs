//! What forms send: read within bounds, urlencoded or multipart, as a list of fields.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;

use crate::limits::WebSettings;
use crate::pages::trouble::What;
use crate::pages::{FIELD_LANG, Hidden};
use crate::visit::{Refusal, Site, Visit};

/// More fields than any form of ours has.
const FIELDS: usize = 200;
/// So many bytes are read and dropped before a form that is too large is answered: a client that is cut off while it
/// still sends never sees why.
const DRAIN: u64 = 32 * 1024 * 1024;
/// The longest value that is handed back for another try.
const AGAIN: usize = 2_000;

/// Names and values in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first value of that name.
    #[must_use]
    pub fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of that name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Whether a field of that name came, in any case, with that value, in any case (RFC 8058 3.2).
    #[must_use]
    pub fn says(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(n, v)| n.eq_ignore_ascii_case(name) && v.trim().eq_ignore_ascii_case(value))
    }

    /// The same fields for a button that repeats the act; its form adds the language.
    #[must_use]
    pub fn again(&self) -> Vec<Hidden> {
        let kept =
            self.0.iter().filter(|(name, value)| name != FIELD_LANG && value.len() <= AGAIN && name.len() <= 100);
        kept.map(|(name, value)| Hidden { name: name.clone(), value: value.clone() }).collect()
    }
}

/// A POST with its fields.
pub struct Sent(pub Visit);

impl FromRequest<Site> for Sent {
    type Rejection = Refusal;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let mut visit = Visit::new(&parts, site);
        match read(&parts.headers, body, &site.settings).await {
            Ok(fields) => {
                visit.take(fields);
                Ok(Self(visit))
            }
            Err(what) => Err(visit.trouble(what)),
        }
    }
}

/// The fields of a form.
async fn read(headers: &HeaderMap, body: Body, settings: &WebSettings) -> Result<Fields, What> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    let too_large = |bytes: u64| bytes > settings.body_bytes as u64;
    // Who waits for "100 Continue" has sent nothing yet, and need not.
    if announced.is_some_and(|n| n > DRAIN || (too_large(n) && headers.contains_key(header::EXPECT))) {
        return Err(What::TooLarge);
    }
    let bytes = tokio::time::timeout(settings.body_time, collect(body, settings.body_bytes)).await;
    let bytes = bytes.map_err(|_| What::Slow)??;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-www-form-urlencoded" => urlencoded(&bytes),
        "multipart/form-data" => multipart(kind, bytes).await,
        _ => Err(What::Unsupported),
    }
}

/// The bytes of the body; of one that is too large nothing is kept.
async fn collect(mut body: Body, most: usize) -> Result<Bytes, What> {
    let (mut out, mut total) = (Vec::new(), 0_u64);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| What::Unreadable)?.into_data() else { continue };
        total += data.len() as u64;
        if total > DRAIN {
            return Err(What::TooLarge);
        }
        if total <= most as u64 {
            out.extend_from_slice(&data);
        } else {
            out = Vec::new();
        }
    }
    if total > most as u64 { Err(What::TooLarge) } else { Ok(out.into()) }
}

fn urlencoded(bytes: &[u8]) -> Result<Fields, What> {
    let fields: Vec<_> =
        form_urlencoded::parse(bytes).take(FIELDS + 1).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    if fields.len() > FIELDS { Err(What::Unreadable) } else { Ok(Fields(fields)) }
}

async fn multipart(kind: &str, bytes: Bytes) -> Result<Fields, What> {
    let request = Request::builder().header(header::CONTENT_TYPE, kind).body(Body::from(bytes));
    let request = request.map_err(|_| What::Unreadable)?;
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| What::Unreadable)?;
    let mut fields = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(|_| What::Unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        fields.push((name, part.text().await.map_err(|_| What::Unreadable)?));
        if fields.len() > FIELDS {
            return Err(What::Unreadable);
        }
    }
    Ok(Fields(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_one_click_is_read_in_any_case() {
        let fields = urlencoded(b"purpose=a&list-unsubscribe=ONE-click&purpose=b%20c&lang=it").unwrap();
        assert_eq!(fields.all("purpose").collect::<Vec<_>>(), ["a", "b c"]);
        assert!(fields.says("List-Unsubscribe", "One-Click"));
        assert!(fields.again().iter().all(|h| h.name != "lang"));
        assert_eq!(urlencoded("x=1&".repeat(201).as_bytes()), Err(What::Unreadable));
    }
}
