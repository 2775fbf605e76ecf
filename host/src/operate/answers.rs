//! Shapes of the answers to commands, from which the document of the API is made. Tests hold every answer against them.

#![allow(dead_code, reason = "shapes, for their schemas alone")]

mod changed;
mod counted;

use std::collections::BTreeMap;

use lark_callback_store::{
    AuditRow, AuthorizationRow, Backup, DeadLetter, DeliveryRow, DeliveryShown, Erased, EventDetail, EventRow,
    PluginOrder, PluginReturn, PluginVersionRow,
};
use schemars::JsonSchema;
use serde_json::Value;

use super::events::EventLine;

pub(super) use changed::{Dropped, Replays, Retried};
pub(super) use counted::{EventCount, Groups};

/// Meaning of a failure, and what to do about it.
#[derive(JsonSchema)]
pub(crate) struct Explained {
    /// The code.
    code: String,
    /// Its cause.
    cause: String,
    /// Its cure.
    cure: String,
}

/// Fields that were left out of an answer for somebody who may not see them.
#[derive(JsonSchema)]
pub(crate) struct Withheld {
    /// Their names.
    fields: Vec<String>,
    /// Why they were left out.
    reason: String,
}

/// Refusal of a request.
#[derive(JsonSchema)]
pub(crate) struct Refused {
    /// Stable word for programs.
    code: String,
    /// Sentence for people.
    msg: String,
}

/// Events, the newest first; with `after` the oldest first.
#[derive(JsonSchema)]
pub(super) struct Events {
    events: Vec<EventRow>,
    /// Cursor for `before`; none at the end. A search that found nothing so far has one, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<i64>,
    /// Cursor for `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
    /// Whether more events follow at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_full: Option<bool>,
    /// How many event numbers a search looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked_at: Option<u64>,
    /// When the oldest event was received that a search looked at, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    back_to_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<Withheld>,
}

/// One event with all that became of it.
#[derive(JsonSchema)]
pub(super) struct Event {
    #[serde(flatten)]
    event: EventDetail,
    /// The last changes by operators that touched it.
    changes: Vec<AuditRow>,
    /// Of a callback: what plugins logged about it, and their calls of Lark, as far as this server has them in its memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<EventLine>>,
    /// Of a callback: whether its plugin has logged so much since that lines may be gone from the memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines_cut: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<Withheld>,
}

/// Time in which no server had a long connection of an application.
#[derive(JsonSchema)]
pub(super) struct Gap {
    app: String,
    /// The last sign of life before it, in milliseconds since 1970.
    from_ms: u64,
    /// When a connection was made again.
    until_ms: Option<u64>,
    seconds: u64,
    /// When its messages were fetched.
    caught_up_ms: Option<u64>,
}

/// Gaps, the oldest first.
#[derive(JsonSchema)]
pub(super) struct Gaps {
    gaps: Vec<Gap>,
}

/// Dead letters, the newest first.
#[derive(JsonSchema)]
pub(super) struct Dead {
    dead: Vec<DeadLetter>,
    /// Cursor for `before`; none at the end.
    next_before: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<Withheld>,
}

/// Deliveries, the newest first.
#[derive(JsonSchema)]
pub(super) struct Deliveries {
    deliveries: Vec<DeliveryRow>,
    /// Cursor for `before`; none at the end.
    next_before: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<Withheld>,
}

/// One delivery with its attempts.
#[derive(JsonSchema)]
pub(super) struct Delivery {
    #[serde(flatten)]
    delivery: DeliveryShown,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<Withheld>,
}

/// Count of what would be changed.
#[derive(JsonSchema)]
pub(super) struct Counted {
    count: u64,
    /// Always true.
    dry_run: bool,
    /// Counts by kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_erase: Option<Erased>,
}

/// Copy of the database.
#[derive(JsonSchema)]
pub(super) struct BackedUp {
    backup: Backup,
}

/// Expired rows that were deleted.
#[derive(JsonSchema)]
pub(super) struct Pruned {
    deleted: u64,
}

/// Data of a person that was erased.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(super) enum Erasure {
    /// Of a dry run.
    Counted(Counted),
    /// Done.
    Done { erased: Erased },
}

/// Changes by operators, the newest first.
#[derive(JsonSchema)]
pub(super) struct Audit {
    audit: Vec<AuditRow>,
    /// Cursor for `before`; none at the end.
    next_before: Option<i64>,
}

/// Authorizations of users, by application and user.
#[derive(JsonSchema)]
pub(super) struct Authorizations {
    authorizations: Vec<AuthorizationRow>,
    /// Cursor for `after`; none at the end.
    next_after: Option<String>,
}

