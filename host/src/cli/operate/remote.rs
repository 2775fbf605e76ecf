//! The operator's listener of a server that runs, as a client sees it.

use std::{net::SocketAddr, time::Duration};

use lark_callback_store::{Database, Filter, announced};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::exit_of;
use crate::{
    cli::{Exit, Stopped},
    config::OperatorConfig,
    listen::authority,
    operate::Command,
};

/// A command for many may take long; it is carried out in small steps between acknowledgements.
const ANSWER_MAX: Duration = Duration::from_mins(10);

/// A server that runs.
#[derive(Debug)]
pub(in crate::cli) struct Remote {
    http: reqwest::Client,
    base: String,
    token: Option<SecretString>,
}

impl Remote {
    /// The server that has the database of the settings; with PostgreSQL the one whose listener the settings name.
    pub(in crate::cli) fn of_running(config: &OperatorConfig) -> Result<Self, Stopped> {
        let address = match &config.store.database {
            Database::Sqlite(path) => announced(path).ok_or_else(|| Stopped {
                exit: Exit::Failed,
                text: format!(
                    "no server that answers the operator has the database {}; start one (without CALLBACK_ADMIN=off), and \
                     run this with the same settings in the same folder",
                    path.display()
                ),
            })?,
            Database::Postgres(_) => authority(&config.admin.host, config.admin.port),
        };
        Self::at(&address, config)
    }

    pub(super) fn at(address: &str, config: &OperatorConfig) -> Result<Self, Stopped> {
        // Another part of the process may have chosen it already; it is the only one that is built in.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(ANSWER_MAX).no_proxy().build();
        Ok(Self {
            http: http.map_err(|error| Stopped::new(Exit::Failed, &error))?,
            base: format!("http://{}", reachable(address)),
            token: config.admin.token.clone(),
        })
    }

    pub(super) async fn execute(&self, command: &Command) -> Result<Value, Stopped> {
        let (method, path, body) = match command {
            Command::Events(filter) => (Method::GET, format!("events{}", query(filter)), None),
            Command::Event(key) => (Method::GET, format!("events/{}", encoded(key)), None),
            Command::Replay(replay) => (Method::POST, "events/replay".to_owned(), Some(json!(replay))),
            Command::Dead(filter) => (Method::GET, format!("dead{}", query(filter)), None),
            Command::Retry(selection) => (Method::POST, "dead/retry".to_owned(), Some(json!(selection))),
            Command::Drop(selection) => (Method::POST, "dead/drop".to_owned(), Some(json!(selection))),
            Command::Deliveries(filter) => (Method::GET, format!("deliveries{}", query(filter)), None),
            Command::Delivery(id) => (Method::GET, format!("deliveries/{id}"), None),
            Command::Hurry(selection) => (Method::POST, "deliveries/retry".to_owned(), Some(json!(selection))),
            Command::Discard(selection) => (Method::POST, "deliveries/drop".to_owned(), Some(json!(selection))),
            Command::Status => (Method::GET, "status".to_owned(), None),
            Command::Backup(file) => (Method::POST, "backup".to_owned(), Some(json!({"file": file}))),
            Command::Prune => (Method::POST, "prune".to_owned(), None),
        };
        self.send(method, &path, body.as_ref()).await
    }

    /// What serves, and what is not used, with the reason.
    pub(in crate::cli) async fn plugins(&self) -> Result<Value, Stopped> {
        self.send(Method::GET, "plugins", None).await
    }

    /// Has a plugin do a task now, and tells its reply.
    pub(super) async fn task(
        &self,
        plugin: &str,
        name: &str,
        app: Option<&str>,
        payload: &Value,
    ) -> Result<Value, Stopped> {
        let app = app.map(|app| format!("?app={}", encoded(app))).unwrap_or_default();
        let path = format!("tasks/{}/{}{app}", encoded(plugin), encoded(name));
        self.send(Method::POST, &path, Some(payload)).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Stopped> {
        let mut request = self.http.request(method, format!("{}/api/v1/{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let failed = |error: reqwest::Error| {
            let mut stopped = Stopped::new(Exit::Failed, &error.without_url());
            stopped.text = format!(
                "no answer from the server's listener for the operator at {}; is it running, and are CALLBACK_ADMIN_HOST and \
                 CALLBACK_ADMIN_PORT its own? ({})",
                self.base, stopped.text
            );
            stopped
        };
        let response = request.send().await.map_err(failed)?;
        let is_success = response.status().is_success();
        let text = response.text().await.map_err(failed)?;
        let answer: Value = serde_json::from_str(&text).map_err(|error| Stopped {
            exit: Exit::Failed,
            text: format!("{} does not answer as our server does: {error}", self.base),
        })?;
        if is_success {
            return Ok(answer);
        }
        let field = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Err(Stopped {
            exit: exit_of(&field("code")),
            text: field("msg"),
        })
    }
}

/// A listener on all addresses is reached on this machine's own.
fn reachable(address: &str) -> String {
    match address.parse::<SocketAddr>() {
        Ok(SocketAddr::V4(address)) if address.ip().is_unspecified() => format!("127.0.0.1:{}", address.port()),
        Ok(SocketAddr::V6(address)) if address.ip().is_unspecified() => format!("[::1]:{}", address.port()),
        _ => address.to_owned(),
    }
}

fn query(filter: &Filter) -> String {
    let mut query = String::new();
    let fields = serde_json::to_value(filter).unwrap_or_default();
    for (name, value) in fields.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(&format_args!("{name}={}", encoded(&text)).to_string());
    }
    query
}

fn encoded(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}
