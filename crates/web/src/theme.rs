//! How pages look: fifteen colours for light and dark, a radius, a voice, and the one style sheet made from them.
//!
//! A theme that somebody cannot read cannot be made: [`Theme`] comes only out of checks that recompute every contrast
//! pair of BRAND 4 (WCAG 2.2, 1.4.3 and 1.4.11).

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::contrast::Colour;

/// The style sheet that all themes share.
const BASE: &str = include_str!("../../../themes/base.css");
const VOLENS: &str = include_str!("../../../themes/volens.json");
const NORDIC_BAKERY: &str = include_str!("../../../themes/nordic-bakery.json");
/// Volens' mark as a favicon.
const FAVICON: &str = include_str!("../../../themes/volens-favicon.svg");
/// The mark of the demo's workspace.
pub const NORDIC_BAKERY_MARK: &str = include_str!("../../../themes/nordic-bakery.svg");

/// A theme whose every text can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Draft", into = "Draft")]
pub struct Theme(Draft);

/// A theme as somebody wrote it, before the checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The colours for light.
    pub light: Palette,
    /// The colours for dark.
    pub dark: Palette,
    /// The corner radius of controls, 0 to 24 px.
    pub radius: u8,
    /// The typeface of headings.
    #[serde(default)]
    pub voice: Voice,
}

/// The colours of one scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Palette {
    /// The ground.
    pub canvas: Colour,
    /// Sheets.
    pub surface: Colour,
    /// Wells.
    pub sunken: Colour,
    /// What the pointer is over.
    pub hover: Colour,
    /// Text.
    pub ink: Colour,
    /// Second text.
    #[serde(rename = "ink-2")]
    pub ink_2: Colour,
    /// Hints: the palest text there is.
    #[serde(rename = "ink-3")]
    pub ink_3: Colour,
    /// Separators, decorative.
    pub line: Colour,
    /// Edges of controls.
    pub line_control: Colour,
    /// The one filled button; white stands on it.
    pub accent: Colour,
    /// The same under the pointer.
    pub accent_hover: Colour,
    /// Links.
    pub accent_ink: Colour,
    /// What is chosen.
    pub accent_wash: Colour,
    /// Soft edges, the second stripe of the letter's edge.
    pub accent_line: Colour,
    /// The ring around what has the focus.
    pub focus: Colour,
}

/// The typeface of headings: the reader's own fonts, nothing is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Voice {
    /// Charter and its kin.
    #[default]
    Serif,
    /// The system's own.
    Sans,
}

/// Why a theme was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ThemeError {
    /// Two colours that are too alike.
    #[error(
        "{scheme}: {front} on {back} has a contrast of {ratio:.2}, and {needed} is needed ({what}). Make {front} {remedy}"
    )]
    Contrast {
        /// "light" or "dark".
        scheme: &'static str,
        /// What the pair is for.
        what: &'static str,
        /// The token in front.
        front: &'static str,
        /// The token behind.
        back: &'static str,
        /// The contrast as WCAG computes it, 1 to 21.
        ratio: f64,
        /// The least that is allowed.
        needed: f64,
        /// Which way to go.
        remedy: &'static str,
    },
    /// A radius out of range.
    #[error("a radius of {0} px is too round: 24 px at most")]
    Radius(u8),
    /// Not the JSON of a theme.
    #[error("this is no theme: {0}")]
    Shape(String),
}

impl TryFrom<Draft> for Theme {
    type Error = ThemeError;

    fn try_from(draft: Draft) -> Result<Self, ThemeError> {
        if draft.radius > 24 {
            return Err(ThemeError::Radius(draft.radius));
        }
        draft.light.check("light", &FIXED_LIGHT)?;
        draft.dark.check("dark", &FIXED_DARK)?;
        Ok(Self(draft))
    }
}

impl From<Theme> for Draft {
    fn from(theme: Theme) -> Self {
        theme.0
    }
}

