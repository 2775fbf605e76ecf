//! Returns from the authorize page whose server is gone: a browser does not retry by itself, so they are looked for.

use std::{collections::HashMap, sync::Arc};

use lark_protocol::Event;
use sqlx::Row;

use crate::{backend::on_backend, error::StoreError, rows::decode, rows::numbers::signed, store::Store};

/// How long one is worth being finished: as long as its link can be good.
const WORTH_MS: u64 = 16 * 60_000;

/// Of one look; the next one finds the rest.
const ROWS_MAX: i64 = 16;

/// A callback that was received and not answered.
#[derive(Debug, Clone)]
pub struct Unanswered {
    /// Its number.
    pub number: i64,
    /// The server that runs or ran it.
    pub node: String,
    /// How often it has come.
    pub seen: u32,
    /// The event, as it is stored.
    pub event: Arc<Event>,
}

impl Store {
    /// Returns from the authorize page that were received lately, are not answered, and whose server shows no life any more.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn abandoned_returns(&self, now_ms: u64) -> Result<Vec<Unanswered>, StoreError> {
        let found = self
            .read("looking for unanswered returns from the authorize page", async {
                on_backend!(&*self.readers, readers => {
                    let rows = sqlx::query(
                        "select e.id, e.event_id, e.message_id, e.event_type, e.kind event_kind, e.schema, e.app,
                                e.tenant_key, e.create_time_ms, e.node, e.duplicates, p.payload
                         from events e join payloads p on p.event = e.id
                         where e.schema = 'redirect' and e.received_at_ms > $1 and e.node <> $2
                           and not exists (select 1 from replies r where r.event = e.id)
                         order by e.received_at_ms limit $3",
                    )
                    .bind(signed(now_ms.saturating_sub(WORTH_MS)))
                    .bind(self.node())
                    .bind(ROWS_MAX)
                    .fetch_all(readers)
                    .await?;
                    let of_row = |row: &_| -> Result<Unanswered, sqlx::Error> { unanswered(row) };
                    rows.iter().map(of_row).collect::<Result<Vec<_>, _>>()
                })
            })
            .await?;
        let mut lives = HashMap::new();
        let mut abandoned = Vec::new();
        for unanswered in found {
            let is_alive = match lives.get(&unanswered.node) {
                Some(is_alive) => *is_alive,
                // Whoever had this file before is gone, because this server is alone with it.
                None => self.is_shared() && self.is_alive(&unanswered.node, now_ms).await?,
            };
            lives.insert(unanswered.node.clone(), is_alive);
            if !is_alive {
                abandoned.push(unanswered);
            }
        }
        Ok(abandoned)
    }
}

fn unanswered<R>(row: &R) -> Result<Unanswered, sqlx::Error>
where
    R: Row,
    &'static str: sqlx::ColumnIndex<R>,
    String: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    Option<String>: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    i64: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let duplicates: i64 = row.try_get("duplicates")?;
    Ok(Unanswered {
        number: row.try_get("id")?,
        node: row.try_get("node")?,
        seen: u32::try_from(duplicates).unwrap_or(u32::MAX).saturating_add(1),
        event: Arc::new(decode::event(row, row.try_get("payload")?)?),
    })
}
