//! A load generator: keep-alive HTTP/1.1 over plain TCP, each request written as it was made before, so that it takes
//! little of the machine that it shares with the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::Error;

/// What was asked, and how long the answers took.
#[derive(Debug, Default)]
pub struct Taken {
    /// From the instant at which a request was due (open loop) or written (closed loop) to its whole answer.
    pub micros: Vec<u64>,
    /// From the first request to the last answer.
    pub wall: Duration,
    /// One of the answers' bodies.
    pub sample: String,
}

/// How fast requests come.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// Each connection asks as soon as it has its answer.
    Closed,
    /// So many a second come, however long the answers take.
    Open(f64),
}

/// Sends all `requests` over so many connections; the first answer that is not 200 ends it.
pub async fn send(port: u16, connections: usize, pace: Pace, requests: Vec<Vec<u8>>) -> Result<Taken, Error> {
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let start = Instant::now();
    let mut tasks = Vec::new();
    for stream in streams {
        let (requests, next) = (requests.clone(), next.clone());
        tasks.push(tokio::spawn(one_connection(stream, requests, next, pace, start)));
    }
    let mut taken = Taken::default();
    for task in tasks {
        let (micros, sample) = task.await??;
        taken.micros.extend(micros);
        taken.sample = sample;
    }
    taken.wall = start.elapsed();
    Ok(taken)
}

async fn one_connection(
    mut stream: TcpStream,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
    pace: Pace,
    start: Instant,
) -> Result<(Vec<u64>, String), Error> {
    let (mut micros, mut buffer, mut body_at) = (Vec::new(), Vec::with_capacity(16 * 1024), 0);
    loop {
        let i = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.get(i) else { break };
        let mut due = Instant::now();
        if let Pace::Open(rate) = pace {
            due = start + Duration::from_secs_f64(i as f64 / rate);
            tokio::time::sleep_until(due.into()).await;
        }
        stream.write_all(request).await?;
        body_at = answer(&mut stream, &mut buffer).await?;
        micros.push(u64::try_from(due.elapsed().as_micros())?);
    }
    Ok((micros, String::from_utf8_lossy(&buffer[body_at..]).into_owned()))
}

/// Reads one answer into `buffer`; gives where its body begins.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<usize, Error> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4) else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: "));
        let length: usize = length.ok_or("an answer without a length")?.trim().parse()?;
        while buffer.len() < end + length {
            if stream.read_buf(buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        if !head.starts_with("http/1.1 200") {
            return Err(String::from_utf8_lossy(buffer).into_owned().into());
        }
        return Ok(end);
    }
}
