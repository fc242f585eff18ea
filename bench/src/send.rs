//! `bench send`: personalised 9 kB mails with decision and full accounting on SQLite to Postfix's smtp-sink, beside
//! Postfix's smtp-source sending a constant message of that size to the same sink.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use volens_app::delivery::Sending;
use volens_core::id::StreamNo;
use volens_store::delivery::DeliveryState;
use volens_wire::{RelayConfig, Tls};

use crate::house::{Error, House, open};
use crate::option;
use crate::proc::{cpu_us, peak_rss_kb, threads_us};

/// What one sender did.
#[derive(Debug, Serialize, Deserialize)]
struct Run {
    messages: u64,
    per_second: f64,
    cpu_us: f64,
    peak_rss_mb: Option<f64>,
    message_bytes: u64,
    /// CPU a message of each kind of thread.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    threads_us: BTreeMap<String, f64>,
}

#[derive(Debug, Serialize)]
struct Row {
    sessions: usize,
    volens: Run,
    smtp_source: Run,
    /// Messages/s of Volens over those of smtp-source.
    ratio: f64,
    /// CPU a message of Volens over that of smtp-source.
    cpu_ratio: f64,
}

pub fn bench(args: &[&str]) -> Result<(), Error> {
    let messages: usize = option(args, "--messages").unwrap_or("100000").parse()?;
    let sessions = option(args, "--sessions").unwrap_or("10,50").split(',').map(str::parse);
    let mut rows = Vec::new();
    for sessions in sessions.collect::<Result<Vec<usize>, _>>()? {
        let volens = volens(messages, sessions)?;
        let smtp_source = smtp_source(messages, sessions, volens.message_bytes)?;
        let ratio = volens.per_second / smtp_source.per_second;
        let cpu_ratio = volens.cpu_us / smtp_source.cpu_us;
        let row = Row { sessions, volens, smtp_source, ratio, cpu_ratio };
        if !args.contains(&"--json") {
            print(&row);
        }
        rows.push(row);
    }
    if args.contains(&"--json") {
        let ratio = rows.iter().map(|r| r.ratio).fold(f64::INFINITY, f64::min);
        println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "ratio": ratio, "rows": rows }))?);
    }
    Ok(())
}

fn print(row: &Row) {
    let (v, s) = (&row.volens, &row.smtp_source);
    println!(
        "{} sessions, {} messages of {} bytes: volens {:.0}/s at {:.1} us CPU, peak {:.0} MB; smtp-source {:.0}/s at \
         {:.1} us; ratio {:.2}, CPU {:.2}",
        row.sessions,
        v.messages,
        v.message_bytes,
        v.per_second,
        v.cpu_us,
        v.peak_rss_mb.unwrap_or(0.0),
        s.per_second,
        s.cpu_us,
        row.ratio,
        row.cpu_ratio
    );
}

/// A running smtp-sink.
struct SmtpSink(Child, u16);

impl SmtpSink {
    fn start() -> Result<Self, Error> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("smtp-sink");
        if std::env::var_os("USER").is_none_or(|u| u == "root") {
            command.args(["-u", "nobody"]);
        }
        let command = command.arg(format!("127.0.0.1:{port}")).arg("1024").stdout(Stdio::null()).stderr(Stdio::null());
        let sink = Self(command.spawn().map_err(|e| format!("smtp-sink (Debian package postfix): {e}"))?, port);
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(sink);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err("smtp-sink does not answer".into())
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn volens(messages: usize, sessions: usize) -> Result<Run, Error> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("volens.db").to_string_lossy().into_owned();
    tokio::runtime::Runtime::new()?.block_on(prepare(&database, messages))?;
    let sink = SmtpSink::start()?;
    // A process of its own, so that its CPU and memory are those of sending alone.
    let me = std::env::current_exe()?;
    let (port, sessions) = (sink.1.to_string(), sessions.to_string());
    let out = Command::new(me).args(["send-child", &database, &port, &sessions]).stderr(Stdio::inherit()).output()?;
    if !out.status.success() {
        return Err("the sending process failed".into());
    }
    Ok(serde_json::from_slice(&out.stdout)?)
}

const NAME: &str = "Rye, three ways";

async fn prepare(database: &str, messages: usize) -> Result<(), Error> {
    let house = open(database).await?;
    house.readers(messages).await?;
    let stream = house.app.create_campaign(&house.ws, NAME, &letter()).await?;
    house.app.send_campaign(&house.ws, stream).await?;
    house.app.plan_campaign(&house.ws, stream).await?;
    house.app.store.db().checkpoint().await;
    house.app.store.db().close().await;
    Ok(())
}

