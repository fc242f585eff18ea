//! Words that have a place, and nowhere else. Tests may say what they like.

use super::Breach;
use super::source::{Source, Word};

/// How a forbidden word looks in the code.
enum Look {
    /// `a::b`, also as `a::{b, ..}`.
    Path(&'static str, &'static str),
    /// `.a()`.
    Method(&'static str),
    /// `a!`.
    Macro(&'static str),
    /// A string that holds SQL.
    Sql,
}

/// A word with its place: `only_in` are folders where it is at home, or `except` in which alone it is not.
struct Rule {
    rule: &'static str,
    looks: &'static [Look],
    place: Place,
    remedy: &'static str,
}

enum Place {
    OnlyIn(&'static [&'static str]),
    NotIn(&'static [&'static str]),
}

use Look::{Macro, Method, Path};

/// The testkit is code that only tests use; xtask is a tool of developers. Neither ships.
const RULES: &[Rule] = &[
    Rule {
        rule: "SQL",
        looks: &[Look::Sql],
        place: Place::OnlyIn(&["bench", "crates/store", "crates/db", "crates/testkit", "xtask"]),
        remedy: "put the statement into crates/store as a named constant and call a method of the store",
    },
    Rule {
        rule: "environment",
        looks: &[Path("std", "env"), Path("env", "var"), Path("env", "var_os"), Path("env", "args")],
        place: Place::OnlyIn(&["bench", "crates/volens", "crates/testkit", "xtask"]),
        remedy: "pass the value in: only the volens binary reads the environment",
    },
    Rule {
        rule: "clock",
        looks: &[Path("SystemTime", "now"), Path("Timestamp", "now"), Path("Zoned", "now")],
        place: Place::OnlyIn(&["bench", "crates/volens", "crates/testkit", "xtask"]),
        remedy: "take a &dyn Clock: only the volens binary reads the system clock",
    },
    Rule {
        rule: "stop watch",
        looks: &[Path("Instant", "now"), Path("thread", "sleep")],
        place: Place::NotIn(&["crates/core", "crates/law", "crates/mail"]),
        remedy: "this crate's answers depend on its arguments alone: measure and wait in app or wire",
    },
    Rule {
        rule: "printing",
        looks: &[Macro("println"), Macro("print"), Macro("eprintln"), Macro("eprint")],
        place: Place::OnlyIn(&["bench", "crates/volens", "xtask"]),
        remedy: "return the text or use tracing: only volens and xtask print",
    },
    Rule {
        rule: "unwrap",
        looks: &[Method("unwrap")],
        place: Place::OnlyIn(&["crates/testkit"]),
        remedy: "return the error, or say why it cannot happen: expect(\"...\")",
    },
    Rule {
        rule: "unbounded queue",
        looks: &[Path("mpsc", "unbounded_channel"), Path("mpsc", "unbounded")],
        place: Place::OnlyIn(&[]),
        remedy: "take a channel with a bound: back-pressure keeps memory small",
    },
];

/// Files that open without saying what they are for.
const NO_DOC_NEEDED: &[&str] = &["build.rs"];

/// Every word out of place in the file.
pub fn check(source: &Source) -> Vec<Breach> {
    let code = source.code();
    let mut found = Vec::new();
    let named = source.path.rsplit('/').next().unwrap_or_default();
    if source.code_lines() > 0 && !source.has_module_doc() && !NO_DOC_NEEDED.contains(&named) {
        let remedy = "open the file with //! and a sentence that says what it is for";
        found.push(Breach::new(&source.path, 1, "module doc", remedy));
    }
    // A build script speaks to cargo by printing and hears it through the environment.
    if named == "build.rs" {
        return found;
    }
    for rule in RULES.iter().filter(|r| !r.place.is_home(&source.path)) {
        for at in 0..code.len() {
            if rule.looks.iter().any(|look| look.is_at(&code[at..])) {
                found.push(Breach::new(&source.path, code[at].0, rule.rule, rule.remedy));
            }
        }
    }
    found.dedup();
    found
}

