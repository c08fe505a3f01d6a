//! Entity tags and preconditions (RFC 9110 sections 8.8.3 and 13).
//!
//! A value's tag is the revision of its last event, with `.json` for the item. Reads compare the tag that
//! they would send; writes give the revisions to the log thread, which decides on the head. Invariants:
//! `a_write_accepts_either_form`, `if_match_compares_strongly`.

use rouille::Request;

use super::fields::joined;
use super::negotiation::Form;
use crate::domain::{Match, Operation, Revision};
use crate::presentation::http::answer::problem::Problem;

/// The preconditions of a request.
#[derive(Clone, Debug, Default)]
pub(in crate::presentation::http) struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

#[derive(Clone, Debug)]
enum Tags {
    Any,
    List(Vec<Tag>),
}

#[derive(Clone, Debug)]
struct Tag {
    strength: Strength,
    opaque: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    Strong,
    Weak,
}

/// What a read does under its preconditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Verdict {
    /// Answer.
    Proceed,
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

/// The tag of a value in a form.
pub(in crate::presentation::http) fn tag(revision: Revision, form: Form) -> String {
    let end = match form {
        Form::Text => "\"",
        Form::Json => ".json\"",
    };
    ["\"", &revision.get().to_string(), end].concat()
}

impl Conditions {
    /// Reads the preconditions of a request.
    pub(in crate::presentation::http) fn read(request: &Request) -> Result<Self, Problem> {
        let tags = |name| joined(request, name).map(|text| parse(&text)).transpose();
        Ok(Self { if_match: tags("If-Match")?, if_none_match: tags("If-None-Match")? })
    }

    /// What a read does that would send a tag (RFC 9110 section 13.2.2).
    pub(in crate::presentation::http) fn evaluate(&self, sent: &str) -> Verdict {
        let held = |tags: &Tags, strength| match tags {
            Tags::Any => true,
            Tags::List(tags) => tags.iter().any(|tag| tag.matches(sent, strength)),
        };
        if self.if_match.as_ref().is_some_and(|tags| !held(tags, Strength::Strong)) {
            return Verdict::Failed;
        }
        match &self.if_none_match {
            Some(tags) if held(tags, Strength::Weak) => Verdict::NotModified,
            _ => Verdict::Proceed,
        }
    }

    /// An operation under these preconditions.
    pub(in crate::presentation::http) fn guard(&self, mut operation: Operation) -> Operation {
        operation.if_match = self.if_match.as_ref().map(|tags| tags.as_match(Strength::Strong));
        operation.if_none_match = self.if_none_match.as_ref().map(|tags| tags.as_match(Strength::Weak));
        operation
    }

    /// The preconditions as text, for the digest of a request.
    pub(in crate::presentation::http) fn digest_text(request: &Request) -> String {
        let text = |name| joined(request, name).unwrap_or_default();
        format!("{}\n{}", text("If-Match"), text("If-None-Match"))
    }
}

impl Tags {
    fn as_match(&self, strength: Strength) -> Match {
        match self {
            Self::Any => Match::Any,
            Self::List(tags) => {
                Match::Revisions(tags.iter().filter_map(|tag| tag.revision(strength)).collect())
            }
        }
    }
}

impl Tag {
    /// Strong comparison wants both strong; ours always are.
    fn matches(&self, sent: &str, strength: Strength) -> bool {
        let comparable = self.strength == Strength::Strong || strength == Strength::Weak;
        comparable && sent.strip_prefix('"').and_then(|sent| sent.strip_suffix('"')) == Some(&*self.opaque)
    }

    /// The revision that the tag of either form names; a tag that this server never sent names none.
    fn revision(&self, strength: Strength) -> Option<Revision> {
        let digits = self.opaque.strip_suffix(".json").unwrap_or(&self.opaque);
        let revision = Revision::parse(digits).filter(|revision| revision.to_string() == digits)?;
        (self.strength == Strength::Strong || strength == Strength::Weak).then_some(revision)
    }
}

fn parse(text: &str) -> Result<Tags, Problem> {
    let broken = || {
        Problem::malformed("write If-Match and If-None-Match as * or as quoted entity tags: \"417\", \"418\"")
    };
    if text.trim() == "*" {
        return Ok(Tags::Any);
    }
    let mut tags = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (strength, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (Strength::Weak, quoted),
            None => (Strength::Strong, rest),
        };
        let (opaque, after) =
            quoted.strip_prefix('"').and_then(|inside| inside.split_once('"')).ok_or_else(broken)?;
        let after = after.trim_start_matches([' ', '\t']);
        if !after.is_empty() && !after.starts_with(',') {
            return Err(broken());
        }
        tags.push(Tag { strength, opaque: opaque.to_owned() });
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    if tags.is_empty() { Err(broken()) } else { Ok(Tags::List(tags)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ConfigName;

    fn conditions(name: &str, value: &str) -> Result<Conditions, Problem> {
        let fields = vec![(name.into(), value.into())];
        Conditions::read(&Request::fake_http("GET", "/", fields, Vec::new()))
    }

    fn revisions(value: &str) -> Option<Match> {
        let operation = Operation::delete(ConfigName::parse("a").unwrap());
        conditions("If-Match", value).unwrap().guard(operation).if_match
    }

    #[test]
    fn a_write_accepts_either_form() {
        let wanted = vec![Revision::new(417), Revision::new(418)];
        assert_eq!(revisions("\"417\", \"418.json\""), Some(Match::Revisions(wanted)));
        assert_eq!(revisions(" * "), Some(Match::Any));
        assert_eq!(revisions("\"abc\", \"0417\", W/\"5\""), Some(Match::Revisions(vec![])));
    }

    #[test]
    fn if_match_compares_strongly() {
        let verdict = |name, value| conditions(name, value).unwrap().evaluate("\"5\"");
        assert_eq!(verdict("If-Match", "\"5\""), Verdict::Proceed);
        assert_eq!(verdict("If-Match", "W/\"5\""), Verdict::Failed);
        assert_eq!(verdict("If-Match", "\"5.json\""), Verdict::Failed);
        assert_eq!(verdict("If-Match", "*"), Verdict::Proceed);
        assert_eq!(verdict("If-None-Match", "W/\"5\""), Verdict::NotModified);
        assert_eq!(verdict("If-None-Match", "\"4\",,\"5\""), Verdict::NotModified);
        assert_eq!(verdict("If-None-Match", "\"4\""), Verdict::Proceed);
        assert_eq!(verdict("If-None-Match", "*"), Verdict::NotModified);
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for text in ["417", "\"417", "", ",", "\"1\" \"2\"", "w/\"1\""] {
            assert!(conditions("If-Match", text).is_err(), "{text:?}");
        }
    }
}
