//! Plain text broken into lines that people can read and answer to.

/// The longest line, in characters; a longer word stands alone.
const WIDTH: usize = 72;

/// Puts `line` at the end of `out`, broken between words; what follows a bullet, a number or a quote mark stands under
/// its first word. A line with gaps of two spaces is a row of a table and stays whole.
pub(crate) fn wrap(line: &str, out: &mut String) {
    let indent = hang(line);
    let (head, rest) = line.split_at(indent);
    out.push_str(head);
    if rest.contains("  ") {
        out.push_str(rest);
        return;
    }
    let mut column = indent;
    for (i, word) in rest.split(' ').enumerate() {
        let width = word.chars().count();
        if i > 0 && column + 1 + width <= WIDTH {
            out.push(' ');
            column += 1;
        } else if i > 0 {
            out.push('\n');
            match head.trim_start().starts_with('>') {
                true => out.push_str(head),
                false => out.extend(std::iter::repeat_n(' ', indent)),
            }
            column = indent;
        }
        out.push_str(word);
        column += width;
    }
}

/// The octets of a line's indentation and mark: `* `, `12. `, `> `.
fn hang(line: &str) -> usize {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    let rest = &line[spaces..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let mark = match rest.as_bytes() {
        [b'*' | b'>' | b'-', b' ', ..] => 2,
        _ if (1..4).contains(&digits) && rest[digits..].starts_with(". ") => digits + 2,
        _ => 0,
    };
    spaces + mark
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(line: &str) -> String {
        let mut out = String::new();
        wrap(line, &mut out);
        out
    }

    #[test]
    fn breaks_between_words_only() {
        let long = "x".repeat(100);
        assert_eq!(wrapped(&format!("a {long} b")), format!("a\n{long}\nb"));
        assert_eq!(wrapped(&"word ".repeat(20)).lines().map(str::len).max(), Some(72 - 3));
        assert_eq!(wrapped(""), "");
    }

    #[test]
    fn marks_hang_and_tables_stay() {
        let words = "word ".repeat(20);
        let words = words.trim_end();
        assert!(wrapped(&format!("* {words}")).contains("\n  word"));
        assert!(wrapped(&format!("10. {words}")).contains("\n    word"));
        assert!(wrapped(&format!("> {words}")).contains("\n> word"));
        let row = format!("Fri  {words}");
        assert_eq!(wrapped(&row), row);
    }
}
