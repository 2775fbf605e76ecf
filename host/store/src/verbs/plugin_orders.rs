//! Orders for plugins, by the operator or after a failed probation, and components that were sent back.

use serde::Serialize;

use crate::{
    backend::{Backend, Session, on_backend, on_session},
    error::StoreError,
    postgres::hints::{Hint, tell},
    rows::{
        numbers::{millis, signed},
        text::storable,
    },
    store::Store,
};

/// An order for one plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginOrder {
    /// The plugin.
    pub plugin: String,
    /// The version that is to serve; none: what the files say.
    pub number: Option<u64>,
    /// Whether it serves whatever the files say.
    pub is_pinned: bool,
    /// Whether it serves with the settings that it had, rather than with those that are there now.
    pub has_settings: bool,
    /// Whether nothing is to serve, and nothing is stored for the plugin.
    pub is_disabled: bool,
    /// Whether what arrives is stored and waits.
    pub is_paused: bool,
    /// Who ordered it.
    pub changed_by: String,
    /// When, in milliseconds since 1970.
    pub changed_at_ms: u64,
}

impl PluginOrder {
    /// No order.
    pub fn none(plugin: &str, by: &str, now_ms: u64) -> Self {
        Self {
            plugin: plugin.to_owned(),
            number: None,
            is_pinned: false,
            has_settings: true,
            is_disabled: false,
            is_paused: false,
            changed_by: by.to_owned(),
            changed_at_ms: now_ms,
        }
    }

    /// Whether it orders nothing.
    pub fn is_nothing(&self) -> bool {
        self.number.is_none() && !self.is_disabled && !self.is_paused
    }
}

/// A component that was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginReturn {
    /// The plugin.
    pub plugin: String,
    /// The component that is not tried again.
    pub hash: String,
    /// The version that serves instead.
    pub to_number: u64,
    /// Why, in a sentence.
    pub reason: String,
    /// Counts, as JSON.
    #[serde(skip)]
    pub evidence: String,
    /// Who sent it back.
    pub returned_by: String,
    /// When, in milliseconds since 1970.
    pub returned_at_ms: u64,
}

type OrderRow = (String, Option<i64>, i64, i64, i64, i64, String, i64);
type ReturnRow = (String, String, i64, String, String, String, i64);

impl Store {
    /// The orders for all plugins, by name.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn plugin_orders(&self) -> Result<Vec<PluginOrder>, StoreError> {
        let rows: Vec<OrderRow> = self
            .read("reading the orders for plugins", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as(
                        "select plugin, number, is_pinned, has_settings, is_disabled, is_paused, changed_by, changed_at_ms
                         from plugin_orders order by plugin",
                    )
                    .fetch_all(readers)
                    .await
                })
            })
            .await?;
        let order = |row: OrderRow| {
            let (plugin, number, pinned, settings, disabled, paused, changed_by, changed_at) = row;
            PluginOrder {
                plugin,
                number: number.map(millis),
                is_pinned: pinned != 0,
                has_settings: settings != 0,
                is_disabled: disabled != 0,
                is_paused: paused != 0,
                changed_by,
                changed_at_ms: millis(changed_at),
            }
        };
        Ok(rows.into_iter().map(order).collect())
    }

    /// The components that were sent back, by plugin, the last one first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn plugin_returns(&self) -> Result<Vec<PluginReturn>, StoreError> {
        let rows: Vec<ReturnRow> = self
            .read("reading which versions of plugins were sent back", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as(
                        "select plugin, hash, to_number, reason, evidence, returned_by, returned_at_ms
                         from plugin_returns order by plugin, returned_at_ms desc",
                    )
                    .fetch_all(readers)
                    .await
                })
            })
            .await?;
        let returned = |(plugin, hash, to_number, reason, evidence, returned_by, at): ReturnRow| PluginReturn {
            plugin,
            hash,
            to_number: millis(to_number),
            reason,
            evidence,
            returned_by,
            returned_at_ms: millis(at),
        };
        Ok(rows.into_iter().map(returned).collect())
    }

    /// Replaces the order for a plugin on all servers; takes these components back that were sent back.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn order_plugin(&self, order: PluginOrder, lifted: Lifted) -> Result<(), StoreError> {
        let node = self.node().to_owned();
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    lift(session, &order.plugin, &lifted).await?;
                    put(session, &order).await?;
                    tell_others(session, &node).await
                })
            })
            .await
    }

    /// Sends a component back: another version serves from now on, on all servers. Tells whether this server was the first
    /// to say so.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn return_plugin(&self, returned: PluginReturn, order: PluginOrder) -> Result<bool, StoreError> {
        let node = self.node().to_owned();
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    let is_first = on_session!(session, connection => {
                        sqlx::query(
                            "insert into plugin_returns
                                 (plugin, hash, to_number, reason, evidence, returned_by, returned_at_ms)
                             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
                        )
                        .bind(&returned.plugin)
                        .bind(&returned.hash)
                        .bind(signed(returned.to_number))
                        .bind(&*storable(&returned.reason))
                        .bind(&*storable(&returned.evidence))
                        .bind(&returned.returned_by)
                        .bind(signed(returned.returned_at_ms))
                        .execute(connection)
                        .await?
                        .rows_affected() > 0
                    });
                    if is_first {
                        put(session, &order).await?;
                        tell_others(session, &node).await?;
                    }
                    Ok(is_first)
                })
            })
            .await
    }
}

/// Components that were sent back and may be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lifted {
    /// None.
    None,
    /// The one with this hash.
    One(String),
    /// All of the plugin.
    All,
}

async fn lift(session: &mut Session, plugin: &str, lifted: &Lifted) -> Result<(), sqlx::Error> {
    let hash = match lifted {
        Lifted::None => return Ok(()),
        Lifted::One(hash) => Some(hash),
        Lifted::All => None,
    };
    on_session!(session, connection => {
        sqlx::query("delete from plugin_returns where plugin = $1 and hash = coalesce($2, hash)")
            .bind(plugin)
            .bind(hash)
            .execute(connection)
            .await
            .map(|_| ())
    })
}

async fn put(session: &mut Session, order: &PluginOrder) -> Result<(), sqlx::Error> {
    on_session!(session, connection => {
        sqlx::query("delete from plugin_orders where plugin = $1")
            .bind(&order.plugin)
            .execute(&mut *connection)
            .await?;
        if order.is_nothing() {
            return Ok(());
        }
        sqlx::query(
            "insert into plugin_orders (plugin, number, is_pinned, has_settings, is_disabled, is_paused,
                                        changed_by, changed_at_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&order.plugin)
        .bind(order.number.map(signed))
        .bind(i64::from(order.is_pinned))
        .bind(i64::from(order.has_settings))
        .bind(i64::from(order.is_disabled))
        .bind(i64::from(order.is_paused))
        .bind(&order.changed_by)
        .bind(signed(order.changed_at_ms))
        .execute(connection)
        .await
        .map(|_| ())
    })
}

async fn tell_others(session: &mut Session, node: &str) -> Result<(), sqlx::Error> {
    match session {
        Backend::Sqlite(_) => Ok(()),
        Backend::Postgres(session) => tell(&mut session.connection, Hint::Plugins, node).await,
    }
}
