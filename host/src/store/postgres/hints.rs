//! Hints between servers: that something is ready. A hint may be lost; whoever needs to know looks by itself, later.

use sqlx::{PgConnection, PgPool, postgres::PgListener};

/// The channel of all our hints.
const CHANNEL: &str = "lark_callback";

/// What another server says.
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
pub(in crate::store) async fn tell(connection: &mut PgConnection, hint: Hint, node: &str) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(format!("{} {node}", hint.name()))
        .execute(connection)
        .await
        .map(|_| ())
}

/// Hears what others say until the connection is lost. What was said before it begins is not heard, so it begins with a
/// hint of each kind.
pub(in crate::store) async fn listen(readers: &PgPool, node: &str, hear: &impl Fn(Hint)) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(readers).await?;
    listener.listen(CHANNEL).await?;
    [Hint::Ready, Hint::Plugins].into_iter().for_each(hear);
    while let Some(said) = listener.try_recv().await? {
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
    Ok(())
}
