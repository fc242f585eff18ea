//! `volens demo --script`: the story over HTTP and SMTP, without a browser. Every figure is counted in the catcher and
//! compared with the database; the first step that is wrong ends it.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};

use super::catcher::Slip;
use super::client::{Answer, Ask, ask, encode, split};
use super::figures::{CampaignFigures, Scene, count, span};
use super::seed::{FIRST, FORM};
use super::seen::Seen;
use super::server::RATE;
use super::{Demo, Plant};

/// How long a page may take, also one that waits for a server that is being restarted.
const LIMIT: Duration = Duration::from_secs(20);
/// How long a mail may take that answers a press.
const MAIL: Duration = Duration::from_secs(10);
/// A form that comes back sooner was filled in by a program.
const FILLING_IN: Duration = Duration::from_millis(2_200);
/// With four sessions no more may be on their way (DESIGN 8).
const IN_FLIGHT: usize = 50;
/// Who signs up.
const ADA: (&str, &str) = ("Ada", "ada.story@posta.example");

/// What a step found, or what is wrong.
type Found = Result<String, String>;

/// Plays the story.
pub async fn play(demo: &Arc<Demo>) -> ExitCode {
    let mut story = Story { demo, stream: 0, leavers: Vec::new(), second: None, at: Instant::now(), step: 0 };
    if let Some(fault @ (Plant::SwallowedMail | Plant::DoubledMail)) = demo.plant {
        demo.catcher.plant(fault);
    }
    let began = Instant::now();
    let right = story.tell().await.is_ok();
    let (steps, seconds) = (story.step, began.elapsed().as_secs_f64());
    let folder = demo.folder.root().display().to_string();
    demo.out.answer(&json!({ "steps": steps, "right": right, "seconds": seconds, "folder": folder }), |out| {
        out.say(&match right {
            true => format!("The story went as it should: {steps} steps in {seconds:.1} s."),
            false => format!("The story went wrong at step {steps}. Its folder is {folder}"),
        });
    });
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A mail in the inbox: the newest, or one that this asks for.
///
/// # Errors
/// When none comes.
pub async fn one_mail(demo: &Demo) -> Result<usize, String> {
    if let Some((number, _)) = demo.catcher.newest(|_| true) {
        return Ok(number);
    }
    sign_up(demo, "Ines", "ines.morgen@posta.example").await?;
    Ok(mail(demo, |_| true).await?.0)
}

/// Fills the form in as a person would.
async fn sign_up(demo: &Demo, name: &str, address: &str) -> Found {
    let pages = demo.server.addr();
    let path = format!("/f/{FORM}");
    let form = ask(pages, Ask::get(&path), LIMIT).await.map_err(words)?.text();
    let token = between(&form, "name=\"t\" value=\"", "\"").ok_or("the form has no time token")?;
    let boxes = form.matches("type=\"checkbox\"").count();
    let ticked = form.matches(" checked").count();
    right(ticked == 0, || format!("{ticked} boxes were ticked by us"))?;
    tokio::time::sleep(FILLING_IN).await;
    let body = format!(
        "email={}&first_name={}&purpose=news&purpose=offers&lang=en&t={}",
        encode(address),
        encode(name),
        encode(token)
    );
    let answer = ask(pages, Ask::post(&path, body), LIMIT).await.map_err(words)?;
    right(answer.status == 200, || format!("the form answered {}", answer.status))?;
    Ok(format!("{boxes} boxes, none ticked by us; two ticked by {name}; the form answered 200"))
}

/// The newest mail that fits, once it is there.
async fn mail(demo: &Demo, fits: impl Fn(&Slip) -> bool) -> Result<(usize, Slip), String> {
    let until = Instant::now() + MAIL;
    loop {
        if let Some(found) = demo.catcher.newest(&fits) {
            return Ok(found);
        }
        right(Instant::now() < until, || format!("no such mail came within {} s", MAIL.as_secs()))?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn words(e: super::client::ClientError) -> String {
    e.to_string()
}

/// Goes on where something is so.
///
/// # Errors
/// What `otherwise` says, where it is not.
pub fn right(so: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if so { Ok(()) } else { Err(otherwise()) }
}

/// What stands between two texts.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let from = text.find(before)? + before.len();
    let to = text[from..].find(after)?;
    Some(&text[from..from + to])
}

struct Story<'a> {
    demo: &'a Arc<Demo>,
    /// The first campaign.
    stream: i64,
    /// Who left, and how.
    leavers: Vec<(String, &'static str)>,
    /// The name of the second campaign.
    second: Option<String>,
    at: Instant,
    step: usize,
}

impl Story<'_> {
    async fn tell(&mut self) -> Result<(), ()> {
        let found = sign_up(self.demo, ADA.0, ADA.1).await;
        self.told("Ada signs up", found)?;
        let found = self.confirmation().await;
        self.told("The confirmation is in the catcher", found)?;
        let found = self.looking().await;
        self.told("Opening its link changes nothing", found)?;
        let found = self.confirm().await;
        self.told("One press confirms, the welcome mail comes", found)?;
        let found = self.send().await;
        self.told("The letter is sent from the home page", found)?;
        let found = self.counters().await;
        self.told("The counters move", found)?;
        let found = self.greta().await;
        self.told("Greta leaves in mid-run", found)?;
        let found = self.one_click().await;
        self.told("A reader leaves with one click", found)?;
        let found = self.mailto().await;
        self.told("A reader leaves by mail", found)?;
        let found = self.plug().await;
        self.told("The plug is pulled in mid-run", found)?;
        let found = self.balance().await;
        self.told("The books balance and are those of the catcher", found)?;
        let found = self.second().await;
        self.told("A second letter reaches nobody who left", found)?;
        let found = self.once_more().await;
        self.told("Both books once more, row by row", found)
    }

    fn told(&mut self, what: &str, found: Found) -> Result<(), ()> {
        self.step += 1;
        let took = self.at.elapsed().as_secs_f64();
        self.at = Instant::now();
        let (step, right) = (self.step, found.is_ok());
        let (Ok(said) | Err(said)) = &found;
        let answer = json!({ "step": step, "what": what, "right": right, "seconds": took, "found": said });
        self.demo.out.answer(&answer, |out| {
            let verdict = if right { "right" } else { "WRONG" };
            out.say(&format!("{step:>2}. {verdict}  {what} ({took:.1} s)\n           {said}"));
        });
        found.map(drop).map_err(drop)
    }

    async fn home(&self, path: &str, body: &str) -> Result<Answer, String> {
        let origin = format!("http://{}", self.demo.home);
        ask(self.demo.home, Ask::post(path, body).with("origin", origin), LIMIT).await.map_err(words)
    }

    async fn person(&self, address: &str) -> Result<Value, String> {
        let path = format!("/demo/api/person?address={}", encode(address));
        self.demo.server.api(Ask::get(&path)).await
    }

    async fn scene(&self) -> Result<Scene, String> {
        self.demo.server.api(Ask::get("/demo/api/scene?counted=true")).await
    }

    async fn campaign(&self, name: &str) -> Result<CampaignFigures, String> {
        let scene = self.scene().await?;
        scene.campaigns.into_iter().find(|c| c.name == name).ok_or(format!("there is no campaign {name:?}"))
    }

    /// The search box says that sentence.
    async fn look_up(&self, address: &str, sentence: &str) -> Result<(), String> {
        let seen = Seen::page(self.demo, &format!("/people?address={}", encode(address))).await?;
        seen.shows(sentence)
    }

    async fn confirmation(&self) -> Found {
        let (number, slip) = mail(self.demo, |s| s.confirm.is_some() && s.to.iter().any(|t| t == ADA.1)).await?;
        Ok(format!("mail {number}, {} octets: {:?}", count(slip.size), slip.subject))
    }

    fn confirm_link(&self) -> Result<String, String> {
        let found = self.demo.catcher.newest(|s| s.confirm.is_some() && s.to.iter().any(|t| t == ADA.1));
        found.and_then(|(_, slip)| slip.confirm).ok_or("the confirmation has no link".into())
    }

    async fn looking(&self) -> Found {
        let link = self.confirm_link()?;
        let (addr, path) = split(&link).ok_or(format!("{link} leads away from this machine"))?;
        let (before, mails) = (self.person(ADA.1).await?, self.demo.catcher.count());
        for method in [Method::GET, Method::HEAD] {
            let answer = ask(addr, Ask { method, ..Ask::get(path) }, LIMIT).await.map_err(words)?;
            right(answer.status == 200, || format!("the link answered {}", answer.status))?;
        }
        let (after, events) = (self.person(ADA.1).await?, before["events"].as_array().map_or(0, Vec::len));
        let same = |key: &str| before[key] == after[key];
        right(same("events") && same("facts"), || "looking changed the record".into())?;
        right(mails == self.demo.catcher.count(), || "looking sent a mail".into())?;
        Ok(format!("GET and HEAD answered 200; {events} event before and after, no mail"))
    }

    async fn confirm(&self) -> Found {
        let link = self.confirm_link()?;
        let (addr, path) = split(&link).ok_or("the link leads away")?;
        let began = Instant::now();
        let answer = ask(addr, Ask::post(path, "lang=en"), LIMIT).await.map_err(words)?;
        right(answer.status == 200, || format!("the press answered {}", answer.status))?;
        let person = self.person(ADA.1).await?;
        let sentence = permission(&person, "news", "allow")?;
        self.look_up(ADA.1, &sentence).await?;
        let ada = |s: &Slip| s.confirm.is_none() && s.to.iter().any(|t| t == ADA.1);
        let (_, slip) = mail(self.demo, ada).await?;
        Ok(format!("{sentence} {:?} came after {}", slip.subject, span(began.elapsed().as_micros() as i64)))
    }

    async fn send(&mut self) -> Found {
        let body = format!("name={}&step=send", encode(FIRST));
        let home = self.demo.home;
        let alone = ask(home, Ask::post("/campaign", body.as_str()), LIMIT).await.map_err(words)?.status;
        let foreign = Ask::post("/campaign", body.as_str()).with("origin", "https://evil.example");
        let foreign = ask(home, foreign, LIMIT).await.map_err(words)?.status;
        right(alone == 403 && foreign == 403, || format!("a foreign page may press: {alone}, {foreign}"))?;
        let before = self.campaign(FIRST).await?;
        right(before.state == "draft", || format!("the campaign is {} already", before.state))?;
        Seen::page(self.demo, "/").await?.shows("src=\"/live\"")?;
        Seen::live(self.demo).await?.shows("A letter is ready.")?;
        self.stream = before.stream;
        let answer = self.home("/campaign", &body).await?;
        right(answer.status == 303, || format!("the button answered {}", answer.status))?;
        let state = self.campaign(FIRST).await?.state;
        right(state != "draft", || "it is a draft still".into())?;
        Ok(format!("without Origin 403, with a foreign one 403, with ours 303; the campaign is {state}"))
    }

    async fn counters(&self) -> Found {
        let until = Instant::now() + Duration::from_secs(60);
        let (first, caught, at) = loop {
            let books = self.campaign(FIRST).await?.books;
            if books.sent >= 50 {
                break (books.sent, self.demo.catcher.of_stream(self.stream), Instant::now());
            }
            right(Instant::now() < until, || format!("after a minute: {}", books.equation()))?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        tokio::time::sleep(Duration::from_millis(800)).await;
        let shown = Seen::live(self.demo).await?.sent()?;
        let then = self.campaign(FIRST).await?.books;
        right((first + 1..=then.sent).contains(&shown), || {
            format!("the page shows {shown} sent, between {first} and {}", then.sent)
        })?;
        let (took, now_caught) = (at.elapsed().as_secs_f64(), self.demo.catcher.of_stream(self.stream));
        right(then.sent > first && now_caught > caught, || format!("they stand still: {}", then.equation()))?;
        let rate = (now_caught - caught) as f64 / took;
        right(rate < f64::from(RATE) * 1.3 + 20.0, || {
            format!("{rate:.0} mails a second; the relay is held to {RATE}")
        })?;
        right(then.balances(), || format!("the books do not balance: {}", then.equation()))?;
        Ok(format!("{} sent, then {}; {rate:.0} a second; {}", count(first), count(then.sent), then.equation()))
    }

    fn has(&self, stream: i64, address: &str) -> bool {
        self.demo.catcher.newest(|s| s.stream == Some(stream) && s.to.iter().any(|t| t == address)).is_some()
    }

    async fn greta(&mut self) -> Found {
        let (who, leave) = self.scene().await?.greta.ok_or("there is no Greta")?;
        right(!self.has(self.stream, &who.address), || "she has the letter already: make more people".into())?;
        let (addr, path) = split(&leave).ok_or("her link leads away")?;
        let answer = ask(addr, Ask::post(path, "stop=this&lang=en"), LIMIT).await.map_err(words)?;
        right(answer.status == 200, || format!("the page answered {}", answer.status))?;
        let sentence = permission(&self.person(&who.address).await?, "news", "deny")?;
        self.look_up(&who.address, &sentence).await?;
        self.leavers.push((who.address, "page"));
        Ok(sentence)
    }

    /// A reader who has the letter and has not left yet.
    fn reader(&self) -> Result<(usize, Slip), String> {
        let taken = |s: &Slip| s.to.iter().any(|t| t == ADA.1 || self.leavers.iter().any(|l| l.0 == *t));
        let found = self.demo.catcher.newest(|s| s.stream == Some(self.stream) && !taken(s));
        found.ok_or("nobody has the letter".into())
    }

    async fn one_click(&mut self) -> Found {
        let (number, slip) = self.reader()?;
        let address = slip.to.first().cloned().unwrap_or_default();
        let mut seen = String::new();
        for path in [format!("/inbox/{number}"), format!("/inbox/{number}/html")] {
            let answer = ask(self.demo.home, Ask::get(&path), LIMIT).await.map_err(words)?;
            right(answer.status == 200, || format!("{path} answered {}", answer.status))?;
            seen = answer.text();
        }
        right(seen.contains("/u/"), || "the letter has no link to leave".into())?;
        self.home(&format!("/inbox/{number}/one-click"), "").await?;
        let sentence = permission(&self.person(&address).await?, "news", "deny")?;
        let way = last_way(&self.person(&address).await?);
        right(way == "one_click", || format!("the record says {way:?}"))?;
        self.leavers.push((address, "one click"));
        Ok(format!("mail {number} opened, {} octets; {sentence}", count(slip.size)))
    }

    async fn mailto(&mut self) -> Found {
        let (number, slip) = self.reader()?;
        let address = slip.to.first().cloned().unwrap_or_default();
        self.home(&format!("/inbox/{number}/mailto"), "").await?;
        let person = self.person(&address).await?;
        let sentence = permission(&person, "news", "deny")?;
        right(last_way(&person) == "mailto", || format!("the record says {:?}", last_way(&person)))?;
        self.leavers.push((address, "mail"));
        Ok(format!("mail {number}; {sentence}"))
    }

    async fn plug(&self) -> Found {
        let books = self.campaign(FIRST).await?.books;
        right(books.planned > 0, || format!("the run is over already: make more people ({})", books.equation()))?;
        self.home("/plug", "").await?;
        let until = Instant::now() + Duration::from_secs(60);
        let plug = loop {
            if let Some(plug) = self.demo.server.plugs().pop() {
                break plug;
            }
            right(Instant::now() < until, || "the server did not come back within a minute".into())?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let on_their_way = plug.found.len();
        right(plug.pulled, || "it died by itself".into())?;
        right(on_their_way <= IN_FLIGHT, || format!("{on_their_way} rows were in sending, {IN_FLIGHT} may be"))?;
        let books = self.campaign(FIRST).await?.books;
        right(books.balances(), || format!("the books do not balance: {}", books.equation()))?;
        Seen::live(self.demo).await?.has_slip(&plug)?;
        let form = ask(self.demo.server.addr(), Ask::get(&format!("/f/{FORM}")), LIMIT).await.map_err(words)?;
        right(form.status == 200, || format!("the form answers {}", form.status))?;
        let away = span(plug.away.as_micros() as i64);
        let names: Vec<_> = plug.found.iter().take(3).map(|f| f.who.name.as_str()).collect();
        Ok(format!(
            "back after {away}; {on_their_way} rows were in sending ({}); {}",
            names.join(", "),
            books.equation()
        ))
    }

    /// Waits for the end of a campaign.
    async fn done(&self, name: &str) -> Result<CampaignFigures, String> {
        let seconds = self.demo.folder.marker.people as u64 / u64::from(RATE) + 90;
        let until = Instant::now() + Duration::from_secs(seconds);
        loop {
            let c = self.campaign(name).await?;
            if c.state == "done" && c.books.settled() {
                return Ok(c);
            }
            let why = || format!("after {seconds} s it is {}: {} {:?}", c.state, c.books.equation(), c.why);
            right(Instant::now() < until && c.state != "paused" && c.state != "draft", why)?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The database beside the catcher: every letter that came is sent, or unknown and named. And the home page, if it
    /// is about this campaign, which is the one that was sent last.
    async fn compare(&self, c: &CampaignFigures) -> Found {
        let (books, caught) = (c.books, self.demo.catcher.of_stream(c.stream) as u64);
        right(books.balances(), || format!("{} does not balance: {}", c.name, books.equation()))?;
        right(c.counted == Some(books), || {
            let rows = c.counted.unwrap_or_default().equation();
            format!("{}: the slices say {}, the rows {rows}", c.name, books.equation())
        })?;
        let twice = self.demo.catcher.twice(c.stream);
        right(twice == 0, || format!("{twice} letters came twice"))?;
        right(c.unknown.len() as u64 == books.unknown, || "not all of the unknown are named".into())?;
        let unknown = c.unknown.iter().filter(|u| self.has(c.stream, &u.address)).count() as u64;
        right(books.sent + unknown == caught, || {
            format!(
                "{}: {} sent and {unknown} of the unknown are not the {caught} letters in the catcher",
                c.name, books.sent
            )
        })?;
        if self.second.as_ref().is_none_or(|second| *second == c.name) {
            Seen::live(self.demo).await?.is_of(c, caught)?;
        }
        let with = if books.unknown > 0 {
            format!(", {unknown} of the {} unknown among them", books.unknown)
        } else {
            String::new()
        };
        Ok(format!("{}; {} letters in the catcher{with}", books.equation(), count(caught)))
    }

    async fn balance(&self) -> Found {
        let c = self.done(FIRST).await?;
        let found = self.compare(&c).await?;
        let lost: usize = self.demo.server.plugs().iter().map(|p| p.found.len()).sum();
        right(c.books.unknown <= lost as u64, || format!("{} unknown, but {lost} were on their way", c.books.unknown))?;
        let (greta, _) = self.leavers.first().ok_or("nobody left")?;
        let spared = c.spared.iter().find(|s| s.who.address == *greta);
        let spared = spared.ok_or("Greta is not among the spared")?;
        right(!self.has(c.stream, greta), || "Greta got the letter".into())?;
        Ok(format!("{found}\n           {} left {} before her turn: spared", spared.who.name, span(spared.before)))
    }

    async fn second(&mut self) -> Found {
        self.home("/second", "").await?;
        let scene = self.scene().await?;
        let draft = scene.campaigns.iter().find(|c| c.state == "draft").ok_or("no second letter was written")?;
        let name = draft.name.clone();
        self.home("/campaign", &format!("name={}&step=send", encode(&name))).await?;
        let c = self.done(&name).await?;
        self.second = Some(name);
        let found = self.compare(&c).await?;
        for (address, way) in &self.leavers {
            right(!self.has(c.stream, address), || format!("{address} left by {way} and got it all the same"))?;
        }
        right(self.has(c.stream, ADA.1), || "Ada did not get it".into())?;
        Ok(format!("{found}\n           none of them to the {} who left; one to Ada", self.leavers.len()))
    }

    async fn once_more(&self) -> Found {
        let mut out = Vec::new();
        for name in [Some(FIRST), self.second.as_deref()].into_iter().flatten() {
            out.push(self.compare(&self.campaign(name).await?).await?);
        }
        Ok(out.join("\n           "))
    }
}

/// The sentence about a purpose, if the effect is the one that is wanted.
fn permission(person: &Value, topic: &str, effect: &str) -> Found {
    let all = person["permissions"].as_array().cloned().unwrap_or_default();
    let one = all.into_iter().find(|p| p["topic"] == topic).ok_or(format!("nothing is known about {topic}"))?;
    let sentence = one["sentence"].as_str().unwrap_or_default().to_owned();
    right(one["effect"] == effect, || sentence.clone())?;
    Ok(sentence)
}

/// How somebody left last.
fn last_way(person: &Value) -> String {
    let events = person["events"].as_array().cloned().unwrap_or_default();
    let way = events.iter().rev().find_map(|e| e["event"]["way"].as_str().map(str::to_owned));
    way.unwrap_or_default()
}
