//! Deliveries whose last attempt never came to an end: its server was killed, or lost its database.

use super::{Store, StoreError, either::on_either, signed};

/// How often attempts of a delivery were lost. One of those that were lost may be what kills the server, so they are claimed
/// apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Never.
    Never,
    /// Once: it was held by a server that was killed, as were many others.
    Once,
    /// Again.
    Again,
}

/// The outcome of an attempt that never came to an end.
pub(super) const LOST: &str = "lost";

/// Its error.
pub(super) const LOST_ERROR: &str =
    "the server ended, or lost its database, before this attempt came to an end; it may have been done in part";

/// The plugins with a delivery that was lost once, and those with one that was lost again.
const DUE: &str = "select distinct plugin, lost > 1 from deliveries
    where lost > 0 and state in ('ready', 'retry_wait') and next_at_ms <= $1 order by plugin";

impl Store {
    /// The plugins for which something is due whose last attempt was lost.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn due_lost(&self, now_ms: u64) -> Result<Vec<(String, Lost)>, StoreError> {
        let due: Vec<(String, bool)> = self
            .read("read of what was lost", async {
                on_either!(&*self.readers, readers => {
                    sqlx::query_as(DUE).bind(signed(now_ms)).fetch_all(readers).await
                })
            })
            .await?;
        let lost = |is_again| if is_again { Lost::Again } else { Lost::Once };
        Ok(due
            .into_iter()
            .map(|(plugin, is_again)| (plugin, lost(is_again)))
            .collect())
    }
}
