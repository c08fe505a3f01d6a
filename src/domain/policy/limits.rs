//! The limits of a policy, each with its reason.

/// The most secret patterns of one policy. A list asks about each name, so that this bounds the work for a name.
pub(super) const SECRET_PATTERNS_MAX: usize = 100;
/// The most prefixes that require a reason. Each write walks them.
pub(super) const REASON_PREFIXES_MAX: usize = 1_000;
/// The most protected prefixes. A change of 10,000 names compares each name with each of them.
pub(super) const PROTECTIONS_MAX: usize = 100;
/// The highest limit of writes, in writes per second for each token. A higher one is a mistake: no log is so fast.
pub(super) const WRITES_PER_SECOND_MAX: u32 = 1_000_000;
/// The longest pattern, in bytes of UTF-8. A name is at most twice as long.
pub(super) const SECRET_PATTERN_BYTES_MAX: usize = 256;
