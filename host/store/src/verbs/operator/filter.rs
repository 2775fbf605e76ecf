//! Which events and which dead letters: one filter for lists, counts and commands, and how it is put into a statement.

use serde::{Deserialize, Serialize};

/// Rows of a list at most; beyond that a page is nothing that a person reads, and a program goes on from the cursor.
pub const PAGE_ROWS_MAX: u32 = 500;

/// Filter for events, deliveries or dead letters. Absent fields do not matter; all others must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Rows of a list; [`PAGE_ROWS_MAX`] at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl Filter {
    /// Rows when nobody says how many.
    const LIMIT: u32 = 50;

    /// Rows of a full page.
    pub fn page_rows(&self) -> u32 {
        self.limit.unwrap_or(Self::LIMIT).clamp(1, PAGE_ROWS_MAX)
    }
}

/// Events that a filter means: what is selected of them, and what stands at the end.
macro_rules! events_where {
    ($columns:literal, $end:literal) => {
        concat!(
            "select ",
            $columns,
            " from events e left join replies r on r.event = e.id
              where ($1 is null or e.app = $1) and ($2 is null or e.event_type = $2)
                and ($6 is null or e.received_at_ms >= $6) and ($7 is null or e.received_at_ms < $7)
                and (($3 is null and $4 is null and $5 is null) or exists (
                    select 1 from deliveries d
                    where d.event = e.id and ($3 is null or d.plugin = $3) and ($4 is null or d.state = $4)
                      and ($5 is null or exists (
                          select 1 from attempts a where a.delivery = d.id and a.outcome = $5)))
                     or ($4 is null and r.event is not null
                         and ($3 is null or r.plugin = $3) and ($5 is null or r.outcome = $5))) ",
            $end
        )
    };
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
pub(super) use events_where;
