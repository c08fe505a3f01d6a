//! Patterns of names whose values are secret.
//!
//! A pattern has one segment or several, and matches as many last segments of a name. `*` matches any text within a
//! segment. A match takes time linear in the name's length and allocates nothing, because lists ask about each name.

use super::error::SecretPatternError;
use super::limits::SECRET_PATTERN_BYTES_MAX;

/// A pattern of names, without regard to ASCII letter case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPattern {
    text: Box<str>,
    /// The text with ASCII letters in lower case.
    folded: Box<str>,
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
        Self { text: text.into(), folded: text.to_ascii_lowercase().into() }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches a name whose ASCII letters are in lower case. A slash at the name's end is ignored: the
    /// segment before it is the one that says what the value is.
    pub(super) fn matches(&self, folded_name: &str) -> bool {
        let name = folded_name.strip_suffix('/').unwrap_or(folded_name);
        let mut segments = name.rsplit('/');
        self.folded.rsplit('/').all(|glob| segments.next().is_some_and(|segment| glob_matches(glob, segment)))
    }
}

/// Whether a text consists of the glob's literal parts, with any text for each `*`.
///
/// The first and the last part are fixed at the ends. Each part between takes its first place after the one before,
/// which leaves the most text for the others. The text is therefore walked once.
fn glob_matches(glob: &str, text: &str) -> bool {
    let Some((first, rest)) = glob.split_once('*') else { return glob == text };
    let (between, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inner = text.strip_prefix(first).and_then(|text| text.strip_suffix(last));
    let Some(mut text) = inner else { return false };
    for part in between.split('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    true
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
            let found = SecretPattern::parse(&pattern).unwrap().matches(&name.to_ascii_lowercase());
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
            let found = SecretPattern::parse(pattern).unwrap().matches(&name.to_ascii_lowercase());
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
