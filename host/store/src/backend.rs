//! One of two databases: the same work on whichever it is.

use sqlx::{PgPool, SqlitePool};

use crate::{
    error::StoreError,
    postgres::{self, server::Server},
    sqlite::{self, open::File},
};

/// Does the same with either; a statement must be one that both databases understand, with `$1` for its first value.
macro_rules! on_backend {
    ($backend:expr, $inner:ident => $body:expr) => {
        match $backend {
            $crate::backend::Backend::Sqlite($inner) => $body,
            $crate::backend::Backend::Postgres($inner) => $body,
        }
    };
}
pub(crate) use on_backend;

/// The same with the connection of a [`Session`].
macro_rules! on_session {
    ($session:expr, $connection:ident => $body:expr) => {
        match $session {
            $crate::backend::Backend::Sqlite(session) => {
                let $connection = session.connection.sqlx();
                $body
            }
            $crate::backend::Backend::Postgres(session) => {
                let $connection = &mut session.connection;
                $body
            }
        }
    };
}
pub(crate) use on_session;

/// SQLite's or PostgreSQL's.
#[derive(Debug)]
pub(crate) enum Backend<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// The connections that read.
pub(crate) type Readers = Backend<SqlitePool, PgPool>;

/// The connection that writes, with what is remembered from one transaction to the next.
pub(crate) type Session = Backend<sqlite::session::Session, postgres::session::Session>;

/// The database that new sessions are opened on.
pub(crate) type Source = Backend<Box<File>, Server>;

impl Source {
    pub(crate) async fn connect(&self) -> Result<Session, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Backend::Sqlite(file.connect().await?),
            Self::Postgres(server) => Backend::Postgres(server.connect().await?),
        })
    }
}

impl Session {
    pub(crate) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(session) => session.begin().await,
            Self::Postgres(session) => session.begin().await,
        }
    }

    pub(crate) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(session) => session.commit().await,
            Self::Postgres(session) => session.commit().await,
        }
    }

    pub(crate) async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(session) => session.roll_back().await,
            Self::Postgres(session) => session.roll_back().await,
        }
    }

    /// To be called after a transaction that failed: memory must hold nothing that is not in the database.
    pub(crate) fn forget(&mut self) {
        if let Self::Sqlite(session) = self {
            session.forget();
        }
    }

    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(session) => session.close().await,
            Self::Postgres(session) => session.close().await,
        }
    }
}
