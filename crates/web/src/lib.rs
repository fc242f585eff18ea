//! Public pages: context types, templates, words and theme. Rendering is pure: what a page looks like depends on its
//! context and frame alone.

pub mod contrast;
pub mod pages;
pub mod render;
pub mod theme;
