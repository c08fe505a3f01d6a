//! The memory that request bodies may take, and the share that each of them has.
//!
//! Called by `body`, as bytes arrive, and by the service, for the command that a body is made into. A share is given back
//! when its last owner drops it: the service keeps it until the command is done, also when the client has left.
//!
//! Small bodies have a part of the budget that large ones can't take, so that a few uploads that do not go on never refuse
//! an ordinary write. One client's share and a body's least rate hold only while more than half of the budget is used, and
//! never for [`UnlimitedPeers`].
//!
//! Invariants: `small_bodies_have_a_part_that_large_ones_cannot_take`, `a_peer_has_a_share_while_memory_is_short`,
//! `every_byte_is_given_back`.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::limits::{ConnectionLimits, UnlimitedPeers};

/// A server's memory for one purpose.
#[derive(Debug)]
pub(super) struct Budget {
    used_bytes: AtomicU64,
    bytes_max: u64,
}

impl Budget {
    pub(super) fn new(bytes_max: u64) -> Self {
        Self { used_bytes: AtomicU64::new(0), bytes_max }
    }

    pub(super) fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// False where there is not so much left; then nothing is taken.
    pub(super) fn take(&self, bytes: u64) -> bool {
        let fits = self.used_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.bytes_max;
        if !fits {
            self.give_back(bytes);
        }
        fits
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn change(&self, from: u64, to: u64) -> bool {
        if to > from {
            return self.take(to - from);
        }
        self.give_back(from - to);
        true
    }
}

/// The memory for all request bodies of a server.
#[derive(Debug)]
pub(super) struct BodiesBudget {
    all: Budget,
    /// A part of `all`; the rest of it is for small bodies alone.
    large: Budget,
    small_body_bytes_max: u64,
    peer_bytes_max: u64,
    unlimited_peers: UnlimitedPeers,
    peers: Mutex<HashMap<PeerKey, u64>>,
}

/// One client as far as addresses tell. Of IPv6 the network counts, because a client has as many addresses there as it
/// wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PeerKey {
    V4(Ipv4Addr),
    V6Network([u16; 4]),
}

impl PeerKey {
    /// None where neither share nor rate apply.
    pub(super) fn limited(address: IpAddr, unlimited: UnlimitedPeers) -> Option<Self> {
        let address = address.to_canonical();
        match unlimited {
            UnlimitedPeers::Everybody => return None,
            UnlimitedPeers::Loopback if address.is_loopback() => return None,
            UnlimitedPeers::Loopback | UnlimitedPeers::Nobody => {}
        }
        Some(match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [first, second, third, fourth, ..] = address.segments();
                Self::V6Network([first, second, third, fourth])
            }
        })
    }
}

impl BodiesBudget {
    pub(super) fn new(limits: &ConnectionLimits) -> Arc<Self> {
        let large = limits.bodies_bytes_max.saturating_sub(limits.small_bodies_bytes_min);
        Arc::new(Self {
            all: Budget::new(limits.bodies_bytes_max),
            large: Budget::new(large),
            small_body_bytes_max: limits.small_body_bytes_max,
            peer_bytes_max: limits.peer_bodies_bytes_max,
            unlimited_peers: limits.unlimited_peers,
            peers: Mutex::default(),
        })
    }

    pub(super) fn used_bytes(&self) -> u64 {
        self.all.used_bytes()
    }

    /// Whether more than half of it is used.
    pub(super) fn is_short(&self) -> bool {
        self.used_bytes() > self.all.bytes_max / 2
    }

    /// An empty share for a body of a client. `announced` is the body's length where it is known.
    pub(super) fn share(self: &Arc<Self>, address: IpAddr, announced: Option<u64>) -> BodyShare {
        let is_large = announced.is_some_and(|bytes| bytes > self.small_body_bytes_max);
        let held = Held { bytes: 0, part: if is_large { Part::Large } else { Part::Any } };
        let peer = PeerKey::limited(address, self.unlimited_peers);
        BodyShare { budget: Arc::clone(self), peer, held: Mutex::new(held) }
    }

    fn change_peer(&self, peer: Option<PeerKey>, from: u64, to: u64) -> bool {
        let Some(peer) = peer else { return true };
        let mut peers = self.peers.lock();
        let held = peers.entry(peer).or_default();
        if to > from && *held + (to - from) > self.peer_bytes_max && self.is_short() {
            return false;
        }
        *held = *held + to - from;
        if *held == 0 {
            peers.remove(&peer);
        }
        true
    }
}

/// The memory that a request's body, or the command made of it, has of the server's budget for bodies. Given back when it
/// is dropped.
#[derive(Debug)]
pub struct BodyShare {
    budget: Arc<BodiesBudget>,
    peer: Option<PeerKey>,
    held: Mutex<Held>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    bytes: u64,
    part: Part,
}

/// Where a share is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// All of the budget.
    Any,
    /// The part that is left to large bodies.
    Large,
}