impl Place {
    fn is_home(&self, path: &str) -> bool {
        let under = |dirs: &[&str]| dirs.iter().any(|d| path.strip_prefix(d).is_some_and(|rest| rest.starts_with('/')));
        match self {
            Self::OnlyIn(dirs) => under(dirs),
            Self::NotIn(dirs) => !under(dirs),
        }
    }
}

type Code<'a> = [(usize, &'a Word)];

impl Look {
    fn is_at(&self, code: &Code) -> bool {
        match self {
            Path(first, last) => {
                is_name(code, 0, first) && is_colons(code, 1) && {
                    is_name(code, 3, last) || (is_open(code, 3, '{') && names_in_group(&code[4..]).any(|n| n == *last))
                }
            }
            Method(name) => is_sign(code, 0, '.') && is_name(code, 1, name) && is_open(code, 2, '('),
            Macro(name) => is_name(code, 0, name) && is_sign(code, 1, '!') && !is_sign(code, 2, '='),
            Self::Sql => matches!(code.first(), Some((_, Word::Literal(text))) if is_sql(text)),
        }
    }
}

fn is_name(code: &Code, at: usize, name: &str) -> bool {
    matches!(code.get(at), Some((_, Word::Name(n))) if n == name)
}

fn is_sign(code: &Code, at: usize, sign: char) -> bool {
    matches!(code.get(at), Some((_, Word::Sign(s))) if *s == sign)
}

fn is_open(code: &Code, at: usize, sign: char) -> bool {
    matches!(code.get(at), Some((_, Word::Open(s))) if *s == sign)
}

fn is_colons(code: &Code, at: usize) -> bool {
    is_sign(code, at, ':') && is_sign(code, at + 1, ':')
}

/// The first name of each branch of `{a, b::c, d::{e}}`.
fn names_in_group<'a>(code: &'a Code<'a>) -> impl Iterator<Item = &'a str> {
    let mut depth = 0;
    let mut fresh = true;
    let inside = code.iter().map_while(move |(_, word)| {
        let starts = fresh && depth == 0;
        fresh = matches!(word, Word::Sign(','));
        match word {
            Word::Open(_) => depth += 1,
            Word::Close if depth == 0 => return None,
            Word::Close => depth -= 1,
            _ => {}
        }
        Some(if starts { Some(*word) } else { None })
    });
    inside.flatten().filter_map(|word| if let Word::Name(n) = word { Some(n.as_str()) } else { None })
}

