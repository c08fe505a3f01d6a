//! The current values that a schema would refuse, before it is adopted, and those that a restore has brought back.
//!
//! A check walks the tree at the head by slices of names, in turns, and reports only names that the principal may read. It
//! ends at its limits of names, of violations and of time, and says so. Nothing is held between two turns but the last
//! name. An encrypted value is decrypted for it, and the report is partial where that can't be done. The violations of a
//! restore end at the same number and after a second.

use std::iter::once;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{ShownWritten, View};
use crate::application::error::Error;
use crate::application::write::validation::{Validated, shown};
use crate::domain::{Config, ConfigName, ConfigValue, PathPrefix, Prefix, SchemaViolation, Value, is_secret};
use crate::infrastructure::access::AccessData;
use crate::infrastructure::access::schemas::{Schema, Violation};

/// Names that are taken under one lock of the tree.
const SLICE_NAMES: usize = 1_024;
/// The most names that a check looks at: some seconds of small values.
const NAMES_MAX: u64 = 1_000_000;
/// The most violations of one response: a person reads no more.
const VIOLATIONS_MAX: usize = 1_000;
/// How long a check goes on, over all its turns.
const TIME_MAX: Duration = Duration::from_secs(30);
/// How long the violations of a restore are looked for. The restore is stored by then, and its response waits.
const RESTORED_TIME_MAX: Duration = Duration::from_secs(1);

/// A check that goes on in turns.
#[derive(Debug)]
pub struct SchemaCheck {
    schema: Schema,
    prefix: PathPrefix,
    folder: Prefix,
    after: Option<ConfigName>,
    looked_at: u64,
    until: Instant,
    found: SchemaFindings,
}

/// The values that do not match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaFindings {
    /// How many values were validated.
    pub checked: u64,
    /// Their violations, in the order of the names.
    pub violations: Vec<SchemaViolation>,
    /// Whether there may be more values or violations.
    pub is_partial: bool,
}

/// Whether a check goes on.
#[derive(Debug)]
pub enum CheckTurn {
    /// Call it again.
    GoesOn(SchemaCheck),
    /// It has ended.
    Ended(SchemaFindings),
}

impl View<'_> {
    /// Begins a check of the values to which a schema of a prefix would apply.
    pub fn begin_check(&self, prefix: PathPrefix, schema: Schema) -> Result<SchemaCheck, Error> {
        self.may_check(&prefix)?;
        // Bytes: other names come along, and are passed over.
        let folder = Prefix::parse(prefix.as_str()).unwrap_or_default();
        Ok(SchemaCheck {
            schema,
            prefix,
            folder,
            after: None,
            looked_at: 0,
            until: Instant::now() + TIME_MAX,
            found: SchemaFindings::default(),
        })
    }

    /// Goes on with a check for about so long.
    pub fn check(&self, mut check: SchemaCheck, time: Duration) -> CheckTurn {
        let (began, data) = (Instant::now(), self.store.access().data());
        loop {
            let tree = &self.store.writes().tree;
            let slice = tree.present_after(&check.folder, check.after.as_ref(), SLICE_NAMES);
            let is_last = slice.len() < SLICE_NAMES;
            for (name, config) in slice {
                check.looked_at += 1;
                self.check_one(&mut check, &data, &name, &config);
                check.after = Some(name);
                let now = Instant::now();
                if check.found.violations.len() >= VIOLATIONS_MAX
                    || check.looked_at >= NAMES_MAX
                    || now >= check.until
                {
                    check.found.violations.truncate(VIOLATIONS_MAX);
                    check.found.is_partial = true;
                    return CheckTurn::Ended(check.found);
                }
                if now.duration_since(began) >= time {
                    return CheckTurn::GoesOn(check);
                }
            }
            if is_last {
                return CheckTurn::Ended(check.found);
            }
        }
    }

    fn check_one(&self, check: &mut SchemaCheck, data: &AccessData, name: &ConfigName, config: &Arc<Config>) {
        let concerns =
            !name.is_reserved() && data.schemas().would_apply(&check.prefix, name) && self.may_read(name);
        if !concerns {
            return;
        }
        match self.clear_text(name, config) {
            Some(text) => {
                let found = check.schema.validate(text.as_str(), config.attributes.content_type());
                check.found.checked += 1;
                check.found.violations.extend(self.shown_violations(found, name, config));
            }
            None => check.found.is_partial = true,
        }
    }

    /// The text of a value, to be validated and not shown; none where it was destroyed, or where this server does not have
    /// its key. Reads the store for an encrypted one.
    fn clear_text(&self, name: &ConfigName, config: &Config) -> Option<ConfigValue> {
        match config.value.as_ref()? {
            Value::Clear(text) => Some(text.clone()),
            value @ Value::Encrypted(encrypted) => {
                self.store.secrets().open(once((name, encrypted))).ok()?.text(value)
            }
        }
    }

    /// The violations of the values that a restore or a revert brings back, of names that the principal may read.
    pub fn restored_violations(&self, written: &ShownWritten) -> SchemaFindings {
        let mut findings = SchemaFindings::default();
        if !self.has_schemas() {
            return findings;
        }
        let (data, until) = (self.store.access().data(), Instant::now() + RESTORED_TIME_MAX);
        let differences = written.outcomes.iter().filter_map(|outcome| outcome.difference.as_ref());
        for difference in differences {
            let name = &difference.name;
            let (Some(to), Some((_, schema))) = (&difference.to, data.schemas().nearest(name)) else {
                continue;
            };
            if findings.violations.len() >= VIOLATIONS_MAX || Instant::now() >= until {
                findings.is_partial = true;
                break;
            }
            let config = to.config();
            match self.clear_text(name, config) {
                Some(text) => {
                    findings.checked += 1;
                    let found = schema.validate(text.as_str(), config.attributes.content_type());
                    findings.violations.extend(self.shown_violations(found, name, config));
                }
                None => findings.is_partial = true,
            }
        }
        findings
    }

    /// Whether there is any schema.
    pub fn has_schemas(&self) -> bool {
        self.store.access().has_schemas()
    }

    fn shown_violations(
        &self,
        found: Vec<Violation>,
        name: &ConfigName,
        config: &Config,
    ) -> impl Iterator<Item = SchemaViolation> + use<> {
        let is_secret = is_secret(name, config.attributes.secrecy(), self.store.access().as_ref());
        shown(found, &Validated { name, operation: None, is_secret }, self.principal)
    }
}
