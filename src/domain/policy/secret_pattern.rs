//! Patterns of names whose values are secret.
//!
//! A pattern has one segment or several, and matches as many last segments of a name. `*` matches any text within a
//! segment. Every read of a value asks each pattern about its name: a pattern is taken apart once, and a match allocates
//! nothing and copies nothing.

use super::error::SecretPatternError;
use super::limits::SECRET_PATTERN_BYTES_MAX;

/// A pattern of names, without regard to ASCII letter case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPattern {
    text: Box<str>,
    /// Its segments, the last one first.
    globs: Box<[Glob]>,
}

/// A segment of a pattern: its literal parts, with any text between two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Glob {
    /// The part at the segment's beginning.
    first: Box<[u8]>,
    between: Box<[Box<[u8]>]>,
    /// The part at the segment's end; none where there is no `*`.
    last: Option<Box<[u8]>>,
    /// The length of all parts together: a shorter text can't match.
    bytes_min: usize,
}

impl SecretPattern {
    /// The one door into the type: 1 to 256 bytes without control characters and without empty segments.
    pub fn parse(text: &str) -> Result<Self, SecretPatternError> {
        if text.is_empty() {
            return Err(SecretPatternError::Empty);
        }
        if text.len() > SECRET_PATTERN_BYTES_MAX {
            return Err(SecretPatternError::TooLong { bytes: text.len() });
        }
        if let Some((at, character)) = text.char_indices().find(|(_, character)| character.is_control()) {
            return Err(SecretPatternError::Control { code: character.into(), at });
        }
        if text.starts_with('/') {
            return Err(SecretPatternError::EmptySegment { at: 0 });
        }
        if let Some(at) = text.find("//") {
            return Err(SecretPatternError::EmptySegment { at: at + 1 });
        }
        if text.ends_with('/') {
            return Err(SecretPatternError::EmptySegment { at: text.len() - 1 });
        }
        Ok(Self::of_default(text))
    }

    /// A pattern that is known to be valid: `the_default_patterns_are_valid`.
    pub(super) fn of_default(text: &str) -> Self {
        Self { text: text.into(), globs: text.rsplit('/').map(Glob::of).collect() }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches a name. A slash at the name's end is ignored: the segment before it is the one that says
    /// which value it is.
    pub(super) fn matches(&self, name: &str) -> bool {
        let name = name.strip_suffix('/').unwrap_or(name).as_bytes();
        let mut segments = name.rsplit(|byte| *byte == b'/');
        self.globs.iter().all(|glob| segments.next().is_some_and(|segment| glob.matches(segment)))
    }
}

impl Glob {
    fn of(text: &str) -> Self {
        let mut parts = text.split('*').map(|part| Box::from(part.as_bytes()));
        let first: Box<[u8]> = parts.next().unwrap_or_default();
        let last = parts.next_back();
        let bytes_min = text.len() - text.matches('*').count();
        Self { first, between: parts.collect(), last, bytes_min }
    }

    /// The first and the last part are fixed at the ends. Each part between takes its first place after the one before,
    /// which leaves the most text for the others.
    fn matches(&self, segment: &[u8]) -> bool {
        let Some(last) = &self.last else { return segment.eq_ignore_ascii_case(&self.first) };
        if segment.len() < self.bytes_min {
            return false;
        }
        let (before, end) = segment.split_at(segment.len() - last.len());
        let (start, mut text) = before.split_at(self.first.len());
        if !start.eq_ignore_ascii_case(&self.first) || !end.eq_ignore_ascii_case(last) {
            return false;
        }
        for part in &self.between {
            let Some(at) = find(text, part) else { return false };
            text = &text[at + part.len()..];
        }
        true
    }
}

/// The first place of a part. The first byte alone rules out most places.
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let Some(first) = part.first() else { return Some(0) };
    let mut places = text.windows(part.len());
    places.position(|place| place[0].eq_ignore_ascii_case(first) && place.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, by characters: `*` is nothing, or one more character.
    fn plain(glob: &[char], text: &[char]) -> bool {
        match (glob, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                plain(rest, text) || text.split_first().is_some_and(|(_, text)| plain(glob, text))
            }
            ([first, glob @ ..], [same, text @ ..]) if first == same => plain(glob, text),
            _ => false,
        }
    }

    fn plain_matches(pattern: &str, name: &str) -> bool {
        let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
        let globs: Vec<&str> = pattern.split('/').collect();
        let segments: Vec<&str> = name.strip_suffix('/').unwrap_or(&name).split('/').collect();
        let characters = |text: &str| text.chars().collect::<Vec<_>>();
        segments.len() >= globs.len()
            && segments[segments.len() - globs.len()..]
                .iter()
                .zip(&globs)
                .all(|(segment, glob)| plain(&characters(glob), &characters(segment)))
    }

    proptest! {
        #[test]
        fn a_pattern_matches_as_its_definition_says(
            pattern in "[abÄ*]{1,6}(/[aB*]{1,4}){0,2}",
            name in "[aAbBä]{1,8}(/[abAB]{0,8}){0,3}",
        ) {
            let found = SecretPattern::parse(&pattern).unwrap().matches(&name);
            prop_assert_eq!(found, plain_matches(&pattern, &name), "{} {}", pattern, name);
        }
    }

    #[test]
    fn a_star_matches_within_one_segment() {
        for (pattern, name, expected) in [
            ("*password*", "app/db_PassWord_2", true),
            ("*password*", "app/password/url", false),
            ("*password*", "password/", true),
            ("password", "app/password", true),
            ("password", "app/my_password", false),
            ("db/*", "prod/db/url", true),
            ("db/*", "prod/db/url/x", false),
            ("db/*", "db", false),
            ("*/db/*", "db/url", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*", "anything/at/all", true),
            ("*ab*bc*", "xabc", false),
            ("**", "a", true),
            ("ÄPFEL", "äpfel", false),
        ] {
            let found = SecretPattern::parse(pattern).unwrap().matches(name);
            assert_eq!(found, expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_text_that_no_name_can_match_is_not_a_pattern() {
        use SecretPatternError::{Control, Empty, EmptySegment, TooLong};
        for (text, error) in [
            ("", Empty),
            ("/a", EmptySegment { at: 0 }),
            ("a//b", EmptySegment { at: 2 }),
            ("a/", EmptySegment { at: 1 }),
            ("a\nb", Control { code: 10, at: 1 }),
            (&"x".repeat(257), TooLong { bytes: 257 }),
        ] {
            assert_eq!(SecretPattern::parse(text), Err(error), "{text}");
        }
        assert_eq!(SecretPattern::parse("DB/*Key").unwrap().as_str(), "DB/*Key");
    }
}
