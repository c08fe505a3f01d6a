//! Refusals of the domain as problems.

use super::Problem;
use super::types::{
    CHANGE_TOO_LARGE, CURRENT_VERSION, DELETED, FAILED, FIRST_TOKEN, FORBIDDEN, NO_SUCH_NAME, NO_SUCH_SCHEMA,
    NO_SUCH_TOKEN, NOT_ENCRYPTED, OVERWRITTEN, RESERVED, REVEAL_REQUIRED, SHREDDED, TOKEN_EXISTS,
};
use crate::domain::{AccessRejection, Rejection};
use crate::wire::problem::{FailedJson, OverwrittenJson};

impl Problem {
    pub(super) fn of_rejection(rejection: &Rejection) -> Self {
        match rejection {
            Rejection::Forbidden { operation } => {
                let problem = Self::new(&FORBIDDEN, "use a token with the action `write` on the name");
                operation.iter().fold(problem, |problem, place| problem.at(*place))
            }
            Rejection::ForbiddenPrefix => {
                let detail = "restore a prefix or a name inside the token's scopes: some names that can begin with \
                              this prefix are outside of them";
                Self::new(&FORBIDDEN, detail)
            }
            Rejection::RevealRequired { operation } => {
                let detail = "use a token with the action `reveal` on the name to make its value public";
                let problem = Self::new(&REVEAL_REQUIRED, detail);
                operation.iter().fold(problem, |problem, place| problem.at(*place))
            }
            Rejection::ForbiddenShred => {
                Self::new(&FORBIDDEN, "use a token with the actions `admin` and `reveal` on the name")
            }
            Rejection::CurrentVersion { version } => Self::new(
                &CURRENT_VERSION,
                format!("delete the name first, or send `force`: version {version} is its current value"),
            ),
            Rejection::NotEncrypted { version } => Self::new(
                &NOT_ENCRYPTED,
                format!(
                    "name the versions to shred: version {version} is stored in clear text, and no key protects it"
                ),
            ),
            Rejection::NoSuchVersion { version } => {
                Self::invalid(format!("correct `versions`: version {version} is not a set of the name"))
            }
            Rejection::Shredded(names) => {
                let detail = format!(
                    "nothing was written: the earlier values of {} names were destroyed for ever; restore other names or another \
                     point",
                    names.len()
                );
                let problem = Self::new(&SHREDDED, detail);
                names.first().into_iter().fold(problem, Self::about)
            }
            Rejection::ForbiddenNames { names } => {
                let detail = "use a token with the action `write` on every name that would change";
                Self::new(&FORBIDDEN, detail).with(|body| body.names_missing = Some(*names as u64))
            }
            Rejection::NeverExisted => {
                Self::new(&NO_SUCH_NAME, "the name was never set: there is nothing to delete")
            }
            Rejection::AlreadyDeleted => {
                Self::new(&DELETED, "the name is deleted already: there is nothing to do")
            }
            Rejection::PreconditionFailed { current } => Self::precondition_failed(*current),
            Rejection::TransactionFailed(failed) => {
                let failed = failed.iter().map(FailedJson::of).collect();
                Self::new(
                    &FAILED,
                    "nothing was written: read the values of the names in `failed` and decide again",
                )
                .with(|body| body.failed = Some(failed))
            }
            Rejection::Overwritten(names) => {
                let names = names.iter().map(OverwrittenJson::of).collect();
                let detail = "nothing was written: look at the values of `names`, and set each of them or revert the later \
                              changes first";
                Self::new(&OVERWRITTEN, detail).with(|body| body.names = Some(names))
            }
            Rejection::ReservedName { operation } => {
                let problem = Self::new(&RESERVED, "use a name that does not begin with `.configapi/`");
                operation.iter().fold(problem, |problem, place| problem.at(*place))
            }
            Rejection::Access(rejection) => Self::of_access(rejection),
            Rejection::ChangeTooLarge { events_max, bytes_max } => {
                Self::new(&CHANGE_TOO_LARGE, "nothing was written: do it in parts, by prefix")
                    .with(|body| body.limit = Some(*events_max as u64))
                    .with(|body| body.limit_bytes = Some(*bytes_max as u64))
            }
            Rejection::ReasonRequired { prefix } => Self::reason_required(prefix),
            Rejection::ConfirmationRequired(needed) => Self::confirmation_required(needed),
            Rejection::SchemaViolated(violations) => Self::schema_violation(violations),
        }
    }

    fn of_access(rejection: &AccessRejection) -> Self {
        match rejection {
            AccessRejection::NotAdmin => {
                Self::new(&FORBIDDEN, "use a token with the action `admin` on the prefix")
            }
            AccessRejection::MoreThanOwn => {
                let detail = "use only scopes that your own token has: each prefix and action of the new token must lie \
                              inside one scope of yours, and inside your `admin`";
                Self::new(&FORBIDDEN, detail)
            }
            AccessRejection::TokenExists => {
                Self::new(&TOKEN_EXISTS, "choose another name, or revoke the token that has it")
            }
            AccessRejection::NoSuchToken => Self::new(
                &NO_SUCH_TOKEN,
                "list the tokens that you administer with GET /v1/tokens, and use an id of theirs",
            ),
            AccessRejection::FirstNotAdmin => {
                let detail = "after the first token every request needs one: use the scope {\"prefix\": \"\", \"actions\": \
                              [\"admin\"]}, with more actions as needed, or start the server with a root token";
                Self::new(&FIRST_TOKEN, detail)
            }
            AccessRejection::NotReader => {
                Self::new(&FORBIDDEN, "use a token with the action `read` on the prefix")
            }
            AccessRejection::NoSuchSchema => Self::new(
                &NO_SUCH_SCHEMA,
                "list the schemas with GET /v1/schemas, and use a prefix of theirs",
            ),
        }
    }
}