fn letter() -> String {
    let paragraph = "Rye does not like to be hurried. We start one dough on Monday evening and bake three loaves from \
                     it: the dark one with malt, the light one with wheat, and the flat crisp one that keeps until \
                     spring. Come early on Thursday, it is warm then.";
    let body = [paragraph; 4].join("\n\n");
    format!(
        "---\npurpose: news\nsubject: Rye for {{{{ person.first_name }}}}\n---\n# Rye, three ways\n\nDear \
         {{{{ person.first_name }}}},\n\n{body}\n"
    )
}

/// Makes the database that [`child`] sends from: for a profiler.
pub fn prepared(database: &str, messages: &str) -> Result<(), Error> {
    tokio::runtime::Runtime::new()?.block_on(prepare(database, messages.parse()?))
}

/// The measured process: sends what is planned, then says what it took.
pub fn child(database: &str, port: &str, sessions: &str) -> Result<(), Error> {
    let workers = std::env::var("VOLENS_WORKERS").ok().and_then(|n| n.parse().ok()).unwrap_or(2);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    let run = runtime.block_on(send(database, port.parse()?, sessions.parse()?))?;
    println!("{}", serde_json::to_string(&run)?);
    Ok(())
}

async fn send(database: &str, port: u16, sessions: usize) -> Result<Run, Error> {
    let house = open(database).await?;
    let campaign = house.app.campaign_named(&house.ws, Some(NAME)).await?;
    let node = house.app.store.start_node("bench", "bench", house.app.now()).await?;
    let relay =
        RelayConfig { tls: Tls::None, sessions, ..RelayConfig::new("127.0.0.1", port, "mail.nordicbakery.example") };
    let (cpu, clock) = (cpu_us(), Instant::now());
    let sending = Sending::start(house.app.clone(), node, relay).await?;
    let sent = settled(&house, campaign.stream).await?;
    let (cpu, took) = (cpu_us() - cpu, clock.elapsed());
    let (peak, threads) = (peak_rss_kb(), threads_us());
    sending.stop().await;
    let rows = house.app.store.count_rows(house.ws.tenant, campaign.stream).await?;
    if rows.of(DeliveryState::Sent) != sent || rows.rows() != sent {
        return Err(format!("not everything was sent: {rows:?}").into());
    }
    Ok(Run {
        messages: sent,
        per_second: sent as f64 / took.as_secs_f64(),
        cpu_us: cpu as f64 / sent as f64,
        peak_rss_mb: Some(peak as f64 / 1024.0),
        message_bytes: size(&house, campaign.stream).await?,
        threads_us: threads.into_iter().map(|(name, us)| (name, us as f64 / sent as f64)).collect(),
    })
}

async fn settled(house: &House, stream: StreamNo) -> Result<u64, Error> {
    loop {
        let books = house.app.store.books(house.ws.tenant, stream).await?;
        if books.settled() {
            return Ok(books.of(DeliveryState::Sent));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The size of one of the mails, headers and all.
async fn size(house: &House, stream: StreamNo) -> Result<u64, Error> {
    let campaign = house.app.store.campaign(house.ws.tenant, stream).await?.ok_or("no campaign")?;
    let mail = house.app.sample_mail(&house.ws, &campaign, "reader1@mail1.example").await?;
    Ok(mail.len() as u64)
}

fn smtp_source(messages: usize, sessions: usize, bytes: u64) -> Result<Run, Error> {
    let sink = SmtpSink::start()?;
    let source = format!(
        "TIMEFORMAT='%R %U %S'; time smtp-source -d -s {sessions} -m {messages} -l {bytes} -f b@bench.example -t \
         r@bench.example 127.0.0.1:{}",
        sink.1
    );
    let out = Command::new("bash").args(["-c", &source]).output()?;
    let text = String::from_utf8_lossy(&out.stderr);
    let line = text.lines().last().unwrap_or_default();
    let times: Vec<f64> = line.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    let [real, user, system] = times[..] else { return Err(format!("smtp-source: {text}").into()) };
    let n = messages as f64;
    Ok(Run {
        messages: messages as u64,
        per_second: n / real,
        cpu_us: (user + system) * 1e6 / n,
        peak_rss_mb: None,
        message_bytes: bytes,
        threads_us: BTreeMap::new(),
    })
}
