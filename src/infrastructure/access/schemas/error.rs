//! Why a JSON Schema is refused.

use thiserror::Error;

use super::limits::{APPLIED_MAX, IN_PLACE_DEPTH_MAX, SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX, SUBSCHEMAS_MAX};

/// Why a text is not a schema that this service can use. `at` is the JSON pointer of the place in the schema.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// Longer than the limit.
    #[error("a schema must have at most {SCHEMA_BYTES_MAX} bytes of JSON: this one has {bytes}")]
    TooLong {
        /// How long it is, in bytes.
        bytes: usize,
    },
    /// Arrays and objects within each other beyond the limit.
    #[error(
        "a schema must be nested at most {SCHEMA_DEPTH_MAX} deep: move inner parts to `$defs` and use `$ref`"
    )]
    TooDeep,
    /// The text is not JSON.
    #[error("a schema must be JSON: {detail}")]
    NotJson {
        /// The reason and the place.
        detail: String,
    },
    /// JSON, but not a valid JSON Schema.
    #[error("not a valid JSON Schema 2020-12 at {at:?}: {detail}")]
    NotASchema {
        /// The place.
        at: String,
        /// Why it is not valid.
        detail: String,
    },
    /// `$schema` names another version of JSON Schema.
    #[error("`$schema` must be absent or \"https://json-schema.org/draft/2020-12/schema\"")]
    OtherVersion,
    /// A keyword that is not supported.
    #[error("the schema must not contain `{keyword}` at {at:?}: {instead}")]
    Keyword {
        /// The keyword.
        keyword: &'static str,
        /// The place.
        at: String,
        /// How to do without it.
        instead: &'static str,
    },
    /// A reference that does not lead to a subschema of the same document.
    #[error(
        "the reference at {at:?} must lead to a subschema of this document: use `#`, `#/$defs/name` or `#anchor`, \
         without percent-encoding"
    )]
    Reference {
        /// The place.
        at: String,
    },
    /// Two anchors with one name.
    #[error("the schema must not contain the anchor at {at:?} twice: rename one")]
    AnchorTwice {
        /// The place of the second one.
        at: String,
    },
    /// A subschema that applies itself to the same value, without end.
    #[error("the subschema at {at:?} must not apply itself to the same value: its references are a circle")]
    Circle {
        /// The place.
        at: String,
    },
    /// More subschemas than the limit.
    #[error("a schema must have at most {SUBSCHEMAS_MAX} subschemas")]
    TooManySubschemas,
    /// Subschemas for one value that refer to each other beyond the limit.
    #[error(
        "the subschema at {at:?} must not apply more than {IN_PLACE_DEPTH_MAX} subschemas inside each other to one value"
    )]
    TooNested {
        /// The place.
        at: String,
    },
    /// Subschemas that multiply each other for one value.
    #[error(
        "the subschema at {at:?} must not apply more than {APPLIED_MAX} subschemas to one value: combine fewer of them"
    )]
    TooManyApplied {
        /// The place.
        at: String,
    },
    /// A pattern that is not supported.
    #[error(
        "the pattern at {at:?} is not supported: use a regular expression without lookaround and backreferences, \
         and with small repetition counts"
    )]
    Pattern {
        /// The place.
        at: String,
    },
}
