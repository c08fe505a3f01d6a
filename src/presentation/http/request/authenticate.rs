//! Finds out who sends a request, from its head alone: before a byte of the body is read, and before `100 Continue`.
//!
//! Called by `api`, calls the access data. A server that knows no token is open: everybody may do everything. All
//! failures look the same to the client. The connection remembers the last token, compared in full each time, so that a
//! request on a connection that lives on needs no hash (`a_remembered_token_is_compared_in_full`). Tries without a valid
//! token are limited by address; the limit never refuses a valid one.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::application::{LiveAccess, Recognised, TokenText};
use crate::domain::{Principal, Revision, Timestamp, TokenId};
use crate::presentation::http::answer::problem::{Presented, Problem};
use crate::server::RequestHead;

/// Failed tries that an address has in a second. Past them it gets 429 in place of 401.
const TRIES_PER_SECOND: u32 = 10;
/// Addresses whose failed tries are counted at a time. A new one past them begins the counts again.
const ADDRESSES_MAX: usize = 4_096;
/// How often the use of a token by one connection is noted: uses are known to the minute.
const NOTE_INTERVAL: Duration = Duration::from_secs(20);

static EVERYBODY: LazyLock<Arc<Principal>> = LazyLock::new(|| Arc::new(Principal::everybody()));
static STRANGER: LazyLock<Arc<Principal>> = LazyLock::new(|| Arc::new(Principal::stranger()));
static ROOT: LazyLock<Arc<Principal>> = LazyLock::new(|| Arc::new(Principal::root()));

/// A token of the settings, which may do everything. Only its digest is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct RootToken([u8; 32]);

/// A text that is too short for a root token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a root token must have at least {} characters: make one with `openssl rand -hex 32`",
    RootToken::LENGTH_MIN
)]
pub struct RootTokenError;

impl RootToken {
    /// The shortest root token, in characters.
    pub const LENGTH_MIN: usize = 32;

    /// The one door into the type. White space around the token is ignored, such as the end of a file's line.
    pub fn parse(text: &str) -> Result<Self, RootTokenError> {
        let text = text.trim();
        if text.chars().count() < Self::LENGTH_MIN {
            return Err(RootTokenError);
        }
        Ok(Self(Sha256::digest(text.as_bytes()).into()))
    }

    fn is(&self, text: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        self.0.ct_eq(&digest).into()
    }
}

impl fmt::Debug for RootToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootToken")
    }
}

/// Who sends a request, and what says so.
#[derive(Clone, Debug)]
pub(in crate::presentation::http) struct Identified {
    pub(in crate::presentation::http) principal: Arc<Principal>,
    credential: Credential,
}

/// What says who sends a request.
#[derive(Clone, Debug)]
enum Credential {
    /// Nothing: the server is open, or the path is.
    None,
    /// A principal that does not end: the holder of the root token.
    Lasting,
    /// A token of the log.
    Token {
        id: TokenId,
        digest: [u8; 32],
        /// The access data that recognised it.
        seen: Revision,
        ends_at: Option<Timestamp>,
    },
}

/// The last token of a connection.
struct Remembered {
    authorization: String,
    identified: Identified,
    noted_at: Instant,
}

/// Recognises tokens.
#[derive(Debug)]
pub(in crate::presentation::http) struct Authenticator {
    root: Option<RootToken>,
    tries: Mutex<HashMap<IpAddr, Tries>>,
    /// When each token was last used here, to the minute.
    used: Mutex<HashMap<TokenId, Timestamp>>,
}

/// Failed tries of one address in one second.
#[derive(Debug)]
struct Tries {
    since: Instant,
    count: u32,
}

impl Identified {
    /// A principal that lasts.
    pub(in crate::presentation::http) fn lasting(principal: Arc<Principal>) -> Self {
        Self { principal, credential: Credential::Lasting }
    }

    /// Somebody without a token, on a server that knows tokens.
    pub(in crate::presentation::http) fn stranger() -> Self {
        Self { principal: Arc::clone(&STRANGER), credential: Credential::None }
    }

