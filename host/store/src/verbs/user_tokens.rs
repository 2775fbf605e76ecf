//! Tokens of users, sealed by whoever hands them in.

use std::collections::BTreeMap;

use crate::{
    backend::{Session, on_backend, on_session},
    error::StoreError,
    rows::numbers::{millis, signed},
    store::Store,
    writer::queue::in_transaction,
};

/// The tokens of one user, as they lie in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// Access and refresh token, sealed.
    pub sealed: Vec<u8>,
    /// Separated by spaces.
    pub scopes: String,
    /// Milliseconds since 1970.
    pub access_expires_at_ms: u64,
    /// Milliseconds since 1970; absent when there is no refresh token.
    pub refresh_expires_at_ms: Option<u64>,
    /// When the user authorized, in milliseconds since 1970.
    pub authorized_at_ms: u64,
    /// Changes with every write; a version is never used twice.
    pub version: u64,
}

/// Tokens to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Access and refresh token, sealed.
    pub sealed: Vec<u8>,
    /// Separated by spaces.
    pub scopes: String,
    /// Milliseconds since 1970.
    pub access_expires_at_ms: u64,
    /// Milliseconds since 1970; absent when there is no refresh token.
    pub refresh_expires_at_ms: Option<u64>,
    /// When the user authorized, in milliseconds since 1970.
    pub authorized_at_ms: u64,
}

/// Sealed, scopes, expiry of access and refresh, time of the authorization, version.
type TokenRow = (Vec<u8>, String, i64, Option<i64>, i64, i64);

impl Store {
    /// The tokens of a user, when there are any.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn user_token(&self, app: &str, open_id: &str) -> Result<Option<StoredToken>, StoreError> {
        let row: Option<TokenRow> = self
            .bounded(async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as(
                        "select sealed, scopes, access_expires_at_ms, refresh_expires_at_ms, authorized_at_ms, version
                         from user_tokens where app = $1 and open_id = $2",
                    )
                    .bind(app)
                    .bind(open_id)
                    .fetch_optional(readers)
                    .await
                })
            })
            .await
            .map_err(StoreError::database("reading the tokens of a user"))?;
        Ok(
            row.map(|(sealed, scopes, access, refresh, authorized, version)| StoredToken {
                sealed,
                scopes,
                access_expires_at_ms: millis(access),
                refresh_expires_at_ms: refresh.map(millis),
                authorized_at_ms: millis(authorized),
                version: millis(version),
            }),
        )
    }

    /// How many users of each application have tokens that can still be used or refreshed, from an index alone.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn active_user_tokens(&self, now_ms: u64) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows: Vec<(String, i64)> = self
            .read("counting the tokens of users", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as(
                        "select app, count(*) from user_tokens
                         where coalesce(refresh_expires_at_ms, access_expires_at_ms) > $1 group by app",
                    )
                    .bind(signed(now_ms))
                    .fetch_all(readers)
                    .await
                })
            })
            .await?;
        Ok(rows.into_iter().map(|(app, count)| (app, millis(count))).collect())
    }

    /// Writes a user's tokens if the version is still the expected one (`None`: whatever is there), and tells the new
    /// version, or `None` when another was first.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn put_user_token(
        &self,
        app: &str,
        open_id: &str,
        token: NewToken,
        expected_version: Option<u64>,
    ) -> Result<Option<u64>, StoreError> {
        let (app, open_id) = (app.to_owned(), open_id.to_owned());
        self.queues
            .step(move |session| Box::pin(put(session, app, open_id, token, expected_version)))
            .await
    }

    /// Deletes a user's tokens and tells whether there were any.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn delete_user_token(&self, app: &str, open_id: &str) -> Result<bool, StoreError> {
        let (app, open_id) = (app.to_owned(), open_id.to_owned());
        in_transaction!(self, connection => {
            sqlx::query("delete from user_tokens where app = $1 and open_id = $2")
                .bind(app)
                .bind(open_id)
                .execute(connection)
                .await
                .map(|done| done.rows_affected() > 0)
        })
        .await
    }
}

/// The counter of versions comes first: whoever has moved it is the only one who writes until the end of the transaction.
async fn put(
    session: &mut Session,
    app: String,
    open_id: String,
    token: NewToken,
    expected_version: Option<u64>,
) -> Result<Option<u64>, sqlx::Error> {
    on_session!(session, connection => {
        let version: i64 = sqlx::query_scalar("update kv_version set last = last + 1 returning last")
            .fetch_one(&mut *connection)
            .await?;
        let written = sqlx::query(
            "insert into user_tokens (app, open_id, sealed, scopes, access_expires_at_ms, refresh_expires_at_ms,
                                      authorized_at_ms, version)
             select $1, $2, $3, $4, $5, $6, $7, $8
             where $9 is null or exists (select 1 from user_tokens where app = $1 and open_id = $2 and version = $9)
             on conflict (app, open_id) do update
             set sealed = excluded.sealed, scopes = excluded.scopes,
                 access_expires_at_ms = excluded.access_expires_at_ms,
                 refresh_expires_at_ms = excluded.refresh_expires_at_ms,
                 authorized_at_ms = excluded.authorized_at_ms, version = excluded.version",
        )
        .bind(&app)
        .bind(&open_id)
        .bind(&token.sealed)
        .bind(&token.scopes)
        .bind(signed(token.access_expires_at_ms))
        .bind(token.refresh_expires_at_ms.map(signed))
        .bind(signed(token.authorized_at_ms))
        .bind(version)
        .bind(expected_version.map(signed))
        .execute(connection)
        .await?;
        Ok((written.rows_affected() > 0).then_some(millis(version)))
    })
}
