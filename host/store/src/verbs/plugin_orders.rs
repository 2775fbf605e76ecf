//! Orders for plugins, by the operator or after a failed probation, and components that were sent back.

use schemars::JsonSchema;
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
    /// Who ordered the version, or without one the rest.
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
}

/// A component that was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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

/// Components of one plugin that are known as sent back, the last ones; a folder holds one at a time.
const RETURNS_MAX: i64 = 200;

/// When a change replaces the version that is to serve: if this is larger than `is_pinned`, which is 0 or 1.
const NEVER: i64 = 0;
const UNLESS_PINNED: i64 = 1;
const ALWAYS: i64 = 2;

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

    /// Changes the order for a plugin on all servers, and returns it as it is then. What is not named stays, whoever else
    /// changes it at the same time.
    ///
    /// # Errors
    /// When it was not committed; nothing is changed then.
    pub async fn order_plugin(&self, change: OrderChange) -> Result<PluginOrder, StoreError> {
        let node = self.node().to_owned();
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    lift(session, &change).await?;
                    for returned in &change.returned {
                        add_return(session, returned).await?;
                    }
                    let order = put(session, &change).await?;
                    tell_others(session, &node).await?;
                    Ok(order)
                })
            })
            .await
    }

    /// The same for a component that failed its probation; does nothing if it was sent back already. Tells whether this
    /// server was the first to say so.
    ///
    /// # Errors
    /// When it was not committed; nothing is changed then.
    pub async fn return_plugin(&self, returned: PluginReturn, change: OrderChange) -> Result<bool, StoreError> {
        let node = self.node().to_owned();
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    let is_first = add_return(session, &returned).await?;
                    if is_first {
                        put(session, &change).await?;
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

/// Version that an order has serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serves {
    /// What the files say.
    Files,
    /// One of the history.
    Version {
        /// Its number.
        number: u64,
        /// Whether it serves whatever the files say.
        is_pinned: bool,
        /// Whether it serves with the settings that it had.
        has_settings: bool,
    },
}

/// Change of the order for one plugin; what is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderChange {
    /// The plugin.
    pub plugin: String,
    /// Version that is to serve.
    pub serves: Option<Serves>,
    /// Whether a pinned version stays, whatever is to serve.
    pub keeps_pin: bool,
    /// Whether nothing is to serve.
    pub is_disabled: Option<bool>,
    /// Whether what arrives waits.
    pub is_paused: Option<bool>,
    /// Components that may be tried again.
    pub lifted: Lifted,
    /// Components that are sent back.
    pub returned: Vec<PluginReturn>,
    /// Who orders it.
    pub changed_by: String,
    /// When, in milliseconds since 1970.
    pub changed_at_ms: u64,
}

impl OrderChange {
    /// No change.
    pub fn none(plugin: &str, by: &str, now_ms: u64) -> Self {
        Self {
            plugin: plugin.to_owned(),
            serves: None,
            keeps_pin: false,
            is_disabled: None,
            is_paused: None,
            lifted: Lifted::None,
            returned: Vec::new(),
            changed_by: by.to_owned(),
            changed_at_ms: now_ms,
        }
    }
}

