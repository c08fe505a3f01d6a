//! From a request to its meaning: each file reads one part, once, into a type of its own.

pub(super) mod authenticate;
pub(super) mod body;
pub(super) mod call;
pub(super) mod conditions;
pub(super) mod fields;
pub(super) mod guard;
pub(super) mod moment;
pub(super) mod negotiation;
pub(super) mod origin;
pub(super) mod pace;
pub(super) mod path;
pub(super) mod query;
pub(super) mod trace;
