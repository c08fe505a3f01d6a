//! Access data: the policy and the schemas.

pub mod policy_json;
