//! A Rust file as tidy sees it: its words with their lines, its functions, and which lines are tests.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A word, sign or bracket. Comments are gone, doc comments too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    Name(String),
    Sign(char),
    /// As written, with its quotes.
    Literal(String),
    Open(char),
    Close,
}

/// A function with a body, outside tests.
pub struct Function {
    pub name: String,
    pub line: usize,
    /// From `fn` to the closing brace.
    pub lines: usize,
}

/// A file, taken apart.
pub struct Source {
    pub path: String,
    lines: usize,
    words: Vec<(usize, Word)>,
    functions: Vec<Function>,
    tests: Vec<RangeInclusive<usize>>,
    test_modules: Vec<String>,
    has_module_doc: bool,
}

/// Files that never ship, by where they lie: the rules take them for tests.
const TEST_FOLDERS: &[&str] = &["tests", "benches", "examples", "fuzz"];

impl Source {
    /// Reads the text of the file at `path`.
    pub fn parse(path: &str, text: &str) -> syn::Result<Self> {
        let file = syn::parse_file(text)?;
        let tokens: TokenStream = syn::parse_str(text.trim_start_matches('\u{feff}'))?;
        let mut words = Vec::new();
        flatten(tokens, &mut words);
        let mut seen = Seen { dir: module_folder(path), ..Seen::default() };
        let lines = text.lines().count();
        if is_test_path(path) || file.attrs.iter().any(is_test) {
            seen.tests.push(1..=lines.max(1));
        }
        seen.visit_file(&file);
        let has_module_doc = file.attrs.iter().any(|a| a.path().is_ident("doc"));
        let Seen { tests, test_modules, functions, .. } = seen;
        let mut source = Self { path: path.into(), lines, words, functions, tests, test_modules, has_module_doc };
        source.drop_test_functions();
        Ok(source)
    }

    /// Counts the whole file as a test: its parent said so.
    pub fn all_test(&mut self) {
        self.tests.push(1..=self.lines.max(1));
        self.drop_test_functions();
    }

    fn drop_test_functions(&mut self) {
        let tests = &self.tests;
        self.functions.retain(|f| !tests.iter().any(|t| t.contains(&f.line)));
    }

    /// Whether the line belongs to a test.
    pub fn in_test(&self, line: usize) -> bool {
        self.tests.iter().any(|t| t.contains(&line))
    }

    /// Lines outside tests, comments and empty ones included.
    pub fn code_lines(&self) -> usize {
        (1..=self.lines).filter(|line| !self.in_test(*line)).count()
    }

    /// The functions outside tests.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The words outside tests, with their lines.
    pub fn code(&self) -> Vec<(usize, &Word)> {
        self.words.iter().filter(|(line, _)| !self.in_test(*line)).map(|(line, word)| (*line, word)).collect()
    }

    /// Whether the file opens with `//!`.
    pub fn has_module_doc(&self) -> bool {
        self.has_module_doc
    }

    /// Modules in files of their own that this one declares for tests: paths without `.rs`.
    pub fn test_modules(&self) -> Vec<String> {
        self.test_modules.clone()
    }
}

fn is_test_path(path: &str) -> bool {
    let mut parts: Vec<&str> = path.split('/').collect();
    let file = parts.pop();
    file == Some("tests.rs") || parts.iter().any(|p| TEST_FOLDERS.contains(p))
}

/// The folder in which a file's own modules lie.
fn module_folder(path: &str) -> String {
    let stem = path.trim_end_matches(".rs");
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    if ["mod", "lib", "main"].contains(&name) { folder.to_owned() } else { stem.to_owned() }
}

/// `#[test]` and its kin of any crate, and `#[cfg(test)]`.
fn is_test(attribute: &syn::Attribute) -> bool {
    let path = attribute.path();
    if path.is_ident("cfg") {
        let condition = attribute.parse_args::<TokenStream>().map(|t| t.to_string()).unwrap_or_default();
        return condition == "test" || condition.starts_with("all (test") || condition.starts_with("all(test");
    }
    path.segments.last().is_some_and(|s| s.ident == "test" || s.ident == "both_engines")
}

/// What the syntax tree tells.
#[derive(Default)]
struct Seen {
    dir: String,
    tests: Vec<RangeInclusive<usize>>,
    test_modules: Vec<String>,
    functions: Vec<Function>,
}

impl Seen {
    fn note_test(&mut self, attributes: &[syn::Attribute], whole: &impl Spanned) {
        if attributes.iter().any(is_test) {
            let span = whole.span();
            self.tests.push(span.start().line..=span.end().line);
        }
    }

    fn note_function(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let start = signature.span().start().line;
        let end = body.brace_token.span.close().end().line;
        self.functions.push(Function { name: signature.ident.to_string(), line: start, lines: end + 1 - start });
    }
}

