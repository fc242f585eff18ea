//! `/healthz` and `/readyz`: for those who watch over the process.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::visit::Visit;

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// The database can be read.
pub async fn ready(visit: Visit) -> Response {
    match visit.site.app.store.workspaces().await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            // The reason may name hosts and files: it is for the log, this page is for everybody.
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready: the database cannot be read\n").into_response()
        }
    }
}
