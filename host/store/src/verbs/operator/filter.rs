//! Which events and which dead letters: one filter for lists, counts and commands, and how it is put into a statement.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rows of a list at most; beyond that a page is nothing that a person reads, and a program goes on from the cursor.
pub const PAGE_ROWS_MAX: u32 = 500;

/// Filter for events, deliveries or dead letters. Absent fields do not matter; all others must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// The application: `cli_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Lark's name of the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// A delivery is this plugin's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// A delivery is in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// An attempt, or the answer to a callback, ended with this word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Received, or for a dead letter given up, at this time or later, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
    /// Before this time, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
    /// Only those with a smaller number: the cursor of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
    /// Rows of a list; 500 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only those with a greater number, the oldest first: the cursor of whoever follows. Events only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// The payload has this id of a person (`ou_…`) in it. Events only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The payload has this id of a chat (`oc_…`) in it. Events only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// The payload has this id of a message (`om_…`) in it. Events only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// A text in the payload has this in it; the letters a to z in either case. Events only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The last attempt failed in this way: an error as groups of dead letters have it. Dead letters only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long one page of events or deliveries is looked for, in milliseconds; 4000 at most. A page that is not full then says
    /// where to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_ms: Option<u64>,
}

impl Filter {
    /// Rows when nobody says how many.
    const LIMIT: u32 = 50;

    /// How long one call looks. Whoever wants more goes on from the cursor.
    const LOOK_MS_MAX: u64 = 4_000;

    /// Time in which a page is looked for.
    pub(super) fn look_max(&self) -> Duration {
        Duration::from_millis(self.within_ms.unwrap_or(Self::LOOK_MS_MAX).min(Self::LOOK_MS_MAX))
    }

    /// Rows of a full page.
    pub fn page_rows(&self) -> u32 {
        self.limit.unwrap_or(Self::LIMIT).clamp(1, PAGE_ROWS_MAX)
    }

    /// Whether payloads have to be read.
    pub fn is_search(&self) -> bool {
        [&self.user, &self.chat, &self.message, &self.text]
            .into_iter()
            .any(Option::is_some)
    }
}

/// Conditions on events that a filter means.
macro_rules! event_conditions {
    () => {
        "($1 is null or e.app = $1) and ($2 is null or e.event_type = $2)
                and ($6 is null or e.received_at_ms >= $6) and ($7 is null or e.received_at_ms < $7)
                and (($3 is null and $4 is null and $5 is null) or exists (
                    select 1 from deliveries d
                    where d.event = e.id and ($3 is null or d.plugin = $3) and ($4 is null or d.state = $4)
                      and ($5 is null or exists (
                          select 1 from attempts a where a.delivery = d.id and a.outcome = $5)))
                     or ($4 is null and r.event is not null
                         and ($3 is null or r.plugin = $3) and ($5 is null or r.outcome = $5))
                     or ($3 is null and $4 is null and $5 = 'no_handler' and r.event is null and e.kind = 'event'
                         and not exists (select 1 from deliveries d where d.event = e.id))) "
    };
}

/// Columns of an event in a list. An event without a delivery had no plugin that takes it. Plugin names are file names of a
/// narrow alphabet, so a blank and a comma can part them.
macro_rules! event_columns {
    () => {
        "e.id, e.app, e.event_id, e.event_type, e.kind, e.received_at_ms, e.duplicates,
         (select string_agg(d.plugin || ' ' || d.state, ',' order by d.id) from deliveries d where d.event = e.id),
         coalesce(r.outcome, case when e.kind = 'event' and r.event is null
             and not exists (select 1 from deliveries d where d.event = e.id) then 'no_handler' end),
         r.plugin, r.duration_us, r.error, e.transport"
    };
}

/// Events that a filter means: what is selected of them, and what stands at the end.
macro_rules! events_where {
    ($columns:expr, $end:expr) => {
        concat!(
            "select ",
            $columns,
            " from events e left join replies r on r.event = e.id where ",
            $crate::verbs::operator::filter::event_conditions!(),
            $end
        )
    };
}

/// Cursor of a list from the newest down. Never absent: a comparison that may not count leads no index to its rows.
pub(super) fn below(before: Option<i64>) -> i64 {
    before.unwrap_or(i64::MAX)
}

/// Cursor of a list from the oldest up.
pub(super) fn above(after: Option<i64>) -> i64 {
    after.unwrap_or(i64::MIN)
}

/// Binds what `events_where!` and the statements about dead letters ask for, in their order.
macro_rules! bind_filter {
    ($query:expr, $filter:expr, $cursor:expr) => {
        $query
            .bind($filter.app.clone())
            .bind($filter.event_type.clone())
            .bind($filter.plugin.clone())
            .bind($filter.state.clone())
            .bind($filter.outcome.clone())
            .bind($filter.since_ms.map(crate::rows::numbers::signed))
            .bind($filter.until_ms.map(crate::rows::numbers::signed))
            .bind($cursor)
    };
}
pub(super) use bind_filter;
pub(super) use event_columns;
pub(super) use event_conditions;
pub(super) use events_where;
