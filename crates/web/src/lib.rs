//! Public pages: routes, handlers, context types, templates, words and theme.
//!
//! Invariants: looking (GET, HEAD) changes nothing and no page sets a cookie, redirects or runs a script; a handler
//! calls one use case; rendering is pure: what a page looks like depends on its context and frame alone.

pub mod agent;
pub mod body;
pub mod contrast;
pub mod handlers;
pub mod limits;
pub mod pages;
pub mod render;
pub mod routes;
pub mod serve;
pub mod state;
pub mod theme;
pub mod visit;

pub use limits::{Cidr, WebSettings};
pub use routes::{ROUTES, Route, router};
pub use serve::serve;
pub use state::WebState;
