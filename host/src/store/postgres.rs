//! PostgreSQL: several servers may share one database.

use std::fmt;

use sqlx::{PgConnection, PgPool};

use super::{
    StoreError,
    batch::{Job, WriterState},
    deliveries::{Claim, Delivery, Finish, Finished},
    events::{NewEvent, NewReply, Received},
    tasks::{NewTask, TaskGroup},
};

/// How to reach a PostgreSQL.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// `postgres://…`
    pub url: String,
}

/// Why a URL is none of a PostgreSQL.
#[derive(Debug, thiserror::Error)]
#[error("it is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
pub struct PostgresUrlError;

impl PostgresSettings {
    /// From `postgres://user:password@host:port/database`.
    ///
    /// # Errors
    /// [`PostgresUrlError`].
    pub fn from_url(url: &str) -> Result<Self, PostgresUrlError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self { url: url.to_owned() });
        }
        Err(PostgresUrlError)
    }
}

impl fmt::Display for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgreSQL")
    }
}

pub(super) async fn open(_settings: &PostgresSettings) -> Result<(Vec<PgConnection>, PgPool), StoreError> {
    Err(StoreError::Closed)
}

pub(super) async fn connect(_settings: &PostgresSettings) -> Result<PgConnection, StoreError> {
    Err(StoreError::Closed)
}

pub(super) async fn receive(
    _connection: &mut PgConnection,
    _state: &mut WriterState,
    _batch: &mut [Job<NewEvent, Received>],
) -> Result<(), sqlx::Error> {
    Err(sqlx::Error::PoolClosed)
}

pub(super) async fn record(
    _connection: &mut PgConnection,
    _state: &WriterState,
    _batch: &mut [Job<NewReply, Vec<i64>>],
) -> Result<(), sqlx::Error> {
    Err(sqlx::Error::PoolClosed)
}

pub(super) async fn claim(
    _connection: &mut PgConnection,
    _state: &WriterState,
    _claim: &Claim,
) -> Result<Vec<Delivery>, sqlx::Error> {
    Err(sqlx::Error::PoolClosed)
}

pub(super) async fn finish(
    _connection: &mut PgConnection,
    _state: &WriterState,
    _batch: &mut [Job<Finish, Finished>],
) -> Result<(), sqlx::Error> {
    Err(sqlx::Error::PoolClosed)
}

pub(super) async fn insert_tasks(
    _connection: &mut PgConnection,
    _state: &WriterState,
    _group: &TaskGroup<'_>,
    _tasks: &[NewTask],
) -> Result<Vec<i64>, sqlx::Error> {
    Err(sqlx::Error::PoolClosed)
}
