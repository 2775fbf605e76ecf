//! One of two databases: the same statement on whichever it is.

use sqlx::{PgConnection, PgPool, SqliteConnection, SqlitePool};

/// SQLite's or PostgreSQL's.
#[derive(Debug)]
pub(super) enum Either<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// The connection that writes.
pub(super) type Connection = Either<SqliteConnection, PgConnection>;

/// The connections that read.
pub(super) type Readers = Either<SqlitePool, PgPool>;

/// Does the same with either; the statement must be one that both databases understand, with `$1` for its first value.
macro_rules! on_either {
    ($either:expr, $inner:ident => $body:expr) => {
        match $either {
            $crate::either::Either::Sqlite($inner) => $body,
            $crate::either::Either::Postgres($inner) => $body,
        }
    };
}
pub(super) use on_either;
