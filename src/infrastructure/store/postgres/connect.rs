//! Connections: what is done with one, and what it remembers.
//!
//! Made by `sessions`; called by `pools`, `append`, `read`, `migrate` and `listen`; calls the driver and `errors`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ::postgres::fallible_iterator::FallibleIterator as _;
use ::postgres::types::ToSql;
use ::postgres::{Client, Row, RowIter, SimpleQueryMessage, Statement};

use super::address::{Role, begin_with_settings};
use super::deadline::Deadline;
use super::errors::{Aftermath, Phase, aftermath, classify, in_role, is_cancelled};
use super::parameter::Parameter;
use super::{Pooler, PostgresOptions};
use crate::infrastructure::store::StoreError;

/// To say good-bye to the server; a server that does not listen is left without.
const FAREWELL: Duration = Duration::from_millis(200);
/// A connection that was idle for this long is asked whether it lives before anything goes over it. Under load
/// nothing is asked; after a quiet time a restart of the server costs a query, not an unknown outcome, and a
/// server that vanished costs each of its connections a second, not the time of a whole read.
const IDLE_TRUST: Duration = Duration::from_millis(500);

/// A list of parameters.
pub(super) type Parameters<'a> = &'a [&'a dyn Parameter];

/// A parameter as the driver takes it.
fn plain<'a>(parameter: &&'a dyn Parameter) -> &'a (dyn ToSql + Sync) {
    *parameter
}

/// Whether a transaction is under way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transaction {
    Open,
    None,
}

/// One connection with what is prepared on it.
pub(super) struct Session {
    client: Client,
    statements: Vec<(&'static str, Statement)>,
    deadline: Deadline,
    /// Set by a notice: the server has stopped waiting for a synchronous standby.
    standby_doubt: Arc<AtomicBool>,
    aftermath: Aftermath,
    /// The server has ended the last statement that failed, and the connection lives on.
    cancelled: bool,
    used: Instant,
    role: Role,
    /// How a transaction begins behind a pooler: with the settings, and every statement is in one.
    begin_with: Option<String>,
    transaction: Transaction,
}

impl Session {
    pub(super) fn new(
        client: Client,
        deadline: Deadline,
        standby_doubt: Arc<AtomicBool>,
        role: Role,
        options: &PostgresOptions,
    ) -> Self {
        let is_pooled = options.pooler == Pooler::Between;
        Self {
            client,
            statements: Vec::new(),
            deadline,
            standby_doubt,
            aftermath: Aftermath::Usable,
            cancelled: false,
            used: Instant::now(),
            role,
            begin_with: is_pooled.then(|| begin_with_settings(role, options)),
            transaction: Transaction::None,
        }
    }

    /// The next operations together take at most `limit`.
    pub(super) fn within(&mut self, limit: Duration) -> &mut Self {
        self.deadline.set(limit);
        (self.cancelled, self.used) = (false, Instant::now());
        self
    }

    /// Reads rows as they come, each into what the caller makes of it.
    pub(super) fn rows<T>(
        &mut self,
        sql: &'static str,
        parameters: Parameters<'_>,
        each: impl FnMut(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.in_transaction(|session| session.query(sql, parameters, each))?.into_iter().collect()
    }

    /// Reads the one row that the statement has.
    pub(super) fn row(&mut self, sql: &'static str, parameters: Parameters<'_>) -> Result<Row, StoreError> {
        self.in_transaction(|session| session.one_row(sql, parameters, Phase::Harmless))
    }

    /// Runs a statement that commits, and reads its one row.
    pub(super) fn commit_row(
        &mut self,
        sql: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Row, StoreError> {
        if self.begin_with.is_some() {
            // The statement does not commit by itself: COMMIT does, and its loss alone leaves the outcome unknown.
            self.begin()?;
            let row = self.one_row(sql, parameters, Phase::Harmless).inspect_err(|_| self.roll_back())?;
            return self.commit().map(|()| row);
        }
        self.standby_doubt.store(false, Ordering::Relaxed);
        let row = self.one_row(sql, parameters, Phase::Commit)?;
        self.refuse_doubt()?;
        Ok(row)
    }

    /// Runs statements without parameters, such as a migration.
    pub(super) fn run(&mut self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql).map_err(|error| self.failed(&error, Phase::Harmless))
    }

    /// Begins a transaction, READ COMMITTED.
    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        let with_settings = self.begin_with.clone();
        self.run(with_settings.as_deref().unwrap_or("BEGIN ISOLATION LEVEL READ COMMITTED"))?;
        self.transaction = Transaction::Open;
        Ok(())
    }

    /// Commits the transaction under way.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.transaction = Transaction::None;
        self.standby_doubt.store(false, Ordering::Relaxed);
        self.client.batch_execute("COMMIT").map_err(|error| self.failed(&error, Phase::Commit))?;
        self.refuse_doubt()
    }

    /// Takes the transaction under way back; a connection that can't is not used again.
    pub(super) fn roll_back(&mut self) {
        self.transaction = Transaction::None;
        if self.within(FAREWELL).run("ROLLBACK").is_err() {
            self.aftermath = Aftermath::Broken;
        }
    }

    /// Whether a transaction is under way.
    pub(super) fn is_in_transaction(&self) -> bool {
        self.transaction == Transaction::Open
    }

