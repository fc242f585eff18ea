//! Template code taken out of a text before Markdown, HTML and line breaking work on it, and put back afterwards.
//!
//! Those three would escape, wrap or move `{{ ... }}`; a token of letters and figures passes through all of them.
//! Statements become comments in HTML, since only these may stand between the rows of a table.

use crate::letter::LetterError;

/// A text with tokens in place of its template code.
pub(crate) struct Holes {
    prefix: String,
    codes: Vec<Code>,
}

struct Code {
    text: String,
    /// The line that it stands on, counted from the first of the text.
    line: usize,
    statement: bool,
}

/// What to look for while scanning: how code opens, how it closes, and whether it is a statement.
const KINDS: [(&str, &str, bool); 3] = [("{{", "}}", false), ("{%", "%}", true), ("{#", "#}", true)];

impl Holes {
    /// Takes the code out of `source`, whose first line is line `first` of the file.
    ///
    /// # Errors
    /// Code that never closes.
    pub(crate) fn dig(source: &str, first: usize) -> Result<(Self, String), LetterError> {
        let mut prefix = "vlx".to_owned();
        while source.contains(&prefix) {
            prefix.push('x');
        }
        let mut holes = Self { prefix, codes: Vec::new() };
        let mut out = String::with_capacity(source.len());
        let mut rest = source;
        while let Some((start, close, statement)) = next_code(rest) {
            let line = first + source[..source.len() - rest.len() + start].matches('\n').count();
            let length = code_length(&rest[start..], close).ok_or_else(|| LetterError::Template {
                line,
                reason: format!("this code never closes. Write {close} at its end"),
            })?;
            out.push_str(&rest[..start]);
            let token = holes.token(holes.codes.len(), statement);
            out.push_str(&token);
            holes.codes.push(Code { text: rest[start..start + length].to_owned(), line, statement });
            rest = &rest[start + length..];
        }
        out.push_str(rest);
        Ok((holes, out))
    }

    /// A hole for text of ours that must not be wrapped or escaped.
    pub(crate) fn bury(&mut self, text: String) -> String {
        self.codes.push(Code { text, line: 0, statement: false });
        self.token(self.codes.len() - 1, false)
    }

    fn token(&self, i: usize, statement: bool) -> String {
        let name = format!("{}{i}z", self.prefix);
        if statement { format!("<!--{name}-->") } else { name }
    }

    /// Statements as plain tokens: for the text part, whose maker drops comments.
    pub(crate) fn uncomment(&self, html: &str) -> String {
        let mut out = html.to_owned();
        for (i, _) in self.codes.iter().enumerate().filter(|(_, c)| c.statement) {
            out = out.replace(&self.token(i, true), &self.token(i, false));
        }
        out
    }

    /// Puts the code back in.
    ///
    /// # Errors
    /// A statement that was lost or moved, or a value that is no longer between the same statements.
    pub(crate) fn fill(&self, text: &str) -> Result<String, LetterError> {
        let mut out = String::with_capacity(text.len() * 2);
        let mut order = Vec::new();
        self.fill_into(text, &mut out, &mut order)?;
        self.in_order(&order)?;
        Ok(out)
    }

    fn fill_into(&self, text: &str, out: &mut String, order: &mut Vec<usize>) -> Result<(), LetterError> {
        let mut rest = text;
        while let Some(start) = rest.find(&self.prefix) {
            let digits: String = rest[start + self.prefix.len()..].chars().take_while(char::is_ascii_digit).collect();
            let end = start + self.prefix.len() + digits.len() + 1;
            let known = digits.parse::<usize>().ok().filter(|i| *i < self.codes.len());
            let (Some(i), Some(after)) = (known, rest.get(end..)) else {
                return Err(misplaced(self.codes.first().map_or(1, |c| c.line)));
            };
            let before = &rest[..start];
            let (before, after) = match (before.strip_suffix("<!--"), after.strip_prefix("-->")) {
                (Some(b), Some(a)) => (b, a),
                _ => (before, after),
            };
            out.push_str(&guarded(before));
            if self.codes[i].line > 0 {
                out.push_str(&self.codes[i].text);
                order.push(i);
            } else {
                self.fill_into(&self.codes[i].text, out, order)?;
            }
            rest = after;
        }
        out.push_str(&guarded(rest));
        Ok(())
    }

