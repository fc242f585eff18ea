//! Links and return paths that prove where they come from. One token, one power.
//!
//! A web token is base64url over: version 1, key id, power, workspace (8), payload, expiry in seconds since 1970 (4,
//! where it expires), HMAC-SHA-256 over all of that cut to 16 bytes. No address is in it, and nothing secret: whoever
//! holds the mail may read the ids. [`address`] has those that travel in mail addresses, [`time`] the one in forms.

pub mod address;
#[cfg(test)]
mod tests;
pub mod time;

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Micros;
use crate::id::{EventId, PointId, WorkspaceNo};
use crate::keys::{KeyRing, Use};
use crate::purpose::PurposeNo;

pub use address::{AddressToken, BounceToken};
pub use time::{FormRender, TimeToken};

const DAY: u64 = 24 * 60 * 60;
/// How long a confirmation link works.
pub const CONFIRM_FOR: Duration = Duration::from_secs(7 * DAY);
/// How long "it was not me" works.
pub const NOT_ME_FOR: Duration = Duration::from_secs(30 * DAY);
/// How long a link to the choices page works.
pub const CHOICES_FOR: Duration = Duration::from_secs(30 * DAY);

const VERSION: u8 = 1;
const CONTEXT: &str = "volens web token";
/// Version, key id, power, workspace.
const HEAD: usize = 11;
const MAC: usize = 16;

/// What the holder of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Power {
    /// Confirm a request.
    Confirm,
    /// Say that a request was somebody else's.
    NotMe,
    /// Leave.
    Leave,
    /// See and take away choices.
    Choices,
    /// Report on a delivery: a return path, never a link.
    Bounce,
}

impl Power {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Confirm, Self::NotMe, Self::Leave, Self::Choices, Self::Bounce];

    /// Its byte in a token: never changed.
    fn byte(self) -> u8 {
        match self {
            Self::Confirm => 1,
            Self::NotMe => 2,
            Self::Leave => 3,
            Self::Choices => 4,
            Self::Bounce => 5,
        }
    }

    /// The use of its keys.
    fn usage(self) -> Use {
        match self {
            Self::Confirm => Use::Confirm,
            Self::NotMe => Use::NotMe,
            Self::Leave => Use::Leave,
            Self::Choices => Use::Choices,
            Self::Bounce => Use::Bounce,
        }
    }

    /// Bytes of payload and expiry in its web token; `None` when it has none.
    fn web_len(self) -> Option<usize> {
        match self {
            Self::Confirm | Self::NotMe => Some(16 + 16 + 4),
            Self::Leave => Some(16 + 4),
            Self::Choices => Some(16 + 4),
            Self::Bounce => None,
        }
    }
}

/// Why a token gives no power.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError<T: fmt::Debug> {
    /// No token of ours: cut short, changed, or something else altogether.
    #[error("the link is incomplete: open it again from the mail, or copy all of it")]
    Garbled,
    /// It looks like one of ours and does not verify: changed, made elsewhere, or its key is retired.
    #[error("the link was not made here, or is too old to be checked: use the newest mail")]
    Forged,
    /// A true token that was made for something else.
    #[error("the link is for something else: use the one that the mail names for this")]
    WrongPower {
        /// What it is for.
        power: Power,
    },
    /// A true token whose time is over: the payload serves to offer a new one, and nothing else.
    #[error("the link has expired: ask for a new one")]
    Expired {
        /// What it said.
        payload: T,
        /// When it stopped working.
        since: Micros,
    },
}

/// What each web token has of its own.
trait Web: Sized + fmt::Debug {
    const POWER: Power;
    fn workspace(&self) -> WorkspaceNo;
    /// Payload, then expiry where it has one: `POWER.web_len()` bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// The reverse; `None` cannot happen when the length is right.
    fn read(workspace: WorkspaceNo, bytes: &[u8]) -> Option<Self>;
    fn expires(&self) -> Option<Micros>;
}

fn mint<T: Web>(token: &T, ring: &KeyRing) -> String {
    let workspace = token.workspace();
    let (key_id, key) = ring.minting(T::POWER.usage(), workspace);
    let mut out = vec![VERSION, key_id, T::POWER.byte()];
    out.extend_from_slice(&workspace.0.to_be_bytes());
    token.write(&mut out);
    let mac: [u8; MAC] = key.tag(CONTEXT, &[&out]);
    out.extend_from_slice(&mac);
    URL_SAFE_NO_PAD.encode(out)
}

fn verify<T: Web>(text: &str, ring: &KeyRing, now: Micros) -> Result<T, TokenError<T>> {
    let bytes = decode(text, 96).ok_or(TokenError::Garbled)?;
    let (body, mac) = bytes.split_last_chunk::<MAC>().ok_or(TokenError::Garbled)?;
    let (head, payload) = body.split_first_chunk::<HEAD>().ok_or(TokenError::Garbled)?;
    let [version, key_id, power, workspace @ ..] = *head;
    let power = Power::ALL.into_iter().find(|p| p.byte() == power).ok_or(TokenError::Garbled)?;
    if version != VERSION || power.web_len() != Some(payload.len()) {
        return Err(TokenError::Garbled);
    }
    let workspace = WorkspaceNo(i64::from_be_bytes(workspace));
    let key = ring.verifying(power.usage(), workspace, key_id).ok_or(TokenError::Forged)?;
    if !key.is_tag(CONTEXT, &[body], mac) {
        return Err(TokenError::Forged);
    }
    if power != T::POWER {
        return Err(TokenError::WrongPower { power });
    }
    let token = T::read(workspace, payload).ok_or(TokenError::Garbled)?;
    match token.expires() {
        Some(since) if since <= now => Err(TokenError::Expired { payload: token, since }),
        _ => Ok(token),
    }
}

