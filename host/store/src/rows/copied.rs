//! The tables that are copied, and how each is walked through.

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Number,
    Text,
    Bytes,
}
use Holds::{Bytes, Number, Text};

/// One column of a chunk.
#[derive(Clone)]
pub(crate) enum Column {
    Numbers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

/// A table with the columns that are copied. Numbers that nobody refers to (of receipts and keys) are given anew.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Holds)],
    /// How it is walked through: the next of its rows after the place `?1`, about `?2` of them, with their `place`.
    pub(crate) walk: &'static str,
    /// Whether the numbers of its rows are copied, so that the next ones have to begin after them.
    pub(crate) is_numbered: bool,
}

pub(crate) static TABLES: [Table; 20] = [
    Table {
        name: "events",
        columns: &[
            ("id", Number),
            ("app", Text),
            ("event_id", Text),
            ("message_id", Text),
            ("event_type", Text),
            ("kind", Text),
            ("schema", Text),
            ("tenant_key", Text),
            ("create_time_ms", Number),
            ("received_at_ms", Number),
            ("duplicates", Number),
            ("node", Text),
            ("first", Number),
            ("request_id", Text),
            ("log_id", Text),
            ("transport", Text),
        ],
        walk: "rowid as place from events where rowid > ?1 order by rowid limit ?2",
        is_numbered: true,
    },
    Table {
        name: "payloads",
        columns: &[("event", Number), ("payload", Text)],
        walk: "rowid as place from payloads where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "receipts",
        columns: &[
            ("app", Text),
            ("kind", Text),
            ("key", Text),
            ("event", Number),
            ("expires_at_ms", Number),
        ],
        walk: "rowid as place from receipts where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "replies",
        columns: &[
            ("event", Number),
            ("reply", Text),
            ("outcome", Text),
            ("plugin", Text),
            ("duration_us", Number),
            ("error", Text),
        ],
        walk: "rowid as place from replies where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "deliveries",
        columns: &[
            ("id", Number),
            ("event", Number),
            ("origin", Number),
            ("kind", Text),
            ("app", Text),
            ("plugin", Text),
            ("state", Text),
            ("attempt", Number),
            ("due_at_ms", Number),
            ("next_at_ms", Number),
            ("ordering_key", Text),
            ("created_at_ms", Number),
            ("expires_at_ms", Number),
            ("finished_at_ms", Number),
            ("task_name", Text),
            ("task_payload", Text),
            ("requested_by", Text),
            ("generation", Number),
            ("tasks_left", Number),
            ("lost", Number),
        ],
        walk: "rowid as place from deliveries where rowid > ?1 order by rowid limit ?2",
        is_numbered: true,
    },
    Table {
        name: "attempts",
        columns: &[
            ("delivery", Number),
            ("number", Number),
            ("node", Text),
            ("started_at_ms", Number),
            ("duration_us", Number),
            ("outcome", Text),
            ("error", Text),
            ("plugin_hash", Text),
            ("log", Text),
        ],
        walk: "delivery as place from attempts
               where delivery in (select distinct delivery from attempts where delivery > ?1 order by delivery limit ?2)
               order by delivery",
        is_numbered: false,
    },
    Table {
        name: "kv",
        columns: &[
            ("plugin", Text),
            ("key", Text),
            ("value", Bytes),
            ("version", Number),
            ("expires_at_ms", Number),
        ],
        walk: "rowid as place from kv where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "user_tokens",
        columns: &[
            ("app", Text),
            ("open_id", Text),
            ("sealed", Bytes),
            ("scopes", Text),
            ("access_expires_at_ms", Number),
            ("refresh_expires_at_ms", Number),
            ("authorized_at_ms", Number),
            ("version", Number),
        ],
        walk: "place from (select *, row_number() over (order by app, open_id) as place from user_tokens)
               where place > ?1 order by place limit ?2",
        is_numbered: false,
    },
    Table {
        name: "app_tickets",
        columns: &[("app", Text), ("sealed", Bytes), ("made_at_ms", Number)],
        walk: "rowid as place from app_tickets where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "plugin_parts",
        columns: &[("hash", Text), ("part", Number), ("bytes", Bytes)],
        walk: "rowid as place from plugin_parts where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "plugin_history",
        columns: &[
            ("plugin", Text),
            ("number", Number),
            ("hash", Text),
            ("settings_hash", Text),
            ("settings", Text),
            ("version", Text),
            ("source", Text),
            ("description", Text),
            ("signature", Bytes),
            ("wasm_bytes", Number),
            ("is_kept", Number),
            ("first_served_ms", Number),
            ("last_served_ms", Number),
            ("succeeded", Number),
            ("trapped", Number),
            ("timed_out", Number),
            ("over_limit", Number),
            ("failed", Number),
            ("is_trusted", Number),
        ],
        walk: "rowid as place from plugin_history where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "plugin_orders",
        columns: &[
            ("plugin", Text),
            ("number", Number),
            ("is_pinned", Number),
            ("has_settings", Number),
            ("is_disabled", Number),
            ("is_paused", Number),
            ("changed_by", Text),
            ("changed_at_ms", Number),
        ],
        walk: "rowid as place from plugin_orders where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "plugin_returns",
        columns: &[
            ("plugin", Text),
            ("hash", Text),
            ("to_number", Number),
            ("reason", Text),
            ("evidence", Text),
            ("returned_by", Text),
            ("returned_at_ms", Number),
        ],
        walk: "rowid as place from plugin_returns where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "schedules",
        columns: &[
            ("plugin", Text),
            ("app", Text),
            ("task", Text),
            ("times", Text),
            ("after_ms", Number),
            ("seen_ms", Number),
            ("last_ms", Number),
            ("missed", Number),
        ],
        walk: "place from (select *, row_number() over (order by plugin, app, task) as place from schedules)
               where place > ?1 order by place limit ?2",
        is_numbered: false,
    },
    Table {
        name: "connected",
        columns: &[("app", Text), ("node", Text), ("from_ms", Number), ("until_ms", Number)],
        walk: "rowid as place from connected where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "caught_up",
        columns: &[
            ("app", Text),
            ("from_ms", Number),
            ("until_ms", Number),
            ("at_ms", Number),
            ("found", Number),
            ("added", Number),
        ],
        walk: "rowid as place from caught_up where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "audit",
        columns: &[
            ("id", Number),
            ("at_ms", Number),
            ("node", Text),
            ("role", Text),
            ("name", Text),
            ("way", Text),
            ("peer", Text),
            ("command", Text),
            ("arguments", Text),
            ("outcome", Text),
            ("result", Text),
            ("took_ms", Number),
        ],
        walk: "rowid as place from audit where rowid > ?1 order by rowid limit ?2",
        is_numbered: true,
    },
    Table {
        name: "audit_touched",
        columns: &[("kind", Text), ("key", Text), ("audit", Number)],
        walk: "rowid as place from audit_touched where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    Table {
        name: "counts",
        columns: &[
            ("width", Number),
            ("minute", Number),
            ("kind", Text),
            ("outcome", Text),
            ("number", Number),
        ],
        walk: "rowid as place from counts where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
    // The numbers of events stay, so what was found out about their payloads stays true.
    Table {
        name: "event_blocks",
        columns: &[("block", Number), ("bits", Bytes)],
        walk: "rowid as place from event_blocks where rowid > ?1 order by rowid limit ?2",
        is_numbered: false,
    },
];