    fn in_order(&self, order: &[usize]) -> Result<(), LetterError> {
        let statements: Vec<usize> = (0..self.codes.len()).filter(|i| self.codes[*i].statement).collect();
        let mut passed = 0;
        for i in order {
            let belongs = statements.partition_point(|s| s < i);
            if belongs != passed {
                return Err(misplaced(self.codes[*i].line));
            }
            passed += usize::from(self.codes[*i].statement);
        }
        match statements.get(passed) {
            Some(lost) => Err(misplaced(self.codes[*lost].line)),
            None => Ok(()),
        }
    }

    /// Whether a text begins with code: a link whose address a field holds.
    pub(crate) fn begins(&self, text: &str) -> bool {
        text.starts_with(&self.prefix)
    }

    /// Whether a line holds statements and nothing else.
    pub(crate) fn only_statements(&self, line: &str) -> bool {
        let mut rest = line.trim().to_owned();
        let any = !rest.is_empty();
        for (i, _) in self.codes.iter().enumerate().filter(|(_, c)| c.statement) {
            rest = rest.replace(&self.token(i, false), "");
        }
        any && rest.trim().is_empty()
    }

    /// The code as its author wrote it, with its line.
    pub(crate) fn codes(&self) -> impl Iterator<Item = (usize, &str)> {
        self.codes.iter().filter(|c| c.line > 0).map(|c| (c.line, c.text.as_str()))
    }
}

/// Braces that Markdown or an entity made are text, not code: each opening mark becomes a string.
fn guarded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, _, _)) = next_code(rest) {
        out.push_str(&rest[..at]);
        out.push_str("{{ '{' }}");
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out
}

/// Whether all code of a text prints a field of a person, or words in its place where it is missing: whether that goes
/// well depends on which fields there are, never on what they hold.
pub(crate) fn only_prints_fields(text: &str) -> bool {
    let mut rest = text;
    while let Some((start, close, _)) = next_code(rest) {
        let code = &rest[start..];
        let Some(code) = code_length(code, close).map(|length| &code[..length]) else { return false };
        if !code.starts_with("{#") && !prints_a_field(code) {
            return false;
        }
        rest = &rest[start + code.len()..];
    }
    true
}

