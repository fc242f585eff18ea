//! The layout is the architecture: which crate may name which.

use super::Breach;
use super::metadata::{Metadata, Package};

/// Arrows go downwards only: a package, and the packages of ours that it may name. A new crate gets a line here.
const ARROWS: &[(&str, &[&str])] = &[
    ("volens-core", &[]),
    ("volens-law", &["volens-core"]),
    ("volens-mail", &["volens-core"]),
    ("volens-wire", &["volens-core"]),
    ("volens-db", &[]),
    ("volens-store", &["volens-core", "volens-db"]),
    ("volens-app", &["volens-core", "volens-law", "volens-mail", "volens-wire", "volens-store"]),
    // Never the store or the engines: a page asks app.
    ("volens-web", &["volens-core", "volens-law", "volens-mail", "volens-app"]),
    (
        "volens",
        &["volens-core", "volens-law", "volens-mail", "volens-wire", "volens-store", "volens-app", "volens-web"],
    ),
    ("volens-testkit-macros", &[]),
    // Stands beside the layers and may see all of them: no crate ships it.
    (
        "volens-testkit",
        &[
            "volens-testkit-macros",
            "volens-core",
            "volens-law",
            "volens-mail",
            "volens-wire",
            "volens-db",
            "volens-store",
            "volens-app",
            "volens-web",
        ],
    ),
    // Measures from outside and may name what it measures.
    (
        "volens-bench",
        &[
            "volens-core",
            "volens-law",
            "volens-mail",
            "volens-wire",
            "volens-db",
            "volens-store",
            "volens-app",
            "volens-web",
        ],
    ),
    ("xtask", &[]),
];

/// For tests only: never an ordinary dependency, except of one another.
const TEST_ONLY: &[&str] = &["volens-testkit", "volens-testkit-macros"];

/// These do no I/O and are not async: nothing below them, at any depth, is one of the packages named.
const PURE: &[&str] = &["volens-core", "volens-law", "volens-mail"];
const NOT_PURE: &[&str] = &["tokio", "async-std", "hyper", "reqwest", "rusqlite", "tokio-postgres"];

/// Who may name these as an ordinary dependency; tests may.
const ONLY_IN: &[(&str, &[&str], &str)] = &[
    ("rusqlite", &["volens-db", "volens-testkit"], "engines live in db"),
    ("tokio-postgres", &["volens-db", "volens-testkit"], "engines live in db"),
    ("deadpool-postgres", &["volens-db", "volens-testkit"], "engines live in db"),
    ("axum", &["volens-web", "volens", "volens-testkit", "volens-bench"], "HTTP lives in web"),
    ("hyper", &["volens-web", "volens", "volens-testkit", "volens-bench", "xtask"], "HTTP lives in web"),
    ("getrandom", &["volens", "volens-testkit"], "take a &dyn volens_core::Randomness"),
    ("rand", &[], "take a &dyn volens_core::Randomness"),
    ("fastrand", &[], "take a &dyn volens_core::Randomness"),
    ("clap", &["volens"], "the command line lives in volens"),
    ("anyhow", &["xtask"], "errors are thiserror enums that carry the remedy"),
];

/// Every breach of the layering.
pub fn check(metadata: &Metadata) -> Vec<Breach> {
    let ours: Vec<&str> = metadata.members().map(|p| p.name.as_str()).collect();
    metadata.members().flat_map(|p| of_package(metadata, p, &ours)).collect()
}

fn of_package(metadata: &Metadata, package: &Package, ours: &[&str]) -> Vec<Breach> {
    let path = metadata.manifest(package);
    let breach = |remedy: String| Breach::new(path, 1, "layering", remedy);
    let name = package.name.as_str();
    let Some((_, allowed)) = ARROWS.iter().find(|(p, _)| *p == name) else {
        return vec![breach(format!("give {name} a line in the table of xtask/src/tidy/layers.rs"))];
    };
    let mut found = Vec::new();
    for dependency in &package.dependencies {
        let other = dependency.name.as_str();
        let in_tests = dependency.kind.as_deref() == Some("dev");
        let test_only = TEST_ONLY.contains(&other);
        // Tests may stand on everything that lies below, however deep.
        let below = in_tests && (test_only || is_below(name, other));
        if ours.contains(&other) && !allowed.contains(&other) && !below {
            found.push(breach(if test_only {
                format!("move {other} to [dev-dependencies] of {name}: it is for tests only")
            } else {
                format!("{name} may not name {other}; it may name: {}", list(allowed))
            }));
        }
        if let Some((_, may, why)) = ONLY_IN.iter().find(|(p, ..)| *p == other)
            && !in_tests
            && !may.contains(&name)
        {
            found.push(breach(format!("{name} may not depend on {other}: {why}")));
        }
    }
    if PURE.contains(&name) {
        let route = NOT_PURE.iter().find_map(|p| route(metadata, &package.id, p));
        found.extend(route.map(|r| breach(format!("{name} does no I/O and is not async: drop the dependency {r}"))));
    }
    found
}

/// Whether an arrow, or a way of arrows, leads from `above` down to `below`.
fn is_below(above: &str, below: &str) -> bool {
    let arrows = ARROWS.iter().find(|(p, _)| *p == above).map_or(&[][..], |(_, names)| names);
    arrows.iter().any(|name| *name == below || is_below(name, below))
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "none of ours".into() } else { names.join(", ") }
}

