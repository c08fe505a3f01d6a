//! Refusals by the policy and by the schemas.

use std::time::Duration;

use super::Problem;
use super::types::{CONFIRMATION_REQUIRED, REASON_REQUIRED, SCHEMA_VIOLATION, TOO_MANY_WRITES};
use crate::domain::{Confirmation, SchemaViolation};
use crate::wire::policy::ViolationJson;

impl Problem {
    /// 422 for a change without a reason.
    pub(super) fn reason_required(prefix: &str) -> Self {
        let detail = "send a reason: in the body, or percent-encoded in the header Config-Reason";
        Self::new(&REASON_REQUIRED, detail).with(|body| body.prefix = Some(prefix.to_owned()))
    }

    /// 422 for a large change, with the number that confirms it.
    pub(super) fn confirmation_required(needed: &Confirmation) -> Self {
        let Confirmation { prefix, names, names_max } = needed;
        let detail = format!(
            "the change alters {names} protected names, and {names_max} need no confirmation: if that is meant, send it \
             again with the header Config-Confirm: {names}"
        );
        let problem = Self::new(&CONFIRMATION_REQUIRED, detail);
        let problem = problem.with(|body| body.prefix = Some(prefix.as_str().to_owned()));
        problem.with(|body| body.names_altered = Some(*names)).with(|body| body.limit = Some(*names_max))
    }

    /// 422 for values that do not match their schemas.
    pub(super) fn schema_violation(violations: &[SchemaViolation]) -> Self {
        let detail =
            "nothing was written: correct the values by `errors`, or look at the schema with GET /v1/schemas";
        let errors = violations.iter().map(ViolationJson::of).collect();
        let problem = Self::new(&SCHEMA_VIOLATION, detail).with(|body| body.errors = Some(errors));
        let first = violations.first().and_then(|first| first.operation);
        first.into_iter().fold(problem, Self::at)
    }

    /// 429 for a token that writes too often.
    pub(in crate::presentation::http) fn too_many_writes(wait: Duration) -> Self {
        let detail = "wait as long as Retry-After says, then send it again: the policy limits the writes of each token";
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Self::new(&TOO_MANY_WRITES, detail).field("Retry-After", seconds.max(1).to_string())
    }
}
