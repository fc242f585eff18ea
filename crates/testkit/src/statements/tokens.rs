//! SQL cut into words, just far enough for the lints.

/// Lower-case words, `$1`, `{rows}`, whole literals `'..'`, and operators. Comments are left out.
pub(super) fn tokens(sql: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => quoted(rest, first),
            '{' => rest.find('}').map_or(rest.len(), |i| i + 1),
            '-' if rest.starts_with("--") => {
                rest = rest.find('\n').map_or("", |i| &rest[i..]).trim_start();
                continue;
            }
            c if c.is_alphanumeric() || c == '_' || c == '$' => rest
                .char_indices()
                .find(|(i, c)| *i > 0 && !(c.is_alphanumeric() || *c == '_'))
                .map_or(rest.len(), |(i, _)| i),
            _ if ["<=", ">=", "<>", "!=", "::", "||"].iter().any(|op| rest.starts_with(op)) => 2,
            c => c.len_utf8(),
        };
        let word = &rest[..length];
        out.push(if first == '\'' { word.to_owned() } else { word.to_lowercase() });
        rest = rest[length..].trim_start();
    }
    out
}

/// The length of a literal with its quotes; a doubled quote stays inside.
fn quoted(text: &str, quote: char) -> usize {
    let bytes = text.as_bytes();
    let mut i = 1;
    while i < bytes.len() {
        if bytes[i] == quote as u8 {
            if bytes.get(i + 1) != Some(&(quote as u8)) {
                return i + 1;
            }
            i += 1;
        }
        i += 1;
    }
    text.len()
}

/// Where the bracket that opens at `open` closes.
pub(super) fn closing(tokens: &[String], open: usize) -> usize {
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return i;
        }
    }
    tokens.len()
}

/// Whether the bracket at `open` holds a comma of its own.
pub(super) fn has_comma(tokens: &[String], open: usize) -> bool {
    let mut depth = 0;
    tokens[open..closing(tokens, open)].iter().any(|token| {
        match token.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        depth == 1 && token == ","
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_words_literals_and_operators() {
        let cut = tokens("SELECT a.Ws, 'It''s', $12 -- no\n FROM {rows} WHERE x<>1 || \"Y\"");
        let wanted = "select a . ws , 'It''s' , $12 from {rows} where x <> 1 || \"y\"";
        assert_eq!(cut.join(" "), wanted);
    }
}
