//! The home page: the story in one place. Its live part comes again every two seconds, without a script; the search box
//! stands outside of it, so that nothing typed is lost.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use minijinja::context;
use serde::Deserialize;
use serde_json::Value;

use super::catcher::Slip;
use super::client::{Ask, encode};
use super::figures::{ANSWER, CampaignFigures, Found, Scene};
use super::parent::{No, Plug};
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
    let main = main(&scene);
    let stand = Stand {
        up,
        still,
        caught: main.map(|c| demo.catcher.of_stream(c.stream) as u64),
        confirmation: demo.catcher.newest(|s| s.confirm.is_some()),
        mails: demo.catcher.count() as u64,
        plugs: demo.server.plugs(),
    };
    let mut response = views.page("live.html", drawn(&scene, &stand));
    if !still {
        response.headers_mut().insert(HeaderName::from_static("refresh"), HeaderValue::from_static(EVERY));
    }
    response
}

/// What the live part shows beside the scene.
struct Stand {
    up: bool,
    still: bool,
    caught: Option<u64>,
    confirmation: Option<(usize, Slip)>,
    mails: u64,
    plugs: Vec<Plug>,
}

/// The campaign that the live part is about: the one that was sent last.
fn main(scene: &Scene) -> Option<&CampaignFigures> {
    scene.campaigns.iter().find(|c| c.queued_at > 0)
}

fn drawn(scene: &Scene, stand: &Stand) -> minijinja::Value {
    let main = main(scene);
    let plugs: Vec<_> = stand.plugs.iter().rev().take(3).map(|p| plug_context(p, scene)).collect();
    context! {
        up => stand.up,
        still => stand.still,
        caught => stand.caught,
        plugs,
        drafts => scene.campaigns.iter().any(|c| c.state == "draft"),
        pid => scene.pid,
        sentence => sentence(main),
        equation => main.map(|c| c.books.equation()),
        main => main.map(shown),
        bar => main.map(bar),
        named => NAMED,
        campaigns => shown(&scene.campaigns),
        greta => scene.greta.as_ref().map(|(who, leave)| context! { who => shown(who), leave }),
        relay => scene.relay.as_deref(),
        confirmation => stand.confirmation.as_ref().map(|(number, slip)| context! { number, to => slip.to.first() }),
        mails => stand.mails,
        now => now(),
    }
}

/// What was found after a death, and what became of it: letters may have arrived, so they stay unknown; answers to an
/// act go again, since a second copy is better than none.
fn plug_context(plug: &Plug, scene: &Scene) -> minijinja::Value {
    let balances = scene.campaigns.iter().all(|c| c.books.balances());
    let (answers, letters): (Vec<&Found>, Vec<&Found>) = plug.found.iter().partition(|f| f.what == ANSWER);
    context! {
        at => plug.at.0,
        pulled => plug.pulled,
        away => i64::try_from(plug.away.as_micros()).unwrap_or(0),
        letters => shown(letters),
        answers => shown(answers),
        balances,
    }
}

/// The state of things in one sentence: before, the number that matters, after.
fn sentence(main: Option<&CampaignFigures>) -> minijinja::Value {
    let Some(c) = main else {
        return context! { before => "Nothing was sent yet. A letter is ready.", figure => "", after => "" };
    };
    let (sent, waiting) = (c.books.sent, c.books.planned + c.books.sending);
    let not = c.books.rows.saturating_sub(sent + waiting) + c.left_out.iter().map(|l| l.1).sum::<u64>();
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
    let all = c.books.terms().iter().map(|t| t.1).sum::<u64>().max(c.books.rows).max(1);
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
        match views.demo.server.asked::<Value>(Ask::get(&path)).await {
            Ok(found) => person = Some(found),
            Err(no) => trouble = Some(no),
        }
    }
    let (_, mails) = views.demo.catcher.page(&address, 0, 0);
    let person = person.map(shown);
    let trouble = trouble.map(|no| context! { title => title(&no), words => no.words });
    views.page("people.html", context! { said => views.said(), address, person, trouble, mails => mails as u64 })
}