/// Base64url without padding, of one spelling only: bits left over must be zero.
fn decode(text: &str, max: usize) -> Option<Vec<u8>> {
    (text.len() <= max).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten()
}

/// The whole second in which something made now for `life` expires, as a token can hold it (until 2106).
fn expiry(now: Micros, life: Duration) -> Micros {
    Micros(i64::from(expiry_seconds(now.after(life))) * 1_000_000)
}

fn expiry_seconds(at: Micros) -> u32 {
    u32::try_from(at.seconds().max(0)).unwrap_or(u32::MAX)
}

fn read_expiry(bytes: &[u8]) -> Option<Micros> {
    Some(Micros(i64::from(u32::from_be_bytes(bytes.try_into().ok()?)) * 1_000_000))
}

/// Confirms one request, once, within 7 days. That it was used is known from the consent events, not from the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmToken {
    /// The workspace.
    pub workspace: WorkspaceNo,
    /// The requested event that it confirms.
    pub event: EventId,
    /// The contact point that it was sent to.
    pub point: PointId,
    /// When it stops working: a whole second.
    pub expires: Micros,
}

/// Says that a request was somebody else's, within 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotMeToken {
    /// The workspace.
    pub workspace: WorkspaceNo,
    /// The requested event that it disowns.
    pub event: EventId,
    /// The contact point that the mail went to.
    pub point: PointId,
    /// When it stops working: a whole second.
    pub expires: Micros,
}

/// Leaves one purpose. Never expires: whoever holds it can only end mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaveToken {
    /// The workspace.
    pub workspace: WorkspaceNo,
    /// The contact point that leaves.
    pub point: PointId,
    /// The purpose that one click closes; the page offers "everything" too.
    pub purpose: PurposeNo,
}

/// Opens the choices page, within 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChoicesToken {
    /// The workspace.
    pub workspace: WorkspaceNo,
    /// The contact point whose choices they are.
    pub point: PointId,
    /// When it stops working: a whole second.
    pub expires: Micros,
}

macro_rules! of_a_request {
    ($token:ident, $power:expr, $life:expr) => {
        impl $token {
            /// The token of this request, made now.
            #[must_use]
            pub fn new(workspace: WorkspaceNo, event: EventId, point: PointId, now: Micros) -> Self {
                Self { workspace, event, point, expires: expiry(now, $life) }
            }
        }

        impl Web for $token {
            const POWER: Power = $power;

            fn workspace(&self) -> WorkspaceNo {
                self.workspace
            }

            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.event.bytes());
                out.extend_from_slice(&self.point.bytes());
                out.extend_from_slice(&expiry_seconds(self.expires).to_be_bytes());
            }

            fn read(workspace: WorkspaceNo, bytes: &[u8]) -> Option<Self> {
                Some(Self {
                    workspace,
                    event: EventId::from_slice(bytes.get(..16)?)?,
                    point: PointId::from_slice(bytes.get(16..32)?)?,
                    expires: read_expiry(bytes.get(32..)?)?,
                })
            }

            fn expires(&self) -> Option<Micros> {
                Some(self.expires)
            }
        }
    };
}

of_a_request!(ConfirmToken, Power::Confirm, CONFIRM_FOR);
of_a_request!(NotMeToken, Power::NotMe, NOT_ME_FOR);

impl LeaveToken {
    /// The token of this point and purpose.
    #[must_use]
    pub fn new(workspace: WorkspaceNo, point: PointId, purpose: PurposeNo) -> Self {
        Self { workspace, point, purpose }
    }
}

impl Web for LeaveToken {
    const POWER: Power = Power::Leave;

    fn workspace(&self) -> WorkspaceNo {
        self.workspace
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.point.bytes());
        out.extend_from_slice(&self.purpose.0.to_be_bytes());
    }

    fn read(workspace: WorkspaceNo, bytes: &[u8]) -> Option<Self> {
        let point = PointId::from_slice(bytes.get(..16)?)?;
        Some(Self { workspace, point, purpose: PurposeNo(u32::from_be_bytes(bytes.get(16..)?.try_into().ok()?)) })
    }

    fn expires(&self) -> Option<Micros> {
        None
    }
}

impl ChoicesToken {
    /// The token of this point, made now.
    #[must_use]
    pub fn new(workspace: WorkspaceNo, point: PointId, now: Micros) -> Self {
        Self { workspace, point, expires: expiry(now, CHOICES_FOR) }
    }
}

impl Web for ChoicesToken {
    const POWER: Power = Power::Choices;

    fn workspace(&self) -> WorkspaceNo {
        self.workspace
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.point.bytes());
        out.extend_from_slice(&expiry_seconds(self.expires).to_be_bytes());
    }

    fn read(workspace: WorkspaceNo, bytes: &[u8]) -> Option<Self> {
        Some(Self { workspace, point: PointId::from_slice(bytes.get(..16)?)?, expires: read_expiry(bytes.get(16..)?)? })
    }

    fn expires(&self) -> Option<Micros> {
        Some(self.expires)
    }
}

macro_rules! web_tokens {
    ($($token:ident)*) => {$(
        impl $token {
            /// Its text for a URL: base64url without padding, at most 84 characters. The same token has the same text
            /// until its key is rotated.
            #[must_use]
            pub fn mint(&self, ring: &KeyRing) -> String {
                mint(self, ring)
            }

            /// Reads a text from a URL.
            ///
            /// # Errors
            /// [`TokenError`]; an expired token still gives its payload.
            pub fn verify(text: &str, ring: &KeyRing, now: Micros) -> Result<Self, TokenError<Self>> {
                verify(text, ring, now)
            }
        }
    )*};
}

web_tokens! { ConfirmToken NotMeToken LeaveToken ChoicesToken }
