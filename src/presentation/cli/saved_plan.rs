//! A plan in a file: `apply --plan` writes it, `apply` carries it out exactly.
//!
//! The file is the body of a transaction with a member that says what it is. Each operation has the revision that its
//! name had, so that a plan that is out of date is refused as a whole. It has values, so that it is for its owner alone.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::connect::Session;
use super::error::Failure;
use super::planned::{Next, PlanFlags};
use super::show::differing::Differing;
use super::show::shown::Shown;
use crate::client::{Item, Plan, Transaction, write_private};
use crate::wire::transaction::{OperationJson, TransactionJson};

/// The form of the file.
const FORM: u32 = 1;

/// The text of a file that is a plan.
pub(super) struct SavedPlan {
    bytes: Vec<u8>,
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanJson<'a> {
    configapi_plan: u32,
    #[serde(borrow)]
    transaction: TransactionJson<'a>,
}

/// The member that makes a file a plan.
#[derive(Deserialize)]
struct Marked {
    configapi_plan: Option<u32>,
}

impl SavedPlan {
    /// The plan in a file; none if the file is not one.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Failure> {
        if path.extension().is_none_or(|extension| extension != "json") {
            return Ok(None);
        }
        let shown = path.display();
        let bytes = fs::read(path).map_err(|error| Failure::usage(format!("{shown}: {error}")))?;
        match serde_json::from_slice::<Marked>(&bytes) {
            Ok(Marked { configapi_plan: Some(FORM) }) => {}
            Ok(Marked { configapi_plan: Some(form) }) => {
                return Err(Failure::usage(format!(
                    "{shown} is a plan of form {form}, which this release does not know"
                )));
            }
            _ => return Ok(None),
        }
        Ok(Some(Self { bytes, path: path.to_owned() }))
    }

    /// Writes a plan, whole or not at all.
    pub(super) fn write(path: &Path, transaction: &Transaction) -> Result<(), Failure> {
        let plan = PlanJson { configapi_plan: FORM, transaction: transaction.shape() };
        let unwritten = |why: String| Failure::system(format!("{}: {why}", path.display()));
        let mut text = serde_json::to_vec_pretty(&plan).map_err(|error| unwritten(error.to_string()))?;
        text.push(b'\n');
        write_private(path, &text).map_err(|error| unwritten(error.to_string()))
    }

    /// Shows the plan against the values of now, asks, and carries it out.
    pub(super) fn carry_out(
        self,
        session: &Session,
        flags: PlanFlags,
        reason: Option<&str>,
    ) -> Result<(), Failure> {
        // serde's own text may quote a value.
        let PlanJson { transaction: mut body, .. } =
            serde_json::from_slice(&self.bytes).map_err(|error| {
                let (path, line) = (self.path.display(), error.line());
                Failure::usage(format!("{path} is not a whole plan (line {line}): make it again"))
            })?;
        if let Some(reason) = reason {
            body.reason = Some(Cow::Owned(reason.to_owned()));
        }
        let mut rows = Vec::new();
        for operation in &body.operations {
            let (name, value, secret) = match operation {
                OperationJson::Set(set) => (&set.0.name, Some(&set.0.value), set.0.secret == Some(true)),
                OperationJson::Delete(delete) => (&delete.0.name, None, false),
                OperationJson::Check(_) => continue,
            };
            rows.push((name.as_ref(), session.client.get(name)?, value, secret));
        }
        let differing = rows.iter().map(|(name, now, value, secret)| {
            let hidden = *secret || now.as_ref().is_some_and(Item::is_secret);
            let shown = |value| if hidden { Shown::Masked(None) } else { value };
            let from = now.as_ref().map(|item| shown(Shown::of_item(item)));
            Differing::new(name, from, value.map(|value| shown(Shown::Text(value))))
        });
        let next = flags.agree(session, differing, &body)?;
        let Next::Change = next else { return Ok(()) };
        let written = session.client.transact_body(&body, Plan::Shown)?;
        session.print_change(written.revision, &written.shape())
    }
}
