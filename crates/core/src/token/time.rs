//! The time at which a form was rendered, so that what comes back within a blink, or weeks later, can be told from
//! what a person filled in. Base64url over: version 1, key id, instant of the render (8), MAC 16; 35 characters.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{MAC, decode};
use crate::clock::Micros;
use crate::id::{FormId, WorkspaceNo};
use crate::keys::{KeyRing, Use};
use crate::locale::Locale;

const VERSION: u8 = 1;
const CONTEXT: &str = "volens form time";
const BODY: usize = 10;

/// The form as it was rendered: a time token is good for this one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormRender {
    /// The workspace.
    pub workspace: WorkspaceNo,
    /// The form.
    pub form: FormId,
    /// Its version.
    pub version: u32,
    /// The language of the page.
    pub locale: Locale,
}

/// When a form was rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeToken {
    /// The instant of the render.
    pub issued: Micros,
}

/// Why a form's time cannot be relied on. Whoever fills in a form has not made a mistake: show the form again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeTokenError {
    /// Missing, cut short or changed.
    #[error("the form came back incomplete: send it once more")]
    Garbled,
    /// Of another form, version or language, or made elsewhere.
    #[error("the form is not the one that is shown now: send it once more")]
    Forged,
}

impl TimeToken {
    /// The hidden field of a form that is rendered at `issued`.
    #[must_use]
    pub fn mint(&self, ring: &KeyRing, render: &FormRender) -> String {
        let (key_id, key) = ring.minting(Use::Form, render.workspace);
        let mut out = vec![VERSION, key_id];
        out.extend_from_slice(&self.issued.0.to_be_bytes());
        let mac: [u8; MAC] = key.tag(CONTEXT, &render.parts(&out).each_ref().map(Vec::as_slice));
        out.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(out)
    }

    /// Reads the field that came back with the same form.
    ///
    /// # Errors
    /// [`TimeTokenError`].
    pub fn verify(text: &str, ring: &KeyRing, render: &FormRender) -> Result<Self, TimeTokenError> {
        let bytes = decode(text, 35).ok_or(TimeTokenError::Garbled)?;
        let (body, mac) = bytes.split_first_chunk::<BODY>().ok_or(TimeTokenError::Garbled)?;
        let [version, key_id, issued @ ..] = *body;
        if version != VERSION || mac.len() != MAC {
            return Err(TimeTokenError::Garbled);
        }
        let key = ring.verifying(Use::Form, render.workspace, key_id).ok_or(TimeTokenError::Forged)?;
        if !key.is_tag(CONTEXT, &render.parts(body).each_ref().map(Vec::as_slice), mac) {
            return Err(TimeTokenError::Forged);
        }
        Ok(Self { issued: Micros(i64::from_be_bytes(issued)) })
    }

    /// How long ago that was; zero when this node's clock is behind the one that rendered.
    #[must_use]
    pub fn age(&self, now: Micros) -> Duration {
        now.since(self.issued)
    }
}

impl FormRender {
    /// What the MAC is over; each part but the last has a fixed length.
    fn parts(&self, body: &[u8]) -> [Vec<u8>; 5] {
        [
            body.to_vec(),
            self.workspace.0.to_be_bytes().to_vec(),
            self.form.bytes().to_vec(),
            self.version.to_be_bytes().to_vec(),
            self.locale.tag().as_bytes().to_vec(),
        ]
    }
}
