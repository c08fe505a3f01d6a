//! The rules on names and changes.

use super::*;
use crate::domain::name::NAME_BYTES_MAX;

fn name(text: &str) -> ConfigName {
    ConfigName::parse(text).unwrap()
}

fn prefix(text: &str) -> PathPrefix {
    PathPrefix::parse(text).unwrap()
}

fn policy(parts: PolicyParts) -> Policy {
    Policy::new(parts).unwrap()
}

fn protecting(rules: &[(&str, u64)]) -> Policy {
    let protect =
        rules.iter().map(|(text, names_max)| Protection { prefix: prefix(text), names_max: *names_max });
    policy(PolicyParts { protect: protect.collect(), ..PolicyParts::default() })
}

#[test]
fn the_default_patterns_are_valid() {
    for text in DEFAULT_SECRET_PATTERNS {
        assert_eq!(SecretPattern::parse(text), Ok(SecretPattern::of_default(text)));
    }
    assert_eq!(Policy::new(PolicyParts::default()), Ok(Policy::default()));
}

#[test]
fn a_name_is_secret_by_the_first_pattern_that_matches() {
    let policy = Policy::default();
    for (text, pattern) in [
        ("app/DB_PASSWORD", Some("*password*")),
        ("app/Client-Secret", Some("*secret*")),
        ("app/secret_token", Some("*secret*")),
        ("app/token", Some("*token*")),
        ("app/tls/private_key.pem", Some("*private_key*")),
        ("app/API_KEY", Some("*api_key*")),
        ("app/credentials", Some("*credential*")),
        ("app/secret/url", None),
        ("app/url", None),
    ] {
        assert_eq!(policy.pattern_of(&name(text)), pattern, "{text}");
        assert_eq!(policy.marks_secret(&name(text)), pattern.is_some(), "{text}");
    }
    let longest = format!("{}password", "x/".repeat((NAME_BYTES_MAX - 8) / 2));
    assert_eq!(longest.len(), NAME_BYTES_MAX);
    assert!(policy.marks_secret(&name(&longest)));
}

#[test]
fn a_reason_is_required_by_whole_segments() {
    let require_reason = vec![prefix("prod/"), prefix("prod/db")];
    let policy = policy(PolicyParts { require_reason, ..PolicyParts::default() });
    for (text, expected) in [("prod/db/url", Some("prod")), ("prod", Some("prod")), ("production/a", None)] {
        assert_eq!(policy.reason_required(&name(text)), expected, "{text}");
    }
    assert_eq!(Policy::default().reason_required(&name("prod/a")), None);
}

#[test]
fn a_change_of_more_names_than_allowed_needs_a_confirmation_with_their_number() {
    let policy = protecting(&[("prod/", 2)]);
    let names = ["prod/a", "prod/b", "prod", "production/a", "stage/a"].map(name);
    let needed = policy.confirmation_needed(names.iter()).unwrap();
    assert_eq!(needed, Confirmation { prefix: prefix("prod"), names: 3, names_max: 2 });
    assert!(needed.is_given_by(Some(3)));
    for other in [None, Some(2), Some(4)] {
        assert!(!needed.is_given_by(other), "{other:?}");
    }
    assert_eq!(policy.confirmation_needed(names[1..].iter()), None);
    assert_eq!(Policy::default().confirmation_needed(names.iter()), None);
}

#[test]
fn the_protection_with_the_most_altered_names_is_the_one_to_confirm() {
    let names = ["prod/db/a", "prod/db/b", "prod/c", "stage/a", "stage/b", "stage/c"].map(name);
    for (rules, expected) in [
        (&[("prod/db", 0), ("prod", 1)][..], ("prod", 3)),
        (&[("prod/db", 0), ("prod", 3)], ("prod/db", 2)),
        (&[("stage", 2), ("prod", 2)], ("stage", 3)),
        (&[("prod", 2), ("stage", 2)], ("prod", 3)),
        (&[("prod", 2), ("", 5)], ("", 6)),
    ] {
        let needed = protecting(rules).confirmation_needed(names.iter()).unwrap();
        assert_eq!((needed.prefix.as_str(), needed.names), expected, "{rules:?}");
    }
}

#[test]
fn a_policy_beyond_its_limits_is_refused() {
    let parts = PolicyParts::default;
    let patterns = vec![SecretPattern::parse("*").unwrap(); SECRET_PATTERNS_MAX + 1];
    let twice = ["prod/", "prod"].map(|text| Protection { prefix: prefix(text), names_max: 1 });
    let rate = NonZeroU32::new(WRITES_PER_SECOND_MAX + 1);
    for (parts, expected) in [
        (
            PolicyParts { secret_patterns: patterns, ..parts() },
            "`secret_patterns` must have at most 100 entries",
        ),
        (
            PolicyParts { require_reason: vec![prefix("a"); REASON_PREFIXES_MAX + 1], ..parts() },
            "`require_reason` must have at most 1000 entries",
        ),
        (PolicyParts { protect: twice.into(), ..parts() }, "must not contain the prefix \"prod\" twice"),
        (PolicyParts { writes_per_second: rate, ..parts() }, "`writes_per_second` must be at most 1000000"),
    ] {
        let error = Policy::new(parts).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