    /// Whether it has ended. `now` is asked only for tokens that end.
    pub(in crate::presentation::http) fn is_over(
        &self,
        access: &LiveAccess,
        now: impl Fn() -> Timestamp,
    ) -> bool {
        match &self.credential {
            Credential::None => access.is_closed(),
            Credential::Lasting => false,
            Credential::Token { id, digest, seen, ends_at } => {
                let has_ended = ends_at.is_some_and(|end| now() >= end);
                has_ended
                    || (*seen != access.revision() && access.data().recognise(id, digest, now()).is_none())
            }
        }
    }
}

impl Authenticator {
    pub(in crate::presentation::http) fn new(root: Option<RootToken>) -> Self {
        Self { root, tries: Mutex::default(), used: Mutex::default() }
    }

    /// Whether there is a root token.
    pub(in crate::presentation::http) fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// When a token was last used on this server, to the minute.
    pub(in crate::presentation::http) fn last_used(&self, id: &TokenId) -> Option<Timestamp> {
        self.used.lock().get(id).copied()
    }

    /// Who sends a request; a refusal without a valid token.
    pub(in crate::presentation::http) fn identify(
        &self,
        head: &RequestHead<'_>,
        access: &LiveAccess,
        now: impl Fn() -> Timestamp,
    ) -> Result<Identified, Problem> {
        if !access.is_closed() {
            return Ok(Identified { principal: Arc::clone(&EVERYBODY), credential: Credential::None });
        }
        let mut fields = head.headers.iter().filter(|(name, _)| {
            // By length first: most fields are none of these.
            name.len() == 13 && name.eq_ignore_ascii_case("Authorization")
        });
        let Some((_, authorization)) = fields.next() else {
            return Err(Problem::unauthenticated(Presented::Nothing));
        };
        if fields.next().is_some() {
            // Of two, a proxy could have checked the other one.
            return Err(self.refuse(head));
        }
        let remembered = head.memory.take::<Remembered>();
        if let Some(mut remembered) = remembered
            && bool::from(remembered.authorization.as_bytes().ct_eq(authorization.as_bytes()))
            && remembered.holds(access, &now)
        {
            if head.now.saturating_duration_since(remembered.noted_at) > NOTE_INTERVAL {
                remembered.noted_at = head.now;
                self.note(&remembered.identified, now());
            }
            let identified = remembered.identified.clone();
            head.memory.keep(remembered);
            return Ok(identified);
        }
        let identified = token_of(authorization).and_then(|token| self.recognise(&token, access, now()));
        let identified = identified.ok_or_else(|| self.refuse(head))?;
        let authorization = authorization.clone();
        head.memory.keep(Box::new(Remembered {
            authorization,
            identified: identified.clone(),
            noted_at: head.now,
        }));
        Ok(identified)
    }

    fn recognise(&self, token: &str, access: &LiveAccess, now: Timestamp) -> Option<Identified> {
        if self.root.as_ref().is_some_and(|root| root.is(token)) {
            return Some(Identified::lasting(Arc::clone(&ROOT)));
        }
        let (id, digest) = TokenText::read(token)?;
        let Recognised { principal, ends_at } = access.data().recognise(&id, &digest, now)?;
        let seen = principal.access_revision;
        let identified =
            Identified { principal, credential: Credential::Token { id, digest, seen, ends_at } };
        self.note(&identified, now);
        Some(identified)
    }

    fn note(&self, identified: &Identified, now: Timestamp) {
        if let Credential::Token { id, .. } = &identified.credential {
            let minute = Timestamp::from_micros(now.as_micros() - now.as_micros().rem_euclid(60_000_000));
            self.used.lock().insert(id.clone(), minute);
        }
    }

    /// The refusal of a token that is not valid.
    fn refuse(&self, head: &RequestHead<'_>) -> Problem {
        let mut tries = self.tries.lock();
        let address = head.peer.ip();
        if tries.len() >= ADDRESSES_MAX && !tries.contains_key(&address) {
            tries.clear();
        }
        let of_address = tries.entry(address).or_insert(Tries { since: head.now, count: 0 });
        if head.now.saturating_duration_since(of_address.since) >= Duration::from_secs(1) {
            *of_address = Tries { since: head.now, count: 0 };
        }
        of_address.count = of_address.count.saturating_add(1);
        if of_address.count > TRIES_PER_SECOND {
            Problem::too_many_tries()
        } else {
            Problem::unauthenticated(Presented::Something)
        }
    }
}

