//! Users who have authorized an application, without their tokens.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    backend::on_backend,
    error::StoreError,
    rows::{numbers::millis, text::storable},
    store::Store,
};

/// Authorization of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuthorizationRow {
    /// The application.
    pub app: String,
    /// The user.
    pub open_id: String,
    /// What the application may do for them.
    pub scopes: Vec<String>,
    /// When they authorized, in milliseconds since 1970.
    pub authorized_at_ms: u64,
    /// When the access token expires; it is refreshed as long as it can be.
    pub access_expires_at_ms: u64,
    /// When it cannot be refreshed any more.
    pub refresh_expires_at_ms: Option<u64>,
}

const LIST: &str = "select app, open_id, scopes, authorized_at_ms, access_expires_at_ms, refresh_expires_at_ms
    from user_tokens
    where ($1 is null or app = $1) and ($2 is null or open_id = $2) and (app > $3 or (app = $3 and open_id > $4))
    order by app, open_id limit $5";

type Columns = (String, String, String, i64, i64, Option<i64>);

impl Store {
    /// Lists authorizations by application and user, after one of them.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn authorizations(
        &self,
        app: Option<&str>,
        user: Option<&str>,
        after: (&str, &str),
        limit: u32,
    ) -> Result<Vec<AuthorizationRow>, StoreError> {
        let text = |text: &str| storable(text).into_owned();
        let rows: Vec<Columns> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_as(LIST)
                        .bind(app.map(text))
                        .bind(user.map(text))
                        .bind(text(after.0))
                        .bind(text(after.1))
                        .bind(i64::from(limit))
                        .fetch_all(readers)
                        .await
                })
            })
            .await
            .map_err(StoreError::database("reading the authorizations of users"))?;
        let row = |(app, open_id, scopes, authorized, access, refresh): Columns| AuthorizationRow {
            app,
            open_id,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            authorized_at_ms: millis(authorized),
            access_expires_at_ms: millis(access),
            refresh_expires_at_ms: refresh.map(millis),
        };
        Ok(rows.into_iter().map(row).collect())
    }
}
