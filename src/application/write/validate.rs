//! Validates the values of a write by the schemas, before it enters the queue.
//!
//! Validation takes time, so that it runs on a thread that may be slow, in turns. It is done at one place of the schemas.
//! The write carries that place and its violations. The log thread validates nothing: it compares the place with the one
//! at the head, and writes or refuses. If the schemas have changed since, the write goes back and is validated again
//! (`no_value_is_stored_that_violates_the_schema_at_its_commit`). Where no schema applies to a write, its caller's thread
//! finds that out and goes on at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::queue::Write;
use super::validation::{Validation, sets, shown};
use crate::application::error::Error;
use crate::domain::{Action, Command, Operation, Place, SchemaViolation};
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
    Unfinished(Validating),
}

/// A write whose values are being validated.
#[derive(Debug)]
pub struct Validating {
    write: Write,
    data: Arc<AccessData>,
    tries: u32,
    next: usize,
    violations: Vec<SchemaViolation>,
    /// The end of the time that the write may take, and that time.
    until: Instant,
    time: Duration,
}

impl Prepared {
    /// Looks whether any schema applies to a write. The time is the one that its validation may take.
    pub(super) fn begin(write: Write, access: &LiveAccess, time: Duration) -> Self {
        let tries = 1 + write.validation.as_ref().map_or(0, |before| before.tries);
        if !access.has_schemas() {
            return Self::Ready(Write { validation: Some(Validation::none(Place::START, tries)), ..write });
        }
        let data = access.data();
        let applies = |operation: &Operation| data.schemas().nearest(&operation.name).is_some();
        let mut operations = write.command.operations().iter();
        if operations.any(|operation| sets(operation) && applies(operation)) {
            let (until, violations) = (Instant::now() + time, Vec::new());
            return Self::Unfinished(Validating { write, data, tries, next: 0, violations, until, time });
        }
        let validation = Some(Validation::none(data.schemas_place(), tries));
        Self::Ready(Write { validation, ..write })
    }

    /// The same for a write that went back because the schemas had changed.
    ///
    /// # Errors
    /// [`Error::Overloaded`] where they changed too often.
    pub(super) fn begin_again(write: Write, access: &LiveAccess, time: Duration) -> Result<Self, Error> {
        if write.validation.as_ref().is_some_and(|before| before.tries >= TRIES_MAX) {
            return Err(Error::Overloaded);
        }
        Ok(Self::begin(write, access, time))
    }

    /// Validates all that is left.
    pub(super) fn finish(self) -> Result<Write, Error> {
        match self {
            Self::Ready(write) => Ok(write),
            Self::Unfinished(validating) => {
                let time = validating.time;
                validating.turn(time)?.finish()
            }
        }
    }
}

impl Validating {
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
            if let Action::Set { value, attributes } = &operation.action {
                let (name, schemas) = (&operation.name, self.data.schemas());
                let found = schemas.validate(name, value.as_str(), attributes.content_type());
                let is_one_of_several = matches!(self.write.command, Command::Transaction(_));
                let place = is_one_of_several.then_some(self.next);
                self.violations.extend(shown(found, name, place, self.data.policy(), &self.write.principal));
            }
            self.next += 1;
            let now = Instant::now();
            if now >= self.until {
                return Err(Error::Expired(self.time));
            }
            if now.duration_since(began) >= time {
                return Ok(Prepared::Unfinished(self));
            }
        }
        self.violations.truncate(VIOLATIONS_MAX);
        let violations = (!self.violations.is_empty()).then(|| self.violations.into());
        let validation = Validation { schemas: self.data.schemas_place(), tries: self.tries, violations };
        Ok(Prepared::Ready(Write { validation: Some(validation), ..self.write }))
    }
}