impl Theme {
    /// Reads a theme's JSON and checks it. Errors: [`ThemeError`], the first pair that falls short by name and figure.
    pub fn from_json(json: &str) -> Result<Self, ThemeError> {
        let draft: Draft = serde_json::from_str(json).map_err(|e| ThemeError::Shape(e.to_string()))?;
        draft.try_into()
    }

    /// Volens' own look, for workspaces that have set none.
    ///
    /// # Panics
    /// Never: the file is part of the binary and a test reads it.
    #[must_use]
    pub fn volens() -> Self {
        Self::from_json(VOLENS).expect("themes/volens.json passes its test")
    }

    /// The look of the demo's workspace.
    ///
    /// # Panics
    /// Never: the file is part of the binary and a test reads it.
    #[must_use]
    pub fn nordic_bakery() -> Self {
        Self::from_json(NORDIC_BAKERY).expect("themes/nordic-bakery.json passes its test")
    }

    /// The whole style sheet of a workspace: its values, then what all share. About 10 kB.
    #[must_use]
    pub fn css(&self) -> String {
        let Self(draft) = self;
        let voice = match draft.voice {
            Voice::Serif => "Charter,\"Bitstream Charter\",\"Sitka Text\",Cambria,\"Noto Serif\",Georgia,serif",
            Voice::Sans => {
                "system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"Liberation Sans\",Arial,sans-serif"
            }
        };
        let theme = format!(
            ":root{{color-scheme:light dark;--v-voice:{voice};--v-r:{}px;{}}}@media(prefers-color-scheme:dark){{:root{{{}}}}}",
            draft.radius,
            draft.light.properties(),
            draft.dark.properties()
        );
        squeeze(&(theme + BASE))
    }
}

