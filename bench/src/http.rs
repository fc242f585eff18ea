//! `bench http`: sign-up POST and one-click POST on SQLite, beside a handler whose job inserts one 400-byte row durably
//! through the same engine, and an empty one; closed loop, then open loop. Confirmation mails are queued and not sent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use volens_core::locale::Locale;
use volens_core::purpose::{PurposeNo, SourceNo};
use volens_core::token::{FormRender, LeaveToken, TimeToken};
use volens_store::form::{FormDoc, FormRow};
use volens_store::purpose::{Addition, NewText, TextKey, Words};

use crate::house::{Error, House, open};
use crate::http_server::{Kind, Spent};
use crate::load::{Pace, Taken, send};
use crate::option;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Signup,
    OneClick,
    Reference,
    Empty,
}

impl What {
    const ALL: [Self; 4] = [Self::Empty, Self::Reference, Self::Signup, Self::OneClick];

    fn word(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::OneClick => "one_click",
            Self::Reference => "reference",
            Self::Empty => "empty",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Signup | Self::OneClick => Kind::Volens,
            Self::Reference => Kind::Reference,
            Self::Empty => Kind::Empty,
        }
    }
}

/// Some runs of one thing at one pace, together.
#[derive(Debug, Default, Serialize)]
struct Figures {
    connections: usize,
    requests: usize,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_us: f64,
    /// CPU a request of each kind of thread.
    threads_us: BTreeMap<String, f64>,
    /// Sign-ups that were not taken up at the end of a run, at most, and how long that took then.
    waiting: u64,
    drained_ms: u64,
    /// Requests/s over those of the reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

/// Not measured, before each run.
const WARM_UP: usize = 300;
const OPEN_RATE: usize = 500;
const OPEN_CONNECTIONS: usize = 64;

struct Plan {
    requests: usize,
    rounds: usize,
    connections: Vec<usize>,
    open_seconds: usize,
    json: bool,
}

pub fn bench(args: &[&str]) -> Result<(), Error> {
    let number = |name, usual: &'static str| option(args, name).unwrap_or(usual).parse::<usize>();
    let connections = option(args, "--connections").unwrap_or("16,64").split(',').map(str::parse);
    let plan = Plan {
        requests: number("--requests", "8000")?,
        rounds: number("--rounds", "2")?,
        connections: connections.collect::<Result<_, _>>()?,
        open_seconds: number("--open-seconds", "10")?,
        json: args.contains(&"--json"),
    };
    // Beside the program's own files: /tmp is in memory on many machines, and what is measured is a disk.
    let folder = tempfile::tempdir_in(std::env::current_dir()?)?;
    let clicks = plan.rounds * plan.connections.len() * (plan.requests + WARM_UP);
    let clicks = clicks + plan.open_seconds * OPEN_RATE + WARM_UP;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let mut bench = runtime.block_on(prepare(&file("volens.db"), clicks))?;
    bench.files = (file("volens.db"), file("reference.db"));
    let report = measure(&plan, &mut bench, &runtime)?;
    if plan.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    }
    Ok(())
}

fn measure(plan: &Plan, bench: &mut Bench, runtime: &tokio::runtime::Runtime) -> Result<Value, Error> {
    let (mut closed, mut open) = (BTreeMap::<What, Vec<Figures>>::new(), BTreeMap::new());
    for connections in &plan.connections {
        let mut runs: BTreeMap<What, Vec<(Taken, Spent)>> = BTreeMap::new();
        for _ in 0..plan.rounds {
            for what in What::ALL {
                let run = bench.run(runtime, what, *connections, Pace::Closed, plan.requests)?;
                runs.entry(what).or_default().push(run);
            }
        }
        let mut figures: BTreeMap<_, _> =
            runs.into_iter().map(|(what, runs)| (what, sum(*connections, runs))).collect();
        let reference = figures[&What::Reference].per_second;
        for (what, mut row) in std::mem::take(&mut figures) {
            row.ratio = (what != What::Reference).then_some(row.per_second / reference);
            plan.print(what, &row);
            closed.entry(what).or_default().push(row);
        }
    }
    for what in What::ALL.into_iter().filter(|w| *w != What::Empty && plan.open_seconds > 0) {
        let pace = Pace::Open(OPEN_RATE as f64);
        let run = bench.run(runtime, what, OPEN_CONNECTIONS, pace, plan.open_seconds * OPEN_RATE)?;
        let row = sum(OPEN_CONNECTIONS, vec![run]);
        if !plan.json {
            print!("open loop, ");
        }
        plan.print(what, &row);
        open.insert(what, row);
    }
    let mut report = serde_json::Map::new();
    for (what, rows) in closed {
        let least = rows.iter().filter_map(|r| r.ratio).fold(f64::INFINITY, f64::min);
        let ratio = least.is_finite().then_some(least);
        report.insert(what.word().into(), json!({ "ratio": ratio, "closed": rows, "open": open.get(&what) }));
    }
    Ok(report.into())
}

