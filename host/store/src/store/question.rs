//! Questions to the database: whose they are, and how long they may take.

use std::{future::Future, time::Duration};

use tokio::sync::SemaphorePermit;

use super::Store;
use crate::{error::StoreError, rows::question::QUESTION_MAX};

/// Codes of a query that was cancelled: `SQLITE_INTERRUPT` of SQLite, `query_canceled` of PostgreSQL.
const BROKEN_OFF: [&str; 2] = ["9", "57014"];

impl Store {
    /// Waits until a plugin may ask something. Held while the question is put.
    pub(crate) async fn plugin_turn(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed.
        self.shared.plugin_reads.acquire().await.ok()
    }

    /// Waits for the answer to a question, but not for a server that is gone without a word.
    pub(crate) async fn read<T>(
        &self,
        what: &'static str,
        question: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let ms_max = self.queues.commit_ms_max;
        match tokio::time::timeout(Duration::from_millis(ms_max), question).await {
            Ok(read) => read.map_err(StoreError::database(what)),
            Err(_) => Err(StoreError::TooSlow { ms_max }),
        }
    }

    /// Waits for the answer to a question, which may take longer than an answer to Lark, but not for a server that is silent.
    pub(crate) async fn bounded<T>(
        &self,
        question: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        match tokio::time::timeout(QUESTION_MAX, question).await {
            Ok(answer) => answer,
            Err(_) => Err(too_long()),
        }
    }

    /// Waits for the answer to a question of the operator. It may be a long one: it goes over connections of its own, and the
    /// database breaks it off when it takes too long.
    pub(crate) async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let answer = self.bounded(async {
            // Never closed.
            let _turn = self.shared.questions.acquire().await.ok();
            question.await
        });
        answer.await.map_err(|error| {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            match code {
                Some(code) if BROKEN_OFF.contains(&&*code) => too_long(),
                _ => error,
            }
        })
    }
}

fn too_long() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        "it took too long and was ended; ask for less, for example with --since or --plugin",
    ))
}
