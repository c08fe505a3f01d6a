//! Prefixes of whole path segments: the areas that grants, policies and schemas are for.
//!
//! A query's [`Prefix`] compares bytes, and the two must never be mixed (`a_path_prefix_covers_whole_segments`).
//! Called by the principal's grants, the policy and the schemas; calls the parsing of names.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use super::name::RESERVED_PREFIX;
use super::{ConfigName, NameError, Prefix};

/// A path whose names are it and all below it: `app/a` covers `app/a` and `app/a/b`, but not `app/ab`. The empty path
/// covers every name. Ordered by its bytes; cheap to clone.
///
/// ```
/// use configapi::domain::{ConfigName, PathPrefix};
///
/// let prefix = PathPrefix::parse("app/a/")?;
/// assert_eq!(prefix.as_str(), "app/a");
/// assert!(prefix.covers(&ConfigName::parse("app/a/b")?));
/// assert!(!prefix.covers(&ConfigName::parse("app/ab")?));
/// # Ok::<(), configapi::domain::NameError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPrefix(Arc<str>);

impl PathPrefix {
    /// The one door into the type. A path follows the rules of a new name; it may be empty, and one `/` at its end is
    /// ignored.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if !text.is_empty() {
            ConfigName::parse(text)?;
        }
        Ok(Self(text.strip_suffix('/').unwrap_or(text).into()))
    }

    /// The path as text, without a `/` at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it covers every name.
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is the folder of the service's own names, or below it.
    pub fn is_reserved(&self) -> bool {
        let folder = RESERVED_PREFIX.trim_end_matches('/');
        self.0.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether a name is the path or below it.
    pub fn covers(&self, name: &ConfigName) -> bool {
        self.covers_text(name.as_str())
    }

    /// Whether it covers every name that the other path covers.
    pub fn contains(&self, other: &Self) -> bool {
        self.covers_text(&other.0)
    }

    /// Whether it covers every name that begins with these bytes.
    pub fn covers_all(&self, prefix: &Prefix) -> bool {
        let rest = prefix.as_str().strip_prefix(&*self.0);
        rest.is_some_and(|rest| self.0.is_empty() || rest.starts_with('/'))
    }

    /// Whether it covers any name that begins with these bytes.
    pub fn covers_some(&self, prefix: &Prefix) -> bool {
        self.0.starts_with(prefix.as_str()) || self.covers_all(prefix)
    }

    /// The texts of all paths that cover a name, from the longest to the empty one.
    pub fn all_that_cover(name: &ConfigName) -> impl Iterator<Item = &str> {
        let mut next = Some(name.as_str());
        std::iter::from_fn(move || {
            let path = next?;
            next = match path.rfind('/') {
                Some(at) => Some(&path[..at]),
                None if path.is_empty() => None,
                None => Some(""),
            };
            Some(path)
        })
    }

    fn covers_text(&self, text: &str) -> bool {
        let rest = text.strip_prefix(&*self.0);
        rest.is_some_and(|rest| self.0.is_empty() || rest.is_empty() || rest.starts_with('/'))
    }
}

impl Borrow<str> for PathPrefix {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> PathPrefix {
        PathPrefix::parse(text).unwrap()
    }

    #[test]
    fn a_path_prefix_covers_whole_segments() {
        for text in ["app/a", "app/a/"] {
            for (name, covered) in [
                ("app/a", true),
                ("app/a/b", true),
                ("app/a/", true),
                ("app/ab", false),
                ("app", false),
                ("app/A", false),
                ("xapp/a", false),
            ] {
                let name = ConfigName::parse(name).unwrap();
                assert_eq!(path(text).covers(&name), covered, "{text} {name}");
                let is_listed = PathPrefix::all_that_cover(&name).any(|found| found == path(text).as_str());
                assert_eq!(is_listed, covered, "{text} {name}");
            }
        }
        let any = ConfigName::from_log("/anything//at/all").unwrap();
        assert!(path("").covers(&any));
        assert_eq!(PathPrefix::all_that_cover(&any).last(), Some(""));
    }

    #[test]
    fn a_path_prefix_contains_those_at_and_below_it() {
        for (outer, inner, expected) in
            [("", "a", true), ("a", "a/b", true), ("a", "a", true), ("a", "ab", false), ("a", "", false)]
        {
            assert_eq!(path(outer).contains(&path(inner)), expected, "{outer:?} {inner:?}");
        }
    }

    #[test]
    fn a_path_with_an_empty_segment_is_not_the_empty_path() {
        for (text, at) in [("/", 0), ("/a", 0), ("a//", 2), ("a//b", 2)] {
            assert_eq!(PathPrefix::parse(text), Err(NameError::EmptySegment { at }), "{text}");
        }
        assert_eq!(PathPrefix::parse("a/../b"), Err(NameError::Dots));
        assert!(path("").is_everything());
        assert!(!path("a").is_everything());
    }
}
