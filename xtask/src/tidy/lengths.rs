//! How long files and functions may be.

use super::Breach;
use super::source::Source;

/// Lines of code outside tests: what 95 of 100 keep to, and what none exceeds.
struct Limit {
    rule: &'static str,
    p95: usize,
    hard: usize,
    remedy: &'static str,
}

const FILE: Limit =
    Limit { rule: "file length", p95: 500, hard: 900, remedy: "split the file where its subject changes" };
const FUNCTION: Limit =
    Limit { rule: "function length", p95: 50, hard: 100, remedy: "give a part of the function its own name" };

/// Something with a length.
struct Measured {
    path: String,
    line: usize,
    name: String,
    lines: usize,
}

/// Every length that is too much, and the longest few when too many are long.
pub fn check(sources: &[Source]) -> Vec<Breach> {
    let files = sources.iter().filter(|s| s.code_lines() > 0).map(|s| Measured {
        path: s.path.clone(),
        line: 1,
        name: "the file".into(),
        lines: s.code_lines(),
    });
    let functions = sources.iter().flat_map(|s| {
        s.functions().iter().map(|f| Measured {
            path: s.path.clone(),
            line: f.line,
            name: f.name.clone(),
            lines: f.lines,
        })
    });
    let mut found = FILE.check(files.collect());
    found.extend(FUNCTION.check(functions.collect()));
    found
}

impl Limit {
    fn check(&self, mut all: Vec<Measured>) -> Vec<Breach> {
        all.sort_by_key(|m| m.lines);
        let breach = |m: &Measured, why: String| {
            Breach::new(&m.path, m.line, self.rule, format!("{} has {} lines, {why}: {}", m.name, m.lines, self.remedy))
        };
        let mut found: Vec<Breach> =
            all.iter().filter(|m| m.lines > self.hard).map(|m| breach(m, format!("more than {}", self.hard))).collect();
        let p95 = nearest_rank(&all);
        if p95 > self.p95 {
            let why = |_: &Measured| format!("and 5 in 100 are longer than {p95} where {} is the limit", self.p95);
            // Those between the limits that would have to go; the ones above the hard limit are named already.
            let longest = all.iter().rev().filter(|m| m.lines > self.p95 && m.lines <= self.hard).take(5);
            found.extend(longest.map(|m| breach(m, why(m))));
        }
        found
    }
}

/// The 95th percentile of what is sorted by length: the shortest length that 95 of 100 do not exceed.
fn nearest_rank(sorted: &[Measured]) -> usize {
    let rank = (sorted.len() * 95).div_ceil(100);
    rank.checked_sub(1).and_then(|i| sorted.get(i)).map_or(0, |m| m.lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lengths: &[usize]) -> Vec<Measured> {
        let one = |lines: &usize| Measured { path: "a.rs".into(), line: 1, name: "f".into(), lines: *lines };
        lengths.iter().map(one).collect()
    }

    #[test]
    fn nothing_exceeds_the_hard_limit() {
        assert_eq!(FUNCTION.check(of(&[100, 20, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])), []);
        let found = FUNCTION.check(of(&[101, 20, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
        assert_eq!(found[0].remedy, "f has 101 lines, more than 100: give a part of the function its own name");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn few_exceed_the_soft_limit() {
        let mut lengths = vec![10; 95];
        lengths.extend([60; 5]);
        assert_eq!(FUNCTION.check(of(&lengths)), []);
        lengths.push(60);
        assert_eq!(FUNCTION.check(of(&lengths)).len(), 5);
        assert_eq!(FUNCTION.check(of(&[])), []);
    }

    #[test]
    fn functions_are_measured_where_they_stand() {
        let long = format!("//! x\n\nfn long() {{\n{}}}\n", "    a();\n".repeat(120));
        let source = Source::parse("crates/core/src/a.rs", &long).unwrap();
        let found = check(std::slice::from_ref(&source));
        assert_eq!((found[0].line, found[0].rule), (3, "function length"));
        assert!(found[0].remedy.starts_with("long has 122 lines"));
        let file = format!("//! x\n{}", "const A: u8 = 1;\n".repeat(900));
        let found = check(&[Source::parse("crates/core/src/a.rs", &file).unwrap()]);
        assert_eq!(found.len(), 1);
        assert!(found[0].remedy.starts_with("the file has 901 lines"));
    }
}
