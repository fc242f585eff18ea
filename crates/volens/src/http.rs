//! The pages of this process: the public ones, and what a caller adds.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use volens_app::{App, AppError};
use volens_web::{WebSettings, WebState};

/// Pages to serve.
pub struct HttpSetup {
    /// A socket that is bound already.
    pub listener: TcpListener,
    /// How clients are treated.
    pub web: WebSettings,
    /// Routes of their own beside the public pages: the demo's.
    pub more: Option<Router>,
}

/// The server of pages; it stops with its process.
pub struct Http {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Http {
    /// Serves until `stopped`.
    ///
    /// # Errors
    /// When a template or a file of words cannot be used.
    pub fn start(app: Arc<App>, setup: HttpSetup, stopped: watch::Receiver<bool>) -> Result<Self, AppError> {
        let refused = |e: &dyn std::fmt::Display| AppError::Refused(e.to_string());
        let addr = setup.listener.local_addr().map_err(|e| refused(&e))?;
        let state = WebState::new(app, setup.web.clone()).map_err(|e| refused(&e))?;
        let pages = volens_web::router(state);
        let router = match setup.more {
            Some(more) => pages.merge(more),
            None => pages,
        };
        let task = tokio::spawn(volens_web::serve(setup.listener, router, setup.web, stopped));
        Ok(Self { addr, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Waits until open answers are finished; the process has been told to stop.
    pub async fn ended(self) {
        let _ = self.task.await;
    }
}
