//! What `cargo metadata` says, as far as tidy asks.

use serde::Deserialize;

use crate::failure::{Outcome, Tried};
use crate::shell;

#[derive(Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
    pub workspace_members: Vec<String>,
    #[serde(default)]
    pub workspace_root: String,
    pub resolve: Resolve,
}

#[derive(Deserialize)]
pub struct Package {
    pub name: String,
    pub id: String,
    #[serde(default)]
    pub version: String,
    pub license: Option<String>,
    #[serde(default)]
    pub manifest_path: String,
    #[serde(default)]
    pub dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
pub struct Dependency {
    pub name: String,
    pub kind: Option<String>,
}

#[derive(Deserialize)]
pub struct Resolve {
    pub nodes: Vec<Node>,
}

#[derive(Deserialize)]
pub struct Node {
    pub id: String,
    #[serde(default)]
    pub deps: Vec<Edge>,
}

#[derive(Deserialize)]
pub struct Edge {
    pub pkg: String,
    pub dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
pub struct EdgeKind {
    pub kind: Option<String>,
}

impl Metadata {
    /// The workspace's own packages.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|p| self.workspace_members.contains(&p.id))
    }

    /// The manifest's path in the checkout.
    pub fn manifest<'a>(&self, package: &'a Package) -> &'a str {
        package
            .manifest_path
            .strip_prefix(&self.workspace_root)
            .map_or(&package.manifest_path, |p| p.trim_start_matches('/'))
    }
}

/// Asks cargo; a lock file that lags behind the manifests is an error.
pub fn read() -> Outcome<Metadata> {
    let remedy =
        "if cargo says that the lock file needs to be updated, run `cargo metadata >/dev/null` and commit Cargo.lock";
    let text = shell::capture(&mut shell::cargo(&["metadata", "--format-version=1", "--locked"]), remedy)?;
    serde_json::from_str(&text).tried("reading cargo metadata", "this cargo is older or newer than xtask knows")
}