fn prints_a_field(code: &str) -> bool {
    let inside = code.strip_prefix("{{").and_then(|c| c.strip_suffix("}}"));
    let Some(field) = inside.and_then(|c| c.trim_matches(['-', '+']).trim().strip_prefix("person.")) else {
        return false;
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let rest = field.trim_start_matches(is_name);
    rest.len() < field.len() && (rest.is_empty() || is_default(rest))
}

/// `| default('friend')`, with nothing but plain words between the quotes.
fn is_default(filter: &str) -> bool {
    let name = filter.trim_start().strip_prefix('|').map(str::trim_start);
    let name = name.and_then(|n| n.strip_prefix("default").or_else(|| n.strip_prefix('d')));
    let words = name.and_then(|n| n.trim().strip_prefix('(')).and_then(|n| n.strip_suffix(')')).map(str::trim);
    words.is_some_and(|words| {
        ['\'', '"'].iter().any(|quote| {
            let inside = words.strip_prefix(*quote).and_then(|w| w.strip_suffix(*quote));
            inside.is_some_and(|w| !w.contains([*quote, '\\']))
        })
    })
}

fn misplaced(line: usize) -> LetterError {
    LetterError::Misplaced {
        line,
        reason: "the HTML or the text part would lose it or move it. Put it into running text or a link's address, \
                 and statements around whole paragraphs or tables",
    }
}

fn next_code(text: &str) -> Option<(usize, &'static str, bool)> {
    KINDS.iter().filter_map(|(open, close, s)| Some((text.find(open)?, *close, *s))).min_by_key(|(at, _, _)| *at)
}

/// The octets from the opening to the end of the closing mark; strings inside may hold one.
fn code_length(code: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    let comment = close == "#}";
    let mut chars = code.char_indices().skip(2);
    while let Some((i, c)) = chars.next() {
        match quote {
            Some(_) if c == '\\' => {
                chars.next();
            }
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if !comment && matches!(c, '"' | '\'') => quote = Some(c),
            None if code[i..].starts_with(close) => return Some(i + 2),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_comes_back_where_it_was() {
        let source = "Hi {{ person.first_name | default('}} <b>') }}, {% if a < b %}x{% endif %} vlx {# n #}";
        let (holes, dug) = Holes::dig(source, 1).unwrap();
        assert!(!dug.contains('{') && dug.contains("<!--vlxx1z-->"), "{dug}");
        assert_eq!(holes.fill(&dug).unwrap(), source);
        assert_eq!(holes.fill(&holes.uncomment(&dug)).unwrap(), source);
    }

    #[test]
    fn what_depends_on_fields_alone() {
        for plain in [
            "no code",
            "Hi {{ person.first_name }}, {{person.city}} {# a note #}",
            "Hi {{- person.first_name | default('friend') -}} and {{ person.x|default(\"it's\") }} {{ person.y | d('') }}",
        ] {
            assert!(only_prints_fields(plain), "{plain}");
        }
        for code in [
            "{% if person.country == 'IT' %}{{ person.first_name }}{% endif %}",
            "{{ person.first_name if person.country == 'IT' }}",
            "{{ person.nick or person.first_name }}",
            "{{ person.points / person.visits }}",
            "{{ person.points | int }}",
            "{{ person.a | default(person.b) }}",
            "{{ person.a | default('x') | int }}",
            "{{ person.a | default('x', person.b) }}",
            "{{ person.a | default('x' if person.b == 'y') }}",
            "{{ person.a | default('x' ~ 'y') }}",
            "{{ person }}",
            "{{ person. }}",
            "{{ person.a }} {{ person[person.a] }}",
            "{{ person.a",
        ] {
            assert!(!only_prints_fields(code), "{code}");
        }
    }

    #[test]
    fn open_code_names_its_line() {
        let e = Holes::dig("a\n\n{{ person.x }\n", 5).map(|_| ()).unwrap_err().to_string();
        assert!(e.starts_with("line 7:") && e.contains("}}"), "{e}");
    }

    #[test]
    fn moved_or_lost_statements_are_refused() {
        let (holes, dug) = Holes::dig("{% if a %}{{ b }}{% endif %}", 3).unwrap();
        let plain = holes.uncomment(&dug);
        let [open, value, close] = [0, 1, 2].map(|i| holes.token(i, false));
        assert!(plain.starts_with(&open));
        for wrong in [
            format!("{close}{value}{open}"),
            format!("{open}{close}{value}"),
            format!("{value}{open}{close}"),
            format!("{open}{value}"),
            format!("{plain}{close}"),
        ] {
            assert!(matches!(holes.fill(&wrong), Err(LetterError::Misplaced { line: 3, .. })), "{wrong}");
        }
    }

    #[test]
    fn values_may_swap_places_or_go_as_links_do() {
        let (mut holes, dug) = Holes::dig("{{ a }} {{ b }}", 1).unwrap();
        let (one, two) = dug.split_once(' ').unwrap();
        let buried = holes.bury(format!("<{one}>"));
        assert_eq!(holes.fill(&format!("{two} {buried}")).unwrap(), "{{ b }} <{{ a }}>");
    }

    #[test]
    fn braces_that_are_text_stay_text() {
        let (holes, _) = Holes::dig("x", 1).unwrap();
        let code = holes.fill("a {{ b {% c {# d }}").unwrap();
        assert_eq!(minijinja::Environment::new().render_str(&code, ()).unwrap(), "a {{ b {% c {# d }}");
    }
}
