//! Measures the client alone: `cargo run -p volens-wire --release --example blast -- HOST:PORT N SIZE SESSIONS [WINDOW]`
//! sends N messages of SIZE bytes and prints one line: messages a second and our CPU (user + system) per message.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use volens_wire::{Outcome, Outgoing, Pool, RelayConfig, Tls};

type Failure = Box<dyn std::error::Error>;

struct Plan {
    host: String,
    port: u16,
    messages: u64,
    size: usize,
    sessions: usize,
    window: usize,
}

fn main() -> ExitCode {
    let done = plan().and_then(|plan| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(blast(plan))
    });
    match done {
        Ok(line) => {
            let _ = writeln!(std::io::stdout(), "{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}\nusage: blast HOST:PORT N SIZE SESSIONS [WINDOW]");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "an example is its own small binary")]
fn plan() -> Result<Plan, Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize| words.get(at).map(String::as_str).ok_or("an argument is missing");
    let (host, port) = word(0)?.rsplit_once(':').ok_or("HOST:PORT lacks its port")?;
    Ok(Plan {
        host: host.to_owned(),
        port: port.parse()?,
        messages: word(1)?.parse()?,
        size: word(2)?.parse()?,
        sessions: word(3)?.parse()?,
        window: word(4).unwrap_or("1").parse()?,
    })
}

fn message(size: usize) -> Vec<u8> {
    let mut body = b"From: b@bench.test\r\nTo: r@example.test\r\nSubject: blast\r\n\r\n".to_vec();
    while body.len() + 80 <= size {
        body.extend_from_slice(&[b'x'; 78]);
        body.extend_from_slice(b"\r\n");
    }
    body
}

async fn blast(plan: Plan) -> Result<String, Failure> {
    let mut config = RelayConfig::new(plan.host, plan.port, "bench.test");
    config.tls = Tls::None;
    config.sessions = plan.sessions;
    config.window = plan.window;
    let most = config.capacity();
    let (pool, mut reports) = Pool::start(config)?;
    let body = message(plan.size);
    let (began, cpu) = (Instant::now(), cpu_seconds()?);
    let (mut sent, mut accepted, mut batch) = (0, 0, Vec::with_capacity(most));
    let mut done = 0;
    while done < plan.messages {
        while sent < plan.messages && pool.in_flight() < most {
            let (from, to) = ("b@bench.test".to_owned(), "r@example.test".to_owned());
            let outgoing = Outgoing { key: sent, from, to, body: body.clone(), eight_bit: false, utf8: false };
            pool.send(outgoing).await.map_err(|_| "the pool is closed")?;
            sent += 1;
        }
        done += reports.recv_many(&mut batch, most).await as u64;
        for report in batch.drain(..) {
            match report.outcome {
                Outcome::Accepted { .. } => accepted += 1,
                other => return Err(format!("not accepted: {other:?}").into()),
            }
        }
    }
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    pool.close(Duration::from_secs(1)).await;
    let count = accepted as f64;
    Ok(format!("{accepted} accepted, {:.0} messages/s, {:.1} us CPU a message", count / wall, cpu * 1e6 / count))
}

/// User and system time of this process: fields 14 and 15 of /proc/self/stat, in hundredths of a second on Linux.
fn cpu_seconds() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, after_name) = stat.rsplit_once(')').ok_or("/proc/self/stat is odd")?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).ok_or("/proc/self/stat is odd");
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}
