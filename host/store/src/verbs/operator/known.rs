//! Which names the database knows: those of its newest rows, because looking at all of millions takes seconds.

use crate::{backend::on_backend, error::StoreError, store::Store};

const PLUGINS: &str =
    "select distinct plugin from (select plugin from deliveries order by id desc limit 50000) as newest
     union
     select distinct plugin from (select plugin from replies order by event desc limit 50000) as newest
     where plugin is not null
     union
     select plugin from plugin_history";
const APPS: &str = "select distinct app from (select app from events order by id desc limit 50000) as newest
     union
     select distinct app from (select app from deliveries order by id desc limit 50000) as newest";
const EVENT_TYPES: &str =
    "select distinct event_type from (select event_type from events order by id desc limit 50000) as newest";

impl Store {
    /// The plugins that something was for, that answered something or that have served.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn known_plugins(&self) -> Result<Vec<String>, StoreError> {
        self.names(PLUGINS).await
    }

    /// The applications that something was for.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn known_apps(&self) -> Result<Vec<String>, StoreError> {
        self.names(APPS).await
    }

    /// The types of what was received.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn known_event_types(&self) -> Result<Vec<String>, StoreError> {
        self.names(EVENT_TYPES).await
    }

    async fn names(&self, statement: &'static str) -> Result<Vec<String>, StoreError> {
        self.ask(async {
            on_backend!(&*self.questions, readers => sqlx::query_scalar(statement).fetch_all(readers).await)
        })
        .await
        .map_err(StoreError::database("looking for names"))
    }
}
