//! Writes every page, sample and language as files to look at: `cargo run -p volens-web --example gallery -- OUTDIR`.

use std::fs;
use std::path::Path;

use volens_core::Locale;
use volens_web::pages::{
    Choices, Confirm, Leave, Left, Message, NotMe, Notice, Page, SAMPLE_NOW, Signup, Thanks, Trouble, WayBack, Welcome,
};
use volens_web::render::{Brand, Frame, Pages};
use volens_web::theme::{Look, NORDIC_BAKERY_MARK, Theme};

type Outcome = Result<(), Box<dyn std::error::Error>>;

struct Gallery<'a> {
    pages: Pages,
    brand: Brand,
    out: &'a Path,
}

#[expect(clippy::disallowed_methods, reason = "a program of its own reads its arguments")]
fn main() -> Outcome {
    let out = std::env::args().nth(1).ok_or("name a folder: cargo run -p volens-web --example gallery -- OUTDIR")?;
    let out = Path::new(&out);
    fs::create_dir_all(out.join("t"))?;
    let gallery = Gallery { pages: Pages::new()?, brand: Brand::sample(), out };
    let bakery = look(&Theme::nordic_bakery(), Some(NORDIC_BAKERY_MARK), out)?;
    gallery.all("", &bakery)?;
    let plain = look(&Theme::volens(), None, out)?;
    gallery.write::<Signup>("default-", &plain, Locale::En)?;
    gallery.write::<Choices>("default-", &plain, Locale::En)
}

/// The files of a look, written, with paths that work from a folder.
fn look(theme: &Theme, mark: Option<&str>, out: &Path) -> Result<Look, std::io::Error> {
    let mut look = Look::new(theme, mark);
    for asset in [&mut look.css, &mut look.icon].into_iter().chain(look.mark.as_mut()) {
        asset.path = asset.path.trim_start_matches('/').to_owned();
        fs::write(out.join(&asset.path), &asset.body)?;
    }
    Ok(look)
}

impl Gallery<'_> {
    fn all(&self, prefix: &str, look: &Look) -> Outcome {
        for locale in Locale::ALL {
            self.write::<Signup>(prefix, look, locale)?;
            self.write::<Thanks>(prefix, look, locale)?;
            self.write::<Confirm>(prefix, look, locale)?;
            self.write::<Welcome>(prefix, look, locale)?;
            self.write::<NotMe>(prefix, look, locale)?;
            self.write::<Leave>(prefix, look, locale)?;
            self.write::<Left>(prefix, look, locale)?;
            self.write::<WayBack>(prefix, look, locale)?;
            self.write::<Choices>(prefix, look, locale)?;
            self.write::<Trouble>(prefix, look, locale)?;
            self.write::<Notice>(prefix, look, locale)?;
            self.write::<Message>(prefix, look, locale)?;
        }
        Ok(())
    }

    fn write<P: Page>(&self, prefix: &str, look: &Look, locale: Locale) -> Outcome {
        let frame =
            Frame { locale, brand: &self.brand, look, here: Some("/here"), now: SAMPLE_NOW, zone: "Europe/Rome" };
        let page = P::TEMPLATE.trim_end_matches(".html");
        for (sample, context) in P::samples() {
            let dash = if sample.is_empty() { "" } else { "-" };
            let name = format!("{prefix}{page}{dash}{sample}.{}.html", locale.tag());
            fs::write(self.out.join(name), self.pages.try_render(&context, &frame)?)?;
        }
        Ok(())
    }
}
