//! The privacy notice: a versioned text of the workspace.

use serde::Serialize;
use volens_core::clock::Micros;

use super::{Page, SAMPLE_NOW};

/// The notice in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The workspace's heading.
    pub heading: String,
    /// Since when this version is in force.
    pub since: Micros,
    /// The version's number or name.
    pub version: String,
    /// The text, in order.
    pub blocks: Vec<Block>,
}

/// A part of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A heading below the page's own.
    Heading {
        /// Its words.
        text: String,
    },
    /// Running text.
    Paragraph {
        /// Its words.
        text: String,
    },
    /// A list.
    List {
        /// Its items.
        items: Vec<String>,
    },
}

impl Notice {
    /// Reads a text in which blank lines part blocks, `## ` begins a heading and `- ` an item. Nothing else is marked up.
    #[must_use]
    pub fn blocks(text: &str) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut running: Vec<&str> = Vec::new();
        for line in text.lines().map(str::trim).chain([""]) {
            let heading = line.trim_start_matches('#');
            let item = line.strip_prefix("- ");
            let marked = heading.len() < line.len() || item.is_some();
            if (line.is_empty() || marked) && !running.is_empty() {
                blocks.push(Block::Paragraph { text: running.join(" ") });
                running.clear();
            }
            match (item, blocks.last_mut()) {
                (Some(item), Some(Block::List { items })) => items.push(item.to_owned()),
                (Some(item), _) => blocks.push(Block::List { items: vec![item.to_owned()] }),
                (None, _) if heading.len() < line.len() => {
                    blocks.push(Block::Heading { text: heading.trim().to_owned() });
                }
                _ if line.is_empty() => {}
                _ => running.push(line),
            }
        }
        blocks
    }
}

impl Page for Notice {
    const TEMPLATE: &'static str = "notice.html";
    const INDEXABLE: bool = true;

    fn samples() -> Vec<(&'static str, Self)> {
        let text = "We are Nordic Bakery S.r.l. and we write only to people who said yes.\n\n## What we keep\n\n\
            - your address, and your first name if you give it\n- what you ticked, when, and the words that stood beside it\n\n\
            ## For how long\n\nUntil three years after you leave, as proof. Then it is deleted.";
        let since = SAMPLE_NOW.before(std::time::Duration::from_secs(86400 * 23));
        vec![(
            "",
            Self { heading: "How we use your address".into(), since, version: "3".into(), blocks: Self::blocks(text) },
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_falls_into_blocks() {
        let read = Notice::blocks("One\nline.\n## Why\nBecause.\n- a\n- b\n\nEnd <b>.");
        let p = |text: &str| Block::Paragraph { text: text.into() };
        assert_eq!(
            read,
            [
                p("One line."),
                Block::Heading { text: "Why".into() },
                p("Because."),
                Block::List { items: vec!["a".into(), "b".into()] },
                p("End <b>."),
            ]
        );
    }
}