impl<'ast> Visit<'ast> for Seen {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        use syn::Item::{Const, Enum, Fn, Impl, Macro, Mod, Static, Struct, Trait, Type, Use};
        let attributes = match item {
            Const(i) => &i.attrs,
            Enum(i) => &i.attrs,
            Fn(i) => &i.attrs,
            Impl(i) => &i.attrs,
            Macro(i) => &i.attrs,
            Mod(i) => &i.attrs,
            Static(i) => &i.attrs,
            Struct(i) => &i.attrs,
            Trait(i) => &i.attrs,
            Type(i) => &i.attrs,
            Use(i) => &i.attrs,
            _ => &Vec::new(),
        };
        self.note_test(attributes, item);
        if let Mod(module) = item
            && module.content.is_none()
            && module.attrs.iter().any(is_test)
        {
            self.test_modules.push(format!("{}/{}", self.dir, module.ident));
        }
        visit::visit_item(self, item);
    }

    fn visit_item_fn(&mut self, f: &'ast syn::ItemFn) {
        self.note_function(&f.sig, &f.block);
        visit::visit_item_fn(self, f);
    }

    fn visit_impl_item_fn(&mut self, f: &'ast syn::ImplItemFn) {
        self.note_test(&f.attrs, f);
        self.note_function(&f.sig, &f.block);
        visit::visit_impl_item_fn(self, f);
    }

    fn visit_trait_item_fn(&mut self, f: &'ast syn::TraitItemFn) {
        if let Some(body) = &f.default {
            self.note_function(&f.sig, body);
        }
        visit::visit_trait_item_fn(self, f);
    }
}

fn flatten(tokens: TokenStream, words: &mut Vec<(usize, Word)>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let line = token.span().start().line;
        match token {
            TokenTree::Punct(p) if p.as_char() == '#' => {
                // A doc comment is an attribute by now: `#[doc = "..."]` or `#![doc = "..."]`.
                tokens.next_if(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == '!'));
                if let Some(TokenTree::Group(group)) = tokens.next_if(|t| matches!(t, TokenTree::Group(_)))
                    && !is_doc(&group)
                {
                    flatten(group.stream(), words);
                }
            }
            TokenTree::Punct(p) => words.push((line, Word::Sign(p.as_char()))),
            TokenTree::Ident(name) => words.push((line, Word::Name(name.to_string()))),
            TokenTree::Literal(literal) => words.push((line, Word::Literal(literal.to_string()))),
            TokenTree::Group(group) => {
                let sign = match group.delimiter() {
                    Delimiter::Parenthesis => '(',
                    Delimiter::Brace => '{',
                    Delimiter::Bracket => '[',
                    Delimiter::None => ' ',
                };
                words.push((line, Word::Open(sign)));
                flatten(group.stream(), words);
                words.push((group.span_close().start().line, Word::Close));
            }
        }
    }
}

fn is_doc(group: &proc_macro2::Group) -> bool {
    matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::parse(path, text).unwrap()
    }

    #[test]
    fn tests_are_not_code() {
        let text = "//! x\nfn a() {\n}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n    #[test]\n    fn c() {}\n}\n";
        let s = source("crates/a/src/lib.rs", text);
        assert_eq!((s.code_lines(), s.functions().len()), (4, 1));
        assert!(s.has_module_doc() && !s.in_test(3) && s.in_test(5) && s.in_test(10));
        assert!(!source("crates/a/src/lib.rs", "#[cfg(not(test))]\nfn a() {}").in_test(2));
        assert!(source("crates/a/src/lib.rs", "#[cfg(all(test, unix))]\nfn a() {}").in_test(2));
        assert!(!source("crates/a/src/lib.rs", "#[cfg(any(test, unix))]\nfn a() {}").in_test(2));
        assert_eq!(source("crates/a/tests/it.rs", "fn a() {}").code_lines(), 0);
        assert_eq!(source("crates/a/examples/show.rs", "fn a() {}").code_lines(), 0);
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_found() {
        let text = "#[cfg(test)]\nmod oracle;\nmod real;";
        assert_eq!(source("crates/a/src/lib.rs", text).test_modules(), ["crates/a/src/oracle"]);
        assert_eq!(source("crates/a/src/b.rs", text).test_modules(), ["crates/a/src/b/oracle"]);
        assert_eq!(source("crates/a/src/b/mod.rs", text).test_modules(), ["crates/a/src/b/oracle"]);
        let mut s = source("crates/a/src/oracle.rs", "fn a() {}");
        s.all_test();
        assert_eq!((s.code_lines(), s.functions().len()), (0, 0));
    }

    #[test]
    fn functions_run_from_their_name_to_their_brace() {
        let text = "/// Long\n/// doc.\n#[inline]\npub fn a(\n    b: u8,\n) -> u8 {\n    \"}\";\n    b\n}\ntrait T {\n    fn d();\n    fn e() {}\n}\n";
        let s = source("crates/a/src/lib.rs", text);
        let all: Vec<_> = s.functions().iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(all, [("a", 4, 6), ("e", 12, 1)]);
    }

    #[test]
    fn comments_hold_no_words() {
        let s = source("a.rs", "//! doc\n/// SELECT\n// println!\nfn a() {}\n");
        assert!(s.code().iter().all(|(_, w)| !matches!(w, Word::Literal(_))));
    }
}
