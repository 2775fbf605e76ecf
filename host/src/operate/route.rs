//! HTTP routes of the commands: the listener's router and the command line use the same table.

use std::path::PathBuf;

use lark_callback_store::Filter;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Error, Value, json};

use super::Command;

/// HTTP method of a command: GET reads, POST changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// Route of a command, and how its parameters are read.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method.
    pub verb: Verb,
    /// Path below `/api/v1/`; `{key}` stands for a parameter.
    pub path: &'static str,
    /// Parameters of the command.
    pub takes: Takes,
}

/// Source of a command's parameters, with the command's constructor.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// No parameters.
    Nothing(fn() -> Command),
    /// Last segment of the path.
    Key(fn(String) -> Command),
    /// Last segment of the path, a number.
    Number(fn(i64) -> Command),
    /// Query string.
    Filter(fn(Filter) -> Command),
    /// JSON body.
    Body(fn(&[u8]) -> Result<Command, Error>),
}

/// HTTP request for a command, as a client sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Wire {
    /// The method.
    pub verb: Verb,
    /// Path below `/api/v1/`, with the query.
    pub path: String,
    /// JSON body.
    pub body: Option<Value>,
}

const EVENTS: Route = get("events", Takes::Filter(Command::Events));
const EVENT: Route = get("events/{key}", Takes::Key(Command::Event));
const REPLAY: Route = post("events/replay", |body| read(body).map(Command::Replay));
const GAPS: Route = get("gaps", Takes::Filter(Command::Gaps));
const DEAD: Route = get("dead", Takes::Filter(Command::Dead));
const RETRY: Route = post("dead/retry", |body| read(body).map(Command::Retry));
const DROP: Route = post("dead/drop", |body| read(body).map(Command::Drop));
const DELIVERIES: Route = get("deliveries", Takes::Filter(Command::Deliveries));
const DELIVERY: Route = get("deliveries/{key}", Takes::Number(Command::Delivery));
const RETRY_NOW: Route = post("deliveries/retry", |body| read(body).map(Command::RetryNow));
const DISCARD: Route = post("deliveries/drop", |body| read(body).map(Command::Discard));
const BACKUP: Route = post("backup", |body| read(body).map(|Backup { file }| Command::Backup(file)));
const STATUS: Route = get("status", Takes::Nothing(|| Command::Status));
const PRUNE: Route = post("prune", |body| read(body).map(|NoFields {}| Command::Prune));

const ERASE: Route = post("erase", |body| read(body).map(Command::Erase));

const SHOW: Route = get("plugins/{key}", Takes::Key(Command::PluginShow));
const HISTORY: Route = get("plugins/{key}/history", Takes::Key(Command::PluginHistory));
// Beside `plugins/`, where `rollback` may be the name of a plugin.
const ROLLBACK: Route = post("plugin-orders/rollback", |body| read(body).map(Command::PluginRollback));
const PIN: Route = post("plugin-orders/pin", |body| read(body).map(Command::PluginPin));
const UNPIN: Route = post("plugin-orders/unpin", |body| read(body).map(Command::PluginUnpin));
const DISABLE: Route = post("plugin-orders/disable", |body| read(body).map(Command::PluginDisable));
const ENABLE: Route = post("plugin-orders/enable", |body| read(body).map(Command::PluginEnable));
const PAUSE: Route = post("plugin-orders/pause", |body| read(body).map(Command::PluginPause));
const RESUME: Route = post("plugin-orders/resume", |body| read(body).map(Command::PluginResume));

/// The routes of all commands.
pub const ROUTES: [Route; 24] = [
    EVENTS, EVENT, GAPS, REPLAY, DEAD, RETRY, DROP, DELIVERIES, DELIVERY, RETRY_NOW, DISCARD, BACKUP, STATUS, PRUNE,
    ERASE, SHOW, HISTORY, ROLLBACK, PIN, UNPIN, DISABLE, ENABLE, PAUSE, RESUME,
];

/// Paths of what only a running server can answer, because it is about that server and not about the database.
pub mod of_server {
    /// Plugins that serve, and files that are not used.
    pub const PLUGINS: &str = "plugins";
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
}

/// Body of a backup request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Backup {
    file: PathBuf,
}

/// Body of commands without parameters. Unknown fields are refused, because they would have no effect.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoFields {}

const fn get(path: &'static str, takes: Takes) -> Route {
    Route {
        verb: Verb::Get,
        path,
        takes,
    }
}

const fn post(path: &'static str, read: fn(&[u8]) -> Result<Command, Error>) -> Route {
    Route {
        verb: Verb::Post,
        path,
        takes: Takes::Body(read),
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body)
}

