//! Licences of everything that we build with, against `deny.toml`.

use serde::Deserialize;

use super::metadata::Metadata;
use super::{Breach, spdx};
use crate::failure::{Failure, Outcome, Tried};

/// npm packages that only run tests and so may be copyleft by the file: axe is MPL-2.0 and never ships.
const NPM_TESTS_ONLY: &[(&str, &str)] = &[("@axe-core/playwright", "MPL-2.0"), ("axe-core", "MPL-2.0")];

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

fn read(deny: &str) -> Outcome<Licenses> {
    Ok(toml::from_str::<Deny>(deny).tried("reading deny.toml", "mend the line it names")?.licenses)
}

/// Every package of the build, on every platform.
pub fn check_cargo(metadata: &Metadata, deny: &str) -> Outcome<Vec<Breach>> {
    let list = read(deny)?;
    let mut found = Vec::new();
    for package in &metadata.packages {
        let exception = list.exceptions.iter().find(|e| e.package == package.name);
        let accept = |licence: &str| {
            list.allow.iter().any(|l| l == licence) || exception.is_some_and(|e| e.allow.iter().any(|l| l == licence))
        };
        let what = format!("{} {}", package.name, package.version);
        found.extend(judge("Cargo.lock", &what, package.license.as_deref(), &accept));
    }
    for e in &list.exceptions {
        if metadata.packages.iter().all(|p| p.name != e.package) {
            found.push(Breach::new(
                "deny.toml",
                1,
                "licence",
                format!("drop the exception for {}: nobody uses it", e.package),
            ));
        }
    }
    Ok(found)
}

/// Every package of an npm lock file.
pub fn check_npm(path: &str, lock: &str, deny: &str) -> Outcome<Vec<Breach>> {
    let list = read(deny)?;
    let lock: serde_json::Value =
        serde_json::from_str(lock).tried("reading the npm lock file", "run `npm install` in web/")?;
    let packages = lock["packages"]
        .as_object()
        .ok_or_else(|| Failure::new("the npm lock file names no packages", "run `npm install` in web/"))?;
    let mut found = Vec::new();
    for (folder, package) in packages.iter().filter(|(folder, _)| !folder.is_empty()) {
        let name = folder.rsplit_once("node_modules/").map_or(folder.as_str(), |(_, name)| name);
        let tests_only = package["dev"] == true;
        let accept = |licence: &str| {
            list.allow.iter().any(|l| l == licence) || (tests_only && NPM_TESTS_ONLY.contains(&(name, licence)))
        };
        found.extend(judge(path, name, package["license"].as_str(), &accept));
    }
    Ok(found)
}

fn judge(path: &str, what: &str, licence: Option<&str>, accept: &dyn Fn(&str) -> bool) -> Option<Breach> {
    let remedy = match licence.map(|l| (l, spdx::accepted(l, accept))) {
        Some((_, Ok(true))) => return None,
        Some((l, Ok(false))) => format!("{what} is under {l}: do without it, or decide in deny.toml and say why"),
        Some((l, Err(e))) => format!("{what} has the licence {l:?}, which cannot be read ({e}): look at it by hand"),
        None => format!("{what} names no licence: do without it"),
    };
    Some(Breach::new(path, 1, "licence", remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const DENY: &str = "[licenses]\nallow = [\"MIT\"]\n[[licenses.exceptions]]\ncrate = \"css\"\nallow = [\"MPL-2.0\"]";

    fn cargo(packages: &[(&str, Option<&str>)]) -> Vec<String> {
        let packages: Vec<_> =
            packages.iter().map(|(n, l)| json!({"name": n, "id": n, "version": "1.0.0", "license": l})).collect();
        let metadata = json!({"packages": packages, "workspace_members": [], "resolve": {"nodes": []}});
        let metadata = serde_json::from_value(metadata).unwrap();
        check_cargo(&metadata, DENY).unwrap().into_iter().map(|b| b.remedy).collect()
    }

    #[test]
    fn an_exception_is_for_one_package_and_in_use() {
        assert_eq!(cargo(&[("css", Some("MPL-2.0")), ("a", Some("MIT"))]), [""; 0]);
        assert_eq!(
            cargo(&[("css", Some("MIT")), ("a", Some("MPL-2.0"))]),
            ["a 1.0.0 is under MPL-2.0: do without it, or decide in deny.toml and say why"]
        );
        assert_eq!(cargo(&[]), ["drop the exception for css: nobody uses it"]);
    }

    #[test]
    fn no_licence_is_no_leave() {
        assert_eq!(cargo(&[("css", Some("MPL-2.0")), ("a", None)]), ["a 1.0.0 names no licence: do without it"]);
        assert!(cargo(&[("css", Some("MPL-2.0")), ("a", Some("MIT OR"))])[0].contains("cannot be read"));
    }

    #[test]
    fn npm_tools_may_be_mpl_and_what_ships_may_not() {
        let lock = |dev: bool| {
            let axe = json!({"license": "MPL-2.0", "dev": dev});
            json!({"packages": {"": {}, "node_modules/x/node_modules/axe-core": axe}}).to_string()
        };
        assert_eq!(check_npm("l", &lock(true), DENY).unwrap(), []);
        assert_eq!(check_npm("l", &lock(false), DENY).unwrap().len(), 1);
        let other = json!({"packages": {"node_modules/y": {"license": "MPL-2.0", "dev": true}}}).to_string();
        assert!(check_npm("l", &other, DENY).unwrap()[0].remedy.starts_with("y is under MPL-2.0"));
    }
}
