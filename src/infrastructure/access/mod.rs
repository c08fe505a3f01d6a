//! Access data: the policy and the schemas.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod policy_json;
pub mod schemas;
