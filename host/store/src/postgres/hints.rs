//! Hints between servers: that something is ready. A hint may be lost; whoever needs to know looks by itself, later.

use sqlx::{
    PgConnection, PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::time::timeout;

use super::connect::{CONNECT_MAX, quiet};
use crate::postgres::settings::PostgresSettings;

/// The channel of all our hints.
const CHANNEL: &str = "lark_callback";

/// Notification from another server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Deliveries became ready.
    Ready,
    /// A plugin was published or withdrawn.
    Plugins,
}

impl Hint {
    fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Plugins => "plugins",
        }
    }
}

/// Tells it to all others when the transaction commits.
pub(crate) async fn tell(connection: &mut PgConnection, hint: Hint, node: &str) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(format!("{} {node}", hint.name()))
        .execute(connection)
        .await
        .map(|_| ())
}

/// Hears what others say until the connection is lost or the readers are closed. What was said before it begins is not heard,
/// so it begins with a hint of each kind.
///
/// The connection is in a pool of its own: a listener that ends sends a last word on it and waits for the answer, and the end
/// of the readers must not wait for a server that is silent.
pub(crate) async fn listen(
    settings: &PostgresSettings,
    readers: &PgPool,
    node: &str,
    hear: &impl Fn(Hint),
) -> Result<(), sqlx::Error> {
    let own = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(CONNECT_MAX)
        .connect_lazy_with(quiet(settings));
    let mut listener = PgListener::connect_with(&own).await?;
    timeout(CONNECT_MAX, listener.listen(CHANNEL))
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
    [Hint::Ready, Hint::Plugins].into_iter().for_each(hear);
    loop {
        let said = tokio::select! {
            said = listener.try_recv() => said?,
            () = readers.close_event() => return Ok(()),
        };
        let Some(said) = said else { return Ok(()) };
        let Some((name, from)) = said.payload().split_once(' ') else {
            continue;
        };
        let hint = [Hint::Ready, Hint::Plugins]
            .into_iter()
            .find(|hint| hint.name() == name);
        if let Some(hint) = hint.filter(|_| from != node) {
            hear(hint);
        }
    }
}