/// Colours that no theme sets but that stand on a theme's surface: error text, and the words and icons of consent
/// states. `themes/base.css` writes the same.
struct Fixed {
    danger: &'static str,
    /// Name, ink, mark.
    states: [(&'static str, &'static str, &'static str); 5],
}

const FIXED_LIGHT: Fixed = Fixed {
    danger: "#9B1C1C",
    states: [
        ("granted", "#0E5A34", "#1A7F4B"),
        ("requested", "#1D4E89", "#2F6DB5"),
        ("refused", "#9B1C1C", "#C2302B"),
        ("withdrawn", "#8A3B00", "#BC5216"),
        ("expired", "#664700", "#8F6400"),
    ],
};

const FIXED_DARK: Fixed = Fixed {
    danger: "#FFB1AB",
    states: [
        ("granted", "#8FE0AE", "#4FBF80"),
        ("requested", "#A9CDF7", "#6BA4E8"),
        ("refused", "#FFB1AB", "#F07069"),
        ("withdrawn", "#FFC08A", "#EE8A44"),
        ("expired", "#EBCB7C", "#CBA03B"),
    ],
};

type Named = (&'static str, Colour);

impl Palette {
    /// Every token by name, in the order in which they are written.
    fn tokens(&self) -> [Named; 15] {
        [
            ("canvas", self.canvas),
            ("surface", self.surface),
            ("sunken", self.sunken),
            ("hover", self.hover),
            ("ink", self.ink),
            ("ink-2", self.ink_2),
            ("ink-3", self.ink_3),
            ("line", self.line),
            ("line-control", self.line_control),
            ("accent", self.accent),
            ("accent-hover", self.accent_hover),
            ("accent-ink", self.accent_ink),
            ("accent-wash", self.accent_wash),
            ("accent-line", self.accent_line),
            ("focus", self.focus),
        ]
    }

    fn properties(&self) -> String {
        self.tokens().iter().map(|(name, colour)| format!("--v-{name}:{colour};")).collect()
    }

    /// Every pair that a reader must tell apart: text 4.5, edges and icons 3.
    fn pairs(&self, fixed: &Fixed) -> Vec<(&'static str, Named, Named, f64)> {
        let [canvas, surface, sunken, hover, ink, ink_2, ink_3, _line, edge, accent, over, link, wash, _soft, focus] =
            self.tokens();
        let white = ("white", Colour::WHITE);
        let mut pairs = Vec::new();
        for back in [canvas, surface, sunken, hover, wash] {
            pairs.extend([ink, ink_2, ink_3, link].map(|front| ("text", front, back, 4.5)));
        }
        pairs.extend([canvas, surface, sunken].map(|back| ("edges of controls", edge, back, 3.0)));
        pairs.extend([canvas, surface].map(|back| ("focus ring", focus, back, 3.0)));
        pairs.extend([accent, over].map(|back| ("words on the button", white, back, 4.5)));
        pairs.extend([canvas, surface].map(|back| ("edge of the button", accent, back, 3.0)));
        let set = |hex| Colour::from_hex(hex).unwrap_or(Colour::WHITE);
        pairs.push(("error text", ("danger", set(fixed.danger)), surface, 4.5));
        for (state, ink, mark) in fixed.states {
            pairs.push(("word of a consent state", (state, set(ink)), surface, 4.5));
            pairs.push(("icon of a consent state", (state, set(mark)), surface, 3.0));
        }
        pairs
    }

    fn check(&self, scheme: &'static str, fixed: &Fixed) -> Result<(), ThemeError> {
        for (what, (front, a), (back, b), needed) in self.pairs(fixed) {
            let ratio = a.contrast(b);
            if ratio < needed {
                let remedy = if b.luminance() > 0.18 { "darker" } else { "lighter" };
                return Err(ThemeError::Contrast { scheme, what, front, back, ratio, needed, remedy });
            }
        }
        Ok(())
    }
}

/// A file that a page refers to. Its path holds the hash of its bytes, so that it may be kept for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// `/t/{16 hex digits}.css` or `.svg`.
    pub path: String,
    /// What to send as `Content-Type`.
    pub content_type: &'static str,
    /// The bytes.
    pub body: String,
}

impl Asset {
    fn new(extension: &str, content_type: &'static str, body: String) -> Self {
        let hash = Sha256::digest(body.as_bytes());
        let name: String = hash.iter().take(8).map(|b| format!("{b:02x}")).collect();
        Self { path: format!("/t/{name}.{extension}"), content_type, body }
    }
}

/// The files of one workspace's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The style sheet.
    pub css: Asset,
    /// The icon in the browser's tab: the workspace's mark, or Volens'.
    pub icon: Asset,
    /// The workspace's mark beside its name.
    pub mark: Option<Asset>,
}

impl Look {
    /// The files for `theme` and the workspace's mark, which is a whole SVG.
    #[must_use]
    pub fn new(theme: &Theme, mark: Option<&str>) -> Self {
        let svg = |text: &str| Asset::new("svg", "image/svg+xml", text.to_owned());
        Self {
            css: Asset::new("css", "text/css; charset=utf-8", theme.css()),
            icon: svg(mark.unwrap_or(FAVICON)),
            mark: mark.map(svg),
        }
    }

