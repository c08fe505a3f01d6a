//! Paths and queries of the contract.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986's unreserved characters stay as they are.
const TEXT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &TEXT.remove(b'/');

/// A path with its query.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    text: String,
    separator: char,
}

impl Target {
    /// A path of the contract.
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { text: path.into(), separator: '?' }
    }

    /// The resource of a name.
    pub(crate) fn of_name(name: &str) -> Self {
        Self::new(format!("/v1/config/{}", encoded_name(name)))
    }

    /// With a parameter.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        // A text takes all that is written to it.
        let _ = write!(self.text, "{}{name}={}", self.separator, utf8_percent_encode(value, TEXT));
        self.separator = '&';
        self
    }

    /// With a parameter if it has a value.
    #[must_use]
    pub(crate) fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// A name as the rest of a path. Its slashes are encoded too where the path would mean something else.
pub(crate) fn encoded_name(name: &str) -> String {
    let segments: Vec<&str> = name.split('/').collect();
    let last = segments.len() - 1;
    let is_resource = segments[last] == "history" || last > 0 && segments[last - 1] == "at";
    let is_unusual = segments[..last].iter().any(|segment| segment.is_empty())
        || segments.iter().any(|segment| matches!(*segment, "." | ".."));
    let set = if is_resource && last > 0 || is_unusual { TEXT } else { PATH };
    utf8_percent_encode(name, set).to_string()
}

/// A text in a header, such as a reason.
pub(crate) fn encoded_text(text: &str) -> String {
    utf8_percent_encode(text, TEXT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slashes_of_a_name_stay_unless_the_path_would_mean_something_else() {
        for (name, path) in [
            ("app/prod/db url", "app/prod/db%20url"),
            ("history", "history"),
            ("app/history", "app%2Fhistory"),
            ("app/at/noon", "app%2Fat%2Fnoon"),
            ("at/noon", "at%2Fnoon"),
            ("app/", "app/"),
            ("a//b", "a%2F%2Fb"),
            ("é+?#", "%C3%A9%2B%3F%23"),
        ] {
            assert_eq!(encoded_name(name), path, "{name}");
        }
    }

    #[test]
    fn a_query_has_its_parameters_encoded() {
        let target =
            Target::new("/v1/config").with("prefix", "a/b").with_some("at", Some("1+2")).with_some("x", None);
        assert_eq!(target.into_text(), "/v1/config?prefix=a%2Fb&at=1%2B2");
    }
}
