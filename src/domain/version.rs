//! The two numbers of an event: its place in its name's stream, and its change's place in the log.

use std::fmt;

/// The place of an event in its name's stream: 1, 2, 3 … without gaps; 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

/// The number of a change in the whole log: 1, 2, 3 … without gaps; 0 is the empty log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

macro_rules! number {
    ($type:ident) => {
        impl $type {
            /// Before the first.
            pub const ZERO: Self = Self(0);

            /// The greatest that a store can hold (a signed 64-bit column).
            pub const MAX: Self = Self(i64::MAX as u64);

            /// Takes a number as it is; numbers past [`Self::MAX`] become it.
            pub const fn new(number: u64) -> Self {
                if number > Self::MAX.0 { Self::MAX } else { Self(number) }
            }

            /// The number.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The one after.
            #[must_use]
            pub const fn next(self) -> Self {
                Self::new(self.0 + 1)
            }

            /// The one before; 0 stays 0.
            #[must_use]
            pub const fn previous(self) -> Self {
                Self(self.0.saturating_sub(1))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number!(Version);
number!(Revision);

impl Revision {
    /// Reads a revision as clients write it: decimal digits only.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than 64 bits hold are still a revision, only one far beyond any head.
        digits.then(|| text.parse().map_or(Self::MAX, Self::new))
    }
}

impl Version {
    /// Reads a version as clients write it: decimal digits only.
    pub fn parse(text: &str) -> Option<Self> {
        Revision::parse(text).map(|Revision(number)| Self(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_digits_and_nothing_else() {
        assert_eq!(Revision::parse("417"), Some(Revision::new(417)));
        assert_eq!(Revision::parse("99999999999999999999"), Some(Revision::MAX));
        for text in ["", "+1", "-1", " 1", "1.0", "1e3", "٣"] {
            assert_eq!(Revision::parse(text), None, "{text:?}");
        }
    }
}
