//! Text that people type, where one line is asked for.

/// Characters that such a line cannot have: controls, line ends, and marks that turn or hide text (CVE-2021-42574). The
/// two joiners (U+200C, U+200D) are none of them: Persian and Hindi names need them.
#[must_use]
pub fn is_unusable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFD}' | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_hides_or_breaks_a_line_is_told_from_names() {
        for c in
            ['\r', '\0', '\u{85}', '\u{61C}', '\u{200B}', '\u{202E}', '\u{2028}', '\u{2029}', '\u{FEFF}', '\u{E0041}']
        {
            assert!(is_unusable(c), "{c:?}");
        }
        assert!(!"Ana María O’Neill مريم می\u{200C}خواهم Zoë 山田".chars().any(is_unusable));
    }
}
