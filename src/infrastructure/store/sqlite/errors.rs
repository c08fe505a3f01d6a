//! The driver's errors in the store's words.
//!
//! Called wherever a statement runs. SQLite's messages name tables, columns and constraints, never a value.
//! Result codes: <https://www.sqlite.org/rescode.html>.

use rusqlite::{Error, ErrorCode};

use super::super::StoreError;
use crate::domain::Revision;

/// An error of a statement that was not a commit: nothing was written.
pub(super) fn store_error(error: &Error) -> StoreError {
    let text = error.to_string();
    let Some(code) = error.sqlite_error_code() else {
        return conversion_error(error);
    };
    match code {
        ErrorCode::DiskFull => StoreError::Full(text),
        ErrorCode::ReadOnly => StoreError::ReadOnly(text),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => corrupt_file(&text),
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::OutOfMemory
        | ErrorCode::SystemIoFailure
        | ErrorCode::FileLockingProtocolFailed => StoreError::Unavailable(text),
        _ => StoreError::Unexpected(text),
    }
}

/// Damage of the file itself, at no revision that could be named.
pub(super) fn corrupt_file(what: &str) -> StoreError {
    StoreError::corrupt(Revision::ZERO, format!("the file is damaged: {what}"))
}

/// STRICT tables hold what their columns say, so that a column of another type or text that isn't UTF-8 is
/// damage. The driver's own text is not used: it may quote the column.
fn conversion_error(error: &Error) -> StoreError {
    match error {
        Error::FromSqlConversionFailure(column, kind, _) | Error::InvalidColumnType(column, _, kind) => {
            corrupt_file(&format!("column {column} of a row is unreadable as {kind}"))
        }
        Error::IntegralValueOutOfRange(column, _) => {
            corrupt_file(&format!("column {column} of a row is out of range"))
        }
        Error::Utf8Error(..) => corrupt_file("a text is not UTF-8"),
        Error::QueryReturnedNoRows => corrupt_file("a row that must be there is missing"),
        other => StoreError::Unexpected(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn result_codes_are_told_apart_by_what_the_caller_does() {
        let of = |code| store_error(&Error::SqliteFailure(ffi::Error::new(code), None));
        assert!(matches!(of(ffi::SQLITE_FULL), StoreError::Full(_)));
        assert!(matches!(of(ffi::SQLITE_READONLY), StoreError::ReadOnly(_)));
        assert!(matches!(of(ffi::SQLITE_READONLY_DBMOVED), StoreError::ReadOnly(_)));
        assert!(matches!(of(ffi::SQLITE_CORRUPT), StoreError::Corrupt { .. }));
        assert!(matches!(of(ffi::SQLITE_NOTADB), StoreError::Corrupt { .. }));
        assert!(matches!(of(ffi::SQLITE_BUSY), StoreError::Unavailable(_)));
        assert!(matches!(of(ffi::SQLITE_IOERR_READ), StoreError::Unavailable(_)));
        assert!(matches!(of(ffi::SQLITE_CONSTRAINT_UNIQUE), StoreError::Unexpected(_)));
    }
}
