//! Questions to the database: whose they are, and how long they may take.

use std::{future::Future, time::Duration};

use sqlx::{PgConnection, SqliteConnection};
use tokio::{sync::SemaphorePermit, time::Instant};

use super::Store;
use crate::{error::StoreError, rows::question::QUESTION_MAX, sqlite::open::break_off_at};

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
    ///
    /// A question has up to 50 KiB of state. On the heap, it is not part of the state of whoever asks for whoever asks it: the
    /// handler of a page would move ten times as much over its stack as the stack has.
    pub(crate) fn bounded<'q, T>(
        &'q self,
        question: impl Future<Output = Result<T, sqlx::Error>> + Send + 'q,
    ) -> impl Future<Output = Result<T, sqlx::Error>> + Send + 'q {
        let question = Box::pin(question);
        async move {
            match tokio::time::timeout(QUESTION_MAX, question).await {
                Ok(answer) => answer,
                Err(_) => Err(too_long()),
            }
        }
    }

    /// Waits for the answer to a question of the operator. It may be a long one: it goes over connections of its own, and the
    /// database breaks it off when it takes too long.
    pub(crate) fn ask<'q, T: 'q>(
        &'q self,
        question: impl Future<Output = Result<T, sqlx::Error>> + Send + 'q,
    ) -> impl Future<Output = Result<T, sqlx::Error>> + Send + 'q {
        let question = Box::pin(question);
        async move {
            let answer = self.bounded(async {
                // Never closed.
                let _turn = self.shared.questions.acquire().await.ok();
                question.await
            });
            answer
                .await
                .map_err(|error| if is_broken_off(&error) { too_long() } else { error })
        }
    }

    /// The same for a question that says itself by when it wants its answer, with [`Timed`]. `None` when there was none by
    /// then.
    pub(crate) async fn ask_in_time<T>(
        &self,
        question: impl Future<Output = Result<T, sqlx::Error>> + Send,
    ) -> Result<Option<T>, sqlx::Error> {
        let question = Box::pin(question);
        let asked = async {
            match question.await {
                Err(error) if is_broken_off(&error) => Ok(None),
                answer => answer.map(Some),
            }
        };
        self.ask(asked).await
    }
}

fn is_broken_off(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| BROKEN_OFF.contains(&&*code))
}

/// Connection of the operator's questions on which the next one can be given a time of its own.
pub(crate) trait Timed {
    /// Has what is asked until the connection is given back be broken off at this time; without one, as usual.
    async fn end_at(&mut self, until: Option<Instant>) -> Result<(), sqlx::Error>;
}

impl Timed for SqliteConnection {
    async fn end_at(&mut self, until: Option<Instant>) -> Result<(), sqlx::Error> {
        match until {
            Some(until) => break_off_at(self, until.into_std()).await,
            None => Ok(()),
        }
    }
}

/// Here a statement would have to be sent before each question, so it is left to the limit of the session.
impl Timed for PgConnection {
    async fn end_at(&mut self, _until: Option<Instant>) -> Result<(), sqlx::Error> {
        Ok(())
    }
}

fn too_long() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        "it took too long and was ended; ask for less, for example with --since or --plugin",
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Timed as _;
    use crate::{backend::Backend, rows::question::QUESTIONS_MAX, tests::TestDatabase};

    #[tokio::test]
    async fn a_question_with_a_time_of_its_own_ends_then_and_leaves_nothing_to_the_next() {
        let file = TestDatabase::file();
        let store = file.open().await;
        let Backend::Sqlite(readers) = &*store.questions else {
            panic!("a file");
        };
        let ask = async |statement: &'static str, until| {
            let question = async {
                let mut connection = readers.acquire().await?;
                connection.end_at(until).await?;
                sqlx::query_scalar::<_, i64>(statement)
                    .fetch_one(&mut *connection)
                    .await
            };
            store.ask_in_time(question).await.unwrap()
        };
        let endless = "with recursive n (n) as (select 1 union all select n + 1 from n) select count(*) from n";
        for _ in 0..2 * QUESTIONS_MAX {
            assert_eq!(
                ask(endless, Some(Instant::now() + Duration::from_millis(10))).await,
                None
            );
        }
        assert_eq!(ask("select 1", None).await, Some(1));
    }
}