    /// Every file that has to be served.
    pub fn assets(&self) -> impl Iterator<Item = &Asset> {
        [&self.css, &self.icon].into_iter().chain(self.mark.as_ref())
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// Our own style sheet without comments, needless spaces and the tokens' prefix: a page and its sheet stay below 15 kB.
fn squeeze(css: &str) -> String {
    let mut plain = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("/*") {
        plain.push_str(&rest[..start]);
        rest = rest[start..].find("*/").map_or("", |end| &rest[start + end + 2..]);
    }
    plain.push_str(rest);
    let mut out = String::with_capacity(plain.len());
    for word in plain.split_ascii_whitespace() {
        let glued = out.ends_with(['{', '}', ';', ',', ':', '>']) || word.starts_with(['{', '}', ';', ',', '>']);
        if !out.is_empty() && !glued {
            out.push(' ');
        }
        out.push_str(word);
    }
    out.replace(";}", "}").replace(" + ", "+").replace("--v-", "--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_themes_pass_and_travel_as_json() {
        for theme in [Theme::volens(), Theme::nordic_bakery()] {
            let json = serde_json::to_string(&theme).unwrap();
            assert_eq!(Theme::from_json(&json).unwrap(), theme);
        }
    }

    #[test]
    fn contrasts_are_those_of_the_brand() {
        let Draft { light, dark, .. } = Theme::volens().into();
        let near = |a: Colour, b: Colour, figure: f64| assert!((a.contrast(b) - figure).abs() < 0.05, "{figure}");
        near(light.ink, light.surface, 16.0);
        near(dark.ink, dark.surface, 14.7);
        near(light.ink_3, light.accent_wash, 5.1);
        near(dark.line_control, dark.surface, 4.4);
        near(Colour::WHITE, dark.accent, 4.9);
        near(dark.accent, dark.surface, 3.5);
    }

    #[test]
    fn a_pair_that_falls_short_is_named_with_its_figure() {
        let mut draft: Draft = Theme::volens().into();
        draft.light.ink_3 = Colour::from_hex("#8A9AA0").unwrap();
        let refused = Theme::try_from(draft).unwrap_err().to_string();
        assert_eq!(
            refused,
            "light: ink-3 on canvas has a contrast of 2.60, and 4.5 is needed (text). Make ink-3 darker"
        );
        let mut draft: Draft = Theme::volens().into();
        draft.dark.accent = Colour::from_hex("#14303A").unwrap();
        let refused = Theme::try_from(draft).unwrap_err().to_string();
        assert!(refused.starts_with("dark: accent on canvas has a contrast of 1."), "{refused}");
    }

    #[test]
    fn state_colours_must_stand_on_the_surface_too() {
        let mut draft: Draft = Theme::volens().into();
        draft.light.surface = Colour::from_hex("#E0EFF1").unwrap();
        draft.light.surface = Colour::from_hex("#CFC7B0").unwrap();
        assert!(Theme::try_from(draft).is_err());
    }

    #[test]
    fn what_is_no_theme_is_refused() {
        assert!(matches!(Theme::from_json("{}"), Err(ThemeError::Shape(_))));
        let hostile = VOLENS.replacen("#EEF3F3", "red;}body{display:none", 1);
        assert!(matches!(Theme::from_json(&hostile), Err(ThemeError::Shape(_))));
        let mut draft: Draft = Theme::volens().into();
        draft.radius = 25;
        assert_eq!(Theme::try_from(draft), Err(ThemeError::Radius(25)));
    }

    #[test]
    fn the_sheet_is_whole_and_its_fixed_colours_are_those_checked() {
        let css = Theme::volens().css();
        assert_eq!(css.matches('{').count(), css.matches('}').count());
        assert!(!css.contains("/*") && !css.contains("url(http") && !css.contains("@import"));
        for fixed in [&FIXED_LIGHT, &FIXED_DARK] {
            assert!(css.contains(&format!("--danger:{}", fixed.danger)));
            for (state, ink, mark) in fixed.states {
                assert!(css.contains(&format!(".{state}{{--ink:{ink};--mark:{mark};--wash:")), "{state}");
            }
        }
    }

    #[test]
    fn every_property_that_is_used_is_set() {
        let css = Theme::nordic_bakery().css();
        for used in css.split("var(").skip(1).filter_map(|rest| rest.split([')', ',']).next()) {
            assert!(css.contains(&format!("{used}:")), "{used} is used and never set");
        }
    }

    #[test]
    fn paths_follow_the_bytes() {
        let bakery = Look::new(&Theme::nordic_bakery(), Some(NORDIC_BAKERY_MARK));
        let plain = Look::new(&Theme::volens(), None);
        assert_ne!(bakery.css.path, plain.css.path);
        assert_eq!(plain.css.path.len(), "/t/0123456789abcdef.css".len());
        assert_eq!(bakery, Look::new(&Theme::nordic_bakery(), Some(NORDIC_BAKERY_MARK)));
        assert_eq!(bakery.assets().count(), 3);
    }
}