/// How `from` comes to depend on the package called `wanted`, tests apart: `a > b > wanted`.
fn route(metadata: &Metadata, from: &str, wanted: &str) -> Option<String> {
    let name = |id: &str| metadata.packages.iter().find(|p| p.id == id).map_or(id, |p| p.name.as_str()).to_owned();
    let mut seen = vec![from.to_owned()];
    let mut open = vec![(from.to_owned(), name(from))];
    while let Some((id, way)) = open.pop() {
        let edges = metadata.resolve.nodes.iter().find(|n| n.id == id).map_or(&[][..], |n| &n.deps);
        for edge in edges.iter().filter(|e| e.dep_kinds.iter().any(|k| k.kind.is_none())) {
            let way = format!("{way} > {}", name(&edge.pkg));
            if name(&edge.pkg) == wanted {
                return Some(way);
            }
            if !seen.contains(&edge.pkg) {
                seen.push(edge.pkg.clone());
                open.push((edge.pkg.clone(), way));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A package with its (dependency, kind) pairs.
    type Ours<'a> = (&'a str, &'a [(&'a str, Option<&'a str>)]);

    /// A workspace of our packages; `outside` are packages of others.
    fn breaches(packages: &[Ours], outside: &[(&str, &[&str])]) -> Vec<String> {
        let package = |name: &str, deps: serde_json::Value| json!({"name": name, "id": name, "dependencies": deps});
        let edge = |pkg: &str, kind: Option<&str>| json!({"pkg": pkg, "dep_kinds": [{"kind": kind}]});
        let mut list: Vec<_> = packages
            .iter()
            .map(|(n, d)| package(n, d.iter().map(|(name, kind)| json!({"name": name, "kind": kind})).collect()))
            .collect();
        list.extend(outside.iter().map(|(n, _)| package(n, json!([]))));
        let mut nodes: Vec<_> = packages
            .iter()
            .map(|(n, d)| json!({"id": n, "deps": d.iter().map(|(p, k)| edge(p, *k)).collect::<Vec<_>>()}))
            .collect();
        nodes.extend(
            outside.iter().map(|(n, d)| json!({"id": n, "deps": d.iter().map(|p| edge(p, None)).collect::<Vec<_>>()})),
        );
        let members: Vec<_> = packages.iter().map(|(n, _)| n).collect();
        let metadata = json!({"packages": list, "workspace_members": members, "resolve": {"nodes": nodes}});
        check(&serde_json::from_value(metadata).unwrap()).into_iter().map(|b| b.remedy).collect()
    }

    #[test]
    fn arrows_go_down() {
        let (core, store) = (("volens-core", &[][..]), ("volens-store", &[("volens-core", None)][..]));
        assert_eq!(breaches(&[core, store], &[]), [""; 0]);
        let web = ("volens-web", &[("volens-store", None)][..]);
        assert_eq!(
            breaches(&[core, store, web], &[]),
            ["volens-web may not name volens-store; it may name: volens-core, volens-law, volens-mail, volens-app"]
        );
        // Its tests may stand on what lies below, and on nothing above.
        let web = ("volens-web", &[("volens-store", Some("dev"))][..]);
        assert_eq!(breaches(&[core, store, web], &[]), [""; 0]);
        let (web, store) = (("volens-web", &[][..]), ("volens-store", &[("volens-web", Some("dev"))][..]));
        assert_eq!(breaches(&[core, store, web], &[]).len(), 1);
    }

    #[test]
    fn the_testkit_is_for_tests() {
        let kit = ("volens-testkit", &[][..]);
        assert_eq!(breaches(&[kit, ("volens-store", &[("volens-testkit", Some("dev"))])], &[]), [""; 0]);
        let found = breaches(&[kit, ("volens-store", &[("volens-testkit", None)])], &[]);
        assert_eq!(found, ["move volens-testkit to [dev-dependencies] of volens-store: it is for tests only"]);
    }

    #[test]
    fn purity_reaches_through_others() {
        let outside = [("css", &["fetch"][..]), ("fetch", &["tokio"]), ("tokio", &[])];
        let found = breaches(&[("volens-mail", &[("css", None)])], &outside);
        assert_eq!(
            found,
            ["volens-mail does no I/O and is not async: drop the dependency volens-mail > css > fetch > tokio"]
        );
        assert_eq!(breaches(&[("volens-mail", &[("css", Some("dev"))])], &outside), [""; 0]);
        assert_eq!(breaches(&[("volens-wire", &[("css", None)])], &outside), [""; 0]);
    }

    #[test]
    fn some_packages_have_one_place() {
        assert_eq!(
            breaches(&[("volens-store", &[("rusqlite", None)])], &[]),
            ["volens-store may not depend on rusqlite: engines live in db"]
        );
        assert_eq!(breaches(&[("volens-db", &[("rusqlite", None)])], &[]), [""; 0]);
        assert_eq!(breaches(&[("volens-store", &[("rusqlite", Some("dev"))])], &[]), [""; 0]);
    }

    #[test]
    fn a_new_crate_needs_a_line() {
        assert_eq!(
            breaches(&[("volens-new", &[])], &[]),
            ["give volens-new a line in the table of xtask/src/tidy/layers.rs"]
        );
    }
}