impl Command {
    fn route(&self) -> &'static Route {
        match self {
            Self::Events(_) => &EVENTS,
            Self::Event(_) => &EVENT,
            Self::Replay(_) => &REPLAY,
            Self::Gaps(_) => &GAPS,
            Self::Dead(_) => &DEAD,
            Self::Retry(_) => &RETRY,
            Self::Drop(_) => &DROP,
            Self::Deliveries(_) => &DELIVERIES,
            Self::Delivery(_) => &DELIVERY,
            Self::RetryNow(_) => &RETRY_NOW,
            Self::Discard(_) => &DISCARD,
            Self::Backup(_) => &BACKUP,
            Self::Status => &STATUS,
            Self::Prune => &PRUNE,
            Self::Erase(_) => &ERASE,
            Self::PluginShow(_) => &SHOW,
            Self::PluginHistory(_) => &HISTORY,
            Self::PluginRollback(_) => &ROLLBACK,
            Self::PluginPin(_) => &PIN,
            Self::PluginUnpin(_) => &UNPIN,
            Self::PluginDisable(_) => &DISABLE,
            Self::PluginEnable(_) => &ENABLE,
            Self::PluginPause(_) => &PAUSE,
            Self::PluginResume(_) => &RESUME,
        }
    }

    /// HTTP request that a client sends for this command.
    pub fn wire(&self) -> Wire {
        let Route { verb, path, .. } = *self.route();
        let keyed = |key: &str| path.replace("{key}", &encoded(key));
        let (path, body) = match self {
            Self::Events(filter) | Self::Gaps(filter) | Self::Dead(filter) | Self::Deliveries(filter) => {
                (format!("{path}{}", query(filter)), None)
            }
            Self::Event(key) | Self::PluginShow(key) | Self::PluginHistory(key) => (keyed(key), None),
            Self::PluginRollback(to) | Self::PluginPin(to) => (path.to_owned(), Some(json!(to))),
            Self::PluginUnpin(of)
            | Self::PluginDisable(of)
            | Self::PluginEnable(of)
            | Self::PluginPause(of)
            | Self::PluginResume(of) => (path.to_owned(), Some(json!(of))),
            Self::Delivery(id) => (keyed(&id.to_string()), None),
            Self::Replay(replay) => (path.to_owned(), Some(json!(replay))),
            Self::Retry(selection) | Self::Drop(selection) | Self::RetryNow(selection) | Self::Discard(selection) => {
                (path.to_owned(), Some(json!(selection)))
            }
            Self::Backup(file) => (path.to_owned(), Some(json!({"file": file}))),
            Self::Erase(erase) => (path.to_owned(), Some(json!(erase))),
            Self::Status | Self::Prune => (path.to_owned(), None),
        };
        Wire { verb, path, body }
    }
}

fn query(filter: &Filter) -> String {
    let mut query = String::new();
    let fields = serde_json::to_value(filter).unwrap_or_default();
    for (name, value) in fields.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(&format!("{name}={}", encoded(&text)));
    }
    query
}

/// Percent-encodes a text for one segment of a path or a query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::operate::{Erase, OfPlugin, Replay, Selection, ToVersion};

    fn one_of_each() -> Vec<Command> {
        let filter = Filter {
            plugin: Some("a/b c".to_owned()),
            ..Filter::default()
        };
        let selection = Selection {
            ids: vec![7, 8],
            ..Selection::default()
        };
        let replay = Replay {
            events: vec!["7".to_owned()],
            ..Replay::default()
        };
        let of = OfPlugin {
            plugin: "greeter".to_owned(),
        };
        let to = ToVersion {
            plugin: "greeter".to_owned(),
            version: Some("3".to_owned()),
            current_settings: true,
        };
        vec![
            Command::PluginShow("greeter".to_owned()),
            Command::PluginHistory("greeter".to_owned()),
            Command::PluginRollback(ToVersion {
                version: None,
                ..to.clone()
            }),
            Command::PluginPin(to),
            Command::PluginUnpin(of.clone()),
            Command::PluginDisable(of.clone()),
            Command::PluginEnable(of.clone()),
            Command::PluginPause(of.clone()),
            Command::PluginResume(of),
            Command::Events(filter.clone()),
            Command::Gaps(filter.clone()),
            Command::Event("om_1/x".to_owned()),
            Command::Replay(replay),
            Command::Dead(filter.clone()),
            Command::Retry(selection.clone()),
            Command::Drop(selection.clone()),
            Command::Deliveries(filter),
            Command::Delivery(7),
            Command::RetryNow(selection.clone()),
            Command::Discard(selection),
            Command::Backup("/new/file".into()),
            Command::Status,
            Command::Prune,
            Command::Erase(Erase {
                users: vec!["ou_anna".to_owned()],
                dry_run: true,
            }),
        ]
    }

    #[test]
    fn each_command_has_a_route_of_its_own() {
        let of_commands: BTreeSet<_> = one_of_each().iter().map(|command| command.route().path).collect();
        assert_eq!(of_commands, ROUTES.iter().map(|route| route.path).collect());
    }

    #[test]
    fn what_a_client_sends_is_read_as_the_same_command() {
        for command in one_of_each() {
            let Wire { verb, path, body } = command.wire();
            let route = command.route();
            assert_eq!(verb, route.verb);
            // The listener treats an empty body as an empty object.
            let body = body.unwrap_or_else(|| json!({})).to_string();
            let read = match route.takes {
                Takes::Nothing(make) => make(),
                Takes::Body(make) => make(body.as_bytes()).unwrap(),
                // The router parses paths and queries; `tests/it/operate.rs` covers both ends.
                Takes::Key(_) | Takes::Number(_) | Takes::Filter(_) => {
                    assert!(!path.contains(['{', ' ']), "{path}");
                    continue;
                }
            };
            assert_eq!(format!("{read:?}"), format!("{command:?}"));
        }
    }
}
