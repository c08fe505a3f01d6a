//! The rights of a role that serves: given by the owner of the schema, and asked for before a migration.
//!
//! Called by `mod`, for `configapi migrate --grant`, and by `migrate`. `sql/postgres/grant_role.sql` has the rights; the server
//! quotes the role's name. Failures: [`StoreError::Misconfigured`] with the step that is missing.
//! Tests: `postgres_roles`.

use std::time::Duration;

use super::connect::Session;
use super::rows::column;
use crate::infrastructure::store::StoreError;

const ROLE: &str = include_str!("../../../../sql/postgres/role.sql");
const NAME_ROLE: &str = include_str!("../../../../sql/postgres/name_role.sql");
const GRANT: &str = include_str!("../../../../sql/postgres/grant_role.sql");
const MAY_SERVE: &str = include_str!("../../../../sql/postgres/role_may_serve.sql");
const MAY_MIGRATE: &str = include_str!("../../../../sql/postgres/may_migrate.sql");

/// Grants a role the rights that a server needs; the schema must be this release's.
pub(super) fn grant(session: &mut Session, limit: Duration, role: &str) -> Result<(), StoreError> {
    session.within(limit);
    let found = session.rows(ROLE, &[&role], |row| column::<bool>(row, 0))?;
    let Some(may_connect) = found.first() else {
        return Err(StoreError::Misconfigured(format!(
            "the role {role:?} does not exist: create it (CREATE ROLE … LOGIN), or correct its name"
        )));
    };
    session.begin()?;
    let granted = session.row(NAME_ROLE, &[&role]).and_then(|_| session.run(GRANT));
    if let Err(error) = granted {
        session.roll_back();
        return Err(match error {
            StoreError::Misconfigured(text) => not_owner(&text),
            other => other,
        });
    }
    session.commit()?;
    if !column::<bool>(&session.row(MAY_SERVE, &[&role])?, 0)? {
        return Err(not_owner("PostgreSQL granted only a part"));
    }
    if *may_connect {
        return Ok(());
    }
    Err(StoreError::Misconfigured(format!(
        "the role {role:?} has its rights on the log, but may not connect to the database: GRANT CONNECT ON DATABASE … TO \
         that role, as the owner of the database"
    )))
}

fn not_owner(text: &str) -> StoreError {
    StoreError::Misconfigured(format!(
        "the rights were not granted: connect as the owner of the schema configapi and its tables ({text})"
    ))
}

/// Whether the session's role may migrate. Otherwise it must not try, since it would hold the tables meanwhile.
pub(super) fn may_migrate(session: &mut Session) -> Result<bool, StoreError> {
    column(&session.row(MAY_MIGRATE, &[])?, 0)
}
