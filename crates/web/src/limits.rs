//! What a client may take of us: sizes, times, sign-ups a network, and whom we believe about a client's address.
//! Nothing here is kept longer than the process lives, and nothing is counted per e-mail address.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use volens_core::Micros;

/// How the public pages behave towards clients.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// Whose `X-Forwarded-For` is believed: the networks of our own proxies.
    pub trusted_proxies: Vec<Cidr>,
    /// Sign-ups a minute from one network (/24, /48), and as many at once; 0 = no limit. Leaving is never limited.
    pub signups_a_minute: u32,
    /// Bytes that a form may have.
    pub body_bytes: usize,
    /// How long a form may take to arrive.
    pub body_time: Duration,
    /// How long the head of a request may take to arrive.
    pub head_time: Duration,
    /// Connections at once; more wait in the kernel's queue.
    pub connections: usize,
    /// How long open answers may take when the server stops.
    pub grace: Duration,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            signups_a_minute: 60,
            body_bytes: 64 * 1024,
            body_time: Duration::from_secs(30),
            head_time: Duration::from_secs(10),
            connections: 4096,
            grace: Duration::from_secs(10),
        }
    }
}

/// A network: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    bits: u128,
    prefix: u8,
    v4: bool,
}

/// No network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: write it like 10.0.0.0/8, 2001:db8::/32 or 127.0.0.1")]
pub struct BadCidr(pub String);

impl FromStr for Cidr {
    type Err = BadCidr;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || BadCidr(s.chars().take(60).collect());
        let (address, prefix) = s.split_once('/').map_or((s, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.trim().parse().map_err(|_| bad())?;
        let (bits, v4) = bits(address);
        let most = if v4 { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), |p| p.trim().parse().map_err(|_| bad()))?;
        if prefix > most {
            return Err(bad());
        }
        Ok(Self { bits: cut(bits, prefix, v4), prefix, v4 })
    }
}

impl Cidr {
    /// Whether the address lies in it.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let (bits, v4) = bits(address);
        v4 == self.v4 && cut(bits, self.prefix, v4) == self.bits
    }
}

/// The address as a number; one of IPv4 in the clothes of IPv6 is one of IPv4.
fn bits(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(a) => (u128::from(a.to_bits()), true),
        IpAddr::V6(a) => (a.to_bits(), false),
    }
}

fn cut(bits: u128, prefix: u8, v4: bool) -> u128 {
    let width: u32 = if v4 { 32 } else { 128 };
    let gone = width - u32::from(prefix);
    bits.checked_shr(gone).and_then(|b| b.checked_shl(gone)).unwrap_or(0)
}

/// What is kept of a client's address: its /24 or /48.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    bits: u128,
    v4: bool,
}

impl Network {
    /// The network of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let (bits, v4) = bits(address);
        Self { bits: cut(bits, if v4 { 24 } else { 48 }, v4), v4 }
    }
}

/// `203.0.113.0/24`, `2001:db8:7::/48`.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.v4, u32::try_from(self.bits)) {
            (true, Ok(bits)) => write!(f, "{}/24", std::net::Ipv4Addr::from_bits(bits)),
            _ => write!(f, "{}/48", Ipv6Addr::from_bits(self.bits)),
        }
    }
}

/// Where a request comes from. `X-Forwarded-For` counts only when a trusted proxy handed it over, and then its last
/// entry that is none of ours: what stands before it was written by the client.
#[must_use]
pub fn client(peer: IpAddr, forwarded: &str, trusted: &[Cidr]) -> IpAddr {
    let ours = |a: IpAddr| trusted.iter().any(|net| net.holds(a));
    let mut client = peer;
    for entry in forwarded.rsplit(',').take(32) {
        if !ours(client) {
            break;
        }
        let entry = entry.trim();
        let read = entry.parse().or_else(|_| entry.parse::<SocketAddr>().map(|a| a.ip()));
        let Ok(address) = read else { break };
        client = address;
    }
    client
}

/// Sign-ups of networks: a bucket each that fills again over a minute.
#[derive(Debug, Default)]
pub struct Gate(Mutex<HashMap<Network, Bucket>>);

