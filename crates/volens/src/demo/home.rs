//! The home page: the story in one place. Its live part comes again every two seconds, without a script; the search box
//! stands outside of it, so that nothing typed is lost.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use minijinja::context;
use serde::Deserialize;
use serde_json::Value;

use super::client::{Ask, encode};
use super::figures::{CampaignFigures, Scene};
use super::parent::Plug;
use super::seed::FORM;
use super::server::RATE;
use super::view::{Shared, now, shown};

/// How often the live part comes again.
const EVERY: &str = "2";
/// Names that the live part lists.
const NAMED: usize = 8;

/// The page around the live part.
pub async fn look(State(views): State<Shared>, Query(query): Query<Live>) -> Response {
    let still = query.still.is_some();
    let demo = &views.demo;
    let form = format!("http://{}/f/{FORM}", demo.server.addr());
    let folder = demo.folder.root().display().to_string();
    let config = demo.folder.root().join(crate::config::FILE).display().to_string();
    let (people, rate) = (demo.folder.marker.people as u64, RATE);
    views.page("home.html", context! { said => views.said(), form, folder, config, people, rate, still })
}

#[derive(Deserialize)]
pub struct Live {
    #[serde(default)]
    still: Option<String>,
}

/// The part that lives.
pub async fn live(State(views): State<Shared>, Query(query): Query<Live>) -> Response {
    let demo = &views.demo;
    let (scene, up) = demo.server.scene().await;
    let still = query.still.is_some();
    let main = scene.campaigns.iter().find(|c| c.queued_at > 0);
    let catcher = &demo.catcher;
    let confirmation = catcher.newest(|s| s.confirm.is_some());
    let caught = main.map(|c| catcher.of_stream(c.stream) as u64);
    let plugs: Vec<_> = demo.server.plugs().iter().rev().take(3).map(|p| plug_context(p, &scene)).collect();
    let drafts = scene.campaigns.iter().any(|c| c.state == "draft");
    let mut response = views.page(
        "live.html",
        context! {
            up, still, plugs, caught, drafts,
            pid => scene.pid,
            sentence => sentence(main),
            equation => main.map(|c| c.books.equation()),
            main => main.map(shown),
            bar => main.map(bar),
            named => NAMED,
            campaigns => shown(&scene.campaigns),
            greta => scene.greta.as_ref().map(|(who, leave)| context! { who => shown(who), leave }),
            relay => scene.relay,
            confirmation => confirmation.map(|(number, slip)| context! { number, to => slip.to.first() }),
            mails => catcher.count() as u64,
            now => now(),
        },
    );
    if !still {
        response.headers_mut().insert(HeaderName::from_static("refresh"), HeaderValue::from_static(EVERY));
    }
    response
}

/// What was found after a death, and what became of it.
fn plug_context(plug: &Plug, scene: &Scene) -> minijinja::Value {
    let balances = scene.campaigns.iter().all(|c| c.books.balances());
    context! {
        at => plug.at.0,
        pulled => plug.pulled,
        away => i64::try_from(plug.away.as_micros()).unwrap_or(0),
        found => shown(&plug.found),
        balances,
    }
}

/// The state of things in one sentence: before, the number that matters, after.
fn sentence(main: Option<&CampaignFigures>) -> minijinja::Value {
    let Some(c) = main else {
        return context! { before => "Nothing was sent yet. A letter is ready.", figure => "", after => "" };
    };
    let (sent, waiting) = (c.books.sent, c.books.planned + c.books.sending);
    let not = c.books.rows - sent.min(c.books.rows) - waiting + c.left_out.iter().map(|l| l.1).sum::<u64>();
    let people = if sent == 1 { "person has it" } else { "people have it" };
    match c.state.as_str() {
        "planning" => context! { before => "Looking at everybody:", figure => c.books.rows, after => "rows so far." },
        "running" => context! {
            before => "",
            figure => sent,
            after => format!("{people}. {} wait for their turn.", super::figures::count(waiting)),
        },
        "paused" => context! {
            before => "Paused.",
            figure => sent,
            after => format!("{people}, {} wait.", super::figures::count(waiting)),
        },
        _ => context! {
            before => "",
            figure => sent,
            after => format!(
                "{} got it. {} did not, and here is why.",
                if sent == 1 { "person" } else { "people" },
                super::figures::count(not)
            ),
        },
    }
}

/// The bar of a campaign in thousandths: sent, on its way or unknown, waiting, may not.
fn bar(c: &CampaignFigures) -> minijinja::Value {
    let all = c.books.rows.max(1);
    let part = |n: u64| n * 1_000 / all;
    let sent = part(c.books.sent);
    let open = part(c.books.planned + c.books.sending);
    context! { sent, open, rest => 1_000 - sent - open }
}

#[derive(Deserialize)]
pub struct Search {
    #[serde(default)]
    address: String,
}

/// Why, or why not, and what the person saw.
pub async fn people(State(views): State<Shared>, Query(search): Query<Search>) -> Response {
    let address = search.address.trim().to_owned();
    let mut person: Option<Value> = None;
    let mut trouble = None;
    if !address.is_empty() {
        let path = format!("/demo/api/person?address={}", encode(&address));
        match views.demo.server.api::<Value>(Ask::get(&path)).await {
            Ok(found) => person = Some(found),
            Err(why) => trouble = Some(why),
        }
    }
    let (_, mails) = views.demo.catcher.page(&address, 0, 0);
    let person = person.map(shown);
    views.page("people.html", context! { said => views.said(), address, person, trouble, mails => mails as u64 })
}

#[derive(Deserialize)]
pub struct Step {
    name: String,
    step: String,
}

/// Send, pause, resume.
pub async fn campaign(State(views): State<Shared>, Form(step): Form<Step>) -> Response {
    let path = format!("/demo/api/campaign?name={}&step={}", encode(&step.name), encode(&step.step));
    let done = views.demo.server.api::<Value>(Ask::post(&path, "")).await;
    views.back("/", done.err().unwrap_or_default())
}

/// Writes another letter.
pub async fn second(State(views): State<Shared>) -> Response {
    let done = views.demo.server.api::<Value>(Ask::post("/demo/api/second", "")).await;
    let said = done.map(|v| format!("“{}” is written and ready.", v["name"].as_str().unwrap_or_default()));
    views.back("/", said.unwrap_or_else(|why| why))
}

/// Kills the server.
pub async fn plug(State(views): State<Shared>) -> Response {
    let said = match views.demo.server.pull_the_plug() {
        true => "The server was killed with signal 9. It is being started again.",
        false => "The server is down already; it is being started.",
    };
    views.back("/", said)
}