impl Plan {
    fn print(&self, what: What, f: &Figures) {
        if self.json {
            return;
        }
        let threads: Vec<_> = f.threads_us.iter().filter(|(_, us)| **us >= 1.0).collect();
        println!(
            "{} connections, {}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {:.0} us CPU{}{} {threads:.0?}",
            f.connections,
            what.word(),
            f.per_second,
            f.p50_ms,
            f.p99_ms,
            f.cpu_us,
            f.ratio.map_or_else(String::new, |r| format!(", ratio {r:.2}")),
            if f.waiting > 0 { format!(", {} waited, {} ms", f.waiting, f.drained_ms) } else { String::new() },
        );
    }
}

fn sum(connections: usize, runs: Vec<(Taken, Spent)>) -> Figures {
    let mut out = Figures { connections, ..Figures::default() };
    let (mut micros, mut wall) = (Vec::new(), Duration::ZERO);
    for (taken, spent) in runs {
        micros.extend(taken.micros);
        wall += taken.wall;
        out.cpu_us += spent.cpu_us as f64;
        for (name, us) in spent.threads_us {
            *out.threads_us.entry(name).or_default() += us as f64;
        }
        out.waiting = out.waiting.max(spent.waiting);
        out.drained_ms = out.drained_ms.max(spent.drained_ms);
    }
    micros.sort_unstable();
    let n = micros.len().max(1) as f64;
    let at = |part: f64| micros.get((n * part) as usize).map_or(0.0, |us| *us as f64 / 1000.0);
    (out.p50_ms, out.p99_ms) = (at(0.5), at(0.99));
    out.cpu_us /= n;
    out.threads_us.values_mut().for_each(|us| *us /= n);
    Figures { requests: micros.len(), per_second: n / wall.as_secs_f64(), ..out }
}

/// What requests are made of.
struct Bench {
    /// The database of Volens, and that of the reference.
    files: (String, String),
    /// The time token of a form that was shown a while ago.
    time: String,
    /// A leave token of each reader, in no order.
    leave: Vec<String>,
    addresses: usize,
    contacts: u64,
}

async fn prepare(database: &str, readers: usize) -> Result<Bench, Error> {
    let house = open(database).await?;
    let time = form(&house).await?;
    house.readers(readers).await?;
    let leave = tokens(&house).await?;
    let contacts = house.app.store.count_contacts(house.ws.tenant).await?;
    house.app.store.db().checkpoint().await;
    house.app.store.db().close().await;
    Ok(Bench { files: Default::default(), time, leave, addresses: 0, contacts })
}

/// A form at `/f/letters`, and the time token of its page as it was ten seconds ago.
async fn form(house: &House) -> Result<String, Error> {
    let (app, tenant) = (&house.app, house.ws.tenant);
    let mut texts = Vec::new();
    for (name, body) in [
        ("Letters from the oven", "What we bake, and when it comes out."),
        ("How we use your address", "We write only to people who said yes.\n\n## What we keep\n\n- your address"),
    ] {
        let words = Words { name: name.into(), body: body.into(), frequency: String::new() };
        let key = TextKey { id: app.id(), version: 1 };
        let text = NewText { id: key.id, version: 1, words: BTreeMap::from([(Locale::En, words)]) };
        app.add_to_offer(tenant, Addition::Text(text)).await?;
        texts.push(key);
    }
    let doc = FormDoc {
        schema: 1,
        text: texts[0].id,
        text_version: 1,
        notice: texts[1].id,
        notice_version: 1,
        purposes: vec![PurposeNo(1)],
        locale: Locale::En,
    };
    let form = FormRow { id: app.id(), version: 1, slug: "letters".into(), source: SourceNo(1), doc };
    let render = FormRender { workspace: tenant.no, form: form.id, version: 1, locale: Locale::En };
    app.store.publish_form(tenant, form, app.now()).await?;
    Ok(TimeToken { issued: app.now().before(Duration::from_secs(10)) }.mint(&app.ring, &render))
}

