//! Tokens that are the local part of a mail address: base32 (RFC 4648) in lower case, read in any case, because mail
//! software changes it. At most 64 octets (RFC 5321 4.5.3.1.1).
//!
//! | | bytes | characters |
//! |---|---|---|
//! | return path | version 1, key id 1, delivery 16, day of expiry 2, MAC 12 | 52 |
//! | leave | version 1, key id 1, workspace 4, point 16, purpose 4, MAC 12 | 61 |
//!
//! The length tells them apart, the MAC is over a context of its own each.

use std::time::Duration;

use super::{DAY, LeaveToken, TokenError};
use crate::base32;
use crate::clock::Micros;
use crate::id::{DeliveryKey, PointId, WorkspaceNo};
use crate::keys::{INSTANCE, KeyRing, SubKey, Use};
use crate::purpose::PurposeNo;

/// How long a return path is listened to.
pub const BOUNCE_FOR: Duration = Duration::from_secs(90 * DAY);
/// Characters of a return path's token.
pub const BOUNCE_LEN: usize = 52;
/// Characters of a leave address's token.
pub const LEAVE_LEN: usize = 61;

const VERSION: u8 = 1;
const MAC: usize = 12;
const BOUNCE_CONTEXT: &str = "volens return path";
const LEAVE_CONTEXT: &str = "volens leave address";
/// 2020-01-01T00:00:00Z in days since 1970: days of expiry count from here and last until 2199.
const DAY_ZERO: i64 = 18_262;

/// A return path: what a bounce is matched by. Its key is the instance's, because it names no workspace: the stream
/// number in the delivery is unique in the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BounceToken {
    /// The delivery that the mail was.
    pub delivery: DeliveryKey,
    /// The last day on which it is listened to, in days since 2020-01-01 UTC.
    pub last_day: u16,
}

impl BounceToken {
    /// The return path of a delivery that goes out now.
    #[must_use]
    pub fn new(delivery: DeliveryKey, now: Micros) -> Self {
        Self { delivery, last_day: day(now.after(BOUNCE_FOR)) }
    }

    /// The local part: [`BOUNCE_LEN`] lower-case characters.
    #[must_use]
    pub fn mint(&self, ring: &KeyRing) -> String {
        let (key_id, key) = ring.minting(Use::Bounce, INSTANCE);
        let mut bytes = vec![VERSION, key_id];
        bytes.extend_from_slice(&self.delivery.bytes());
        bytes.extend_from_slice(&self.last_day.to_be_bytes());
        finish(bytes, &key, BOUNCE_CONTEXT)
    }

    /// Reads a local part, in any case.
    ///
    /// # Errors
    /// [`TokenError`]; never `WrongPower`, since another kind of address is no return path at all.
    pub fn verify(local: &str, ring: &KeyRing, now: Micros) -> Result<Self, TokenError<Self>> {
        let body: [u8; 20] = open(local, ring, BOUNCE_CONTEXT, Use::Bounce, |_| Some(INSTANCE))?;
        let n = u128::from_be_bytes(*body[2..].first_chunk().ok_or(TokenError::Garbled)?);
        let last_day = u16::from_be_bytes([body[18], body[19]]);
        let token = Self { delivery: DeliveryKey::from_bytes(n.to_be_bytes()), last_day };
        if day(now) > last_day {
            let since = Micros((i64::from(last_day) + 1 + DAY_ZERO) * DAY as i64 * 1_000_000);
            return Err(TokenError::Expired { payload: token, since });
        }
        Ok(token)
    }
}

fn day(at: Micros) -> u16 {
    let days = at.seconds().div_euclid(DAY as i64) - DAY_ZERO;
    u16::try_from(days.max(0)).unwrap_or(u16::MAX)
}