/// How many are left, and when that was.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Micros,
}

/// Networks that are remembered at once; full buckets go first.
const NETWORKS: usize = 20_000;

impl Gate {
    /// Takes one from the bucket of `network`; `Err` = seconds to wait. Nobody waits when `a_minute` is 0.
    ///
    /// # Errors
    /// The bucket is empty.
    pub fn admit(&self, network: Network, a_minute: u32, now: Micros) -> Result<(), u32> {
        if a_minute == 0 {
            return Ok(());
        }
        let most = f64::from(a_minute);
        let filled = |b: Bucket| (b.left + now.since(b.at).as_secs_f64() * most / 60.0).min(most);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= NETWORKS {
            buckets.retain(|_, b| filled(*b) < most);
            if buckets.len() >= NETWORKS {
                // More busy networks than we remember: forgetting is kinder than refusing everybody.
                buckets.clear();
            }
        }
        let bucket = buckets.entry(network).or_insert(Bucket { left: most, at: now });
        *bucket = Bucket { left: filled(*bucket), at: now };
        if bucket.left < 1.0 {
            let seconds = ((1.0 - bucket.left) * 60.0 / most).ceil();
            return Err(seconds.clamp(1.0, 60.0) as u32);
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_are_cut() {
        assert_eq!(Network::of(ip("203.0.113.77")).to_string(), "203.0.113.0/24");
        assert_eq!(Network::of(ip("::ffff:203.0.113.77")).to_string(), "203.0.113.0/24");
        assert_eq!(Network::of(ip("2001:db8:7:8:9::1")).to_string(), "2001:db8:7::/48");
        assert_eq!(Network::of(ip("::1")).to_string(), "::/48");
    }

    #[test]
    fn networks_are_read() {
        let net: Cidr = "10.0.0.0/8".parse().unwrap();
        assert!(net.holds(ip("10.255.1.2")) && !net.holds(ip("11.0.0.1")) && !net.holds(ip("::a")));
        assert!("0.0.0.0/0".parse::<Cidr>().unwrap().holds(ip("9.9.9.9")));
        assert!("::1".parse::<Cidr>().unwrap().holds(ip("::1")));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "x", "::/129", "1.2.3.4/-1"] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        let trusted = ["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        assert_eq!(client(ip("198.51.100.1"), "203.0.113.9", &trusted), ip("198.51.100.1"), "a stranger says so");
        assert_eq!(client(ip("127.0.0.1"), "1.1.1.1, 203.0.113.9", &trusted), ip("203.0.113.9"), "the last one counts");
        assert_eq!(
            client(ip("127.0.0.1"), "203.0.113.9, 10.1.1.1", &trusted),
            ip("203.0.113.9"),
            "through two of ours"
        );
        assert_eq!(client(ip("127.0.0.1"), "203.0.113.9:4711", &trusted), ip("203.0.113.9"));
        assert_eq!(client(ip("127.0.0.1"), "garbage", &trusted), ip("127.0.0.1"));
        assert_eq!(client(ip("127.0.0.1"), "", &trusted), ip("127.0.0.1"));
    }

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let gate = Gate::default();
        let (here, there) = (Network::of(ip("203.0.113.1")), Network::of(ip("198.51.100.1")));
        let now = Micros(1_000_000_000);
        for _ in 0..60 {
            assert_eq!(gate.admit(here, 60, now), Ok(()));
        }
        assert_eq!(gate.admit(here, 60, now), Err(1));
        assert_eq!(gate.admit(there, 60, now), Ok(()), "another network is not touched");
        assert_eq!(gate.admit(here, 60, now.after(Duration::from_secs(1))), Ok(()));
        assert_eq!(gate.admit(here, 60, now), Err(1), "a clock that steps back fills nothing");
        assert_eq!(gate.admit(here, 0, now), Ok(()));
        assert_eq!(gate.admit(here, 1, now.after(Duration::from_secs(600))), Ok(()));
        assert_eq!(gate.admit(here, 1, now.after(Duration::from_secs(600))), Err(60));
    }
}
