//! The HTTP server: connections, slow clients, and an end that lets open answers finish.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::limits::WebSettings;

/// Serves `router` until `stopped` says so, then lets open answers finish for [`WebSettings::grace`]. Every request
/// carries `ConnectInfo<SocketAddr>`. A client that takes longer than [`WebSettings::head_time`] for the head of a
/// request is let go; connections beyond [`WebSettings::connections`] wait.
pub async fn serve(listener: TcpListener, router: Router, settings: WebSettings, mut stopped: watch::Receiver<bool>) {
    let most = settings.connections.clamp(1, 1_000_000);
    let room = Arc::new(Semaphore::new(most));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(settings.head_time);
    loop {
        let accepted = tokio::select! {
            accepted = next(&listener, &room) => accepted,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let Some((place, tcp, peer)) = accepted else { continue };
        let (http, router, stopped) = (http.clone(), router.clone(), stopped.clone());
        tokio::spawn(async move {
            connection(&http, tcp, WithPeer { router, peer }, stopped).await;
            drop(place);
        });
    }
    drop(listener);
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(settings.grace, room.acquire_many(all)).await;
}

type Accepted = (tokio::sync::OwnedSemaphorePermit, TcpStream, SocketAddr);

async fn next(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<Accepted> {
    let place = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((tcp, peer)) => Some((place, tcp, peer)),
        Err(error) => {
            // Out of file handles, mostly: trying in a tight loop would not help.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// Answers what one client asks. That it goes away is no news.
async fn connection(http: &http1::Builder, tcp: TcpStream, service: WithPeer, mut stopped: watch::Receiver<bool>) {
    let _ = tcp.set_nodelay(true);
    let mut connection = pin!(http.serve_connection(TokioIo::new(tcp), service));
    let ended = tokio::select! {
        _ = connection.as_mut() => true,
        _ = stopped.wait_for(|stop| *stop) => false,
    };
    if !ended {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// Tells each request where it came from.
#[derive(Clone)]
struct WithPeer {
    router: Router,
    peer: SocketAddr,
}

impl Service<Request<Incoming>> for WithPeer {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        // A router is always ready.
        tower::Service::call(&mut self.router.clone(), request.map(Body::new))
    }
}
