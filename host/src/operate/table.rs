//! The routes of all commands: what each needs, reads and answers, in one place.

use std::path::PathBuf;

use lark_callback_store::StoreStatus;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Deserialize;
use serde_json::Error;

use super::{
    Command, Erase, InstalledPlugin, OfPlugin, Replay, RevokeAuthorization,
    Role::{self, Operator, Viewer},
    Route, Selection,
    Shows::{self, Metadata, Payloads},
    Takes, ToVersion, Verb, answers,
    summary::Summary,
};

pub(super) const EVENTS: Route = get::<answers::Events>(
    "List received events",
    (Viewer, Payloads),
    "events",
    Takes::Filter(Command::Events),
);
pub(super) const COUNT: Route = get::<answers::EventCount>(
    "Count received events, up to 10000",
    (Viewer, Metadata),
    "event-count",
    Takes::Filter(Command::CountEvents),
);
pub(super) const EVENT: Route = get::<answers::Event>(
    "Show one event, by its number or Lark's id",
    (Viewer, Payloads),
    "events/{key}",
    Takes::Key(Command::Event),
);
pub(super) const REPLAY: Route =
    post::<Replay, answers::Replays>("Process events again", Operator, "events/replay", |body| {
        read(body).map(Command::Replay)
    });
pub(super) const GAPS: Route = get::<answers::Gaps>(
    "List gaps in which no server had a long connection",
    (Viewer, Metadata),
    "gaps",
    Takes::Filter(Command::Gaps),
);
pub(super) const DEAD: Route = get::<answers::Dead>(
    "List dead letters",
    (Viewer, Payloads),
    "dead",
    Takes::Filter(Command::Dead),
);
pub(super) const GROUPS: Route = get::<answers::Groups>(
    "Group dead letters by plugin and error",
    (Viewer, Payloads),
    "dead/groups",
    Takes::Filter(Command::DeadGroups),
);
pub(super) const RETRY: Route =
    post::<Selection, answers::Retried>("Retry dead letters", Operator, "dead/retry", |body| {
        read(body).map(Command::Retry)
    });
pub(super) const DROP: Route =
    post::<Selection, answers::Dropped>("Delete dead letters", Operator, "dead/drop", |body| {
        read(body).map(Command::Drop)
    });
pub(super) const DELIVERIES: Route = get::<answers::Deliveries>(
    "List deliveries: those in a given state, or those waiting or running",
    (Viewer, Payloads),
    "deliveries",
    Takes::Filter(Command::Deliveries),
);
pub(super) const DELIVERY: Route = get::<answers::Delivery>(
    "Show one delivery with its attempts",
    (Viewer, Payloads),
    "deliveries/{key}",
    Takes::Number(Command::Delivery),
);
pub(super) const RETRY_NOW: Route = post::<Selection, answers::Retried>(
    "Retry deliveries now, whether they are waiting, dead or expired",
    Operator,
    "deliveries/retry",
    |body| read(body).map(Command::RetryNow),
);
pub(super) const DISCARD: Route =
    post::<Selection, answers::Dropped>("Drop waiting deliveries", Operator, "deliveries/drop", |body| {
        read(body).map(Command::Discard)
    });
pub(super) const BACKUP: Route = post::<Backup, answers::BackedUp>(
    "Copy a SQLite database to a new file of the server's machine",
    Operator,
    "backup",
    |body| read(body).map(|Backup { file }| Command::Backup(file)),
);
pub(super) const STATUS: Route = get::<StoreStatus>(
    "Show the state of the database",
    (Viewer, Metadata),
    "status",
    Takes::Nothing(|| Command::Status),
);
pub(super) const SUMMARY: Route = get::<Summary>(
    "Show what happened over a span of time, what waits and which servers live",
    (Viewer, Metadata),
    "summary",
    Takes::Span(Command::Summary),
);
pub(super) const PRUNE: Route =
    post::<NoFields, answers::Pruned>("Delete expired data now", Operator, "prune", |body| {
        read(body).map(|NoFields {}| Command::Prune)
    });
pub(super) const ERASE: Route =
    post::<Erase, answers::Erasure>("Erase the data of a person", Operator, "erase", |body| {
        read(body).map(Command::Erase)
    });
pub(super) const AUDIT: Route = get::<answers::Audit>(
    "List changes by operators",
    (Viewer, Metadata),
    "audit",
    Takes::Audit(Command::Audit),
);

