//! The inbox: every mail that the catcher took, as a mailbox would show it.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use minijinja::context;
use serde::Deserialize;

use super::Plant;
use super::catcher::Mail;
use super::client::{Ask, ask, encode, send_mail, split};
use super::view::{Shared, Views, shown};

/// Mails on a page.
const PAGE: usize = 50;
/// Headers that say something to people.
const HEADERS: [&str; 9] = [
    "From",
    "To",
    "Subject",
    "Date",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "Feedback-ID",
    "Message-ID",
];
/// A mail's HTML runs nothing and fetches nothing; its links open pages of their own.
const MAIL_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                           img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'";
/// How long a mailbox waits for an answer to its one click.
const LIMIT: Duration = Duration::from_secs(15);

#[derive(Deserialize)]
pub struct Listing {
    #[serde(default)]
    to: String,
    #[serde(default)]
    page: usize,
}

/// The list, newest first.
pub async fn list(State(views): State<Shared>, Query(query): Query<Listing>) -> Response {
    let to = query.to.trim().to_owned();
    let (mails, all) = views.demo.catcher.page(&to, query.page.saturating_mul(PAGE), PAGE);
    let mails: Vec<_> = mails.into_iter().map(|(number, slip)| context! { number, slip => shown(slip) }).collect();
    let last = all.saturating_sub(1) / PAGE;
    let link = |page: usize| format!("/inbox?to={}&page={page}", encode(&to));
    let newer = (query.page > 0).then(|| link(query.page - 1));
    let older = (query.page < last).then(|| link(query.page + 1));
    views.page(
        "inbox.html",
        context! { said => views.said(), to, mails, all => all as u64, newer, older, page => query.page + 1, pages => last + 1 },
    )
}

fn find(views: &Views, number: usize) -> Result<Mail, Box<Response>> {
    let missing = || Box::new((StatusCode::NOT_FOUND, "There is no mail of that number.\n").into_response());
    views.demo.catcher.mail(number).ok_or_else(missing)
}

/// One mail.
pub async fn mail(State(views): State<Shared>, Path(number): Path<usize>) -> Response {
    let mail = match find(&views, number) {
        Ok(mail) => mail,
        Err(response) => return *response,
    };
    let headers: Vec<_> = HEADERS
        .iter()
        .filter_map(|name| {
            Some(context! { name => *name, value => mail.header(name).map(|v| decoded(name, &v, &mail))? })
        })
        .collect();
    let (html, text) = mail.parts();
    let (one_click, mailto) = mail.ways_out();
    views.page(
        "mail.html",
        context! {
            said => views.said(), number, headers, text,
            slip => shown(&mail.slip),
            html => html.is_some(),
            one_click => one_click.is_some(),
            mailto => mailto.is_some(),
        },
    )
}

/// A header as people read it: words in other alphabets are written in code on the wire (RFC 2047).
fn decoded(name: &str, raw: &str, mail: &Mail) -> String {
    match name {
        "Subject" => mail.slip.subject.clone(),
        "From" | "To" if raw.contains("=?") => mail.person(name).unwrap_or_else(|| raw.to_owned()),
        _ => raw.to_owned(),
    }
}

/// Its HTML, in a frame that can do nothing.
pub async fn html(State(views): State<Shared>, Path(number): Path<usize>) -> Response {
    let mail = match find(&views, number) {
        Ok(mail) => mail,
        Err(response) => return *response,
    };
    let html = mail.parts().0.unwrap_or_default().replacen("<head>", "<head><base target=\"_blank\">", 1);
    let mut response = Html(html).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(MAIL_POLICY));
    response
}

/// All its octets.
pub async fn raw(State(views): State<Shared>, Path(number): Path<usize>) -> Response {
    match find(&views, number) {
        Ok(mail) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], mail.raw).into_response(),
        Err(response) => *response,
    }
}

/// Leaves as a mailbox does by itself: one POST without a page (RFC 8058).
pub async fn one_click(State(views): State<Shared>, Path(number): Path<usize>) -> Response {
    let mail = match find(&views, number) {
        Ok(mail) => mail,
        Err(response) => return *response,
    };
    let page = format!("/inbox/{number}");
    let url = mail.ways_out().0.unwrap_or_default();
    let Some((addr, path)) = split(&url).filter(|(addr, _)| *addr == views.demo.server.addr()) else {
        return views.back(&page, "This mail has no link for one click.");
    };
    if views.demo.plant == Some(Plant::LostOneClick) {
        return views.back(&page, "The server answered 200.");
    }
    let said = match ask(addr, Ask::post(path, "List-Unsubscribe=One-Click"), LIMIT).await {
        Ok(answer) if answer.status == 200 => "The server answered 200: left, with one click.".to_owned(),
        Ok(answer) => {
            format!("The server answered {}: {}", answer.status, answer.text().chars().take(80).collect::<String>())
        }
        Err(e) => e.to_string(),
    };
    views.back(&page, said)
}

/// Leaves as a mailbox does that knows no one click: by an empty mail.
pub async fn mailto(State(views): State<Shared>, Path(number): Path<usize>) -> Response {
    let mail = match find(&views, number) {
        Ok(mail) => mail,
        Err(response) => return *response,
    };
    let page = format!("/inbox/{number}");
    let (Some(to), Some(port)) = (mail.ways_out().1, views.demo.server.intake()) else {
        return views
            .back(&page, "No mail can be sent just now: the server is down, or the mail names no address for it.");
    };
    let from = mail.slip.to.first().cloned().unwrap_or_default();
    let said = match send_mail(port, &from, &to).await {
        Ok(reply) => format!("The server took the mail ({reply}): left, by mail."),
        Err(e) => e.to_string(),
    };
    views.back(&page, said)
}
