//! The listener against clients that are slow, greedy, silent or many.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use volens_wire::{Listener, ListenerConfig};

use super::{Catcher, brief, mail, relay, send_one};

async fn listener(change: impl FnOnce(&mut ListenerConfig)) -> (Listener, Catcher) {
    let mut config = ListenerConfig::new("mx.example");
    change(&mut config);
    let catcher = Catcher::default();
    (Listener::bind("127.0.0.1:0", config, catcher.clone()).await.expect("listener"), catcher)
}

async fn connect(addr: SocketAddr) -> TcpStream {
    TcpStream::connect(addr).await.expect("connect")
}

/// Everything the server says until it closes.
async fn hear(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut heard)).await;
    let _ = read.expect("the server closes in time");
    String::from_utf8_lossy(&heard).into_owned()
}

#[tokio::test]
async fn a_slow_client_is_sent_away() {
    let (listener, _) = listener(|config| config.timeouts.command = Duration::from_millis(200)).await;
    let mut silent = connect(listener.local_addr()).await;
    assert!(hear(&mut silent).await.contains("421 4.3.2 You took too long"));
    // One byte at a time never makes a command: the time is for a whole one.
    let mut trickle = connect(listener.local_addr()).await;
    let began = Instant::now();
    while trickle.write_all(b"N").await.is_ok() && began.elapsed() < Duration::from_secs(5) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut buffer = [0; 512];
        if let Ok(read) = trickle.try_read(&mut buffer)
            && String::from_utf8_lossy(&buffer[..read]).contains("421")
        {
            break;
        }
    }
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_message_may_not_take_for_ever() {
    let (listener, catcher) = listener(|config| {
        config.timeouts.data = Duration::from_millis(300);
        config.timeouts.message = Duration::from_millis(900);
    })
    .await;
    let start = b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nx";
    let mut silent = connect(listener.local_addr()).await;
    silent.write_all(start).await.expect("write");
    assert!(hear(&mut silent).await.contains("421 4.3.2 You took too long"));
    let mut trickle = connect(listener.local_addr()).await;
    trickle.write_all(start).await.expect("write");
    let began = Instant::now();
    let (mut reader, mut writer) = trickle.into_split();
    let writing = tokio::spawn(async move {
        while writer.write_all(b"x\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("421") {
        assert!(reader.read_buf(&mut heard).await.is_ok_and(|read| read > 0));
    }
    assert!(began.elapsed() < Duration::from_secs(3));
    writing.abort();
    assert!(catcher.mails().is_empty());
}

#[tokio::test]
async fn ten_megabytes_too_many_are_refused_unread() {
    let (listener, catcher) = listener(|config| config.max_size = 100_000).await;
    let addr = listener.local_addr();
    let big = b"0123456789abcdefghijklmnopqrstuvwxyz\r\n".repeat(400_000);
    for command in ["DATA\r\n".to_owned(), format!("BDAT {} LAST\r\n", big.len())] {
        let mut stream = connect(addr).await;
        stream.write_all(b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n").await.expect("write");
        stream.write_all(command.as_bytes()).await.expect("write");
        let _ = stream.write_all(&big).await;
        assert!(hear(&mut stream).await.contains("552 5.3.4"), "{command}");
    }
    // Our own client knows the limit from EHLO; one that was not told reads the refusal.
    let outcome = send_one(relay(addr), mail(0, "a@example.org", &big)).await;
    assert_eq!(brief(&outcome), "unsupported Size { limit: 100000 }");
    listener.close().await;
    let (quiet, _) = self::listener(|config| (config.max_size, config.offer.size) = (100_000, false)).await;
    let outcome = send_one(relay(quiet.local_addr()), mail(0, "a@example.org", &big)).await;
    assert_eq!(brief(&outcome), "refused End 552");
    assert!(catcher.mails().is_empty());
}

#[tokio::test]
async fn connections_beyond_the_limit_hear_421() {
    let (listener, _) = listener(|config| config.max_connections = 2).await;
    let mut first = connect(listener.local_addr()).await;
    let mut second = connect(listener.local_addr()).await;
    let mut buffer = [0; 64];
    assert!(first.read(&mut buffer).await.expect("read") > 0 && second.read(&mut buffer).await.expect("read") > 0);
    let mut third = connect(listener.local_addr()).await;
    assert!(hear(&mut third).await.starts_with("421 4.3.2 Too many connections"));
    first.write_all(b"QUIT\r\n").await.expect("write");
    assert!(hear(&mut first).await.contains("221"));
    drop(first);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut fourth = connect(listener.local_addr()).await;
    let read = fourth.read(&mut buffer).await.expect("read");
    assert!(buffer[..read].starts_with(b"220 "));
}

#[tokio::test]
async fn closing_says_421_and_frees_the_port() {
    let (listener, _) = listener(|_| {}).await;
    let addr = listener.local_addr();
    let mut idle = connect(addr).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let closing = tokio::spawn(listener.close());
    assert!(hear(&mut idle).await.contains("421 4.3.2 This server is shutting down"));
    drop(idle);
    tokio::time::timeout(Duration::from_secs(5), closing).await.expect("in time").expect("closed");
    assert!(TcpStream::connect(addr).await.is_err());
}
