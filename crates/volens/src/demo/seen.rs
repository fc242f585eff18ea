//! The home page as a person reads it, for the script: what it shows must be what the figures say.

use std::time::Duration;

use super::Demo;
use super::client::{Ask, ask};
use super::figures::{ANSWER, CampaignFigures, Figures, count, span};
use super::parent::Plug;
use super::script::{between, right};

/// How long a page may take.
const LIMIT: Duration = Duration::from_secs(20);
/// The live part, without the line that makes it come again.
const LIVE: &str = "/live?still=1";

/// A page that was read.
pub struct Seen(String);

impl Seen {
    /// Opens a page of the home page's site.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn page(demo: &Demo, path: &str) -> Result<Self, String> {
        let answer = ask(demo.home, Ask::get(path), LIMIT).await.map_err(|e| e.to_string())?;
        right(answer.status == 200, || format!("{path} answered {}", answer.status))?;
        let mut text = answer.text();
        for (coded, plain) in
            [("&#x27;", "'"), ("&#x2f;", "/"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        {
            text = text.replace(coded, plain);
        }
        Ok(Self(text))
    }

    /// Opens the live part, which must be about a server that is up.
    ///
    /// # Errors
    /// When it is about the past.
    pub async fn live(demo: &Demo) -> Result<Self, String> {
        let seen = Self::page(demo, LIVE).await?;
        seen.shows("The server is up")?;
        Ok(seen)
    }

    /// It says that.
    ///
    /// # Errors
    /// When it does not.
    pub fn shows(&self, words: &str) -> Result<(), String> {
        right(self.0.contains(words), || format!("the page does not say {words:?}"))
    }

    /// How many are sent in the equation on the page, which must hold.
    ///
    /// # Errors
    /// When there is none, or its sign says that it does not hold.
    pub fn sent(&self) -> Result<u64, String> {
        let equation = between(&self.0, "id=\"books\">", "<").ok_or("the page shows no equation")?;
        right(equation.contains(" = "), || format!("the page says {equation}"))?;
        let words: Vec<&str> = equation.split(' ').collect();
        let at = words.iter().position(|w| *w == "sent").unwrap_or_default();
        let figure = words.get(at.wrapping_sub(1)).map(|w| w.replace(',', ""));
        figure.and_then(|f| f.parse().ok()).ok_or(format!("the page says {equation}"))
    }

    /// The equation, its bar, the letters in the catcher, and everybody who was spared.
    ///
    /// # Errors
    /// The first that differs.
    pub fn is_of(&self, c: &CampaignFigures, caught: u64) -> Result<(), String> {
        self.shows(&format!("id=\"books\">{}<", c.books.equation()))?;
        let Figures { rows, sent, planned, sending, .. } = c.books;
        let part = |n: u64| n * 1_000 / rows.max(1);
        let (yes, open) = (part(sent), part(planned + sending));
        self.shows(&format!("class=\"yes\" width=\"{yes}\""))?;
        self.shows(&format!("x=\"{yes}\" width=\"{open}\""))?;
        self.shows(&format!("x=\"{}\" width=\"{}\"", yes + open, 1_000 - yes - open))?;
        self.shows(&format!("{} letters of it in the catcher", count(caught)))?;
        for spared in &c.spared {
            self.shows(&format!("{} left {} before the turn: spared", spared.who.name, span(spared.before)))?;
        }
        Ok(())
    }

    /// What the slip of a pulled plug says.
    ///
    /// # Errors
    /// What it does not say.
    pub fn has_slip(&self, plug: &Plug) -> Result<(), String> {
        self.shows(&format!("The plug was pulled; it was away for {}.", span(plug.away.as_micros() as i64)))?;
        self.shows("The books balance.")?;
        for found in plug.found.iter().filter(|f| f.what != ANSWER).take(12) {
            self.shows(&format!("{} ({})", found.who.name, found.who.address))?;
        }
        match plug.found.iter().filter(|f| f.what != ANSWER).count() {
            0 => Ok(()),
            1 => self.shows("1 letter was on its way"),
            n => self.shows(&format!("{n} letters were on their way")),
        }
    }
}
