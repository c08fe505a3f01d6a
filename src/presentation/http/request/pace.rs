//! The limit of writes for each token, and the confirmation of a large write: both decided at the head of a request.
//!
//! Called by `api`, before a body is read. A token may send as many writes at once as the policy allows in a second, and then
//! one after the other at that rate. All anonymous clients count as one. The holder of the root token
//! has no limit. Reads are never counted. Invariants: `a_token_writes_at_its_rate_and_others_are_not_slowed`,
//! `the_memory_of_the_limit_is_bounded`.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::domain::{Principal, Standing};
use crate::presentation::http::answer::problem::Problem;
use crate::server::RequestHead;

/// Tokens whose writes are counted at a time. Past them, those that may write at once are forgotten; if none may, all are.
const TOKENS_MAX: usize = 4_096;
/// As many writes may come at once as the rate allows in this time.
const BURST: Duration = Duration::from_secs(1);

/// The writes of each token.
#[derive(Debug, Default)]
pub(in crate::presentation::http) struct WritePace {
    /// When each token will have used up its writes: each write moves it by the time between two writes.
    used_until: Mutex<HashMap<Arc<str>, Instant>>,
}

impl WritePace {
    /// Counts a write, or says how long its sender has to wait.
    pub(in crate::presentation::http) fn admit(
        &self,
        principal: &Principal,
        rate: NonZeroU32,
        now: Instant,
    ) -> Result<(), Duration> {
        let id = match principal.standing {
            Standing::Owner => return Ok(()),
            Standing::Anonymous => &principal.actor,
            Standing::Token => principal.id.as_ref().unwrap_or(&principal.actor),
        };
        let mut used_until = self.used_until.lock();
        if used_until.len() >= TOKENS_MAX && !used_until.contains_key(id) {
            used_until.retain(|_, until| *until > now);
            if used_until.len() >= TOKENS_MAX {
                used_until.clear();
            }
        }
        let until = used_until.entry(Arc::clone(id)).or_insert(now);
        let after = (*until).max(now) + BURST / rate.get();
        match after.duration_since(now).checked_sub(BURST) {
            Some(wait) if !wait.is_zero() => Err(wait),
            Some(_) | None => {
                *until = after;
                Ok(())
            }
        }
    }
}

/// The number of altered names that a write confirms.
pub(in crate::presentation::http) fn confirmed(head: &RequestHead<'_>) -> Result<Option<u64>, Problem> {
    let mut given = head.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Config-Confirm"));
    let Some((_, text)) = given.next() else { return Ok(None) };
    let number = text.trim().parse().ok().filter(|_| given.next().is_none());
    let wrong = || Problem::malformed("send Config-Confirm once, as the number of altered names");
    number.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Revision;

    fn token(id: &str) -> Principal {
        Principal::limited("ada", id, Vec::new(), Revision::ZERO)
    }

    fn rate(writes: u32) -> NonZeroU32 {
        NonZeroU32::new(writes).unwrap()
    }

    #[test]
    fn a_token_writes_at_its_rate_and_others_are_not_slowed() {
        let (pace, start) = (WritePace::default(), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        for _ in 0..4 {
            assert_eq!(pace.admit(&token("1"), rate(4), start), Ok(()));
        }
        assert_eq!(pace.admit(&token("1"), rate(4), start), Err(Duration::from_millis(250)));
        assert_eq!(pace.admit(&token("1"), rate(4), at(249)), Err(Duration::from_millis(1)));
        assert_eq!(pace.admit(&token("1"), rate(4), at(250)), Ok(()));
        assert!(pace.admit(&token("1"), rate(4), at(250)).is_err());
        assert_eq!(pace.admit(&token("2"), rate(4), at(250)), Ok(()), "another token");
        // After a pause no more than a second's writes are saved up.
        let later = (0..10).filter(|_| pace.admit(&token("1"), rate(4), at(60_000)).is_ok());
        assert_eq!(later.count(), 4);
    }

    #[test]
    fn root_has_no_limit_and_all_anonymous_clients_share_one() {
        let (pace, now) = (WritePace::default(), Instant::now());
        for _ in 0..100 {
            assert_eq!(pace.admit(&Principal::root(), rate(1), now), Ok(()));
        }
        assert_eq!(pace.admit(&Principal::everybody(), rate(1), now), Ok(()));
        assert_eq!(pace.admit(&Principal::everybody(), rate(1), now), Err(Duration::from_secs(1)));
    }

    #[test]
    fn the_memory_of_the_limit_is_bounded() {
        let (pace, now) = (WritePace::default(), Instant::now());
        for number in 0..3 * TOKENS_MAX {
            assert_eq!(pace.admit(&token(&number.to_string()), rate(1), now), Ok(()));
        }
        assert!(pace.used_until.lock().len() <= TOKENS_MAX);
    }
}
