//! Prepares a write before it enters the queue: its values are validated by the schemas, then its secrets are encrypted.
//!
//! Both take time, so that they are done in turns, on a thread that may be slow. Most writes need neither and go on at once:
//! their caller's thread finds that out. A validation is done at one place of the schemas. The write carries that place and
//! its violations. The log thread validates and encrypts nothing: it compares with the head, and writes or refuses. If the
//! head has moved since, the write goes back and is prepared again
//! (`no_value_is_stored_that_violates_the_schema_at_its_commit`). `entrance` makes the turns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::queue::Write;
use super::validation::{Validated, Validation, sets, shown};
use crate::application::error::Error;
use crate::domain::{Action, Command, Operation, Place, SchemaViolation, is_secret};
use crate::infrastructure::access::{AccessData, LiveAccess};

/// How often a write is validated before it is given up: each time, the schemas changed meanwhile.
const TRIES_MAX: u32 = 5;
/// The most violations of one refusal: more of them help no one, and each may have a kilobyte.
const VIOLATIONS_MAX: usize = 100;

/// A write on its way to the queue.
#[derive(Debug)]
pub enum Prepared {
    /// It may enter the queue.
    Ready(Write),
    /// Some of its values are not validated yet.
    Validating(Validating),
    /// Some of its values are to be encrypted.
    Sealing(Write),
}

/// A write whose values are being validated.
#[derive(Debug)]
pub struct Validating {
    write: Write,
    /// For the names that are secret.
    access: Arc<LiveAccess>,
    data: Arc<AccessData>,
    tries: u32,
    next: usize,
    violations: Vec<SchemaViolation>,
    /// The end of the time that the write may take.
    until: Instant,
}

impl Validating {
    /// Looks whether any schema applies to a write; quick. Its validation may take until `until`.
    pub(super) fn begin(write: Write, access: &Arc<LiveAccess>, until: Instant) -> Prepared {
        let tries = 1 + write.validation.as_ref().map_or(0, |before| before.tries);
        if !access.has_schemas() {
            let validation = Some(Validation::none(Place::START, tries));
            return Prepared::Ready(Write { validation, ..write });
        }
        let data = access.data();
        let applies = |operation: &Operation| data.schemas().nearest(&operation.name).is_some();
        let mut operations = write.command.operations().iter();
        if operations.any(|operation| sets(operation) && applies(operation)) {
            let (access, violations) = (Arc::clone(access), Vec::new());
            return Prepared::Validating(Self { write, access, data, tries, next: 0, violations, until });
        }
        let validation = Some(Validation::none(data.schemas_place(), tries));
        Prepared::Ready(Write { validation, ..write })
    }

    /// The same for a write that went back because the schemas had changed.
    ///
    /// # Errors
    /// [`Error::Overloaded`] where they changed too often.
    pub(super) fn begin_again(
        write: Write,
        access: &Arc<LiveAccess>,
        until: Instant,
    ) -> Result<Prepared, Error> {
        if write.validation.as_ref().is_some_and(|before| before.tries >= TRIES_MAX) {
            return Err(Error::Overloaded);
        }
        Ok(Self::begin(write, access, until))
    }

    /// Validates values for about so long; one value at least.
    ///
    /// # Errors
    /// [`Error::Expired`] where the values took longer than a write may.
    pub fn turn(mut self, time: Duration) -> Result<Prepared, Error> {
        let began = Instant::now();
        while let Some(operation) = self.write.command.operations().get(self.next) {
            if self.violations.len() >= VIOLATIONS_MAX {
                break;
            }
            if let Action::Set { value, attributes } = &operation.action
                && let Some(text) = self.write.sealed.text(value)
            {
                let (name, schemas) = (&operation.name, self.data.schemas());
                let found = schemas.validate(name, text.as_str(), attributes.content_type());
                let is_one_of_several = matches!(self.write.command, Command::Transaction(_));
                let of = Validated {
                    name,
                    operation: is_one_of_several.then_some(self.next),
                    is_secret: is_secret(name, attributes.secrecy(), self.access.as_ref()),
                };
                self.violations.extend(shown(found, &of, &self.write.principal));
            }
            self.next += 1;
            let now = Instant::now();
            if now >= self.until {
                return Err(Error::Expired(now.duration_since(began)));
            }
            if now.duration_since(began) >= time {
                return Ok(Prepared::Validating(self));
            }
        }
        self.violations.truncate(VIOLATIONS_MAX);
        let violations = (!self.violations.is_empty()).then(|| self.violations.into());
        let validation = Validation { schemas: self.data.schemas_place(), tries: self.tries, violations };
        Ok(Prepared::Ready(Write { validation: Some(validation), ..self.write }))
    }
}