impl LeaveToken {
    /// The local part of its leave address, for `List-Unsubscribe: <mailto:...>`: [`LEAVE_LEN`] lower-case characters.
    /// `None` in a workspace whose number does not fit into 32 bits: such a mail has the https link alone.
    #[must_use]
    pub fn mint_address(&self, ring: &KeyRing) -> Option<String> {
        let workspace = u32::try_from(self.workspace.0).ok()?;
        let (key_id, key) = ring.minting(Use::Leave, self.workspace);
        let mut bytes = vec![VERSION, key_id];
        bytes.extend_from_slice(&workspace.to_be_bytes());
        bytes.extend_from_slice(&self.point.bytes());
        bytes.extend_from_slice(&self.purpose.0.to_be_bytes());
        Some(finish(bytes, &key, LEAVE_CONTEXT))
    }

    /// Reads a local part, in any case.
    ///
    /// # Errors
    /// `Garbled` or `Forged`: a leave address never expires and is never anything else.
    pub fn verify_address(local: &str, ring: &KeyRing) -> Result<Self, TokenError<Self>> {
        let workspace = |body: &[u8; 26]| Some(WorkspaceNo(i64::from(u32::from_be_bytes(*body[2..].first_chunk()?))));
        let body: [u8; 26] = open(local, ring, LEAVE_CONTEXT, Use::Leave, workspace)?;
        let read = || {
            let point = PointId::from_slice(body.get(6..22)?)?;
            Some(Self::new(workspace(&body)?, point, PurposeNo(u32::from_be_bytes(*body[22..].first_chunk()?))))
        };
        read().ok_or(TokenError::Garbled)
    }
}

/// What the listener may be sent to: anything else is refused at RCPT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressToken {
    /// A bounce.
    Bounce(BounceToken),
    /// Somebody leaves.
    Leave(LeaveToken),
}

impl AddressToken {
    /// Reads the local part of a recipient, in any case. Touches no database.
    ///
    /// # Errors
    /// [`TokenError`] of the kind that its length makes it.
    pub fn verify(local: &str, ring: &KeyRing, now: Micros) -> Result<Self, TokenError<Self>> {
        match local.len() {
            BOUNCE_LEN => BounceToken::verify(local, ring, now).map(Self::Bounce).map_err(|e| lift(e, Self::Bounce)),
            LEAVE_LEN => LeaveToken::verify_address(local, ring).map(Self::Leave).map_err(|e| lift(e, Self::Leave)),
            _ => Err(TokenError::Garbled),
        }
    }
}

fn lift<T: std::fmt::Debug>(e: TokenError<T>, wrap: fn(T) -> AddressToken) -> TokenError<AddressToken> {
    match e {
        TokenError::Garbled => TokenError::Garbled,
        TokenError::Forged => TokenError::Forged,
        TokenError::WrongPower { power } => TokenError::WrongPower { power },
        TokenError::Expired { payload, since } => TokenError::Expired { payload: wrap(payload), since },
    }
}

fn finish(mut bytes: Vec<u8>, key: &SubKey, context: &str) -> String {
    let mac: [u8; MAC] = key.tag(context, &[&bytes]);
    bytes.extend_from_slice(&mac);
    base32::encode(&bytes, base32::RFC4648)
}

/// The bytes before the MAC, once it verified under the key of the workspace that they name.
fn open<const N: usize, T: std::fmt::Debug>(
    local: &str,
    ring: &KeyRing,
    context: &str,
    usage: Use,
    workspace: impl Fn(&[u8; N]) -> Option<WorkspaceNo>,
) -> Result<[u8; N], TokenError<T>> {
    if local.len() != ((N + MAC) * 8).div_ceil(5) {
        return Err(TokenError::Garbled);
    }
    let bytes = base32::decode(local.as_bytes(), base32::RFC4648).ok_or(TokenError::Garbled)?;
    let (body, mac) = bytes.split_first_chunk::<N>().ok_or(TokenError::Garbled)?;
    if body[0] != VERSION {
        return Err(TokenError::Garbled);
    }
    let workspace = workspace(body).ok_or(TokenError::Garbled)?;
    let key = ring.verifying(usage, workspace, body[1]).ok_or(TokenError::Forged)?;
    if mac.len() != MAC || !key.is_tag(context, &[body], mac) {
        return Err(TokenError::Forged);
    }
    Ok(*body)
}