/// Attempts at authorizations, the newest first.
#[derive(JsonSchema)]
pub(super) struct Sessions {
    sessions: Vec<Session>,
    /// Whether there are more than are shown.
    is_cut: bool,
}

/// Attempt at an authorization.
#[derive(JsonSchema)]
struct Session {
    app_id: Option<String>,
    open_id: Option<String>,
    /// `pending`, `exchanging`, `completed`, `rejected`, `expired`, `failed` or `superseded`.
    status: Option<String>,
    scopes: Option<Vec<String>>,
    /// Why it failed.
    reason: Option<String>,
    created_at_ms: Option<u64>,
    expires_at_ms: Option<u64>,
    finished_at_ms: Option<u64>,
}

/// Authorization that was deleted.
#[derive(JsonSchema)]
pub(super) struct Revoked {
    /// Always true.
    revoked: bool,
}

/// Version of a plugin that has served.
#[derive(JsonSchema)]
pub(super) struct Version {
    #[serde(flatten)]
    version: PluginVersionRow,
    /// Why it was sent back.
    sent_back: Option<String>,
    /// What showed that it had to be sent back.
    evidence: Option<Value>,
    /// Whether it serves.
    serves: bool,
    /// Whether it serves what a canary does not get.
    serves_rest: bool,
    event_types: Value,
    wants: Value,
}

/// One plugin: what serves, what is ordered, what was sent back.
#[derive(JsonSchema)]
pub(super) struct Plugin {
    plugin: String,
    /// Its state on the server that was asked.
    state: Option<PluginState>,
    order: Option<PluginOrder>,
    sent_back: Vec<PluginReturn>,
    /// Number of the version to which a rollback leads that names none.
    before: Option<u64>,
    /// The last versions.
    versions: Vec<Version>,
    /// The last changes by operators that touched it.
    changes: Vec<AuditRow>,
    /// What serves on each server that shares the database; empty with SQLite.
    servers: Vec<OnServer>,
}

/// Plugin on one server.
#[derive(JsonSchema)]
struct OnServer {
    node: String,
    hash: Option<String>,
    /// Why something else is not used.
    reason: Option<String>,
}

/// Versions of a plugin, the one that served last first.
#[derive(JsonSchema)]
pub(super) struct History {
    plugin: String,
    versions: Vec<Version>,
}

/// Order for a plugin, as it is now.
#[derive(JsonSchema)]
pub(super) struct Ordered {
    plugin: String,
    order: PluginOrder,
    /// Version that is to serve.
    version: Option<String>,
    /// Its hash.
    hash: Option<String>,
}

/// State of a plugin on one server.
#[derive(JsonSchema)]
pub(crate) struct PluginState {
    name: String,
    active: Option<Active>,
    held: Option<Held>,
    /// Whether its settings or a command disable it.
    disabled: bool,
    disabled_by_command: bool,
    /// Whether its settings disable it, whatever is ordered.
    disabled_by_settings: bool,
    paused_by_command: bool,
    /// Whether its settings pause it, whatever is ordered.
    paused_by_settings: bool,
    /// Whether a component is being loaded for it.
    loading: bool,
    /// Hash of the component that lies in the folder, is published or built in, whether it serves or not.
    component: Option<String>,
    /// Hash of a component that was sent back and is not tried again.
    sent_back: Option<String>,
    backoff: Option<Backoff>,
    /// Times at which its tasks run; an error when the database did not answer.
    schedules: Value,
    /// Each limit with its value and the highest use, as far as they are known; none when it is not loaded.
    limits: Option<Value>,
}

/// Version of a plugin that serves.
#[derive(JsonSchema)]
struct Active {
    hash: String,
    version: String,
    source: String,
    event_types: Vec<String>,
    grant: Value,
    paused: bool,
    canary: Option<Canary>,
    apps: Option<Vec<String>>,
    /// Keys of its configuration, each with where the value stands.
    config: BTreeMap<String, String>,
}

/// Share of events that a new version gets.
#[derive(JsonSchema)]
struct Canary {
    share: f64,
    /// How many chats are named.
    chats: u64,
    /// How many people are named.
    users: u64,
    rest: Rest,
}

/// Version that serves the other events.
#[derive(JsonSchema)]
struct Rest {
    version: String,
    hash: String,
}

/// File that cannot be used.
#[derive(JsonSchema)]
struct Held {
    source: String,
    hash: Option<String>,
    reason: String,
    /// The same in Chinese.
    reason_zh: String,
    difference: Option<Value>,
    /// Whether it is not used because of an order, rather than for a fault.
    is_ordered: bool,
    seconds: u64,
}

/// Pause after crashes.
#[derive(JsonSchema)]
struct Backoff {
    crashes: u64,
    seconds: f64,
    /// What the plugin wrote; none for who may not see payloads.
    error: Option<String>,
}
