//! The policy as JSON, in both directions: the body of `/v1/policy` and the value under which the log keeps it.
//!
//! Absent members have their defaults, and unknown ones are refused. An error names the member by a JSON pointer. The
//! access data and the handlers of the policy call it; it calls the domain's parsing alone.

use std::num::NonZeroU32;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::domain::{PathPrefix, Policy, PolicyParts, Protection, SecretPattern};

/// The longest policy, in bytes of JSON. The largest useful policy, all lists full of long entries, is a mistake.
pub const POLICY_BYTES_MAX: usize = 65_536;

/// Why a text is not a valid policy. The message is complete.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyJsonError {
    /// Longer than the limit.
    #[error("a policy must have at most {POLICY_BYTES_MAX} bytes of JSON: this one has {bytes}")]
    TooLong {
        /// How long it is, in bytes.
        bytes: usize,
    },
    /// Not JSON, or not an object with members of a policy.
    #[error("the policy is not a JSON object with the members of a policy: {detail}")]
    Shape {
        /// Which member or place is wrong.
        detail: String,
    },
    /// A member or an entry is not valid.
    #[error("{pointer}: {detail}")]
    Member {
        /// The JSON pointer of the member or entry.
        pointer: String,
        /// Why it is not valid.
        detail: String,
    },
    /// The members do not fit together, or a list is too long.
    #[error("{0}")]
    Rules(#[from] crate::domain::PolicyError),
}

/// The members as they come, so that an error in one of them can name it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    secret_patterns: Option<Value>,
    require_reason: Option<Value>,
    protect: Option<Value>,
    writes_per_second: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProtectionMembers {
    prefix: String,
    names_max: u64,
}

#[derive(Serialize)]
struct Body<'a> {
    secret_patterns: Vec<&'a str>,
    require_reason: Vec<&'a str>,
    protect: Vec<ProtectionBody<'a>>,
    writes_per_second: Option<u32>,
}

#[derive(Serialize)]
struct ProtectionBody<'a> {
    prefix: &'a str,
    names_max: u64,
}

/// Reads a policy. A member that is absent or null has its default.
pub fn parse_policy(json: &str) -> Result<Policy, PolicyJsonError> {
    if json.len() > POLICY_BYTES_MAX {
        return Err(PolicyJsonError::TooLong { bytes: json.len() });
    }
    let members: Members =
        serde_json::from_str(json).map_err(|error| PolicyJsonError::Shape { detail: error.to_string() })?;
    let mut parts = PolicyParts::default();
    if let Some(list) = members.secret_patterns {
        parts.secret_patterns =
            entries("/secret_patterns", list, |text: String| SecretPattern::parse(&text))?;
    }
    if let Some(list) = members.require_reason {
        parts.require_reason = entries("/require_reason", list, |text: String| PathPrefix::parse(&text))?;
    }
    if let Some(list) = members.protect {
        parts.protect = entries("/protect", list, |entry: ProtectionMembers| {
            PathPrefix::parse(&entry.prefix)
                .map(|prefix| Protection { prefix, names_max: entry.names_max })
                .map_err(|error| format!("`prefix`: {error}"))
        })?;
    }
    if let Some(rate) = members.writes_per_second {
        let detail = "must be a whole number of at least 1, or null for no limit".to_owned();
        let pointer = "/writes_per_second".to_owned();
        let rate = serde_json::from_value::<NonZeroU32>(rate);
        parts.writes_per_second = Some(rate.map_err(|_| PolicyJsonError::Member { pointer, detail })?);
    }
    Ok(Policy::new(parts)?)
}

/// Writes a policy with all its members.
pub fn policy_json(policy: &Policy) -> Value {
    let protect = policy.protect().iter();
    let body = Body {
        secret_patterns: policy.secret_patterns().iter().map(SecretPattern::as_str).collect(),
        require_reason: policy.require_reason().iter().map(PathPrefix::as_str).collect(),
        protect: protect
            .map(|one| ProtectionBody { prefix: one.prefix.as_str(), names_max: one.names_max })
            .collect(),
        writes_per_second: policy.writes_per_second().map(NonZeroU32::get),
    };
    // Texts and numbers always have a JSON form.
    serde_json::to_value(body).unwrap_or_default()
}