    /// Reads in the transaction under way, or in one of its own where a pooler is between.
    fn in_transaction<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.begin_with.is_none() || self.is_in_transaction() {
            return read(self);
        }
        self.begin()?;
        let cancelled = |session: &mut Self| {
            // What the server has said of the statement, not of its end.
            let cancelled = session.cancelled;
            session.roll_back();
            session.cancelled = cancelled;
        };
        let found = read(self).inspect_err(|_| cancelled(self))?;
        self.transaction = Transaction::None;
        self.run("COMMIT").map(|()| found)
    }

    fn query<T>(
        &mut self,
        sql: &'static str,
        parameters: Parameters<'_>,
        mut each: impl FnMut(&Row) -> T,
    ) -> Result<Vec<T>, StoreError> {
        let mut read = Vec::new();
        let mut take = |mut rows: RowIter<'_>| {
            while let Some(row) = rows.next()? {
                read.push(each(&row));
            }
            Ok(())
        };
        let outcome = if self.begin_with.is_some() {
            let typed = parameters.iter().map(|parameter| (plain(parameter), parameter.kind()));
            self.client.query_typed_raw(sql, typed).and_then(&mut take)
        } else {
            let statement = self.prepare(sql)?;
            self.client.query_raw(&statement, parameters.iter().map(plain)).and_then(&mut take)
        };
        outcome.map_err(|error| self.failed(&error, Phase::Harmless))?;
        Ok(read)
    }

    fn one_row(
        &mut self,
        sql: &'static str,
        parameters: Parameters<'_>,
        phase: Phase,
    ) -> Result<Row, StoreError> {
        if self.begin_with.is_none() {
            let statement = self.prepare(sql)?;
            let parameters: Vec<_> = parameters.iter().map(plain).collect();
            let row = self.client.query_one(&statement, &parameters);
            return row.map_err(|error| self.failed(&error, phase));
        }
        let typed: Vec<_> = parameters.iter().map(|parameter| (plain(parameter), parameter.kind())).collect();
        let rows = self.client.query_typed(sql, &typed).map_err(|error| self.failed(&error, phase))?;
        let missing =
            || StoreError::Unexpected("a statement has not the one row that it must have".to_owned());
        rows.into_iter().next().ok_or_else(missing)
    }

    /// Whether the session has the settings that its start asked for: a pooler may have passed them over.
    pub(super) fn has_settings(&mut self) -> Result<bool, StoreError> {
        if self.begin_with.is_some() {
            return Ok(true);
        }
        let messages = self.client.simple_query("SHOW search_path");
        let messages = messages.map_err(|error| self.failed(&error, Phase::Harmless))?;
        Ok(messages.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).is_some_and(|path| path.starts_with("pg_catalog")),
            _ => false,
        }))
    }

    /// Waits at most `limit` for the next notification; `None` if none has come.
    pub(super) fn notification(&mut self, limit: Duration) -> Result<Option<String>, StoreError> {
        self.deadline.lift();
        let begun = Instant::now();
        let next = self.client.notifications().timeout_iter(limit).next();
        match next.map_err(|error| self.failed(&error, Phase::Harmless))? {
            Some(notification) => Ok(Some(notification.payload().to_owned())),
            // The driver says a closed connection and a passed time in one way.
            None if begun.elapsed() < limit => {
                self.aftermath = Aftermath::Broken;
                Err(StoreError::Unavailable("the connection was closed".to_owned()))
            }
            None => Ok(None),
        }
    }

    /// Whether the connection was last used before this instant.
    pub(super) fn was_idle_at(&self, instant: Instant) -> bool {
        self.used < instant
    }

    /// Has the connection closed when it goes back to its pool.
    pub(super) fn give_up(&mut self) {
        self.aftermath = Aftermath::Broken;
    }

    /// Whether the connection must not be used again.
    pub(super) fn is_broken(&self) -> bool {
        self.aftermath == Aftermath::Broken || self.client.is_closed()
    }

    /// Whether the statement that failed last was ended by its server, as one that takes too long is.
    pub(super) fn was_cancelled(&self) -> bool {
        self.cancelled
    }

    /// Whether the connection lives: asked if it was idle for a while, at most for `limit`.
    pub(super) fn answers(&mut self, limit: Duration) -> Result<(), StoreError> {
        if self.used.elapsed() < IDLE_TRUST { Ok(()) } else { self.within(limit).ping() }
    }

    /// Whether the connection lives, asked in any case.
    pub(super) fn ping(&mut self) -> Result<(), StoreError> {
        self.run("")
    }

    fn prepare(&mut self, sql: &'static str) -> Result<Statement, StoreError> {
        // A dozen statements: a look along the list is cheaper than hashing a kilobyte of text.
        let known = self.statements.iter().find(|(text, _)| std::ptr::eq(*text, sql));
        if let Some((_, statement)) = known {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).map_err(|error| self.failed(&error, Phase::Harmless))?;
        self.statements.push((sql, statement.clone()));
        Ok(statement)
    }

    fn failed(&mut self, error: &::postgres::Error, phase: Phase) -> StoreError {
        if aftermath(error) == Aftermath::Broken {
            self.aftermath = Aftermath::Broken;
        }
        self.cancelled = is_cancelled(error);
        in_role(self.role, classify(error, phase))
    }

    fn refuse_doubt(&self) -> Result<(), StoreError> {
        if self.standby_doubt.load(Ordering::Relaxed) {
            let what = "the wait for a synchronous standby was cancelled";
            return Err(StoreError::OutcomeUnknown(what.to_owned()));
        }
        Ok(())
    }
}

impl Drop for Session {
    /// The driver says good-bye when it is dropped, and would wait for ever to get it through.
    fn drop(&mut self) {
        self.deadline.set(FAREWELL);
    }
}