impl Remembered {
    /// Whether the token still works, without a hash: the same access data, and not past its end.
    fn holds(&self, access: &LiveAccess, now: impl Fn() -> Timestamp) -> bool {
        match &self.identified.credential {
            Credential::Lasting => true,
            Credential::None => false,
            Credential::Token { seen, ends_at, .. } => {
                *seen == access.revision() && ends_at.is_none_or(|end| now() < end)
            }
        }
    }
}

/// The token in a value of `Authorization`: that of `Bearer` (RFC 6750), or the password of `Basic` (RFC 7617), whose
/// user may be anybody.
fn token_of(authorization: &str) -> Option<String> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let rest = rest.trim_start_matches(' ');
    if scheme.eq_ignore_ascii_case("Bearer") {
        return Some(rest.to_owned());
    }
    let decoded = STANDARD.decode(rest).ok().filter(|_| scheme.eq_ignore_ascii_case("Basic"))?;
    let (_, password) = str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{ConnectionMemory, Peer, Scheme};

    const ROOT_TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn authenticator() -> Authenticator {
        Authenticator::new(Some(RootToken::parse(ROOT_TOKEN).unwrap()))
    }

    fn identify(
        authenticator: &Authenticator,
        fields: &[(&str, &str)],
        memory: &ConnectionMemory,
    ) -> Result<Identified, u16> {
        let headers: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (peer, scheme, now) = (Peer::Unix, Scheme::Http, Instant::now());
        let head = RequestHead { method: "GET", target: "/", headers: &headers, peer, scheme, now, memory };
        let now = || Timestamp::from_micros(0);
        let access = LiveAccess::default();
        access.require_tokens();
        authenticator.identify(&head, &access, now).map_err(|problem| problem.status())
    }

    #[test]
    fn a_root_token_has_some_length() {
        assert_eq!(RootToken::parse(&ROOT_TOKEN[1..]), Err(RootTokenError));
        assert_eq!(RootToken::parse(&format!("{ROOT_TOKEN}\n")), RootToken::parse(ROOT_TOKEN));
        assert_eq!(format!("{:?}", RootToken::parse(ROOT_TOKEN).unwrap()), "RootToken");
    }

    #[test]
    fn a_token_comes_as_bearer_or_as_the_password_of_basic() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for (authorization, expected) in [
            ("Bearer abc".to_owned(), Some("abc")),
            ("bearer  abc".to_owned(), Some("abc")),
            (basic("user:abc"), Some("abc")),
            (basic(":a:bc"), Some("a:bc")),
            (basic("abc"), None),
            ("Basic abc".to_owned(), None),
            ("Basic /w==".to_owned(), None),
            ("Bearer".to_owned(), None),
            ("Digest abc".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(token_of(&authorization).as_deref(), expected, "{authorization}");
        }
    }

    #[test]
    fn a_remembered_token_is_compared_in_full() {
        let (authenticator, memory) = (authenticator(), ConnectionMemory::default());
        let right = format!("Bearer {ROOT_TOKEN}");
        for _ in 0..3 {
            let found = identify(&authenticator, &[("authorization", &right)], &memory).unwrap();
            assert_eq!(&*found.principal.actor, "root");
        }
        for other in ["Bearer 0123456789abcdef0123456789abcdee", &right[..right.len() - 1], "Bearer "] {
            let found = identify(&authenticator, &[("Authorization", other)], &memory);
            assert_eq!(found.map(drop), Err(401), "{other}");
        }
        assert_eq!(identify(&authenticator, &[], &memory).map(drop), Err(401));
        let twice = [("Authorization", &*right), ("Authorization", &*right)];
        assert_eq!(identify(&authenticator, &twice, &memory).map(drop), Err(401));
    }

    #[test]
    fn failed_tries_are_limited_and_valid_tokens_are_not() {
        let (authenticator, memory) = (authenticator(), ConnectionMemory::default());
        let tries: Vec<_> = (0..20)
            .map(|_| identify(&authenticator, &[("Authorization", "Bearer x")], &memory).map(drop))
            .collect();
        assert_eq!(tries[..10], [Err(401); 10]);
        assert!(tries[10..].contains(&Err(429)));
        assert!(
            identify(&authenticator, &[("Authorization", &format!("Bearer {ROOT_TOKEN}"))], &memory).is_ok()
        );
        assert_eq!(identify(&authenticator, &[], &memory).map(drop), Err(401), "none isn't a failed try");
    }
}
