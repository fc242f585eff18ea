//! The server itself, over sockets: slow clients, bodies of many megabytes, and its end.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use volens_testkit::{Engine, TestDb, run};
use volens_web::{WebSettings, serve};

use crate::fixture::{House, house_with};

struct Server {
    house: House,
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

async fn server(db: &TestDb, connections: usize) -> Server {
    let settings = WebSettings {
        head_time: Duration::from_millis(800),
        body_time: Duration::from_millis(1500),
        connections,
        grace: Duration::from_secs(5),
        ..WebSettings::default()
    };
    let house = house_with(db.db().clone(), settings.clone()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(serve(listener, house.router.clone(), settings, stopped));
    Server { house, addr, stop, task }
}

/// Sends these bytes and reads until the server closes.
async fn talk(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut tcp = TcpStream::connect(addr).await.unwrap();
    let _ = tcp.write_all(bytes).await;
    rest("asked at once", &mut tcp).await
}

/// Everything until the server closes.
async fn rest(name: &str, tcp: &mut TcpStream) -> String {
    let mut out = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), tcp.read_to_end(&mut out)).await;
    assert!(read.is_ok(), "{name}: the server never closed: {}", String::from_utf8_lossy(&out));
    String::from_utf8_lossy(&out).into_owned()
}

fn post(length: usize) -> String {
    format!(
        "POST /f/letters HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}

#[test]
fn a_body_of_ten_megabytes_gets_its_answer() {
    run(Engine::Sqlite, volens_store::MIGRATIONS, |db| async move {
        let server = server(&db, 40).await;
        let mut bytes = post(10 << 20).into_bytes();
        bytes.resize(bytes.len() + (10 << 20), b'x');
        let got = talk(server.addr, &bytes).await;
        assert!(got.starts_with("HTTP/1.1 413"), "{}", &got[..got.len().min(200)]);
        assert!(got.contains("That was too much at once"));
        // Who asks first is told before sending anything.
        let head = post(10 << 20).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        let got = talk(server.addr, head.as_bytes()).await;
        assert!(got.starts_with("HTTP/1.1 413"), "{}", &got[..got.len().min(200)]);
        assert_eq!(server.house.acts().await, 0);
    });
}

#[test]
fn slow_clients_are_let_go_and_hold_nobody_up() {
    run(Engine::Sqlite, volens_store::MIGRATIONS, |db| async move {
        let server = server(&db, 40).await;
        let start = Instant::now();
        // A body that stops in the middle.
        let mut slow = TcpStream::connect(server.addr).await.unwrap();
        slow.write_all(format!("{}email=a@exam", post(400)).as_bytes()).await.unwrap();
        // Heads that never end, on every place that is left but one.
        let mut heads = Vec::new();
        for _ in 0..38 {
            let mut tcp = TcpStream::connect(server.addr).await.unwrap();
            tcp.write_all(b"GET /f/letters HTTP/1.1\r\nHost:").await.unwrap();
            heads.push(tcp);
        }
        let quick = talk(server.addr, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(quick.starts_with("HTTP/1.1 200") && start.elapsed() < Duration::from_secs(3), "{quick}");
        let answer = rest("slow body", &mut slow).await;
        assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("That took too long"), "{answer}");
        for mut tcp in heads {
            let answer = rest("slow head", &mut tcp).await;
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
        }
        // More connections than there are places wait and are served.
        let mut many = Vec::new();
        for _ in 0..90 {
            let addr = server.addr;
            many.push(tokio::spawn(async move {
                talk(addr, b"HEAD /f/letters HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await
            }));
        }
        for one in many {
            let got = one.await.unwrap();
            assert!(got.starts_with("HTTP/1.1 200") && got.ends_with("\r\n\r\n"), "a head and no body: {got}");
        }
    });
}

#[test]
fn the_end_lets_open_answers_finish() {
    run(Engine::Sqlite, volens_store::MIGRATIONS, |db| async move {
        let server = server(&db, 40).await;
        let mut idle = TcpStream::connect(server.addr).await.unwrap();
        idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut first = [0; 15];
        idle.read_exact(&mut first).await.unwrap();
        let mut open = TcpStream::connect(server.addr).await.unwrap();
        open.write_all(format!("{}email=", post(30)).as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.stop.send(true).unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        open.write_all(b"a@example.org&purpose=xy").await.unwrap();
        let answer = rest("open", &mut open).await;
        assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
        assert!(rest("idle", &mut idle).await.ends_with("ok\n"));
        tokio::time::timeout(Duration::from_secs(4), server.task).await.unwrap().unwrap();
        assert!(TcpStream::connect(server.addr).await.is_err());
    });
}

#[test]
fn every_slow_body_is_answered_and_its_place_is_free_again() {
    run(Engine::Sqlite, volens_store::MIGRATIONS, |db| async move {
        let server = server(&db, 100).await;
        let mut all = Vec::new();
        for i in 0..100_usize {
            let addr = server.addr;
            all.push(tokio::spawn(async move {
                let mut tcp = TcpStream::connect(addr).await.unwrap();
                tokio::time::sleep(Duration::from_millis(7 * i as u64)).await;
                tcp.write_all(format!("{}{}", post(400), "x".repeat(3 * i)).as_bytes()).await.unwrap();
                rest("slow body", &mut tcp).await
            }));
        }
        for one in all {
            let answer = one.await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        }
        let quick = talk(server.addr, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(quick.starts_with("HTTP/1.1 200"), "{quick}");
    });
}