/// The leave tokens of all readers, in the order of their MACs: as good as shuffled.
async fn tokens(house: &House) -> Result<Vec<String>, Error> {
    let (store, tenant) = (&house.app.store, house.ws.tenant);
    let mut tokens = Vec::new();
    for address in 0.. {
        let address =
            volens_core::address::EmailAddress::parse(&format!("reader{address}@mail{}.example", address % 50))?;
        let keys = house.app.new_point(&house.ws, &address, None, "{}".into()).keys;
        let Some(point) = store.find_point(tenant, keys).await? else { break };
        let token = LeaveToken::new(tenant.no, point.place.point, PurposeNo(1));
        tokens.push(token.mint(&house.app.ring));
    }
    tokens.sort_by(|a, b| a.bytes().rev().cmp(b.bytes().rev()));
    Ok(tokens)
}

impl Bench {
    fn run(
        &mut self,
        runtime: &tokio::runtime::Runtime,
        what: What,
        connections: usize,
        pace: Pace,
        requests: usize,
    ) -> Result<(Taken, Spent), Error> {
        let file = if what.kind() == Kind::Volens { &self.files.0 } else { &self.files.1 };
        let mut server = Server::start(what.kind(), file)?;
        let warm_up = (0..WARM_UP).map(|_| self.request(what)).collect::<Result<_, _>>()?;
        let requests = (0..requests).map(|_| self.request(what)).collect::<Result<Vec<_>, _>>()?;
        let all = WARM_UP + requests.len();
        runtime.block_on(send(server.port, connections, Pace::Closed, warm_up))?;
        server.say("start")?;
        let taken = runtime.block_on(send(server.port, connections, pace, requests))?;
        let spent = server.stop()?;
        let expected = match what {
            What::Signup => "One click is missing",
            What::OneClick => "Stopped.",
            What::Reference => "Stored.",
            What::Empty => "Nothing.",
        };
        if !taken.sample.contains(expected) {
            return Err(format!("{} answered: {}", what.word(), taken.sample).into());
        }
        if what == What::Signup {
            self.contacts += all as u64;
            if spent.contacts != self.contacts {
                return Err(format!("{} people, {} were expected", spent.contacts, self.contacts).into());
            }
        }
        Ok((taken, spent))
    }

    fn request(&mut self, what: What) -> Result<Vec<u8>, Error> {
        let (path, body) = match what {
            What::OneClick => {
                let token = self.leave.pop().ok_or("there are too few readers")?;
                (format!("/u/{token}"), "List-Unsubscribe=One-Click".to_owned())
            }
            _ => {
                self.addresses += 1;
                let (n, time) = (self.addresses, &self.time);
                let email = format!("new{n}%40mail{}.example", n % 50);
                let path = if what == What::Signup { "/f/letters" } else { "/note" };
                (path.to_owned(), format!("email={email}&first_name=Giulia&purpose=news&t={time}"))
            }
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: letters.nordicbakery.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; \
             rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept: text/html\r\nAccept-Language: en-GB,en;q=0.7\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Ok((head + &body).into_bytes())
    }
}

/// A server in a process of its own.
struct Server {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    fn start(kind: Kind, database: &str) -> Result<Self, Error> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["http-child", kind.word(), database]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let input = process.stdin.take().ok_or("no standard input")?;
        let output = BufReader::new(process.stdout.take().ok_or("no standard output")?);
        let mut server = Self { process, input, output, port: 0 };
        server.port = server.line()?.trim().parse()?;
        Ok(server)
    }

    fn line(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line)
    }

    fn say(&mut self, word: &str) -> Result<(), Error> {
        Ok(writeln!(self.input, "{word}")?)
    }

    fn stop(mut self) -> Result<Spent, Error> {
        self.say("stop")?;
        let spent = serde_json::from_str(&self.line()?)?;
        self.process.wait()?;
        Ok(spent)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
