//! A request that has found its route, and the methods by which handlers read it.

use std::sync::Arc;

use rouille::Request;

use super::fields::single;
use super::moment::{Moment, Seen};
use super::path::{Plus, decode, encode_name};
use super::query::Query;
use crate::domain::{ConfigName, IdempotencyKey, Metadata, NameError, Reason, Secrecy};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::exchange::{Answered, Exchange};

/// One request, for as long as its handler runs.
pub(in crate::presentation::http) struct Call<'a> {
    pub(in crate::presentation::http) request: &'a Request,
    pub(in crate::presentation::http) exchange: &'a Arc<Exchange>,
    /// The first segment of the route's template.
    pub(in crate::presentation::http) kind: &'static str,
    pub(in crate::presentation::http) query: Query<'a>,
    /// The texts of the route's `{…}`.
    pub(in crate::presentation::http) texts: &'a [String],
    /// `/v1`, or nothing for the overview's paths: links stay on the side that they were asked on.
    pub(in crate::presentation::http) base: &'static str,
}

impl Call<'_> {
    /// The name in the path, for a set.
    pub(in crate::presentation::http) fn new_name(&self) -> Result<ConfigName, Problem> {
        parse_new_name(self.texts.first().map(String::as_str).unwrap_or_default())
    }

    /// The name in the path.
    pub(in crate::presentation::http) fn name(&self) -> Result<ConfigName, Problem> {
        parse_name(self.texts.first().map(String::as_str).unwrap_or_default())
    }

    /// The path of a name's value.
    pub(in crate::presentation::http) fn value_path(&self, name: &ConfigName) -> String {
        format!("{}/config/{}", self.base, encode_name(name.as_str()))
    }

    /// Which state it is about.
    pub(in crate::presentation::http) fn moment(&self) -> Result<Moment, Problem> {
        Moment::read(self.request, self.query.get("at"))
    }

    /// Answers from the tree of now, once that shows what `Config-Min-Revision` asks for.
    pub(in crate::presentation::http) fn when_applied(
        &self,
        answer: impl FnOnce(&Arc<Exchange>) -> Answered + Send + 'static,
    ) -> Answered {
        Seen::applied(self.request)?.then(self.request, self.exchange, answer)
    }

    /// The reason in the head: percent-encoded UTF-8.
    pub(in crate::presentation::http) fn head_reason(&self) -> Result<Option<Reason>, Problem> {
        let text = single(self.request, "Config-Reason")?.unwrap_or_default();
        let text = decode(text, Plus::Plus)?;
        reason(Some(&text))
    }

    /// Of a request that asks for secrets in clear text: who asks, why, and in which request.
    pub(in crate::presentation::http) fn reveal(&self) -> Result<Option<Metadata>, Problem> {
        let asked = self.query.word("reveal", &[("true", true), ("false", false)])?;
        let header = match single(self.request, "Config-Reveal")? {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => return Err(Problem::malformed("write Config-Reveal as true or false")),
        };
        if asked.is_some() && header.is_some() && asked != header {
            return Err(Problem::malformed(
                "give `reveal` and Config-Reveal the same meaning, or send one of them",
            ));
        }
        if asked.or(header) != Some(true) {
            return Ok(None);
        }
        Ok(Some(Metadata { reason: self.head_reason()?, ..self.exchange.metadata() }))
    }

    /// The statement of the header about the secrecy of a value.
    pub(in crate::presentation::http) fn head_secrecy(&self) -> Result<Option<Secrecy>, Problem> {
        match single(self.request, "Config-Secret")? {
            None => Ok(None),
            Some("true") => Ok(Some(Secrecy::Secret)),
            Some("false") => Ok(Some(Secrecy::Open)),
            Some(_) => Err(Problem::malformed("write Config-Secret as true or false")),
        }
    }

    /// The key that makes the request repeatable: bare, or quoted as a structured field.
    pub(in crate::presentation::http) fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, Problem> {
        let Some(text) = single(self.request, "Idempotency-Key")? else { return Ok(None) };
        let text = match text.strip_prefix('"') {
            None => text.to_owned(),
            Some(quoted) => unquote(quoted).ok_or_else(|| {
                Problem::malformed("close the quoted Idempotency-Key, or send it without quotes")
            })?,
        };
        let key = IdempotencyKey::parse(&text);
        key.map(Some).map_err(|error| Problem::malformed(format!("correct Idempotency-Key: {error}")))
    }
}

/// Reads a name that the log may hold: for everything but a set.
pub(in crate::presentation::http) fn parse_name(text: &str) -> Result<ConfigName, Problem> {
    ConfigName::from_log(text).map_err(|error| wrong_name(&error))
}

/// Reads a name that a set may make.
pub(in crate::presentation::http) fn parse_new_name(text: &str) -> Result<ConfigName, Problem> {
    ConfigName::parse(text).map_err(|error| wrong_name(&error))
}

fn wrong_name(error: &NameError) -> Problem {
    Problem::invalid(format!("correct the name: {error}"))
}

/// Reads a reason; an empty one is none.
pub(in crate::presentation::http) fn reason(text: Option<&str>) -> Result<Option<Reason>, Problem> {
    let text = text.filter(|text| !text.is_empty());
    let parsed = text.map(Reason::parse).transpose();
    parsed.map_err(|error| Problem::invalid(format!("correct the reason: {error}")))
}

/// A JSON member's statement about the secrecy of a value.
pub(in crate::presentation::http) fn secrecy(member: Option<bool>) -> Option<Secrecy> {
    member.map(|secret| if secret { Secrecy::Secret } else { Secrecy::Open })
}

/// RFC 8941 section 3.3.3, after the first quote: `\"` and `\\` are the only escapes.
fn unquote(text: &str) -> Option<String> {
    let mut unquoted = String::new();
    let mut letters = text.chars();
    loop {
        match letters.next()? {
            '"' => return letters.next().is_none().then_some(unquoted),
            '\\' => unquoted.push(letters.next().filter(|next| matches!(next, '"' | '\\'))?),
            other => unquoted.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_keys_are_unquoted() {
        assert_eq!(unquote(r#"a"b"#), None);
        assert_eq!(unquote("a"), None);
        assert_eq!(unquote(r#"a b""#).as_deref(), Some("a b"));
        assert_eq!(unquote(r#"a\"b\\c""#).as_deref(), Some(r#"a"b\c"#));
        assert_eq!(unquote(r#"a\n""#), None);
    }

    #[test]
    fn an_empty_reason_is_none() {
        assert_eq!(reason(Some("")).ok(), Some(None));
        assert_eq!(reason(None).ok(), Some(None));
        assert!(reason(Some("why")).is_ok_and(|reason| reason.is_some()));
        assert!(reason(Some("a\0b")).is_err());
    }
}