pub(super) const INSTALLED: Route = post::<InstalledPlugin, InstalledPlugin>(
    "Record that a plugin was put into the folder of plugins; installs nothing",
    Operator,
    "audit/plugin-install",
    |body| read(body).map(Command::PluginInstalled),
);
pub(super) const AUTHORIZATIONS: Route = get::<answers::Authorizations>(
    "List users who have authorized an application, without their tokens",
    (Viewer, Metadata),
    "authorizations",
    Takes::Authorizations(Command::Authorizations),
);
pub(super) const SESSIONS: Route = get::<answers::Sessions>(
    "List attempts at authorizations of the last day",
    (Viewer, Metadata),
    "authorizations/sessions",
    Takes::Nothing(|| Command::Sessions),
);
pub(super) const REVOKE: Route = post::<RevokeAuthorization, answers::Revoked>(
    "Delete the authorization of a user",
    Operator,
    "authorizations/revoke",
    |body| read(body).map(Command::Revoke),
);

pub(super) const SHOW: Route = get::<answers::Plugin>(
    "Show one plugin",
    (Viewer, Metadata),
    "plugins/{key}",
    Takes::Key(Command::PluginShow),
);
pub(super) const HISTORY: Route = get::<answers::History>(
    "List the versions of one plugin",
    (Viewer, Metadata),
    "plugins/{key}/history",
    Takes::Key(Command::PluginHistory),
);
// Beside `plugins/`, where `rollback` may be the name of a plugin.
pub(super) const ROLLBACK: Route = post::<ToVersion, answers::Ordered>(
    "Have an older version of a plugin serve",
    Operator,
    "plugin-orders/rollback",
    |body| read(body).map(Command::PluginRollback),
);
pub(super) const PIN: Route = post::<ToVersion, answers::Ordered>(
    "Have a version of a plugin serve whatever the files say",
    Operator,
    "plugin-orders/pin",
    |body| read(body).map(Command::PluginPin),
);
pub(super) const UNPIN: Route =
    post::<OfPlugin, answers::Ordered>("Have the files decide again", Operator, "plugin-orders/unpin", |body| {
        read(body).map(Command::PluginUnpin)
    });
pub(super) const DISABLE: Route = post::<OfPlugin, answers::Ordered>(
    "Take a plugin out of service",
    Operator,
    "plugin-orders/disable",
    |body| read(body).map(Command::PluginDisable),
);
pub(super) const ENABLE: Route = post::<OfPlugin, answers::Ordered>(
    "Put a plugin back into service",
    Operator,
    "plugin-orders/enable",
    |body| read(body).map(Command::PluginEnable),
);
pub(super) const PAUSE: Route = post::<OfPlugin, answers::Ordered>(
    "Have what arrives for a plugin wait",
    Operator,
    "plugin-orders/pause",
    |body| read(body).map(Command::PluginPause),
);
pub(super) const RESUME: Route = post::<OfPlugin, answers::Ordered>(
    "Have what waits for a plugin handled again",
    Operator,
    "plugin-orders/resume",
    |body| read(body).map(Command::PluginResume),
);

/// The routes of all commands.
pub const ROUTES: [Route; 32] = [
    EVENTS,
    COUNT,
    GROUPS,
    EVENT,
    GAPS,
    REPLAY,
    DEAD,
    RETRY,
    DROP,
    DELIVERIES,
    DELIVERY,
    RETRY_NOW,
    DISCARD,
    BACKUP,
    STATUS,
    SUMMARY,
    PRUNE,
    ERASE,
    AUDIT,
    INSTALLED,
    AUTHORIZATIONS,
    SESSIONS,
    REVOKE,
    SHOW,
    HISTORY,
    ROLLBACK,
    PIN,
    UNPIN,
    DISABLE,
    ENABLE,
    PAUSE,
    RESUME,
];

/// Body of a backup request.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Backup {
    /// Absolute path of the new file.
    file: PathBuf,
}

/// Body of commands without parameters. Unknown fields are refused, because they would have no effect.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoFields {}

const fn get<Answer: JsonSchema>(
    tells: &'static str,
    (needs, shows): (Role, Shows),
    path: &'static str,
    takes: Takes,
) -> Route {
    Route {
        tells,
        needs,
        shows,
        verb: Verb::Get,
        path,
        takes,
        body: None,
        answer: SchemaGenerator::subschema_for::<Answer>,
    }
}

/// What a change answers is only for those who may make it.
const fn post<Asked: JsonSchema, Answer: JsonSchema>(
    tells: &'static str,
    needs: Role,
    path: &'static str,
    read: fn(&[u8]) -> Result<Command, Error>,
) -> Route {
    Route {
        tells,
        needs,
        shows: Payloads,
        verb: Verb::Post,
        path,
        takes: Takes::Body(read),
        body: Some(SchemaGenerator::subschema_for::<Asked>),
        answer: SchemaGenerator::subschema_for::<Answer>,
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body)
}
