//! The tags of an HTML fragment, one after the other: enough to look links and pictures over, not a parser.

/// One opening tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// Its name in lower case.
    pub(crate) name: String,
    /// Attributes in lower case with their values as they stand, quotes taken off.
    pub(crate) attributes: Vec<(String, &'a str)>,
    /// Octets from the start of the fragment to the tag.
    pub(crate) at: usize,
    /// And to what follows it.
    pub(crate) end: usize,
}

impl<'a> Tag<'a> {
    /// The value of an attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }
}

/// All opening tags; comments and what is inside them are passed over.
pub(crate) fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(open) = html[at..].find('<').map(|i| at + i) {
        let rest = &html[open..];
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(html.len(), |i| open + i + 3);
            continue;
        }
        let name: String = rest[1..].chars().take_while(char::is_ascii_alphanumeric).collect();
        at = open + 1 + name.len();
        if !name.is_empty() {
            let (attributes, end) = attributes(html, at);
            out.push(Tag { name: name.to_ascii_lowercase(), attributes, at: open, end });
            at = end;
        }
    }
    out
}

fn attributes(html: &str, mut at: usize) -> (Vec<(String, &str)>, usize) {
    let mut out = Vec::new();
    loop {
        at += html[at..].len() - html[at..].trim_start_matches(|c: char| c.is_whitespace() || c == '/').len();
        if at >= html.len() || html[at..].starts_with('>') {
            return (out, (at + 1).min(html.len()));
        }
        let name_end = end_of(html, at, |c| c.is_whitespace() || matches!(c, '=' | '>' | '/'));
        let name =
            html[at..name_end.max(at + html[at..].chars().next().map_or(1, char::len_utf8))].to_ascii_lowercase();
        at += name.len();
        let after = html[at..].trim_start();
        let Some(value) = after.strip_prefix('=').map(str::trim_start) else {
            out.push((name, ""));
            continue;
        };
        at = html.len() - value.len();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (from, to) = match quote {
            Some(q) => (at + 1, end_of(html, at + 1, |c| c == q)),
            None => (at, end_of(html, at, |c| c.is_whitespace() || c == '>')),
        };
        out.push((name, &html[from..to]));
        at = (to + usize::from(quote.is_some())).min(html.len());
    }
}

fn end_of(html: &str, from: usize, stop: impl Fn(char) -> bool) -> usize {
    html[from..].find(stop).map_or(html.len(), |i| from + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_tags_and_attributes() {
        let found = tags("<p>1 < 2<A HREF='x>y' title = \"q\" download><!-- <img src=z> --><img src=a/b alt></p>");
        let names: Vec<&str> = found.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(names, ["p", "a", "img"]);
        assert_eq!(found[1].get("href"), Some("x>y"));
        assert_eq!(found[1].get("title"), Some("q"));
        assert_eq!(found[2].get("src"), Some("a/b"));
    }

    #[test]
    fn ends_on_anything() {
        for odd in ["<", "<a", "<a ", "<a =", "<a b=", "<a b='", "<a é", "<a é=é", "<!--", "<a/>", "<a ==>", "<a '\">"]
        {
            let _ = tags(odd);
        }
    }
}
