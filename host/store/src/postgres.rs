//! PostgreSQL: several servers may share one database. One statement for all rows of a kind in a batch, given as arrays.

mod deliveries;
mod hints;
mod open;
mod receive;
mod repeats;
mod settings;
mod takers;
mod tasks;
mod url;
mod way;

use std::borrow::Cow;

use sqlx::PgConnection;

pub(super) use deliveries::{claim, extend, finish, give_back, release};
pub use hints::Hint;
pub(super) use hints::{listen, tell};
pub(super) use open::{connect, open};
pub(super) use receive::receive;
pub use settings::{Parts, PostgresSettings, Tls};
pub(super) use tasks::{insert_tasks, record};
pub use url::PostgresUrlError;

use super::batch::WriterState;

/// Begins a transaction. Where a pooler mixes sessions, what a session is told is told to each transaction.
pub(super) async fn begin(connection: &mut PgConnection, settings: &PostgresSettings) -> Result<(), sqlx::Error> {
    if settings.is_listening {
        return sqlx::query("begin").execute(connection).await.map(|_| ());
    }
    sqlx::raw_sql("begin; set local statement_timeout = '5s'; set local idle_in_transaction_session_timeout = '10s'")
        .execute(connection)
        .await
        .map(|_| ())
}

/// Commits; whoever listens hears of it if something became ready.
pub(super) async fn commit(connection: &mut PgConnection, state: &WriterState) -> Result<(), sqlx::Error> {
    if state.made_ready {
        tell(&mut *connection, Hint::Ready, &state.node).await?;
    }
    sqlx::query("commit").execute(connection).await.map(|_| ())
}

/// PostgreSQL has no way to keep a NUL in a text. None of ours has a meaning, so it is shown as what it is: unreadable.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
