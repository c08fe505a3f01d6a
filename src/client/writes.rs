//! Transactions: several operations, all or none.

use std::borrow::Cow;

use super::call::{Call, Client, Repeat};
use super::error::Error;
use super::item::Item;
use super::protection::Plan;
use super::target::Target;
use crate::domain::Revision;
use crate::wire::object::Object;
use crate::wire::transaction::{
    CheckJson, DeleteJson, OperationJson, SetJson, TransactedJson, TransactionJson,
};

/// The rest of a set, in addition to name and value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// Why.
    pub reason: Option<String>,
    /// The revision that the value must have; 0 where the name must have none.
    pub if_revision: Option<Revision>,
    /// Whether it is a secret. Without it the policy and the state before decide.
    pub secret: Option<bool>,
    /// Such as `application/json`. The server's default is text.
    pub content_type: Option<String>,
}

impl Set {
    /// With a reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::default() }
    }
}

/// Operations that become one change, or none.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    operations: Vec<OperationJson<'static>>,
    reason: Option<String>,
    dry_run: bool,
}

impl Transaction {
    /// Without an operation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value. The reason of `set` does not count here.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>, set: &Set) -> &mut Self {
        self.operations.push(OperationJson::Set(Object(SetJson {
            name: Cow::Owned(name.into()),
            value: Cow::Owned(value.into()),
            if_revision: set.if_revision.map(Revision::get),
            content_type: set.content_type.clone().map(Cow::Owned),
            secret: set.secret,
        })));
        self
    }

    /// Deletes a value.
    pub fn delete(&mut self, name: impl Into<String>, if_revision: Option<Revision>) -> &mut Self {
        let if_revision = if_revision.map(Revision::get);
        let name = Cow::Owned(name.into());
        self.operations.push(OperationJson::Delete(Object(DeleteJson { name, if_revision })));
        self
    }

    /// Changes nothing; fails unless the value has this revision.
    pub fn check(&mut self, name: impl Into<String>, revision: Revision) -> &mut Self {
        let name = Cow::Owned(name.into());
        self.operations.push(OperationJson::Check(Object(CheckJson { name, if_revision: revision.get() })));
        self
    }

    /// The reason of the change.
    pub fn because(&mut self, reason: impl Into<String>) -> &mut Self {
        self.reason = Some(reason.into());
        self
    }

    /// Only says what would happen.
    pub fn dry_run(&mut self) -> &mut Self {
        self.dry_run = true;
        self
    }

    /// The body to send.
    pub(crate) fn shape(&self) -> TransactionJson<'static> {
        TransactionJson {
            operations: self.operations.clone(),
            reason: self.reason.clone().map(Cow::Owned),
            dry_run: self.dry_run.then_some(true),
        }
    }

    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether it has no operations.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }
}

/// The outcome of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The revision of the change; none of a dry run, and where nothing was written.
    pub revision: Option<Revision>,
    /// For each operation the new state of its name; none of a delete and of a check.
    pub items: Vec<Option<Item>>,
}

impl Written {
    /// As the server wrote it.
    pub(crate) fn shape(&self) -> TransactedJson {
        TransactedJson { revision: self.revision, results: self.items.clone() }
    }
}

impl Client {
    /// Carries out a transaction.
    ///
    /// # Errors
    /// A failed precondition has status 409: nothing is written. The outcome may be unknown.
    pub fn transact(&self, transaction: &Transaction) -> Result<Written, Error> {
        self.transact_body(&transaction.shape(), Plan::Unseen)
    }

    /// Carries out a transaction that a person has agreed to.
    pub(crate) fn transact_shown(&self, transaction: &Transaction) -> Result<Written, Error> {
        self.transact_body(&transaction.shape(), Plan::Shown)
    }

    /// The same of a body as it is sent.
    pub(crate) fn transact_body(&self, body: &TransactionJson<'_>, plan: Plan) -> Result<Written, Error> {
        let call = || Call::new("POST", Target::new("/v1/transactions"), Repeat::ByKey).json(body);
        let TransactedJson { revision, results } = self.write(plan, call)?;
        Ok(Written { revision, items: results })
    }
}
