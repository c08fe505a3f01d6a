//! Places in the log, which no other log has.
//!
//! A revision alone is a number that an exchanged or rewound log uses again. A place has the start of its
//! change's hash too, so that a tag, an id or a cursor of another log is noticed.

use std::fmt;

use super::Revision;

/// The first four bytes of a change's hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortHash(pub [u8; 4]);

/// A change's place in one log and in no other: `417-9f3a1c2e`. The place before the first change is `0` in every log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    revision: Revision,
    hash: ShortHash,
}

/// A place as a client writes it: the hash is optional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GivenPlace {
    /// The revision.
    pub revision: Revision,
    /// The start of its change's hash, where the client knows it.
    pub hash: Option<ShortHash>,
}

impl Place {
    /// The place before the first change of any log.
    pub const START: Self = Self { revision: Revision::ZERO, hash: ShortHash([0; 4]) };

    /// The place of a change.
    pub fn new(revision: Revision, hash: ShortHash) -> Self {
        if revision == Revision::ZERO { Self::START } else { Self { revision, hash } }
    }

    /// Reads a place with its hash, in the one form that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, hash) = text.split_once('-')?;
        let revision = Revision::parse(digits).filter(|_| !digits.starts_with('0'))?;
        Some(Self { revision, hash: ShortHash::parse(hash)? })
    }

    /// The revision.
    pub fn revision(self) -> Revision {
        self.revision
    }

    /// The start of the change's hash.
    pub fn hash(self) -> ShortHash {
        self.hash
    }
}

impl GivenPlace {
    /// Reads a revision or a place.
    pub fn parse(text: &str) -> Option<Self> {
        Revision::parse(text).map(Self::from).or_else(|| Place::parse(text).map(Self::from))
    }

    /// Whether a change's place is this one, as far as it is given.
    pub fn is(self, place: Place) -> bool {
        self.revision == place.revision && self.hash.is_none_or(|hash| hash == place.hash)
    }
}

impl ShortHash {
    fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 8 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = is_hex.then(|| u32::from_str_radix(text, 16).ok()).flatten()?;
        Some(Self(number.to_be_bytes()))
    }
}

impl From<Revision> for GivenPlace {
    fn from(revision: Revision) -> Self {
        Self { revision, hash: None }
    }
}

impl From<Place> for GivenPlace {
    fn from(Place { revision, hash }: Place) -> Self {
        Self { revision, hash: (revision != Revision::ZERO).then_some(hash) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        GivenPlace::from(*self).fmt(f)
    }
}

impl fmt::Display for GivenPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hash {
            Some(ShortHash(hash)) => write!(f, "{}-{:08x}", self.revision, u32::from_be_bytes(hash)),
            None => self.revision.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let place = Place::new(Revision::new(417), ShortHash([0x0f, 0x3a, 0x1c, 0x2e]));
        assert_eq!(place.to_string(), "417-0f3a1c2e");
        assert_eq!(Place::parse("417-0f3a1c2e"), Some(place));
        assert_eq!(GivenPlace::parse("417-0f3a1c2e"), Some(place.into()));
        assert_eq!(GivenPlace::parse("417"), Some(Revision::new(417).into()));
        assert_eq!(
            (Place::START.to_string().as_str(), GivenPlace::parse("0")),
            ("0", Some(Place::START.into()))
        );
    }

    #[test]
    fn only_the_written_form_is_a_place() {
        for text in [
            "",
            "-",
            "417-",
            "-9f3a1c2e",
            "417-9f3a1c2",
            "417-9f3a1c2e0",
            "417-9F3A1C2E",
            "417-+f3a1c2e",
            "0417-9f3a1c2e",
            "0-9f3a1c2e",
            "417--9f3a1c2",
            " 417-9f3a1c2e",
            "2026-01-15",
        ] {
            assert_eq!((Place::parse(text), GivenPlace::parse(text)), (None, None), "{text:?}");
        }
        assert_eq!(Place::parse("417"), None);
    }

    #[test]
    fn a_given_place_compares_as_much_as_it_has() {
        let place = Place::parse("417-9f3a1c2e").unwrap();
        for (text, expected) in [
            ("417", true),
            ("417-9f3a1c2e", true),
            ("417-9f3a1c2f", false),
            ("418", false),
            ("418-9f3a1c2e", false),
        ] {
            assert_eq!(GivenPlace::parse(text).unwrap().is(place), expected, "{text}");
        }
        assert!(GivenPlace::parse("0").unwrap().is(Place::START));
    }
}