/// SQL as we write it (capitals), or in small letters where it opens the string.
fn is_sql(literal: &str) -> bool {
    const CAPITALS: &[&[&str]] = &[
        &["SELECT "],
        &["INSERT INTO "],
        &["UPDATE ", " SET "],
        &["DELETE FROM "],
        &["CREATE TABLE "],
        &["CREATE INDEX "],
        &["CREATE UNIQUE INDEX "],
        &["ALTER TABLE "],
        &["DROP TABLE "],
        &["PRAGMA "],
    ];
    const SMALL: &[(&str, &str)] = &[
        ("select ", " from "),
        ("insert into ", ""),
        ("update ", " set "),
        ("delete from ", ""),
        ("create table ", ""),
    ];
    // Line ends and escapes of the source count as spaces.
    let text = literal.replace(['\n', '\t'], " ").replace("\\n", " ");
    let whole = |needle: &str| {
        text.match_indices(needle).any(|(i, _)| {
            needle.starts_with(' ') || !text[..i].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-')
        })
    };
    let opens = text.trim_start_matches(['b', 'c', 'r', '#', '"']).trim_start();
    CAPITALS.iter().any(|needles| needles.iter().all(|n| whole(n)))
        || SMALL.iter().any(|(first, then)| opens.starts_with(first) && opens.contains(then))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, code: &str) -> Vec<(usize, &'static str)> {
        let source = Source::parse(path, &format!("//! x\n{code}")).unwrap();
        check(&source).into_iter().map(|b| (b.line, b.rule)).collect()
    }

    fn in_app(code: &str) -> Vec<&'static str> {
        rules("crates/app/src/a.rs", code).into_iter().map(|(_, rule)| rule).collect()
    }

    #[test]
    fn sql_stays_in_the_store() {
        for text in
            ["SELECT 1 FROM a", "x\\nUPDATE a SET b = 1", "WITH c AS (SELECT a)", "select a from b", "  insert into a"]
        {
            let code = format!("const A: &str = \"{text}\";");
            assert_eq!(in_app(&code), ["SQL"], "{text}");
            assert_eq!(rules("crates/store/src/a.rs", &code), []);
        }
        assert_eq!(in_app("const A: &str = r#\"SELECT 1\"#;"), ["SQL"]);
        assert_eq!(in_app("fn a() { run!(one, \"DELETE FROM a\"); }"), ["SQL"]);
        for text in ["select one", "RESELECT it", "UPDATE the text", "please select a purpose from the list"] {
            assert_eq!(in_app(&format!("const A: &str = \"{text}\";")), [""; 0], "{text}");
        }
        assert_eq!(in_app("// SELECT 1\n/// SELECT 2\nfn a() {}"), [""; 0]);
    }

    #[test]
    fn the_environment_is_read_in_the_binary() {
        assert_eq!(rules("crates/app/src/a.rs", "\nfn a() { std::env::var(\"A\"); }"), [(3, "environment")]);
        for code in ["use std::env;", "use std::{fs, env};", "use std::{env::args, fs};", "fn a() { env::var_os(A); }"]
        {
            assert_eq!(in_app(code), ["environment"], "{code}");
            assert_eq!(rules("crates/volens/src/a.rs", code), [], "{code}");
        }
        assert_eq!(in_app("use std::{fs::env, a};\nconst V: &str = env!(\"CARGO_PKG_VERSION\");"), [""; 0]);
        // A folder with a longer name is another folder.
        assert_eq!(rules("crates/volens-x/src/a.rs", "use std::env;"), [(2, "environment")]);
    }

    #[test]
    fn time_comes_from_outside() {
        assert_eq!(in_app("fn a() { std::time::SystemTime::now(); }"), ["clock"]);
        assert_eq!(in_app("fn a() { jiff::Timestamp::now(); }"), ["clock"]);
        assert_eq!(in_app("fn a() { Instant::now(); }"), [""; 0]);
        assert_eq!(rules("crates/law/src/a.rs", "fn a() { Instant::now(); }"), [(2, "stop watch")]);
    }

    #[test]
    fn libraries_do_not_print() {
        assert_eq!(in_app("fn a() { println!(\"a\"); }"), ["printing"]);
        assert_eq!(in_app("fn a() { writeln!(f, \"println!\"); let print = 1; if print != 2 {} }"), [""; 0]);
        assert_eq!(rules("crates/volens/src/a.rs", "fn a() { println!(\"a\"); }"), []);
    }

    #[test]
    fn unwrap_is_for_tests() {
        assert_eq!(in_app("fn a() { b().unwrap(); }"), ["unwrap"]);
        assert_eq!(in_app("fn a() { format!(\"{}\", b().unwrap()); }"), ["unwrap"]);
        assert_eq!(in_app("fn a() { b().unwrap_or(1); b().expect(\"c\"); }"), [""; 0]);
        assert_eq!(in_app("#[cfg(test)]\nmod tests { fn a() { b().unwrap(); std::env::args(); } }"), [""; 0]);
    }

    #[test]
    fn queues_have_bounds() {
        assert_eq!(in_app("fn a() { tokio::sync::mpsc::unbounded_channel(); }"), ["unbounded queue"]);
    }

    #[test]
    fn files_say_what_they_are_for() {
        let bare = Source::parse("crates/app/src/a.rs", "fn a() {}").unwrap();
        assert_eq!(check(&bare)[0].rule, "module doc");
        let build = Source::parse("crates/app/build.rs", "fn main() { println!(\"cargo::warning=a\"); }").unwrap();
        assert_eq!(check(&build), []);
        assert_eq!(check(&Source::parse("crates/app/tests/a.rs", "fn a() {}").unwrap()), []);
    }
}
