//! Transactions: several operations, all of them or none.

use std::collections::HashSet;
use std::sync::Arc;

use thiserror::Error;

use super::change::CHANGE_EVENTS_MAX;
use super::{ConfigName, Operation};

/// The operations of a transaction: 1 to [`CHANGE_EVENTS_MAX`], each on another name. Clones share them.
#[derive(Clone, Debug)]
pub struct Transaction(Arc<[Operation]>);

/// Why a list of operations is not a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransactionError {
    /// There are no operations.
    #[error("a transaction must have at least one operation")]
    Empty,
    /// There are more operations than one change may have events.
    #[error("a transaction must have at most {limit} operations")]
    TooManyOperations {
        /// The limit.
        limit: usize,
    },
    /// A name has two operations: its second event would have the same version as its first.
    #[error("a transaction must have each name once: operation {index} is the second one on {name}")]
    NameTwice {
        /// The place of the second operation, from 0.
        index: usize,
        /// The name.
        name: ConfigName,
    },
}

impl Transaction {
    /// The one door into the type.
    pub(super) fn new(operations: Vec<Operation>) -> Result<Self, TransactionError> {
        if operations.is_empty() {
            return Err(TransactionError::Empty);
        }
        if operations.len() > CHANGE_EVENTS_MAX {
            return Err(TransactionError::TooManyOperations { limit: CHANGE_EVENTS_MAX });
        }
        let mut names = HashSet::with_capacity(operations.len());
        match operations.iter().position(|operation| !names.insert(&operation.name)) {
            Some(index) => Err(TransactionError::NameTwice { index, name: operations[index].name.clone() }),
            None => Ok(Self(operations.into())),
        }
    }

    /// About how much memory it holds, in bytes, without itself. Operations without values are small, but there may be
    /// ten thousand.
    pub(super) fn heap_bytes(&self) -> usize {
        self.0.len() * size_of::<Operation>() + self.0.iter().map(Operation::heap_bytes).sum::<usize>()
    }

    /// The operations, in their order, apart from clones. Each keeps its name.
    pub(super) fn operations_mut(&mut self) -> &mut [Operation] {
        Arc::make_mut(&mut self.0)
    }

    /// The operations, in their order.
    pub(super) fn operations(&self) -> &[Operation] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delete(name: &str) -> Operation {
        Operation::delete(ConfigName::parse(name).unwrap())
    }

    fn refusal(operations: Vec<Operation>) -> TransactionError {
        Transaction::new(operations).expect_err("it is not a transaction")
    }

    #[test]
    fn a_transaction_has_one_operation_or_more() {
        assert_eq!(refusal(Vec::new()), TransactionError::Empty);
        assert!(Transaction::new(vec![delete("a")]).is_ok());
    }

    #[test]
    fn a_transaction_has_each_name_once() {
        let name = ConfigName::parse("a").unwrap();
        let check = Operation::check(name.clone());
        let twice = refusal(vec![delete("a"), delete("b"), check]);
        assert_eq!(twice, TransactionError::NameTwice { index: 2, name });
        assert!(Transaction::new(vec![delete("a"), delete("A"), delete("a/b")]).is_ok());
    }

    #[test]
    fn a_transaction_has_as_many_operations_as_a_change_has_events() {
        let operations = |count: usize| (0..count).map(|number| delete(&number.to_string())).collect();
        assert!(Transaction::new(operations(CHANGE_EVENTS_MAX)).is_ok());
        let limit = CHANGE_EVENTS_MAX;
        assert_eq!(refusal(operations(limit + 1)), TransactionError::TooManyOperations { limit });
    }
}
