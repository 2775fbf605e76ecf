//! The rows that a filter selects, counted and walked through, and changes of selected deliveries.

use std::pin::Pin;

use super::filter::{Filter, PAGE_ROWS_MAX, above, below, bind_filter};
use crate::{
    backend::{Session, on_backend},
    error::StoreError,
    rows::numbers::millis,
    store::Store,
};

/// The statements over one set of rows, each narrowed by a filter.
pub(super) struct Statements {
    pub(super) list: &'static str,
    pub(super) count: &'static str,
    pub(super) next: &'static str,
}

/// Future that tells whether a row was changed.
pub(super) type Changed<'s> = Pin<Box<dyn Future<Output = Result<bool, sqlx::Error>> + Send + 's>>;

impl Store {
    /// How many rows a filter selects; `what` is for the error.
    pub(super) async fn count_selected(
        &self,
        statements: &Statements,
        filter: &Filter,
        what: &'static str,
    ) -> Result<u64, StoreError> {
        self.ask(async {
            on_backend!(&*self.questions, readers => {
                bind_filter!(sqlx::query_scalar(statements.count), filter, below(filter.before)).fetch_one(readers).await
            })
        })
        .await
        .map(millis)
        .map_err(StoreError::database(what))
    }

    /// The next rows that a filter selects, the oldest first: those after a number.
    pub(super) async fn next_selected(
        &self,
        statements: &Statements,
        filter: &Filter,
        after: Option<i64>,
        what: &'static str,
    ) -> Result<Vec<i64>, StoreError> {
        self.ask(async {
            on_backend!(&*self.questions, readers => {
                bind_filter!(sqlx::query_scalar(statements.next), filter, above(after))
                    .bind(i64::from(PAGE_ROWS_MAX))
                    .fetch_all(readers)
                    .await
            })
        })
        .await
        .map_err(StoreError::database(what))
    }

    /// Changes deliveries one by one, in one transaction. Tells which of them were changed.
    pub(super) async fn change_each(
        &self,
        ids: Vec<i64>,
        change: impl for<'s> Fn(&'s mut Session, i64) -> Changed<'s> + Clone + Send + Sync + 'static,
    ) -> Result<Vec<i64>, StoreError> {
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    let mut changed = Vec::new();
                    for id in ids {
                        if change(session, id).await? {
                            changed.push(id);
                        }
                    }
                    Ok(changed)
                })
            })
            .await
    }
}
