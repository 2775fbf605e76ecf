//! Which plugins have deliveries whose last attempt never came to an end.

use crate::{
    backend::on_backend,
    error::StoreError,
    rows::{lost::Lost, numbers::signed},
    store::Store,
};

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
            .read("looking for lost deliveries", async {
                on_backend!(&*self.readers, readers => {
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