impl Part {
    fn of(self, bytes: u64) -> u64 {
        if self == Self::Large { bytes } else { 0 }
    }
}

impl BodyShare {
    /// Makes it so many bytes. False where there is not so much left: then it stays as it is.
    #[must_use = "nothing more was taken where it is false"]
    pub fn resize(&self, bytes: u64) -> bool {
        let mut held = self.held.lock();
        let to = Held { bytes, ..*held };
        self.change(&mut held, to)
    }

    /// The same for a body on its way in: one that turns out to be large is one from then on.
    pub(super) fn grow(&self, bytes: u64) -> bool {
        let mut held = self.held.lock();
        let part = if bytes > self.budget.small_body_bytes_max { Part::Large } else { held.part };
        self.change(&mut held, Held { bytes, part })
    }

    fn change(&self, held: &mut Held, to: Held) -> bool {
        let budget = &self.budget;
        let (large_from, large_to) = (held.part.of(held.bytes), to.part.of(to.bytes));
        if !budget.large.change(large_from, large_to) {
            return false;
        }
        if !budget.all.change(held.bytes, to.bytes) {
            budget.large.change(large_to, large_from);
            return false;
        }
        if !budget.change_peer(self.peer, held.bytes, to.bytes) {
            budget.all.change(to.bytes, held.bytes);
            budget.large.change(large_to, large_from);
            return false;
        }
        *held = to;
        true
    }
}

impl Drop for BodyShare {
    fn drop(&mut self) {
        // Less always fits.
        let _ = self.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const REMOTE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn budget(unlimited_peers: UnlimitedPeers) -> Arc<BodiesBudget> {
        BodiesBudget::new(&ConnectionLimits {
            bodies_bytes_max: 1_000,
            small_bodies_bytes_min: 300,
            small_body_bytes_max: 10,
            peer_bodies_bytes_max: 400,
            unlimited_peers,
            ..ConnectionLimits::default()
        })
    }

    #[test]
    fn small_bodies_have_a_part_that_large_ones_cannot_take() {
        let budget = budget(UnlimitedPeers::Loopback);
        let large = budget.share(LOCAL, Some(700));
        assert!(large.grow(700));
        assert!(!budget.share(LOCAL, Some(11)).grow(1), "it was announced as large");
        let small: Vec<_> = (0..30).map(|_| budget.share(LOCAL, Some(10))).collect();
        assert!(small.iter().all(|share| share.grow(10)));
        assert!(!budget.share(LOCAL, None).grow(1), "all of it is used");
        drop(small);
        let unknown = budget.share(LOCAL, None);
        assert!(unknown.grow(10) && !unknown.grow(11), "it has become large");
        // Its command counts where its body did.
        assert!(unknown.resize(300) && !unknown.resize(301));
        drop(large);
        assert!(unknown.grow(700) && !unknown.grow(701));
    }

    #[test]
    fn a_peer_has_a_share_while_memory_is_short() {
        let budget = budget(UnlimitedPeers::Loopback);
        let (first, second) = (budget.share(REMOTE, None), budget.share(REMOTE, None));
        assert!(first.grow(450), "the rest is free");
        assert!(!second.grow(60), "now somebody might");
        assert!(budget.share(LOCAL, None).grow(60));
        let [_, _, _, other] = [1, 2, 3, 4].map(|last| IpAddr::from([192, 0, 2, last]));
        assert!(budget.share(other, None).grow(60));
        drop(first);
        assert!(second.grow(400));
        let proxied = self::budget(UnlimitedPeers::Everybody);
        assert!(proxied.share(REMOTE, None).grow(700));
    }

    #[test]
    fn a_peer_is_an_address_or_a_network_of_ipv6() {
        let peer = |text: &str| PeerKey::limited(text.parse().unwrap(), UnlimitedPeers::Loopback);
        assert_eq!(peer("2001:db8:1:2::1"), peer("2001:db8:1:2:ffff::9"));
        assert_ne!(peer("2001:db8:1:2::1"), peer("2001:db8:1:3::1"));
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
        for loopback in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(peer(loopback), None, "{loopback}");
        }
        assert!(PeerKey::limited(LOCAL, UnlimitedPeers::Nobody).is_some());
        assert_eq!(PeerKey::limited(REMOTE, UnlimitedPeers::Everybody), None);
    }

    #[test]
    fn every_byte_is_given_back() {
        let budget = budget(UnlimitedPeers::Nobody);
        let shares: Vec<_> = (0..200).map(|number| budget.share(REMOTE, Some(number))).collect();
        for (share, number) in shares.iter().zip(0..) {
            // Some are refused on each of the three grounds.
            let _ = share.grow(number) && share.resize(number * 2) && share.resize(number / 2);
        }
        drop(shares);
        assert_eq!((budget.used_bytes(), budget.large.used_bytes()), (0, 0));
        assert!(budget.peers.lock().is_empty());
    }
}
