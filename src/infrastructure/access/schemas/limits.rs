//! The limits of a schema, each with its reason.

/// The longest schema, in bytes of JSON.
pub const SCHEMA_BYTES_MAX: usize = 262_144;
/// How deep a schema may be nested: `jsonschema` compiles it recursively.
pub(super) const SCHEMA_DEPTH_MAX: usize = 64;
/// The most subschemas of one schema.
pub(super) const SUBSCHEMAS_MAX: usize = 2_000;
/// The most subschemas that apply to one value inside each other, by `allOf`, `$ref` and their like. Each costs stack.
pub(super) const IN_PLACE_DEPTH_MAX: usize = 32;
/// The most subschemas that one subschema applies to one value, counted as often as they are applied.
pub(super) const APPLIED_MAX: u64 = 5_000;
