//! Tickets of store applications, sealed by whoever hands them in; the newest of each.

use crate::{
    backend::on_backend, error::StoreError, rows::numbers::signed, store::Store, writer::queue::in_transaction,
};

impl Store {
    /// The ticket of an application, sealed, when one has arrived.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn app_ticket(&self, app: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read("reading an app_ticket", async {
            on_backend!(&*self.readers, readers => {
                sqlx::query_scalar("select sealed from app_tickets where app = $1")
                    .bind(app)
                    .fetch_optional(readers)
                    .await
            })
        })
        .await
    }

    /// Keeps a ticket unless a newer one is there, and tells whether it was kept.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn put_app_ticket(&self, app: &str, sealed: Vec<u8>, made_at_ms: u64) -> Result<bool, StoreError> {
        let app = app.to_owned();
        in_transaction!(self, connection => {
            sqlx::query(
                "insert into app_tickets (app, sealed, made_at_ms) values ($1, $2, $3)
                         on conflict (app) do update set sealed = excluded.sealed, made_at_ms = excluded.made_at_ms
                         where app_tickets.made_at_ms <= excluded.made_at_ms",
            )
            .bind(app)
            .bind(sealed)
            .bind(signed(made_at_ms))
            .execute(connection)
            .await
            .map(|done| done.rows_affected() > 0)
        })
        .await
    }
}