/// Parses each entry of a list; an error has the pointer of its entry.
fn entries<E: DeserializeOwned, T, F: ToString>(
    pointer: &str,
    list: Value,
    parse: impl Fn(E) -> Result<T, F>,
) -> Result<Vec<T>, PolicyJsonError> {
    let error = |pointer: String, detail: String| PolicyJsonError::Member { pointer, detail };
    let Value::Array(list) = list else {
        return Err(error(pointer.to_owned(), "must be an array".to_owned()));
    };
    let entry = |(at, entry): (usize, Value)| {
        let pointer = || format!("{pointer}/{at}");
        let entry = serde_json::from_value(entry).map_err(|wrong| error(pointer(), wrong.to_string()))?;
        parse(entry).map_err(|wrong| error(pointer(), wrong.to_string()))
    };
    list.into_iter().enumerate().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_members_have_their_defaults() {
        for text in ["{}", r#"{"secret_patterns":null,"writes_per_second":null}"#] {
            assert_eq!(parse_policy(text), Ok(Policy::default()));
        }
        assert_eq!(
            policy_json(&Policy::default()).to_string(),
            concat!(
                r#"{"secret_patterns":["*password*","*secret*","*token*","*private_key*","*api_key*","*credential*"],"#,
                r#""require_reason":[],"protect":[],"writes_per_second":null}"#
            )
        );
        let none = parse_policy(r#"{"secret_patterns":[]}"#).unwrap();
        assert!(none.secret_patterns().is_empty());
    }

    #[test]
    fn a_policy_survives_its_json() {
        let text = json!({
            "secret_patterns": ["DB/*"],
            "require_reason": ["prod/", ""],
            "protect": [{"prefix": "prod/", "names_max": 10}],
            "writes_per_second": 7,
        });
        let policy = parse_policy(&text.to_string()).unwrap();
        let written = policy_json(&policy);
        assert_eq!(written["require_reason"], json!(["prod", ""]));
        assert_eq!(written["protect"], json!([{"prefix": "prod", "names_max": 10}]));
        assert_eq!(parse_policy(&written.to_string()), Ok(policy));
    }

    #[test]
    fn an_error_names_the_member() {
        for (text, expected) in [
            ("[]", "not a JSON object"),
            ("{", "not a JSON object"),
            (r#"{"secret_pattern":[]}"#, "unknown field `secret_pattern`"),
            (r#"{"protect":[],"protect":[]}"#, "duplicate field `protect`"),
            (r#"{"secret_patterns":"*"}"#, "/secret_patterns: must be an array"),
            (r#"{"secret_patterns":["a",7]}"#, "/secret_patterns/1: invalid type"),
            (
                r#"{"secret_patterns":["a/"]}"#,
                "/secret_patterns/0: a secret pattern must not contain an empty",
            ),
            (r#"{"require_reason":["/"]}"#, "/require_reason/0: a name must not contain an empty segment"),
            (r#"{"protect":[{"prefix":"a//b","names_max":1}]}"#, "/protect/0: `prefix`: a name must not"),
            (r#"{"protect":[{"prefix":"a"}]}"#, "/protect/0: missing field `names_max`"),
            (r#"{"protect":[{"prefix":"a","names_max":-1}]}"#, "/protect/0: invalid value"),
            (r#"{"writes_per_second":0}"#, "/writes_per_second: must be a whole number of at least 1"),
            (r#"{"writes_per_second":1.5}"#, "/writes_per_second: must be"),
            (r#"{"writes_per_second":1000001}"#, "`writes_per_second` must be at most 1000000"),
        ] {
            let error = parse_policy(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let long = format!("{{}}{}", " ".repeat(POLICY_BYTES_MAX));
        assert_eq!(parse_policy(&long), Err(PolicyJsonError::TooLong { bytes: POLICY_BYTES_MAX + 2 }));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_survives_a_round_trip(
            text in r#"\{("(secret_patterns|require_reason)":\["[a/*é]{0,5}"\],?)?("writes_per_second":[0-9]{1,8})?\}"#
        ) {
            if let Ok(policy) = parse_policy(&text) {
                prop_assert_eq!(parse_policy(&policy_json(&policy).to_string()), Ok(policy));
            }
        }
    }
}
