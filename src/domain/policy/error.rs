//! Why a policy or one of its patterns is refused.

use thiserror::Error;

use super::limits::{SECRET_PATTERN_BYTES_MAX, WRITES_PER_SECOND_MAX};
use crate::domain::PathPrefix;

/// Why the rules are not a valid policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// A list has more entries than its limit.
    #[error("`{member}` must have at most {max} entries, but has {count}: remove some")]
    TooMany {
        /// The list's member name in JSON.
        member: &'static str,
        /// How many entries it has.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// Two limits for one prefix.
    #[error("`protect` must not contain the prefix {prefix:?} twice: keep one `names_max` for it", prefix = .prefix.as_str())]
    ProtectedTwice {
        /// The prefix.
        prefix: PathPrefix,
    },
    /// A limit of writes above the highest.
    #[error("`writes_per_second` must be at most {WRITES_PER_SECOND_MAX}, not {rate}: use null for no limit")]
    WritesPerSecond {
        /// The limit that was asked for, in writes per second.
        rate: u32,
    },
}

/// Why a text is not a valid secret pattern.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SecretPatternError {
    /// No character at all.
    #[error("a secret pattern needs at least one character: use `*` to match every name")]
    Empty,
    /// Longer than the limit.
    #[error("a secret pattern must have at most {SECRET_PATTERN_BYTES_MAX} bytes: this one has {bytes}")]
    TooLong {
        /// How long it is, in bytes of UTF-8.
        bytes: usize,
    },
    /// A control character, which no name contains.
    #[error("a secret pattern must not contain control characters: found U+{code:04X} at byte {at}")]
    Control {
        /// The character's code point.
        code: u32,
        /// Its place, in bytes from the start.
        at: usize,
    },
    /// A slash at the start or at the end, or two in a row: no segment is there to match.
    #[error("a secret pattern must not contain an empty segment: remove the slash at byte {at}")]
    EmptySegment {
        /// The place of the slash, in bytes from the start.
        at: usize,
    },
}
