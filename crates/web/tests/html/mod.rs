//! A small reader for our own pages: enough to say whether tags close and references lead somewhere. Stricter than a
//! browser, which forgives.

use std::collections::BTreeSet;

const VOID: [&str; 5] = ["meta", "link", "input", "img", "br"];

type Attributes = Vec<(String, String)>;

/// An input or button, with where it stands.
#[derive(Debug)]
struct Field {
    tag: String,
    attributes: Attributes,
    in_label: bool,
    in_form: bool,
}

/// What a page is made of.
#[derive(Debug, Default)]
pub struct Document {
    faults: Vec<String>,
    ids: BTreeSet<String>,
    refers: Vec<String>,
    open: Vec<String>,
    labelled: BTreeSet<String>,
    fields: Vec<Field>,
}

impl Document {
    /// Reads a page.
    pub fn read(html: &str) -> Self {
        let mut document = Self::default();
        let mut rest = html.strip_prefix("\n").unwrap_or(html);
        match rest.strip_prefix("<!doctype html>") {
            Some(after) => rest = after,
            None => document.faults.push("no doctype first".into()),
        }
        while let Some(start) = rest.find('<') {
            document.text(&rest[..start]);
            let Some(end) = rest[start..].find('>') else {
                document.faults.push("a tag that does not end".into());
                break;
            };
            document.tag(&rest[start + 1..start + end]);
            rest = &rest[start + end + 1..];
        }
        document
    }

    /// What is wrong with it; empty when nothing is.
    pub fn faults(mut self) -> Vec<String> {
        if let Some(left) = self.open.last() {
            self.faults.push(format!("<{left}> is never closed"));
        }
        for id in &self.refers {
            if !self.ids.contains(id) {
                self.faults.push(format!("nothing has the id {id}"));
            }
        }
        for Field { tag, attributes, in_label, in_form } in &self.fields {
            let get = |name: &str| attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
            let hidden = get("type") == Some("hidden");
            let named = *in_label || get("id").is_some_and(|id| self.labelled.contains(id));
            if tag == "input" && !hidden && !named {
                self.faults.push(format!("a field without a label: {attributes:?}"));
            }
            if !in_form {
                self.faults.push(format!("a {tag} outside of a form: {attributes:?}"));
            }
        }
        self.faults
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            rest = &rest[at + 1..];
            if !["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|e| rest.starts_with(e)) {
                self.faults.push(format!("a bare & before {:?}", rest.chars().take(10).collect::<String>()));
            }
        }
    }

    fn tag(&mut self, inside: &str) {
        if let Some(name) = inside.strip_prefix('/') {
            match self.open.pop() {
                Some(open) if open == name => {}
                other => self.faults.push(format!("</{name}> closes {other:?}")),
            }
            return;
        }
        let alone = inside.ends_with('/');
        let inside = inside.trim_end_matches('/');
        let (name, attributes) = inside.split_once([' ', '\n']).unwrap_or((inside, ""));
        let attributes = self.attributes(attributes);
        self.element(name, attributes);
        if !alone && !VOID.contains(&name) {
            self.open.push(name.to_owned());
        }
    }

    fn attributes(&mut self, text: &str) -> Attributes {
        let mut out: Attributes = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let end = rest.find(['=', ' ']).unwrap_or(rest.len());
            let name = rest[..end].to_owned();
            let mut value = String::new();
            match rest[end..].strip_prefix("=\"").and_then(|quoted| quoted.split_once('"')) {
                Some((inner, after)) => {
                    self.text(inner);
                    value = inner.to_owned();
                    rest = after.trim_start();
                }
                None if rest[end..].starts_with('=') => {
                    self.faults.push(format!("{name} is not quoted"));
                    return out;
                }
                None => rest = rest[end..].trim_start(),
            }
            if out.iter().any(|(n, _)| *n == name) {
                self.faults.push(format!("{name} twice"));
            }
            out.push((name, value));
        }
        out
    }

    fn element(&mut self, name: &str, attributes: Attributes) {
        for (attribute, value) in &attributes {
            match (attribute.as_str(), value.strip_prefix('#')) {
                ("id", _) if !self.ids.insert(value.clone()) => self.faults.push(format!("the id {value} twice")),
                ("href", Some(id)) => self.refers.push(id.to_owned()),
                ("aria-describedby", _) => self.refers.push(value.clone()),
                ("for", _) => {
                    self.refers.push(value.clone());
                    self.labelled.insert(value.clone());
                }
                _ => {}
            }
        }
        if name == "input" || name == "button" {
            let within = |tag: &str| self.open.iter().any(|o| o == tag);
            let (in_label, in_form) = (within("label"), within("form"));
            self.fields.push(Field { tag: name.to_owned(), attributes, in_label, in_form });
        }
    }
}

#[test]
fn faults_are_found() {
    let faults = |html: &str| Document::read(&format!("<!doctype html>{html}")).faults();
    assert_eq!(faults("<p id=\"a\">x &amp; y<br></p><a href=\"#a\">z</a>"), Vec::<String>::new());
    for bad in [
        "<p>",
        "<p></b>",
        "<p id=\"a\"></p><p id=\"a\"></p>",
        "<p class=\"a\" class=\"b\"></p>",
        "<a href=\"#gone\">x</a>",
        "<p class=a></p>",
        "<p>a & b</p>",
        "<form><input name=\"x\"></form>",
        "<button>x</button>",
    ] {
        assert!(!faults(bad).is_empty(), "{bad}");
    }
}
