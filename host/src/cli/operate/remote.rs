//! Client for the operator's listener of a running server.

use std::{net::SocketAddr, time::Duration};

use lark_callback_store::{Database, announced};
use reqwest::{Method, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::exit_of;
use crate::{
    app::Missing,
    cli::{Exit, Stopped},
    config::OperatorConfig,
    http_client,
    listen::{authority, unix_path},
    operate::{Command, JobRequest, OPERATOR_HEADER, Verb, Wire, encoded, of_server},
    telemetry::on_one_line,
};

/// Time limit for an answer. A command for many deliveries may take long, because it runs in small steps between
/// acknowledgements.
const ANSWER_MAX: Duration = Duration::from_mins(10);

/// Time limit for the answer of a health check, below the 5 s that the image gives the whole command.
const HEALTH_MAX: Duration = Duration::from_secs(4);

/// Running server.
#[derive(Debug)]
pub(in crate::cli) struct Remote {
    http: reqwest::Client,
    base: String,
    /// Address for messages.
    place: String,
    token: Option<SecretString>,
    /// Name under which changes are recorded.
    operator: Option<String>,
}

impl Remote {
    /// Finds the server that holds the database of the settings; with PostgreSQL, the one whose listener the settings
    /// name.
    pub(in crate::cli) fn of_running(config: &OperatorConfig) -> Result<Self, Stopped> {
        let address = match &config.store.database {
            Database::Sqlite(path) => announced(path).ok_or_else(|| Stopped {
                exit: Exit::Failed,
                text: format!(
                    "no running server with an operator's listener uses the database {}; start one (without \
                     CALLBACK_ADMIN=off), and run this command with the same settings in the same folder",
                    path.display()
                ),
            })?,
            Database::Postgres(_) => return Self::of_settings(config),
        };
        Self::at(&address, config)
    }

    /// Server at the address in the settings.
    pub(in crate::cli) fn of_settings(config: &OperatorConfig) -> Result<Self, Stopped> {
        let admin = &config.admin;
        if unix_path(&admin.host).is_some() {
            return Self::at(&admin.host, config);
        }
        Self::at(&authority(&admin.host, admin.port), config)
    }

    pub(in crate::cli) fn at(address: &str, config: &OperatorConfig) -> Result<Self, Stopped> {
        let socket = unix_path(address);
        let base = match socket {
            Some(_) => "http://localhost".to_owned(),
            None => format!("http://{}", reachable(address)),
        };
        // The operator's listener is reached directly, on whichever machine it is.
        let mut http = http_client::builder([base.as_str()]).no_proxy().timeout(ANSWER_MAX);
        if let Some(socket) = socket {
            http = http.unix_socket(socket);
        }
        Ok(Self {
            http: http.build().map_err(|error| Stopped::new(Exit::Failed, &error))?,
            base,
            place: address.to_owned(),
            token: config
                .admin
                .token
                .clone()
                .or_else(|| config.admin.viewers.token.clone()),
            operator: config.operator.clone(),
        })
    }

    /// Address for a browser, where the server leads to its console. No browser opens a socket file.
    pub(in crate::cli) fn console_url(&self) -> Option<String> {
        unix_path(&self.place).is_none().then(|| format!("{}/", self.base))
    }

    pub(in crate::cli) async fn execute(&self, command: &Command) -> Result<Value, Stopped> {
        let Wire { verb, path, body } = command.wire();
        let method = match verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
        };
        self.send(method, &path, body.as_ref()).await
    }

    /// Lists the plugins that serve, and those not used, with the reason.
    pub(in crate::cli) async fn plugins(&self) -> Result<Value, Stopped> {
        self.send(Method::GET, of_server::PLUGINS, None).await
    }

    /// Lists the long connections of the server.
    pub(in crate::cli) async fn connections(&self) -> Result<Value, Stopped> {
        self.send(Method::GET, of_server::CONNECTIONS, None).await
    }

    /// Fetches messages that were missed, or counts them.
    pub(super) async fn catch_up(&self, missing: &Missing) -> Result<Value, Stopped> {
        self.send(Method::POST, of_server::CATCH_UP, Some(&json!(missing)))
            .await
    }

    /// Lists the last refused requests.
    pub(in crate::cli) async fn rejected(&self) -> Result<Value, Stopped> {
        self.send(Method::GET, of_server::REJECTED, None).await
    }

    /// A page of a plugin's keys with the beginnings of their values.
    pub(super) async fn plugin_keys(&self, plugin: &str, prefix: &str, after: Option<&str>) -> Result<Value, Stopped> {
        let after = after
            .map(|after| format!("&after={}", encoded(after)))
            .unwrap_or_default();
        let (path, plugin, prefix) = (of_server::PLUGIN_KEYS, encoded(plugin), encoded(prefix));
        let path = format!("{path}?plugin={plugin}&prefix={prefix}{after}");
        self.send(Method::GET, &path, None).await
    }

    /// The last log lines of a plugin from a number on.
    pub(super) async fn plugin_lines(&self, plugin: &str, from: u64) -> Result<Value, Stopped> {
        let path = format!("{}?plugin={}&from={from}", of_server::PLUGIN_LOG, encoded(plugin));
        self.send(Method::GET, &path, None).await
    }

    /// Lists jobs.
    pub(super) async fn jobs(&self) -> Result<Value, Stopped> {
        self.send(Method::GET, of_server::JOBS, None).await
    }

    /// Shows a job.
    pub(super) async fn job(&self, key: &str) -> Result<Value, Stopped> {
        self.send(Method::GET, &of_job(of_server::JOB, key), None).await
    }

    /// Counts what a job would be for.
    pub(super) async fn count_job(&self, request: &JobRequest) -> Result<Value, Stopped> {
        self.send(Method::POST, of_server::JOBS, Some(&json!(request))).await
    }

    /// Starts a job that was counted.
    pub(super) async fn start_job(&self, key: &str) -> Result<Value, Stopped> {
        self.send(Method::POST, &of_job(of_server::JOB_START, key), None).await
    }

    /// Cancels a job.
    pub(super) async fn cancel_job(&self, key: &str) -> Result<Value, Stopped> {
        self.send(Method::POST, &of_job(of_server::JOB_CANCEL, key), None).await
    }

    /// Shows the log level.
    pub(super) async fn log_level(&self) -> Result<Value, Stopped> {
        self.send(Method::GET, of_server::LOG_LEVEL, None).await
    }

    /// Changes the log level; without one, that of the settings is in effect again.
    pub(super) async fn change_log_level(&self, level: Option<&str>) -> Result<Value, Stopped> {
        self.send(Method::POST, of_server::LOG_LEVEL, Some(&json!({"level": level})))
            .await
    }

    /// Runs a task of a plugin now; returns its reply.
    pub(in crate::cli) async fn task(
        &self,
        plugin: &str,
        name: &str,
        app: Option<&str>,
        payload: &Value,
    ) -> Result<Value, Stopped> {
        let app = app.map(|app| format!("?app={}", encoded(app))).unwrap_or_default();
        let path = of_server::TASK
            .replace("{plugin}", &encoded(plugin))
            .replace("{name}", &encoded(name));
        self.send(Method::POST, &format!("{path}{app}"), Some(payload)).await
    }

    /// Asks a health check; returns the reasons when it fails.
    pub(in crate::cli) async fn health(&self, check: &str) -> Result<Vec<String>, Stopped> {
        let request = self.http.get(format!("{}/{check}", self.base)).timeout(HEALTH_MAX);
        let failed = |error: reqwest::Error| self.silent(error);
        let response = request.send().await.map_err(failed)?;
        let is_success = response.status().is_success();
        let answer: Value = serde_json::from_str(&response.text().await.map_err(failed)?).unwrap_or_default();
        let word = answer.get("status").and_then(Value::as_str);
        if is_success && word == Some("ok") {
            return Ok(Vec::new());
        }
        let reasons = answer.get("reasons").and_then(Value::as_array);
        let reasons: Vec<_> = reasons
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(on_one_line)
            .collect();
        if reasons.is_empty() {
            return Err(Stopped {
                exit: Exit::Failed,
                text: format!("{} does not answer like a lark-callback server", self.base),
            });
        }
        Ok(reasons)
    }

    fn silent(&self, error: reqwest::Error) -> Stopped {
        let mut stopped = Stopped::new(Exit::Failed, &error.without_url());
        stopped.text = format!(
            "no answer from the operator's listener at {}; is the server running, and do CALLBACK_ADMIN_HOST and \
             CALLBACK_ADMIN_PORT match its settings? ({})",
            self.place, stopped.text
        );
        stopped
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Stopped> {
        let mut request = self.http.request(method, format!("{}/api/v1/{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        // A name with a line break in it is no header; the change is recorded without one.
        let operator = self
            .operator
            .as_deref()
            .map(|name| HeaderValue::from_bytes(name.as_bytes()));
        if let Some(Ok(operator)) = operator {
            request = request.header(OPERATOR_HEADER, operator);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let failed = |error: reqwest::Error| self.silent(error);
        let response = request.send().await.map_err(failed)?;
        let is_success = response.status().is_success();
        let text = response.text().await.map_err(failed)?;
        let answer: Value = serde_json::from_str(&text).map_err(|error| Stopped {
            exit: Exit::Failed,
            text: format!("{} does not answer like a lark-callback server: {error}", self.base),
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

fn of_job(path: &str, key: &str) -> String {
    path.replace("{key}", &encoded(key))
}

/// Replaces a wildcard address with this machine's loopback address.
fn reachable(address: &str) -> String {
    match address.parse::<SocketAddr>() {
        Ok(SocketAddr::V4(address)) if address.ip().is_unspecified() => format!("127.0.0.1:{}", address.port()),
        Ok(SocketAddr::V6(address)) if address.ip().is_unspecified() => format!("[::1]:{}", address.port()),
        _ => address.to_owned(),
    }
}
