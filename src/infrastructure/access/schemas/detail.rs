//! The texts of violations. They come from the schema alone and never contain a part of the value: the library's own
//! messages print it. `no_violation_contains_the_value` tries every keyword.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};

/// The longest pointer or text from a schema in a violation, in bytes. The rest is cut.
const TEXT_BYTES_MAX: usize = 512;

/// Why a value does not match, and by which place of the schema.
pub(super) fn detail(error: &ValidationError<'_>) -> String {
    let place = shortened(error.schema_path().as_str());
    format!("{} (schema: #{place})", reason(error.kind()))
}

/// The start of a text that fits into a violation.
pub(super) fn shortened(text: &str) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(TEXT_BYTES_MAX);
    format!("{}…", &text[..end])
}

fn reason(kind: &Kind) -> String {
    match kind {
        Kind::AdditionalItems { limit } => format!("must have at most {limit} items"),
        Kind::AdditionalProperties { .. } => "must not have members that the schema does not list".to_owned(),
        Kind::AnyOf { .. } => "must match at least one schema of `anyOf`".to_owned(),
        Kind::Constant { .. } => "must be equal to the constant of the schema".to_owned(),
        Kind::Contains => "must contain the right number of items that match `contains`".to_owned(),
        Kind::Enum { .. } => "must be one of the values that the schema lists".to_owned(),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be greater than {limit}"),
        Kind::FalseSchema => "must be absent: the schema allows no value here".to_owned(),
        Kind::Format { format } => format!("must have the format {}", shortened(format)),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MaxProperties { limit } => format!("must have at most {limit} members"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MinProperties { limit } => format!("must have at least {limit} members"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::Not { .. } => "must not match the schema of `not`".to_owned(),
        Kind::OneOfMultipleValid { .. } => {
            "must match only one schema of `oneOf`, but matches several".to_owned()
        }
        Kind::OneOfNotValid { .. } => "must match one schema of `oneOf`".to_owned(),
        Kind::Pattern { pattern } => format!("must match the pattern {}", shortened(pattern)),
        Kind::PropertyNames { error } => {
            format!("must not have such a member name: it {}", reason(error.kind()))
        }
        Kind::Required { property } => format!("must have the member {}", shortened(&property.to_string())),
        Kind::Type { kind: TypeKind::Single(one) } => format!("must be of type {one}"),
        Kind::Type { kind: TypeKind::Multiple(types) } => {
            let names: Vec<&str> = types.iter().map(jsonschema::JsonType::as_str).collect();
            format!("must be of type {}", names.join(" or "))
        }
        Kind::UnevaluatedItems { .. } => "must not have items that the schema does not evaluate".to_owned(),
        Kind::UnevaluatedProperties { .. } => {
            "must not have members that the schema does not evaluate".to_owned()
        }
        Kind::UniqueItems => "must not have equal items".to_owned(),
        Kind::BacktrackLimitExceeded { .. }
        | Kind::ContentEncoding { .. }
        | Kind::ContentMediaType { .. }
        | Kind::Custom { .. }
        | Kind::FromUtf8 { .. }
        | Kind::Referencing(_)
        | Kind::RegexEngineFailure { .. } => format!("must match the keyword `{}`", kind.keyword()),
    }
}
