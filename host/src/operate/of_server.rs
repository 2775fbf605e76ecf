//! Routes of what only a running server can answer, because it is about that server and not about the database.

use super::{
    Role::{self, Operator, Viewer},
    Shows::{self, Metadata, Payloads},
    Verb,
};

/// Plugins that serve, and files that are not used.
pub const PLUGINS: &str = "plugins";
/// Keys and values of a plugin.
pub const PLUGIN_KEYS: &str = "plugin-keys";
/// The last log lines of a plugin.
pub const PLUGIN_LOG: &str = "plugin-log";
/// Long connections to Lark.
pub const CONNECTIONS: &str = "connections";
/// Messages that were missed.
pub const CATCH_UP: &str = "catch-up";
/// The last refused requests.
pub const REJECTED: &str = "rejected";
/// Log level.
pub const LOG_LEVEL: &str = "log-level";
/// Task of a plugin.
pub const TASK: &str = "tasks/{plugin}/{name}";

/// Actions on many events or deliveries.
pub const JOBS: &str = "jobs";
/// One of them.
pub const JOB: &str = "jobs/{key}";
/// Its start.
pub const JOB_START: &str = "jobs/{key}/start";
/// Its end before all is done.
pub const JOB_CANCEL: &str = "jobs/{key}/cancel";

/// The document of the API.
pub const OPENAPI: &str = "openapi.json";

/// Settings.
pub const SETTINGS: &str = "settings";

/// Request that is about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfServer {
    /// List plugins.
    Plugins,
    /// List keys and values of a plugin.
    PluginKeys,
    /// List the last log lines of a plugin.
    PluginLog,
    /// List long connections.
    Connections,
    /// Fetch messages that were missed.
    CatchUp,
    /// List refused requests.
    Rejected,
    /// Show the log level.
    LogLevel,
    /// Change the log level.
    ChangeLogLevel,
    /// Run a task of a plugin.
    Task,
    /// List jobs.
    Jobs,
    /// Count what a job would be for.
    CountJob,
    /// Show a job.
    Job,
    /// Start a job.
    StartJob,
    /// Cancel a job.
    CancelJob,
    /// Show the document of the API.
    Openapi,
    /// List the settings.
    Settings,
}

/// Route of a request that is about the server: what it needs.
#[derive(Debug, Clone, Copy)]
pub struct ServerRoute {
    /// What it does, in one line.
    pub tells: &'static str,
    /// What is asked for.
    pub what: OfServer,
    /// Role that may ask.
    pub needs: Role,
    /// Content of the answer.
    pub shows: Shows,
    /// The method.
    pub verb: Verb,
    /// Path below `/api/v1/`.
    pub path: &'static str,
}

/// The routes of all these requests.
pub const SERVER_ROUTES: [ServerRoute; 16] = [
    get(
        "List plugins that serve, and files that are not used",
        OfServer::Plugins,
        (Viewer, Metadata),
        PLUGINS,
    ),
    get(
        "List the keys of a plugin with the beginnings of their values",
        OfServer::PluginKeys,
        (Viewer, Payloads),
        PLUGIN_KEYS,
    ),
    get(
        "List the last log lines of a plugin on this server",
        OfServer::PluginLog,
        (Viewer, Payloads),
        PLUGIN_LOG,
    ),
    get(
        "List the long connections of this server",
        OfServer::Connections,
        (Viewer, Metadata),
        CONNECTIONS,
    ),
    post("Fetch messages that were missed", OfServer::CatchUp, Operator, CATCH_UP),
    get(
        "List the last refused requests",
        OfServer::Rejected,
        (Viewer, Metadata),
        REJECTED,
    ),
    get("Show the log level", OfServer::LogLevel, (Viewer, Metadata), LOG_LEVEL),
    post(
        "Change the log level until the server stops",
        OfServer::ChangeLogLevel,
        Operator,
        LOG_LEVEL,
    ),
    post("Run a task of a plugin now", OfServer::Task, Operator, TASK),
    // Their filters and results may be about people.
    get(
        "List the jobs of this server",
        OfServer::Jobs,
        (Operator, Payloads),
        JOBS,
    ),
    post(
        "Count what an action on many events or deliveries is for; its job waits to be started",
        OfServer::CountJob,
        Operator,
        JOBS,
    ),
    get("Show one job", OfServer::Job, (Operator, Payloads), JOB),
    post(
        "Start a job that was counted; a second time it shows the job",
        OfServer::StartJob,
        Operator,
        JOB_START,
    ),
    post(
        "Cancel a job; what it has done stays done",
        OfServer::CancelJob,
        Operator,
        JOB_CANCEL,
    ),
    get("Show this document", OfServer::Openapi, (Viewer, Metadata), OPENAPI),
    get(
        "List the settings that are in force, and changes of them that wait for a restart; secrets are masked",
        OfServer::Settings,
        (Viewer, Metadata),
        SETTINGS,
    ),
];

const fn get(tells: &'static str, what: OfServer, (needs, shows): (Role, Shows), path: &'static str) -> ServerRoute {
    ServerRoute {
        tells,
        what,
        needs,
        shows,
        verb: Verb::Get,
        path,
    }
}

const fn post(tells: &'static str, what: OfServer, needs: Role, path: &'static str) -> ServerRoute {
    ServerRoute {
        tells,
        what,
        needs,
        shows: Payloads,
        verb: Verb::Post,
        path,
    }
}
