//! The policy of a log: which values are secret, and which changes need a reason, a confirmation or patience.
//!
//! Holds the rules as parsed values and decides by pure functions. The access data holds one policy; the view asks it
//! about secrets, and the decision about a change asks it about reasons and confirmations. Prefixes match by whole
//! segments ([`PathPrefix`]), never by bytes.

mod error;
mod limits;
mod secret_pattern;

use std::num::NonZeroU32;

pub use error::{PolicyError, SecretPatternError};
pub use secret_pattern::SecretPattern;

use super::{ConfigName, PathPrefix};
use limits::{PROTECTIONS_MAX, REASON_PREFIXES_MAX, SECRET_PATTERNS_MAX, WRITES_PER_SECOND_MAX};

const DEFAULT_SECRET_PATTERNS: [&str; 6] =
    ["*password*", "*secret*", "*token*", "*private_key*", "*api_key*", "*credential*"];

/// The rules of a log. The default has patterns for secrets and no other rule.
///
/// ```
/// use configapi::domain::{ConfigName, Policy};
///
/// let policy = Policy::default();
/// assert!(policy.marks_secret(&ConfigName::parse("app/prod/DB_PASSWORD")?));
/// assert!(!policy.marks_secret(&ConfigName::parse("app/prod/db_url")?));
/// # Ok::<(), configapi::domain::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    secret_patterns: Box<[SecretPattern]>,
    require_reason: Box<[PathPrefix]>,
    protect: Box<[Protection]>,
    writes_per_second: Option<NonZeroU32>,
}

/// The rules before their limits are checked.
#[derive(Clone, Debug)]
pub struct PolicyParts {
    /// A name that matches one of them has a secret value.
    pub secret_patterns: Vec<SecretPattern>,
    /// A change under one of them needs a reason.
    pub require_reason: Vec<PathPrefix>,
    /// A large change under one of them needs a confirmation.
    pub protect: Vec<Protection>,
    /// The limit of writes for each token, in writes per second; none for no limit.
    pub writes_per_second: Option<NonZeroU32>,
}

/// A prefix whose large changes need a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The names that it protects.
    pub prefix: PathPrefix,
    /// The most names that a change may alter without a confirmation.
    pub names_max: u64,
}

/// A change needs a confirmation: it alters more names under a prefix than the policy allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The protected prefix.
    pub prefix: PathPrefix,
    /// How many names the change alters under it. A confirmation repeats exactly this number.
    pub names: u64,
    /// How many names a change may alter there without a confirmation.
    pub names_max: u64,
}

impl Policy {
    /// The one door into the type: it checks the limits of the lists and refuses rules that contradict each other.
    pub fn new(parts: PolicyParts) -> Result<Self, PolicyError> {
        let limits = [
            ("secret_patterns", parts.secret_patterns.len(), SECRET_PATTERNS_MAX),
            ("require_reason", parts.require_reason.len(), REASON_PREFIXES_MAX),
            ("protect", parts.protect.len(), PROTECTIONS_MAX),
        ];
        if let Some(&(member, count, max)) = limits.iter().find(|(_, count, max)| count > max) {
            return Err(PolicyError::TooMany { member, count, max });
        }
        if let Some(rate) = parts.writes_per_second.filter(|rate| rate.get() > WRITES_PER_SECOND_MAX) {
            return Err(PolicyError::WritesPerSecond { rate: rate.get() });
        }
        for (at, one) in parts.protect.iter().enumerate() {
            if parts.protect[..at].iter().any(|other| other.prefix == one.prefix) {
                return Err(PolicyError::ProtectedTwice { prefix: one.prefix.clone() });
            }
        }
        Ok(Self {
            secret_patterns: parts.secret_patterns.into(),
            require_reason: parts.require_reason.into(),
            protect: parts.protect.into(),
            writes_per_second: parts.writes_per_second,
        })
    }

    /// Whether the name alone makes a value secret.
    pub fn marks_secret(&self, name: &ConfigName) -> bool {
        self.pattern_of(name).is_some()
    }

    /// The first secret pattern that matches the name, as it was written.
    pub fn pattern_of(&self, name: &ConfigName) -> Option<&str> {
        let name = name.as_str();
        self.secret_patterns.iter().find(|pattern| pattern.matches(name)).map(SecretPattern::as_str)
    }

    /// The first prefix that makes a change of this name need a reason; the empty text is the prefix of every name.
    pub fn reason_required(&self, name: &ConfigName) -> Option<&str> {
        self.require_reason.iter().find(|prefix| prefix.covers(name)).map(PathPrefix::as_str)
    }

    /// The confirmation that a change needs, if any. `altered` has each name once that the change really alters.
    ///
    /// Where a change exceeds several protections, the one with the most altered names counts; the first of the policy
    /// where several have the same number. One confirmation then covers the largest part of the change.
    pub fn confirmation_needed<'a>(
        &self,
        altered: impl Iterator<Item = &'a ConfigName>,
    ) -> Option<Confirmation> {
        if self.protect.is_empty() {
            return None;
        }
        let mut counts = vec![0_u64; self.protect.len()];
        for name in altered {
            for (count, protection) in counts.iter_mut().zip(&self.protect) {
                *count += u64::from(protection.prefix.covers(name));
            }
        }
        let exceeded = counts.into_iter().zip(&self.protect).filter(|(count, one)| *count > one.names_max);
        // Of equal elements `max_by_key` takes the last, hence the reversed order.
        let (names, protection) = exceeded.rev().max_by_key(|(count, _)| *count)?;
        Some(Confirmation { prefix: protection.prefix.clone(), names, names_max: protection.names_max })
    }

    /// The patterns of names with secret values, in the policy's order.
    pub fn secret_patterns(&self) -> &[SecretPattern] {
        &self.secret_patterns
    }

    /// The prefixes whose changes need a reason, in the policy's order.
    pub fn require_reason(&self) -> &[PathPrefix] {
        &self.require_reason
    }

    /// The protected prefixes, in the policy's order.
    pub fn protect(&self) -> &[Protection] {
        &self.protect
    }

    /// The limit of writes for each token, in writes per second.
    pub fn writes_per_second(&self) -> Option<NonZeroU32> {
        self.writes_per_second
    }
}

impl Default for PolicyParts {
    fn default() -> Self {
        Self {
            secret_patterns: DEFAULT_SECRET_PATTERNS.map(SecretPattern::of_default).into(),
            require_reason: Vec::new(),
            protect: Vec::new(),
            writes_per_second: None,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        let parts = PolicyParts::default();
        Self {
            secret_patterns: parts.secret_patterns.into(),
            require_reason: Box::default(),
            protect: Box::default(),
            writes_per_second: None,
        }
    }
}

impl Confirmation {
    /// Whether the number that a client sent confirms the change.
    pub fn is_given_by(&self, confirmed: Option<u64>) -> bool {
        confirmed == Some(self.names)
    }
}

#[cfg(test)]
mod tests;
