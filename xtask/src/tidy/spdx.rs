//! Licence expressions (SPDX 2.3, annex D), with the older `/` for OR that crates.io still has.

/// Whether the expression lets us use the package, given which single licences we accept. `Err` says what is wrong
/// with the expression. A licence with an exception is asked for as `Apache-2.0 WITH LLVM-exception`.
pub fn accepted(expression: &str, accept: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, accept };
    let verdict = parser.or()?;
    match parser.words {
        [] => Ok(verdict),
        [word, ..] => Err(format!("{word:?} is out of place")),
    }
}

struct Parser<'a> {
    words: &'a [&'a str],
    accept: &'a dyn Fn(&str) -> bool,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn take(&mut self, word: &str) -> bool {
        let here = self.words.first() == Some(&word);
        if here {
            self.words = &self.words[1..];
        }
        here
    }

    /// AND binds tighter than OR.
    fn or(&mut self) -> Result<bool, String> {
        let mut verdict = self.and()?;
        while self.take("OR") {
            let right = self.and()?;
            verdict |= right;
        }
        Ok(verdict)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut verdict = self.one()?;
        while self.take("AND") {
            let right = self.one()?;
            verdict &= right;
        }
        Ok(verdict)
    }

    fn one(&mut self) -> Result<bool, String> {
        let word = self.next().ok_or("it ends too early")?;
        match word {
            "(" => {
                let verdict = self.or()?;
                if self.take(")") { Ok(verdict) } else { Err("a parenthesis is not closed".into()) }
            }
            ")" | "OR" | "AND" | "WITH" => Err(format!("{word:?} is out of place")),
            licence if self.take("WITH") => {
                let exception = self.next().ok_or("it ends too early")?;
                Ok((self.accept)(&format!("{licence} WITH {exception}")))
            }
            licence => Ok((self.accept)(licence)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(expression: &str) -> Result<bool, String> {
        accepted(expression, &|l| ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&l))
    }

    #[test]
    fn one_side_of_an_or_and_both_of_an_and() {
        assert_eq!(ok("MIT"), Ok(true));
        assert_eq!(ok("GPL-3.0-only"), Ok(false));
        assert_eq!(ok("GPL-3.0-only OR MIT"), Ok(true));
        assert_eq!(ok("GPL-3.0-only/MIT"), Ok(true));
        assert_eq!(ok("GPL-3.0-only AND MIT"), Ok(false));
        assert_eq!(ok("ISC AND MIT"), Ok(true));
    }

    #[test]
    fn and_binds_tighter_and_parentheses_bind_tightest() {
        assert_eq!(ok("MIT OR ISC AND GPL-3.0-only"), Ok(true));
        assert_eq!(ok("(MIT OR ISC) AND GPL-3.0-only"), Ok(false));
        assert_eq!(ok("ISC AND (GPL-3.0-only OR (MIT))"), Ok(true));
    }

    #[test]
    fn an_exception_belongs_to_its_licence() {
        assert_eq!(ok("Apache-2.0 WITH LLVM-exception"), Ok(true));
        assert_eq!(ok("Apache-2.0"), Ok(false));
        assert_eq!(ok("MIT WITH LLVM-exception"), Ok(false));
    }

    #[test]
    fn nonsense_is_no_licence() {
        for bad in ["", "MIT OR", "(MIT", "MIT)", "MIT ISC", "AND", "MIT WITH"] {
            assert!(ok(bad).is_err(), "{bad}");
        }
    }
}
