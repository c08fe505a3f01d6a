//! Appends: one statement, one round trip, one commit; and the head's lock for a writer that lost twice.
//!
//! The statement moves the head only if it is the expected one, and everything else hangs on that: the loser
//! of two appends writes nothing. Contract S1, S3, S4, S6, S8; tests: `concurrent_writers_leave_no_gap_and_lose_nothing`,
//! `a_lost_reply_is_found_again`, `a_locked_head_stays_until_its_holder_has_appended`.
//!
//! Called by `mod`. Failures: what `errors` makes of them; a unique key that is hit while the head matched is
//! a bug and says so.

use super::PostgresOptions;
use super::batch::Batch;
use super::connect::{Parameters, Session};
use super::keys;
use super::pools::{Pooled, Pools};
use super::rows::{column, head};
use crate::infrastructure::store::codec::revision_column;
use crate::infrastructure::store::{Append, Head, LockedHead, LogIdentity, SealedChange, StoreError};

const APPEND: &str = include_str!("../../../../sql/postgres/append.sql");
const LOCK_HEAD: &str = include_str!("../../../../sql/postgres/lock_head.sql");
const ADOPT: &str = include_str!("../../../../sql/postgres/adopt_log.sql");
const HEAD_AND_CHANGE_IDS: &str = include_str!("../../../../sql/postgres/head_and_change_ids.sql");

/// What came of an append, and the server's clock, in microseconds since 1970.
pub(super) struct Answer {
    pub(super) append: Append,
    pub(super) clock_us: i64,
}

/// Appends on a connection of the pool; contract S4 and S6.
pub(super) fn append(
    pools: &Pools,
    options: &PostgresOptions,
    expected: &Head,
    changes: &[SealedChange],
) -> Result<Answer, StoreError> {
    let batch = Batch::of(expected, changes);
    let mut session = pools.writer()?;
    session.within(batch.time_limit(options));
    if keys::has_keys(changes) {
        return append_with_keys(session, pools, options, &batch, changes);
    }
    let row = batch.with_parameters(|parameters| session.commit_row(APPEND, parameters))?;
    let clock_us = column(&row, 0)?;
    let append = if column(&row, 1)? { Append::Stored } else { recognise(&mut session, changes)? };
    Ok(Answer { append, clock_us })
}

/// The same for a batch with data keys, in one transaction of several statements.
fn append_with_keys(
    session: Pooled,
    pools: &Pools,
    options: &PostgresOptions,
    batch: &Batch<'_>,
    changes: &[SealedChange],
) -> Result<Answer, StoreError> {
    let mut transaction = Transaction::begin(session)?;
    let session = &mut transaction.session;
    let row = batch.with_parameters(|parameters| session.row(APPEND, parameters))?;
    let clock_us = column(&row, 0)?;
    if column(&row, 1)? {
        keys::change(session, changes)?;
        transaction.session.commit()?;
        return Ok(Answer { append: Append::Stored, clock_us });
    }
    drop(transaction);
    let mut session = pools.writer()?;
    session.within(batch.time_limit(options));
    Ok(Answer { append: recognise(&mut session, changes)?, clock_us })
}

/// The head has moved: by an earlier try of this batch, or by somebody else.
fn recognise(session: &mut Session, changes: &[SealedChange]) -> Result<Append, StoreError> {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
        return Err(StoreError::Unexpected("an empty batch was appended".to_owned()));
    };
    let place = |sealed: &SealedChange| revision_column(sealed.change.revision);
    let row = session.row(HEAD_AND_CHANGE_IDS, &[&place(first), &place(last)])?;
    let stored: (Option<&[u8]>, Option<&[u8]>) = (column(&row, 6)?, column(&row, 7)?);
    if stored != (Some(&first.id), Some(&last.id)) {
        return Ok(Append::Stale(head(&row)?));
    }
    // Seen is not durable where a wait for a standby was cancelled: a commit of our own waits for all before.
    session.commit_row(LOCK_HEAD, &[])?;
    Ok(Append::Stored)
}

/// Makes the empty log another one.
pub(super) fn adopt(
    pools: &Pools,
    options: &PostgresOptions,
    identity: &LogIdentity,
) -> Result<(), StoreError> {
    let mut session = pools.writer()?;
    session.within(options.append_timeout);
    let hash = Head::empty(identity).hash;
    let parameters: Parameters<'_> =
        &[&identity.id.as_slice(), &identity.fingerprint_key.as_slice(), &hash.0.as_slice()];
    let adopted = session.rows(ADOPT, parameters, |_| Ok(()))?;
    if adopted.is_empty() { Err(StoreError::not_empty()) } else { Ok(()) }
}

/// The head, locked in a transaction.
pub(super) struct Locked<'a> {
    transaction: Transaction,
    head: Head,
    options: &'a PostgresOptions,
    stored: Box<dyn Fn(&SealedChange) + 'a>,
}

impl<'a> Locked<'a> {
    /// Takes the lock; `stored` is told the last change of the batch that comes.
    pub(super) fn take(
        pools: &Pools,
        options: &'a PostgresOptions,
        stored: impl Fn(&SealedChange) + 'a,
    ) -> Result<Self, StoreError> {
        let mut session = pools.writer()?;
        session.within(options.append_timeout);
        let mut transaction = Transaction::begin(session)?;
        let head = head(&transaction.session.row(LOCK_HEAD, &[])?)?;
        Ok(Self { transaction, head, options, stored: Box::new(stored) })
    }
}

impl LockedHead for Locked<'_> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn append(mut self: Box<Self>, changes: &[SealedChange]) -> Result<(), StoreError> {
        let Some(last) = changes.last() else {
            return Ok(());
        };
        let batch = Batch::of(&self.head, changes);
        let session = &mut self.transaction.session;
        session.within(batch.time_limit(self.options));
        let row = batch.with_parameters(|parameters| session.row(APPEND, parameters))?;
        if !column::<bool>(&row, 1)? {
            return Err(StoreError::Unexpected("the locked head moved".to_owned()));
        }
        keys::change(session, changes)?;
        self.transaction.session.commit()?;
        (self.stored)(last);
        Ok(())
    }
}

/// A connection whose transaction is taken back unless it is committed.
struct Transaction {
    session: Pooled,
}

impl Transaction {
    fn begin(mut session: Pooled) -> Result<Self, StoreError> {
        session.begin()?;
        Ok(Self { session })
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.session.is_in_transaction() {
            self.session.roll_back();
        }
    }
}
