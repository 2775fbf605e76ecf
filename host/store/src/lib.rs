//! The database: what was received and answered, the work that is still to be done, and the keys and values of plugins.
//!
//! Every write goes through a writer that commits whatever waits in one transaction; when a call returns, its rows are on
//! disk. Reads have connections of their own. SQLite is embedded and has one server; a PostgreSQL may have several.
//!
//! From the top floor down; no file names one on a floor above it, and a test holds that:
//!
//! - `verbs`: what can be asked for. Each file adds some methods to [`Store`], with the statements that both databases share.
//! - `store`: the handle itself, with what all its clones share.
//! - `writer`: the queues, the batch that goes into one transaction, the leases of this server.
//! - `backend`: one of two databases, without a trait: an enum, and two macros for the same statement on either.
//! - `sqlite` and `postgres`: statements of one database alone, and a session with what it remembers between transactions.
//! - [`aside`]: files that are written under another name first.
//! - `rows` and `error`: plain rows, and why something could not be done. `migrate`: the schema. [`percent`]: escapes in URLs.

pub mod aside;
mod backend;
mod error;
mod migrate;
pub mod percent;
mod postgres;
mod rows;
mod sqlite;
mod store;
#[cfg(test)]
mod tests;
mod verbs;
mod writer;

pub use error::StoreError;
pub use postgres::{
    hints::Hint,
    parts::{Parts as PostgresParts, Tls as PostgresTls},
    settings::PostgresSettings,
    url::PostgresUrlError,
};
pub use rows::{
    alike::alike,
    backup::{Backup, BackupContent, BackupError},
    connected::{CaughtUp, ConnectedSpan, Gap},
    counts::Counted,
    deliveries::{Claim, Delivery, Finish, Finished, Hold, NewLate, Then, Work},
    events::{NewDelivery, NewEvent, NewReply, Received, RequestIds},
    index_key::index_key,
    inspection::{Inspection, SealedSecret},
    kind::DeliveryKind,
    lost::Lost,
    plugin_versions::{LiveCalls, PluginVersionKept, PluginVersionRow},
    schedules::{SCHEDULER, ScheduleRow, ScheduleStep},
    tasks::{Chain, NewTask, NewTasks, WaitingTasks},
};
pub use sqlite::{
    backup::{check as check_backup, restore as restore_backup},
    lock::announced,
};
pub use store::{
    Store,
    doubt::CLOCK_DOUBT_MAX,
    settings::{Database, StoreSettings},
};
pub use verbs::{
    audit::{AUDIT_ROWS_MAX, AuditQuery, AuditRow, NewAudit, Touched},
    authorizations::AuthorizationRow,
    inspect::inspect,
    kv::{KvEntry, KvError, KvScope, ROW_BYTES},
    operator::{
        copy::{CopiedTable, CopyError},
        dead::DeadLetter,
        dead_groups::{DeadGroup, DeadGroups},
        deliveries::{DeliveriesFound, DeliveryRow, DeliveryShown, Standing},
        details::{AttemptRow, DeliveryDetail},
        erase::Erased,
        events::{DeliveryState, EventDetail, EventRow},
        filter::{Filter, PAGE_ROWS_MAX},
        replay::{ReplayRefusal, Replayed, Replays},
        search::{Found, Numbers},
        status::{Backlog, StoreStatus},
    },
    overdue::WaitingFor,
    plugin_choice::{PROBATION, version_before},
    plugin_history::{KeptPlugin, ServedPlugin, VERSIONS_KEPT},
    plugin_orders::{Lifted, OrderChange, PluginOrder, PluginReturn, Serves},
    plugins::{NewPlugin, PluginReport, PluginVersion},
    reclaim::Reclaimed,
    retention::Retention,
    returns::Unanswered,
    undecided::{Decided, is_undecided, undecided},
    user_tokens::{NewToken, StoredToken},
};
pub use writer::stats::Commits;