/// Why there is no answer about an address, in a line.
fn title(no: &No) -> &'static str {
    match no.status {
        Some(404) => "Nobody we know.",
        Some(400) => "That is no address.",
        None | Some(503) => "The server is down just now. Ask again in a moment.",
        Some(_) => "The record could not be read.",
    }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use volens_core::Micros;

    use super::super::figures::{Figures, Somebody, SparedFigure};
    use super::super::view::environment;
    use super::*;

    fn somebody(name: &str) -> Somebody {
        Somebody { name: name.into(), address: format!("{}@posta.example", name.to_lowercase()) }
    }

    fn live(scene: &Scene, plugs: Vec<Plug>) -> String {
        let stand = Stand { up: true, still: true, caught: Some(600), confirmation: None, mails: 612, plugs };
        environment().unwrap().get_template("live.html").unwrap().render(drawn(scene, &stand)).unwrap()
    }

    fn scene() -> Scene {
        let books = Figures {
            rows: 1_000,
            sent: 597,
            denied: 100,
            planned: 290,
            sending: 10,
            unknown: 3,
            ..Figures::default()
        };
        let campaign = CampaignFigures {
            name: "Rye".into(),
            state: "running".into(),
            queued_at: 1,
            books,
            denied: vec![("they left".into(), 100)],
            left_out: vec![("nobody asked them".into(), 20)],
            spared: vec![SparedFigure { who: somebody("Greta"), before: 3_200_000 }],
            unknown: vec![somebody("Una")],
            ..CampaignFigures::default()
        };
        Scene { campaigns: vec![campaign], pid: 7, ..Scene::default() }
    }

    #[test]
    fn the_books_their_bar_and_who_was_spared_are_drawn() {
        let page = live(&scene(), Vec::new());
        for text in [
            "1,000 rows = 597 sent + 100 denied + 3 unknown + 10 sending + 290 planned",
            "<rect class=\"yes\" width=\"597\"",
            "<rect x=\"597\" width=\"300\"",
            "<rect x=\"897\" width=\"103\"",
            "600 letters of it in the catcher",
            "Greta left 3.2 s before the turn: spared",
            "nobody asked them; no row was made for them",
            "nobody knows whether it arrived: Una (una@posta.example)",
        ] {
            assert!(page.contains(text), "no {text:?} in {page}");
        }
    }

    #[test]
    fn figures_that_were_read_at_different_times_are_drawn_too() {
        let mut scene = scene();
        for state in ["planning", "running", "paused", "done"] {
            scene.campaigns[0].state = state.into();
            scene.campaigns[0].books = Figures { rows: 500, planned: 1_000, ..Figures::default() };
            assert!(live(&scene, Vec::new()).contains("500 rows ≠ 1,000 planned"));
        }
    }

    #[test]
    fn after_a_death_letters_are_unknown_and_answers_go_again() {
        let plug = |found: &[(&str, &str)]| Plug {
            at: Micros(1),
            pulled: true,
            away: Duration::from_millis(740),
            found: found.iter().map(|(what, name)| Found { what: (*what).into(), who: somebody(name) }).collect(),
        };
        let page = live(&scene(), vec![plug(&[("Rye", "Ann"), ("Rye", "Bob"), (ANSWER, "Cleo")])]);
        for text in [
            "2 letters were on their way, nobody knows whether to the end: unknown now, and named.",
            "Ann (ann@posta.example), Bob (bob@posta.example)",
            "1 confirmation or welcome mail was on its way and goes again",
            "Cleo (cleo@posta.example)",
            "away for 0.7 s",
            "The books balance.",
        ] {
            assert!(page.contains(text), "no {text:?} in {page}");
        }
        let page = live(&scene(), vec![plug(&[(ANSWER, "Cleo")])]);
        assert!(!page.contains("unknown now, and named"), "{page}");
        assert!(live(&scene(), vec![plug(&[])]).contains("Nothing was on its way."));
    }

    #[test]
    fn a_look_up_that_fails_says_which_way() {
        let no = |status| No { status, words: String::new() };
        assert_eq!(title(&no(Some(404))), "Nobody we know.");
        assert!(title(&no(None)).contains("down") && title(&no(Some(503))).contains("down"));
        assert!(title(&no(Some(400))).contains("no address"));
    }
}
