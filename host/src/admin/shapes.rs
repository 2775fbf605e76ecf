//! Shapes of what a running server answers about itself, from which the document of the API is made.

#![allow(dead_code, reason = "shapes, for their schemas alone")]

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::{
    long_connection::{Fetched, Missing},
    operate::{JobRequest, JobShown, SchemaOf, answers::PluginState, of_server::OfServer},
};

/// Plugins that serve, and files that are not used.
#[derive(JsonSchema)]
struct Plugins {
    plugins: Vec<PluginState>,
}

/// Keys of a plugin.
#[derive(JsonSchema)]
struct Keys {
    plugin: String,
    keys: Vec<KeyOf>,
    /// Cursor for `after`; none at the end.
    next_after: Option<String>,
}

/// Key of a plugin with the beginning of its value.
#[derive(JsonSchema)]
struct KeyOf {
    key: String,
    bytes: u64,
    /// `text`, `hex` or `sealed`.
    form: String,
    /// None for what is sealed.
    value: Option<String>,
    is_cut: bool,
}

/// The last log lines of a plugin.
#[derive(JsonSchema)]
struct Lines {
    plugin: String,
    lines: Vec<Line>,
    /// Number of the line that comes next.
    next: u64,
}

/// Log line of a plugin.
#[derive(JsonSchema)]
struct Line {
    number: u64,
    at_ms: u64,
    level: String,
    event_id: String,
    text: String,
}

/// Long connections of this server.
#[derive(JsonSchema)]
struct Connections {
    connections: Vec<Connection>,
}

/// Long connection to Lark.
#[derive(JsonSchema)]
struct Connection {
    app_id: String,
    number: u64,
    state: String,
    since_ms: u64,
    device_id: Option<String>,
    last_frame_ms: Option<u64>,
    last_push_ms: Option<u64>,
    next_try_ms: Option<u64>,
    reason: Option<String>,
    /// The same in Chinese.
    reason_zh: Option<String>,
    connects: u64,
    failures: u64,
    pushes: std::collections::BTreeMap<String, u64>,
    refused_frames: std::collections::BTreeMap<String, u64>,
}

/// Messages that were missed, and fetched now.
#[derive(JsonSchema)]
struct CaughtUp {
    caught_up: Fetched,
}

/// The last refused requests, the newest first.
#[derive(JsonSchema)]
struct Rejected {
    rejected: Vec<RejectedOne>,
    /// How many of each application and reason since the start.
    counts: Vec<RejectedCount>,
    /// How many are kept.
    rejected_max: u64,
}

/// Refused request.
#[derive(JsonSchema)]
struct RejectedOne {
    received_at_ms: u64,
    app_id: String,
    method: String,
    path: String,
    peer: String,
    request_id: Option<String>,
    log_id: Option<String>,
    status: u16,
    body_bytes: Option<u64>,
    reason: String,
    diagnosis: Option<String>,
    detail: Option<String>,
    /// The same in Chinese.
    detail_zh: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cure: Option<String>,
}

/// Number of refusals.
#[derive(JsonSchema)]
struct RejectedCount {
    app_id: String,
    reason: String,
    count: u64,
}

/// Body of a change. Without a level, that of the settings is in effect again.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedLevel {
    /// `debug`, or levels by target.
    pub(super) level: Option<String>,
}

/// Log level of this server.
#[derive(JsonSchema)]
struct LogLevel {
    level: String,
    /// As the settings say.
    configured: String,
    /// Until when another one is in effect.
    until: Option<String>,
}

/// Actions on many events or deliveries, the newest first.
#[derive(JsonSchema)]
struct Jobs {
    jobs: Vec<JobShown>,
}

/// Settings that are in force.
#[derive(JsonSchema)]
struct Settings {
    /// When they were read, in milliseconds since 1970.
    read_at_ms: u64,
    settings: Vec<Setting>,
    /// The last reload, if its settings could not be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedReload>,
}

/// Setting with its value.
#[derive(JsonSchema)]
struct Setting {
    name: String,
    /// As it was written, or the default; a mask for a secret.
    value: Option<String>,
    /// `default`, `file`, `env_file`, `environment`, `flag` or `dev`.
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_file: Option<String>,
    is_secret: bool,
    /// Default in words.
    default: String,
    /// How it was read again, when that takes effect only after a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_restart: Option<Box<Setting>>,
}

/// Payload of a task: whatever its plugin takes.
#[derive(JsonSchema)]
#[serde(transparent)]
struct Payload(Value);

/// Reply of a task: whatever its plugin replies.
#[derive(JsonSchema)]
#[serde(transparent)]
struct Reply(Value);

/// Document of the API, in the format OpenAPI 3.1.
#[derive(JsonSchema)]
struct Document {
    openapi: String,
    info: Value,
    paths: Value,
    components: Value,
    #[serde(flatten)]
    rest: std::collections::BTreeMap<String, Value>,
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Schemas of the body and of the answer of a request.
pub(super) fn of_request(what: OfServer) -> (Option<SchemaOf>, SchemaOf) {
    match what {
        OfServer::Plugins => (None, of::<Plugins>),
        OfServer::PluginKeys => (None, of::<Keys>),
        OfServer::PluginLog => (None, of::<Lines>),
        OfServer::Connections => (None, of::<Connections>),
        OfServer::CatchUp => (Some(of::<Missing>), of::<CaughtUp>),
        OfServer::Rejected => (None, of::<Rejected>),
        OfServer::LogLevel => (None, of::<LogLevel>),
        OfServer::ChangeLogLevel => (Some(of::<AskedLevel>), of::<LogLevel>),
        OfServer::Task => (Some(of::<Payload>), of::<Reply>),
        OfServer::Openapi => (None, of::<Document>),
        OfServer::Settings => (None, of::<Settings>),
        OfServer::Jobs => (None, of::<Jobs>),
        OfServer::CountJob => (Some(of::<JobRequest>), of::<JobShown>),
        OfServer::Job | OfServer::StartJob | OfServer::CancelJob => (None, of::<JobShown>),
    }
}

/// Reload of settings that could not be used, so that those from before are in force.
#[derive(JsonSchema)]
struct RefusedReload {
    /// When it was tried, in milliseconds since 1970.
    at_ms: u64,
    reason: String,
    /// The same in Chinese.
    reason_zh: String,
}