/// Adds a component that is sent back; tells whether it was not yet.
async fn add_return(session: &mut Session, returned: &PluginReturn) -> Result<bool, sqlx::Error> {
    on_session!(session, connection => {
        let added = sqlx::query(
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
        .execute(&mut *connection)
        .await?
        .rows_affected();
        sqlx::query(
            "delete from plugin_returns where plugin = $1 and hash in
                 (select hash from plugin_returns where plugin = $1
                  order by returned_at_ms desc, hash limit 1000000 offset $2)",
        )
        .bind(&returned.plugin)
        .bind(RETURNS_MAX)
        .execute(&mut *connection)
        .await?;
        Ok(added > 0)
    })
}

/// Lets components be tried again. When the files decide, their probation begins anew, without the calls for which they were sent
/// back; what is ordered to serve is on none.
async fn lift(session: &mut Session, change: &OrderChange) -> Result<(), sqlx::Error> {
    let OrderChange { plugin, lifted, .. } = change;
    let hash = match lifted {
        Lifted::None => return Ok(()),
        Lifted::One(hash) => Some(hash),
        Lifted::All => None,
    };
    on_session!(session, connection => {
        if *lifted == Lifted::All {
            sqlx::query(
                "update plugin_history set succeeded = 0, trapped = 0, timed_out = 0, over_limit = 0, failed = 0
                 where plugin = $1 and is_trusted = 0 and hash in
                     (select hash from plugin_returns where plugin = $1)",
            )
            .bind(plugin)
            .execute(&mut *connection)
            .await?;
        }
        sqlx::query("delete from plugin_returns where plugin = $1 and hash = coalesce($2, hash)")
            .bind(plugin)
            .bind(hash)
            .execute(connection)
            .await
            .map(|_| ())
    })
}

async fn put(session: &mut Session, change: &OrderChange) -> Result<PluginOrder, sqlx::Error> {
    let (number, is_pinned, has_settings) = match change.serves {
        Some(Serves::Version {
            number,
            is_pinned,
            has_settings,
        }) => (Some(signed(number)), is_pinned, has_settings),
        Some(Serves::Files) | None => (None, false, true),
    };
    on_session!(session, connection => {
        // In one statement, so that no change by another server is lost between reading and writing.
        let row: OrderRow = sqlx::query_as(
            "insert into plugin_orders (plugin, number, is_pinned, has_settings, is_disabled, is_paused,
                                        changed_by, changed_at_ms)
             values ($1, $2, $3, $4, coalesce($5, 0), coalesce($6, 0), $7, $8)
             on conflict (plugin) do update set
                 number = case when $9 > plugin_orders.is_pinned then excluded.number else plugin_orders.number end,
                 is_pinned =
                     case when $9 > plugin_orders.is_pinned then excluded.is_pinned else plugin_orders.is_pinned end,
                 has_settings =
                     case when $9 > plugin_orders.is_pinned then excluded.has_settings
                          else plugin_orders.has_settings end,
                 is_disabled = coalesce($5, plugin_orders.is_disabled),
                 is_paused = coalesce($6, plugin_orders.is_paused),
                 changed_by = case when $9 > plugin_orders.is_pinned or plugin_orders.number is null
                                   then excluded.changed_by else plugin_orders.changed_by end,
                 changed_at_ms = case when $9 > plugin_orders.is_pinned or plugin_orders.number is null
                                      then excluded.changed_at_ms else plugin_orders.changed_at_ms end
             returning plugin, number, is_pinned, has_settings, is_disabled, is_paused, changed_by, changed_at_ms",
        )
        .bind(&change.plugin)
        .bind(number)
        .bind(i64::from(is_pinned))
        .bind(i64::from(has_settings))
        .bind(change.is_disabled.map(i64::from))
        .bind(change.is_paused.map(i64::from))
        .bind(&change.changed_by)
        .bind(signed(change.changed_at_ms))
        .bind(match (change.serves, change.keeps_pin) {
            (None, _) => NEVER,
            (Some(_), true) => UNLESS_PINNED,
            (Some(_), false) => ALWAYS,
        })
        .fetch_one(&mut *connection)
        .await?;
        sqlx::query(
            "delete from plugin_orders where plugin = $1 and number is null and is_disabled = 0 and is_paused = 0",
        )
        .bind(&change.plugin)
        .execute(connection)
        .await?;
        Ok(order(row))
    })
}

fn order((plugin, number, pinned, settings, disabled, paused, changed_by, changed_at): OrderRow) -> PluginOrder {
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
}

async fn tell_others(session: &mut Session, node: &str) -> Result<(), sqlx::Error> {
    match session {
        Backend::Sqlite(_) => Ok(()),
        Backend::Postgres(session) => tell(&mut session.connection, Hint::Plugins, node).await,
    }
}
