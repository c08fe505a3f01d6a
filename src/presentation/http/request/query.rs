//! Query parameters: each known and given once, or the request is refused.
//!
//! Called by the router with the parameters that the route knows. A misspelt `?prefx=` must not list
//! everything (`an_unknown_or_repeated_parameter_is_refused`).

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::path::{Plus, decode};
use crate::domain::Prefix;
use crate::presentation::http::answer::problem::Problem;

/// The parameters of one request.
#[derive(Debug)]
pub(in crate::presentation::http) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads a raw query.
    pub(in crate::presentation::http) fn parse(raw: &'a str, known: &[&str]) -> Result<Self, Problem> {
        let mut found: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        if raw.is_empty() {
            return Ok(Self(found));
        }
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name, Plus::Space)?, decode(value, Plus::Space)?);
            let Some(name) = known.iter().find(|known| **known == name) else {
                return Err(Problem::malformed(unknown(known)));
            };
            if found.iter().any(|(held, _)| held == name) {
                return Err(Problem::malformed(format!("give the parameter `{name}` once")));
            }
            found.push(((*name).to_owned().into(), value));
        }
        Ok(Self(found))
    }

    /// A parameter as text.
    pub(in crate::presentation::http) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_ref())
    }

    /// The prefix, everything where there is none.
    pub(in crate::presentation::http) fn prefix(&self) -> Result<Prefix, Problem> {
        let text = self.get("prefix").unwrap_or_default();
        Prefix::parse(text).map_err(|error| Problem::invalid(format!("correct the prefix: {error}")))
    }

    /// A number of rows: digits, in a range.
    pub(in crate::presentation::http) fn count(
        &self,
        name: &str,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = digits(text)
            .ok_or_else(|| Problem::malformed(format!("write the parameter `{name}` as a number")))?;
        if range.contains(&number) {
            return Ok(Some(number));
        }
        let (least, most) = (range.start(), range.end());
        let most = if *most == usize::MAX { String::new() } else { format!(" to {most}") };
        Err(Problem::invalid(format!("give the parameter `{name}` a number from {least}{most}")))
    }

    /// One of a few words.
    pub(in crate::presentation::http) fn word<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        let known = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or ");
        found
            .map(Some)
            .ok_or_else(|| Problem::malformed(format!("write the parameter `{name}` as {}", known())))
    }
}

fn digits(text: &str) -> Option<usize> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| usize::from_str(text).unwrap_or(usize::MAX))
}

fn unknown(known: &[&str]) -> String {
    match known {
        [] => "send no query: this path has no parameters".into(),
        known => format!("use only the parameters of this path: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_or_repeated_parameter_is_refused() {
        assert!(Query::parse("prefx=a", &["prefix"]).is_err());
        assert!(Query::parse("prefix=a&prefix=a", &["prefix"]).is_err());
        assert!(Query::parse("a=1", &[]).is_err());
        assert!(Query::parse("prefix=%ff", &["prefix"]).is_err());
        assert!(Query::parse("", &[]).is_ok());
    }

    #[test]
    fn values_are_decoded_once_and_may_hold_an_equals_sign() {
        let query = Query::parse("prefix=a%2Fb+c=d&limit=5&verbose", &["prefix", "limit", "verbose"]);
        let query = query.unwrap_or_else(|_| panic!("it is well-formed"));
        assert_eq!(query.get("prefix"), Some("a/b c=d"));
        assert_eq!(query.get("verbose"), Some(""));
        assert_eq!(query.count("limit", 1..=10).ok().flatten(), Some(5));
        assert_eq!(query.count("limit", 1..=4).err().map(|problem| problem.status()), Some(422));
        assert_eq!(query.count("prefix", 1..=4).err().map(|problem| problem.status()), Some(400));
        assert_eq!(query.get("after"), None);
    }
}
