//! Requests that a client sends for commands: the listener's router and the command line use the same table.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::json;

use super::{
    Command, Role, Route, Shows, Wire,
    table::{
        AUDIT, AUTHORIZATIONS, BACKUP, COUNT, DEAD, DELIVERIES, DELIVERY, DISABLE, DISCARD, DROP, ENABLE, ERASE, EVENT,
        EVENTS, GAPS, GROUPS, HISTORY, INSTALLED, PAUSE, PIN, PRUNE, REPLAY, RESUME, RETRY, RETRY_NOW, REVOKE,
        ROLLBACK, SESSIONS, SHOW, STATUS, SUMMARY, UNPIN,
    },
};

impl Command {
    fn route(&self) -> &'static Route {
        match self {
            Self::Events(_) => &EVENTS,
            Self::CountEvents(_) => &COUNT,
            Self::DeadGroups(_) => &GROUPS,
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
            Self::Summary(_) => &SUMMARY,
            Self::Prune => &PRUNE,
            Self::Erase(_) => &ERASE,
            Self::Audit(_) => &AUDIT,
            Self::PluginInstalled(_) => &INSTALLED,
            Self::Authorizations(_) => &AUTHORIZATIONS,
            Self::Sessions => &SESSIONS,
            Self::Revoke(_) => &REVOKE,
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

    /// Role that may give the command.
    pub fn needs(&self) -> Role {
        self.route().needs
    }

    /// Path of the route, below `/api/v1/`.
    pub(super) fn path(&self) -> &'static str {
        self.route().path
    }

    /// Content of the answer.
    pub(super) fn shows(&self) -> Shows {
        self.route().shows
    }

    /// HTTP request that a client sends for this command.
    pub fn wire(&self) -> Wire {
        let Route { verb, path, .. } = *self.route();
        let keyed = |key: &str| path.replace("{key}", &encoded(key));
        let (path, body) = match self {
            Self::Events(filter)
            | Self::CountEvents(filter)
            | Self::DeadGroups(filter)
            | Self::Gaps(filter)
            | Self::Dead(filter)
            | Self::Deliveries(filter) => (format!("{path}{}", query(filter)), None),
            Self::Authorizations(filter) => (format!("{path}{}", query(filter)), None),
            Self::Revoke(revoke) => (path.to_owned(), Some(json!(revoke))),
            Self::Summary(filter) => (format!("{path}{}", query(filter)), None),
            Self::Audit(filter) => (format!("{path}{}", query(filter)), None),
            Self::PluginInstalled(installed) => (path.to_owned(), Some(json!(installed))),
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
            Self::Status | Self::Prune | Self::Sessions => (path.to_owned(), None),
        };
        Wire { verb, path, body }
    }
}

fn query(filter: &impl Serialize) -> String {
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

    use lark_callback_store::Filter;

    use super::*;
    use crate::operate::{
        AuditFilter, AuthorizationFilter, Erase, InstalledPlugin, OfPlugin, ROUTES, Replay, RevokeAuthorization,
        Role::Operator, Selection, Span, SpanFilter, Takes, ToVersion, Verb,
    };

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
            Command::CountEvents(filter.clone()),
            Command::DeadGroups(filter.clone()),
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
            Command::Summary(SpanFilter { span: Span::Week }),
            Command::Audit(AuditFilter::default()),
            Command::PluginInstalled(InstalledPlugin {
                plugin: "greeter".to_owned(),
                version: "1.0.0".to_owned(),
                hash: "ab".repeat(32),
            }),
            Command::Authorizations(AuthorizationFilter::default()),
            Command::Sessions,
            Command::Revoke(RevokeAuthorization {
                app: "cli_a".to_owned(),
                user: "ou_anna".to_owned(),
            }),
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
    fn what_changes_something_is_for_operators() {
        for route in ROUTES {
            assert_eq!(route.needs == Operator, route.verb == Verb::Post, "{}", route.path);
        }
        for command in one_of_each().iter().filter(|command| command.changes()) {
            assert_eq!(command.needs(), Operator, "{command:?}");
        }
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
                Takes::Key(_)
                | Takes::Number(_)
                | Takes::Filter(_)
                | Takes::Audit(_)
                | Takes::Authorizations(_)
                | Takes::Span(_) => {
                    assert!(!path.contains(['{', ' ']), "{path}");
                    continue;
                }
            };
            assert_eq!(format!("{read:?}"), format!("{command:?}"));
        }
    }
}
