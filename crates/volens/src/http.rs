//! The HTTP server: connections, slow clients, and an end that lets open answers finish.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// A client that takes longer for the head of a request is let go.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Connections at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 1024;
/// How long open answers may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// A running HTTP server.
pub struct Http {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Http {
    /// Serves `router` on a socket that is bound already. Every request carries `ConnectInfo<SocketAddr>`.
    ///
    /// # Errors
    /// When the socket has no address.
    pub fn start(listener: TcpListener, router: Router) -> std::io::Result<Self> {
        let addr = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, router, stopped));
        Ok(Self { addr, stop, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes no new requests and lets open ones finish.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

async fn accept(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let open = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = room.clone().acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((tcp, peer)) => {
                let connection = open.watch(connection(tcp, peer, router.clone()));
                tokio::spawn(async move {
                    // A client that goes away is no news.
                    let _ = connection.await;
                    drop(place);
                });
            }
            Err(e) => {
                // Out of file handles: trying in a tight loop would not help.
                tracing::warn!(error = %e, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, open.shutdown()).await;
}

type Service = TowerToHyperService<WithPeer>;

fn connection(tcp: TcpStream, peer: SocketAddr, router: Router) -> http1::Connection<TokioIo<TcpStream>, Service> {
    let _ = tcp.set_nodelay(true);
    let service = TowerToHyperService::new(WithPeer { router, peer });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(tcp), service)
}

/// Tells each request where it came from.
#[derive(Clone)]
struct WithPeer {
    router: Router,
    peer: SocketAddr,
}

impl tower::Service<hyper::Request<hyper::body::Incoming>> for WithPeer {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = axum::routing::future::RouteFuture<std::convert::Infallible>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: hyper::Request<hyper::body::Incoming>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.router.call(request.map(axum::body::Body::new))
    }
}
