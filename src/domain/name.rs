//! Names of configuration values, and prefixes of names.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// The longest name, in bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 512;
/// Names that begin with this belong to the service: clients can't set them.
pub(super) const RESERVED_PREFIX: &str = ".configapi/";

/// The key of one configuration value: 1 to 512 bytes of UTF-8 without control characters. Ordered by its bytes; cheap
/// to clone. A new name has no segment `.` or `..`, and no empty segment but the last.
///
/// ```
/// use configapi::domain::ConfigName;
///
/// let name = ConfigName::parse("app/prod/db_url")?;
/// assert_eq!(name.as_str(), "app/prod/db_url");
/// assert!(ConfigName::parse("app//db_url").is_err());
/// # Ok::<(), configapi::domain::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigName(Arc<str>);

/// Why a text is not a valid name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// No character at all.
    #[error("a name needs at least one character")]
    Empty,
    /// More than 512 bytes.
    #[error("a name must have at most {NAME_BYTES_MAX} bytes: this one has {bytes}")]
    TooLong {
        /// How long it is, in bytes of UTF-8.
        bytes: usize,
    },
    /// U+0000 to U+001F or U+007F to U+009F.
    #[error("a name must not contain control characters: found U+{code:04X} at byte {at}")]
    Control {
        /// The character's code point.
        code: u32,
        /// Its place, in bytes from the start.
        at: usize,
    },
    /// A control of the writing direction, which makes a name look like another one.
    #[error("a name must not contain controls of the writing direction: found U+{code:04X} at byte {at}")]
    Direction {
        /// The character's code point.
        code: u32,
        /// Its place, in bytes from the start.
        at: usize,
    },
    /// `.` and `..` mean folders in a URL's path, and clients fold them away.
    #[error("a name must not contain a segment `.` or `..`: clients remove such segments from a path")]
    Dots,
    /// Clients and proxies merge slashes, so that one request would reach two names.
    #[error("a name must not contain an empty segment: remove the slash at byte {at}")]
    EmptySegment {
        /// The place of the slash, in bytes from the start.
        at: usize,
    },
}

impl ConfigName {
    /// The door for new names.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name = Self::from_log(text)?;
        if let Some((at, character)) = text.char_indices().find(|(_, character)| is_direction(*character)) {
            return Err(NameError::Direction { code: character.into(), at });
        }
        let mut at = 0;
        for segment in text.split('/') {
            match segment {
                "." | ".." => return Err(NameError::Dots),
                // The last segment may be empty.
                "" if at < text.len() => return Err(NameError::EmptySegment { at }),
                _ => at += segment.len() + 1,
            }
        }
        Ok(name)
    }

    /// The door for names that a log may hold: every name that any release has accepted. Such names are read and
    /// deleted, and set again by a restore only.
    pub fn from_log(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text == "." || text == ".." {
            return Err(NameError::Dots);
        }
        refuse_long_or_control(text)?;
        Ok(Self(text.into()))
    }

    /// Whether it belongs to the service itself.
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with(RESERVED_PREFIX)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ConfigName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConfigName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ConfigName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The start of names, compared by bytes: `app/a` has `app/ab` under it. The empty prefix has every name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Prefix(Arc<str>);

impl Prefix {
    /// The names of the service's own.
    pub fn reserved() -> Self {
        Self(RESERVED_PREFIX.into())
    }

    /// Whether it has names of the service's own only.
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with(RESERVED_PREFIX)
    }

    /// The one door into the type: at most 512 bytes, no control character; empty means everything.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        refuse_long_or_control(text)?;
        Ok(Self(text.into()))
    }

    /// The prefix as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name is under this prefix.
    pub fn covers(&self, name: &ConfigName) -> bool {
        name.as_str().starts_with(&*self.0)
    }

    /// The smallest text that sorts after every name under this prefix; `None` where nothing does.
    ///
    /// Stores bound an index walk by it. By bytes, UTF-8 sorts as its code points do, so the last
    /// character that has a successor is replaced by it.
    pub fn end(&self) -> Option<String> {
        let mut end = self.0.to_string();
        while let Some(last) = end.pop() {
            let next = match last {
                '\u{D7FF}' => Some('\u{E000}'),
                other => char::from_u32(u32::from(other) + 1),
            };
            if let Some(next) = next {
                end.push(next);
                return Some(end);
            }
        }
        None
    }
}

/// Unicode's property `Bidi_Control`.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn refuse_long_or_control(text: &str) -> Result<(), NameError> {
    if text.len() > NAME_BYTES_MAX {
        return Err(NameError::TooLong { bytes: text.len() });
    }
    // Nearly all are ASCII without any, which is seen without reading characters, many bytes at once.
    if text.bytes().fold(true, |all, byte| all & (b' '..=b'~').contains(&byte)) {
        return Ok(());
    }
    match text.char_indices().find(|(_, character)| character.is_control()) {
        Some((at, character)) => Err(NameError::Control { code: character.into(), at }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_names() {
        for text in ["a", "a/b", "a/", "ключ", "a b", "100%", "…", "...", "a/.b/c..", &"x".repeat(512)]
        {
            assert_eq!(ConfigName::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_no_name_says_why() {
        assert_eq!(ConfigName::parse(""), Err(NameError::Empty));
        assert_eq!(ConfigName::parse(".."), Err(NameError::Dots));
        assert_eq!(ConfigName::parse(&"x".repeat(513)), Err(NameError::TooLong { bytes: 513 }));
        assert_eq!(ConfigName::parse("a\nb"), Err(NameError::Control { code: 10, at: 1 }));
        assert_eq!(ConfigName::parse("\u{85}"), Err(NameError::Control { code: 0x85, at: 0 }));
    }

    #[test]
    fn a_new_name_has_no_segment_that_a_path_loses() {
        for text in ["a/../b", "./a", "a/..", "a/./b", "../"] {
            assert_eq!(ConfigName::parse(text), Err(NameError::Dots), "{text}");
        }
        for (text, at) in [("/a", 0), ("a//b", 2), ("a//", 2), ("/", 0)] {
            assert_eq!(ConfigName::parse(text), Err(NameError::EmptySegment { at }), "{text}");
        }
        for text in ["a/../b", "/a", "a//b", "/"] {
            assert_eq!(ConfigName::from_log(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_new_name_has_no_control_of_the_writing_direction() {
        let refused = ConfigName::parse("app/\u{202e}drowssap");
        assert_eq!(refused, Err(NameError::Direction { code: 0x202e, at: 4 }));
        assert!(ConfigName::from_log("app/\u{202e}drowssap").is_ok());
        assert!(ConfigName::parse("app/\u{200d}").is_ok(), "a joiner belongs to some scripts");
    }

    #[test]
    fn the_end_of_a_prefix_sorts_after_all_that_it_covers() {
        for (prefix, end) in [("a", "b"), ("a/", "a0"), ("\u{D7FF}", "\u{E000}"), ("a\u{10FFFF}", "b")] {
            assert_eq!(Prefix::parse(prefix).unwrap().end().as_deref(), Some(end));
        }
        assert_eq!(Prefix::default().end(), None);
        assert_eq!(Prefix::parse("\u{10FFFF}").unwrap().end(), None);
    }
}
