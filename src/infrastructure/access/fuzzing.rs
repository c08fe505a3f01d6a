//! The body that the fuzz target and a test share: access data as JSON on its way into the domain.
//!
//! No part of the interface. Panics where an invariant does not hold, whatever the input.

use super::policy_json::{POLICY_BYTES_MAX, parse_policy, policy_json};
use super::schemas::{Schema, VIOLATIONS_MAX};
use crate::domain::ContentType;

/// The longest text of a violation: a text and a place of the schema, both cut, and the words between.
const VIOLATION_BYTES_MAX: usize = 1_500;

/// Reads a text as a policy, which survives a round trip; and as a schema and, after a NUL, a value, which has few and
/// short violations.
pub fn read_access_data(input: &str) {
    if let Ok(policy) = parse_policy(input) {
        let written = policy_json(&policy).to_string();
        if written.len() <= POLICY_BYTES_MAX {
            assert_eq!(parse_policy(&written), Ok(policy), "{written}");
        }
    }
    let (schema, value) = input.split_once('\0').unwrap_or((input, input));
    if let Ok(schema) = Schema::parse(schema) {
        let violations = schema.validate(value, ContentType::Text);
        assert!(violations.len() <= VIOLATIONS_MAX);
        for violation in violations {
            assert!(violation.pointer.len().max(violation.detail.len()) <= VIOLATION_BYTES_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_access_data_or_is_refused(
            text in r#"\{("(type|pattern|\$ref|require_reason|items|allOf)":(\{\}|\[\{\}\]|"(string|#|a{9}|\(\?=a\))"|\["a/"\]),?){0,3}\}?\x00?[a-z"\[\]0-9]{0,8}"#
        ) {
            read_access_data(&text);
        }
    }
}
