//! Parameters that know their type, so that a statement can be sent without being prepared before.
//!
//! Called by `connect`, for sessions behind a pooler. The types are those of the columns in `sql/postgres`.

use std::borrow::Cow;

use ::postgres::types::{ToSql, Type};

/// A parameter of a statement.
pub(super) trait Parameter: ToSql + Sync {
    /// Its type in PostgreSQL.
    fn kind(&self) -> Type;
}

/// A Rust type, the type of one, and the type of an array of it.
macro_rules! parameters {
    ($($rust:ty => $one:ident, $array:ident;)*) => { $(
        impl Parameter for $rust {
            fn kind(&self) -> Type {
                Type::$one
            }
        }

        impl Parameter for Option<$rust> {
            fn kind(&self) -> Type {
                Type::$one
            }
        }

        impl Parameter for Vec<$rust> {
            fn kind(&self) -> Type {
                Type::$array
            }
        }

        impl Parameter for Vec<Option<$rust>> {
            fn kind(&self) -> Type {
                Type::$array
            }
        }
    )* };
}

parameters! {
    i16 => INT2, INT2_ARRAY;
    i32 => INT4, INT4_ARRAY;
    i64 => INT8, INT8_ARRAY;
    &str => TEXT, TEXT_ARRAY;
    String => TEXT, TEXT_ARRAY;
    Cow<'_, str> => TEXT, TEXT_ARRAY;
    &[u8] => BYTEA, BYTEA_ARRAY;
    Vec<u8> => BYTEA, BYTEA_ARRAY;
}
