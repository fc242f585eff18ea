//! `/t/{file}`: style sheets, icons and marks, by the hash of their bytes; and the icon that browsers ask for.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::pages::trouble::What;
use crate::render::ASSET_HEADERS;
use crate::theme::Asset;
use crate::visit::{Answer, Visit};

/// The file of that name.
pub async fn look(visit: Visit) -> Answer {
    visit.site.asset(visit.path()).map(send).ok_or_else(|| visit.trouble(What::NotFound))
}

/// The icon in the browser's tab. Its path says nothing of its bytes, so it is asked for again.
pub async fn icon(visit: Visit) -> Response {
    let icon = visit.site.dress(visit.workspace.as_ref()).look.icon.clone();
    ([(header::CACHE_CONTROL, "public, max-age=3600")], send(icon)).into_response()
}

fn send(asset: Asset) -> Response {
    (ASSET_HEADERS, [(header::CONTENT_TYPE, asset.content_type)], asset.body).into_response()
}
