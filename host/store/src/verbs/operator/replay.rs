//! Replay: an event is handled once more, by a delivery of its own that says which one it repeats.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    backend::{Session, on_backend, on_session},
    error::StoreError,
    rows::numbers::signed,
    store::Store,
};

/// How long a replay is of use: as long as a delivery that nobody says anything else of.
const AGE_MS_MAX: i64 = 24 * 3_600_000;

/// A delivery that repeats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Replayed {
    /// The event.
    pub event: i64,
    /// Lark's id of it.
    pub event_id: String,
    /// The new delivery.
    pub delivery: i64,
    /// For whom.
    pub plugin: String,
    /// The delivery that it repeats; nothing when this plugin was never told of the event.
    pub origin: Option<i64>,
    /// `callback` or `event`; nobody waits for what a plugin replies to a callback now.
    pub kind: String,
}

/// Reason why an event was not replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ReplayRefusal {
    /// There is none of this number.
    #[error("there is no event {event}; see `lark-callback events list`")]
    NoEvent {
        /// Its number.
        event: i64,
    },
    /// Its payload has been deleted.
    #[error(
        "what event {event} said has been deleted: payloads are kept for CALLBACK_PAYLOAD_DAYS; Lark cannot be asked for \
         it again"
    )]
    PayloadDeleted {
        /// Its number.
        event: i64,
    },
    /// Its delivery would wait for a plugin that is not there.
    #[error(
        "event {event} would wait for the plugin {plugin}, which is not loaded; load it, name another plugin (--plugin), or \
         let it wait (--force)"
    )]
    NotLoaded {
        /// Its number.
        event: i64,
        /// The plugin that would have it.
        plugin: String,
    },
    /// No delivery tells who is to have it.
    #[error(
        "event {event} was not delivered to any plugin in the background, so it has to be said which one gets it: name the plugin (--plugin)"
    )]
    NoPlugin {
        /// Its number.
        event: i64,
    },
}

/// Result for each event: its new deliveries, or why there are none.
pub type Replays = Vec<Result<Vec<Replayed>, ReplayRefusal>>;

const EVENT: &str = "select e.event_id, e.kind, case when p.event is null then 0 else 1 end
    from events e left join payloads p on p.event = e.id where e.id = $1";
const PLUGINS: &str =
    "select distinct plugin from deliveries where event = $1 and kind in ('event', 'late') order by plugin";

const WITHOUT_PLUGIN: &str = "select cast(count(*) as bigint) from events e where e.id = $1 and not exists
    (select 1 from deliveries d where d.event = e.id and d.kind in ('event', 'late'))";

/// It takes its place at the end of the line in which the first stood.
const REPLAY: &str =
    "insert into deliveries (event, origin, kind, app, plugin, state, due_at_ms, next_at_ms, ordering_key,
                                              created_at_ms, expires_at_ms)
    select e.id, o.id, 'event', e.app, $2, 'ready', $3, $3, o.ordering_key, $3, $4
    from events e left join deliveries o on o.id = (
        select max(d.id) from deliveries d where d.event = e.id and d.plugin = $2 and d.kind in ('event', 'late'))
    where e.id = $1
    returning id, origin";

impl Store {
    /// How many of these events no plugin had by a delivery, so that a replay has to name one.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn without_plugin(&self, events: &[i64]) -> Result<u64, StoreError> {
        let mut without = 0;
        for &event in events {
            let count: i64 = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        sqlx::query_scalar(WITHOUT_PLUGIN).bind(event).fetch_one(readers).await
                    })
                })
                .await
                .map_err(StoreError::database("looking for the plugins of an event"))?;
            without += u64::from(count > 0);
        }
        Ok(without)
    }

    /// Makes new deliveries of events that are ready now: for the plugin that is named, else for each that had it before. Only
    /// for those that are `loaded`, when that is said.
    ///
    /// # Errors
    /// When it could not be committed; then nothing of it happened.
    pub async fn replay(
        &self,
        events: Vec<i64>,
        plugin: Option<String>,
        loaded: Option<Vec<String>>,
        now_ms: u64,
    ) -> Result<Replays, StoreError> {
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    let mut replays = Vec::new();
                    for event in events {
                        replays.push(replay(session, event, plugin.as_deref(), loaded.as_deref(), now_ms).await?);
                    }
                    Ok(replays)
                })
            })
            .await
    }
}

async fn replay(
    session: &mut Session,
    event: i64,
    plugin: Option<&str>,
    loaded: Option<&[String]>,
    now_ms: u64,
) -> Result<Result<Vec<Replayed>, ReplayRefusal>, sqlx::Error> {
    on_session!(session, connection => {
        let found: Option<(String, String, i32)> =
            sqlx::query_as(EVENT).bind(event).fetch_optional(&mut *connection).await?;
        let Some((event_id, kind, has_payload)) = found else {
            return Ok(Err(ReplayRefusal::NoEvent { event }));
        };
        if has_payload == 0 {
            return Ok(Err(ReplayRefusal::PayloadDeleted { event }));
        }
        let plugins: Vec<String> = match plugin {
            Some(plugin) => vec![plugin.to_owned()],
            None => sqlx::query_scalar(PLUGINS).bind(event).fetch_all(&mut *connection).await?,
        };
        if plugins.is_empty() {
            return Ok(Err(ReplayRefusal::NoPlugin { event }));
        }
        let is_missing = |plugin: &&String| loaded.is_some_and(|loaded| !loaded.contains(plugin));
        if let Some(plugin) = plugins.iter().find(is_missing) {
            return Ok(Err(ReplayRefusal::NotLoaded { event, plugin: plugin.clone() }));
        }
        let mut replayed = Vec::new();
        for plugin in plugins {
            let (delivery, origin): (i64, Option<i64>) = sqlx::query_as(REPLAY)
                .bind(event)
                .bind(&plugin)
                .bind(signed(now_ms))
                .bind(signed(now_ms).saturating_add(AGE_MS_MAX))
                .fetch_one(&mut *connection)
                .await?;
            replayed.push(Replayed {
                event,
                event_id: event_id.clone(),
                delivery,
                plugin,
                origin,
                kind: kind.clone(),
            });
        }
        Ok(Ok(replayed))
    })
}
