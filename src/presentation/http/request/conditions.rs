//! Entity tags and preconditions (RFC 9110 sections 8.8.3 and 13).
//!
//! A value's tag is the place of its last event, with `.json` for the item. Reads compare the tag that they would
//! send; writes give the places to the log thread, which decides on the head. A bare revision compares the revision
//! only. Invariants: `a_write_accepts_either_form`, `if_match_compares_strongly`.

use std::fmt::Write;

use rouille::Request;

use super::fields::joined;
use super::negotiation::Form;
use crate::domain::{GivenPlace, Match, Operation, Place};
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

#[derive(Clone, Copy, Debug)]
struct Tag {
    strength: Strength,
    /// The place that it names; a tag that this server never sent names none.
    named: Option<(GivenPlace, Form)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    Strong,
    Weak,
}

/// The effect of preconditions on a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Evaluation {
    /// Answer.
    Proceed,
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

/// The longest tag: `"<19 digits>-<8 digits>.json"`.
const TAG_BYTES_MAX: usize = 35;

/// The tag of a place in a form.
pub(in crate::presentation::http) fn tag(place: Place, form: Form) -> String {
    let end = match form {
        Form::Text => "\"",
        Form::Json => ".json\"",
    };
    let mut tag = String::with_capacity(TAG_BYTES_MAX);
    // Writing to a String does not fail.
    let _ = write!(tag, "\"{place}{end}");
    tag
}

impl Conditions {
    /// Reads the preconditions of a request.
    pub(in crate::presentation::http) fn read(request: &Request) -> Result<Self, Problem> {
        let tags = |name| joined(request, name).map(|text| parse(&text)).transpose();
        Ok(Self { if_match: tags("If-Match")?, if_none_match: tags("If-None-Match")? })
    }

    /// The effect on a read that would send the tag of a place in a form (RFC 9110 section 13.2.2).
    pub(in crate::presentation::http) fn evaluate(&self, place: Place, form: Form) -> Evaluation {
        let held = |tags: &Tags, strength| match tags {
            Tags::Any => true,
            Tags::List(tags) => tags.iter().any(|tag| tag.matches(place, form, strength)),
        };
        if self.if_match.as_ref().is_some_and(|tags| !held(tags, Strength::Strong)) {
            return Evaluation::Failed;
        }
        match &self.if_none_match {
            Some(tags) if held(tags, Strength::Weak) => Evaluation::NotModified,
            _ => Evaluation::Proceed,
        }
    }

    /// An operation under these preconditions.
    pub(in crate::presentation::http) fn guard(&self, mut operation: Operation) -> Operation {
        (operation.if_match, operation.if_none_match) = self.as_matches();
        operation
    }

    /// The states that they want and do not want.
    pub(in crate::presentation::http) fn as_matches(&self) -> (Option<Match>, Option<Match>) {
        (
            self.if_match.as_ref().map(|tags| tags.as_match(Strength::Strong)),
            self.if_none_match.as_ref().map(|tags| tags.as_match(Strength::Weak)),
        )
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
            Self::List(tags) => Match::Places(tags.iter().filter_map(|tag| tag.place(strength)).collect()),
        }
    }
}

impl Tag {
    fn new(strength: Strength, opaque: &str) -> Self {
        let (text, form) = match opaque.strip_suffix(".json") {
            Some(text) => (text, Form::Json),
            None => (opaque, Form::Text),
        };
        let is_written_so = text == "0" || !text.starts_with('0');
        let place = GivenPlace::parse(text).filter(|_| is_written_so);
        Self { strength, named: place.map(|place| (place, form)) }
    }

    fn matches(self, sent: Place, sent_form: Form, strength: Strength) -> bool {
        let named = self.named.filter(|_| self.is_comparable(strength));
        named.is_some_and(|(given, form)| form == sent_form && given.is(sent))
    }

    /// The place that the tag of either form names.
    fn place(self, strength: Strength) -> Option<GivenPlace> {
        self.named.filter(|_| self.is_comparable(strength)).map(|(given, _)| given)
    }

    /// Strong comparison wants both strong; ours always are.
    fn is_comparable(self, strength: Strength) -> bool {
        self.strength == Strength::Strong || strength == Strength::Weak
    }
}

fn parse(text: &str) -> Result<Tags, Problem> {
    let broken = || {
        Problem::malformed(
            "write If-Match and If-None-Match as * or as quoted entity tags: \"417-9f3a1c2e\", \"418\"",
        )
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
        tags.push(Tag::new(strength, opaque));
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    if tags.is_empty() { Err(broken()) } else { Ok(Tags::List(tags)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ConfigName, Revision};

    fn conditions(name: &str, value: &str) -> Result<Conditions, Problem> {
        let fields = vec![(name.into(), value.into())];
        Conditions::read(&Request::fake_http("GET", "/", fields, Vec::new()))
    }

    fn places(value: &str) -> Option<Match> {
        let operation = Operation::delete(ConfigName::parse("a").unwrap());
        conditions("If-Match", value).unwrap().guard(operation).if_match
    }

    fn place(text: &str) -> Place {
        Place::parse(text).unwrap()
    }

    #[test]
    fn a_tag_is_written_and_read_in_both_forms() {
        let place = place("9223372036854775807-0f3a1c2e");
        for form in [Form::Text, Form::Json] {
            let tag = tag(place, form);
            assert!(tag.len() <= TAG_BYTES_MAX, "{tag}");
            assert_eq!(conditions("If-Match", &tag).unwrap().evaluate(place, form), Evaluation::Proceed);
        }
        assert_eq!(tag(Place::START, Form::Text), "\"0\"");
    }

    #[test]
    fn a_write_accepts_either_form() {
        let wanted = vec![Revision::new(417).into(), place("418-9f3a1c2e").into()];
        assert_eq!(places("\"417\", \"418-9f3a1c2e.json\""), Some(Match::Places(wanted)));
        assert_eq!(places(" * "), Some(Match::Any));
        assert_eq!(places("\"abc\", \"0417\", \"417-9F3A1C2E\", W/\"5\""), Some(Match::Places(vec![])));
    }

    #[test]
    fn if_match_compares_strongly() {
        let sent = place("5-9f3a1c2e");
        let verdict = |name, value| conditions(name, value).unwrap().evaluate(sent, Form::Text);
        for (name, value, expected) in [
            ("If-Match", "\"5\"", Evaluation::Proceed),
            ("If-Match", "\"5-9f3a1c2e\"", Evaluation::Proceed),
            ("If-Match", "\"5-9f3a1c2f\"", Evaluation::Failed),
            ("If-Match", "W/\"5\"", Evaluation::Failed),
            ("If-Match", "\"5.json\"", Evaluation::Failed),
            ("If-Match", "*", Evaluation::Proceed),
            ("If-None-Match", "W/\"5\"", Evaluation::NotModified),
            ("If-None-Match", "\"4\",,\"5-9f3a1c2e\"", Evaluation::NotModified),
            ("If-None-Match", "\"5-9f3a1c2f\"", Evaluation::Proceed),
            ("If-None-Match", "\"4\"", Evaluation::Proceed),
            ("If-None-Match", "*", Evaluation::NotModified),
        ] {
            assert_eq!(verdict(name, value), expected, "{name}: {value}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for text in ["417", "\"417", "", ",", "\"1\" \"2\"", "w/\"1\""] {
            assert!(conditions("If-Match", text).is_err(), "{text:?}");
        }
    }
}
