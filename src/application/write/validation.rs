//! The result of a validation, and its comparison with the head.
//!
//! [`prepare`](super::prepare) makes it, a write carries it, and the log thread compares it. The comparison is of two
//! places of the log: the log thread never validates.

use std::sync::Arc;

use crate::application::error::Error;
use crate::domain::{
    Action, Command, ConfigName, Operation, Permission, Place, Principal, Rejection, SchemaViolation,
};
use crate::infrastructure::access::AccessData;
use crate::infrastructure::access::schemas::Violation;

/// The result of a validation, which a write carries to the log thread.
#[derive(Clone, Debug)]
pub struct Validation {
    /// The place of the schemas that it is about.
    pub(super) schemas: Place,
    /// How often the write was validated.
    pub(super) tries: u32,
    pub(super) violations: Option<Arc<[SchemaViolation]>>,
}

impl Validation {
    /// Of a write to which no schema applies.
    pub(super) fn none(schemas: Place, tries: u32) -> Self {
        Self { schemas, tries, violations: None }
    }

    /// Compares the validation of a command with the access data at the head. A command without sets needs none.
    ///
    /// # Errors
    /// The violations; [`Error::PlanMoved`] where the schemas have changed since.
    pub(super) fn compare(
        validation: Option<&Self>,
        command: &Command,
        access: &AccessData,
    ) -> Result<(), Error> {
        match validation {
            Some(found) if found.schemas == access.schemas_place() => {
                let violations = found.violations.clone();
                violations.map_or(Ok(()), |violations| Err(Rejection::SchemaViolated(violations).into()))
            }
            _ if access.schemas().is_empty() || !command.operations().iter().any(sets) => Ok(()),
            _ => Err(Error::PlanMoved),
        }
    }
}

/// Whether an operation sets a value.
pub(super) fn sets(operation: &Operation) -> bool {
    matches!(operation.action, Action::Set { .. })
}

/// A value that was validated.
pub(in crate::application) struct Validated<'a> {
    pub(in crate::application) name: &'a ConfigName,
    /// The operation's place in a transaction, from 0.
    pub(in crate::application) operation: Option<usize>,
    /// Whether the value is a secret.
    pub(in crate::application) is_secret: bool,
}

/// The violations of a value as a principal may see them: of a secret only that it does not match.
pub(in crate::application) fn shown(
    found: Vec<Violation>,
    &Validated { name, operation, is_secret }: &Validated<'_>,
    principal: &Principal,
) -> impl Iterator<Item = SchemaViolation> + use<> {
    let is_hidden = !found.is_empty() && is_secret && !principal.may(Permission::Reveal, name);
    let found = if is_hidden { vec![Violation::masked()] } else { found };
    let name = name.clone();
    found.into_iter().map(move |Violation { pointer, detail }| SchemaViolation {
        operation,
        name: name.clone(),
        pointer,
        detail,
    })
}
