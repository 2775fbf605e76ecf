//! Commands over HTTP under `/api/v1`.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::StatusCode,
    response::Response,
    routing::{MethodFilter, MethodRouter, on},
};
use bytes::Bytes;
use lark_callback_store::{Filter, Touched};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{AdminState, Refusal, json as answer, recorded::Keeps};
use crate::{
    moment::Moment,
    operate::{
        self, Actor, AuditFilter, AuditedChange, AuthorizationFilter, Command, Context, OperateError, Route,
        SpanFilter, Takes, Verb, of_server,
    },
    plugin::Task,
    reload::{CanaryStatus, PluginStatus},
    telemetry::chain,
};

/// Maximum size of a command's body; the largest is a task's payload or a list of numbers.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Maximum time for a body to arrive.
const BODY_READ_MAX: Duration = Duration::from_secs(5);

/// Query parameters of a task.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfApp {
    app: Option<String>,
}

type InPath<T> = Result<Path<T>, PathRejection>;
type InQuery<T> = Result<Query<T>, QueryRejection>;
type Filters = InQuery<Filter>;

pub(super) type Who = Extension<Arc<Actor>>;
type Here = State<Arc<AdminState>>;

pub(super) fn method(verb: Verb) -> MethodFilter {
    match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
    }
}

/// Handler for the command of a route. Who may give it is checked where it is carried out.
pub(super) fn command(route: Route) -> MethodRouter<Arc<AdminState>> {
    let method = method(route.verb);
    match route.takes {
        Takes::Nothing(make) => on(method, async move |State(state): Here, Extension(who): Who| {
            state.answer(&who, make()).await
        }),
        Takes::Key(make) => on(
            method,
            async move |State(state): Here, Extension(who): Who, key: InPath<String>| {
                state.answer(&who, make(in_path(key)?)).await
            },
        ),
        Takes::Number(make) => on(
            method,
            async move |State(state): Here, Extension(who): Who, id: InPath<i64>| {
                state.answer(&who, make(in_path(id)?)).await
            },
        ),
        Takes::Filter(make) => on(
            method,
            async move |State(state): Here, Extension(who): Who, asked: Filters| {
                state.answer(&who, make(query(asked)?)).await
            },
        ),
        Takes::Audit(make) => on(
            method,
            async move |State(state): Here, Extension(who): Who, asked: InQuery<AuditFilter>| {
                state.answer(&who, make(query(asked)?)).await
            },
        ),
        Takes::Authorizations(make) => on(
            method,
            async move |State(state): Here, Extension(who): Who, asked: InQuery<AuthorizationFilter>| {
                state.answer(&who, make(query(asked)?)).await
            },
        ),
        Takes::Body(make) => on(
            method,
            async move |State(state): Here, Extension(who): Who, body: Body| {
                // Before the body is read.
                who.check(route.needs)?;
                let body = whole(body).await?;
                let command = make(&body).map_err(|error| not_understood(&error))?;
                state.answer(&who, command).await
            },
        ),
        Takes::Span(make) => on(
            method,
            async move |State(state): Here, Extension(who): Who, asked: InQuery<SpanFilter>| {
                state.answer(&who, make(query(asked)?)).await
            },
        ),
    }
}

/// Lists the plugins that serve, and those in the folder that are not used, with the reason.
pub(super) async fn plugins(State(state): State<Arc<AdminState>>, Extension(who): Who) -> Result<Response, Refusal> {
    let plugins = state.serving(who.sees_payloads).await;
    Ok(answer(StatusCode::OK, &json!({"plugins": plugins})))
}

fn plugin(status: &PluginStatus, backoff: Option<&Value>, schedules: &Value, limits: Option<&Value>) -> Value {
    let active = status.active.as_ref().map(|active| {
        json!({
            "hash": active.hash,
            "version": active.version,
            "source": active.source.to_string(),
            "event_types": active.event_types,
            "grant": active.grants,
            "paused": active.paused,
            "canary": active.canary.as_ref().map(canary),
            "apps": active.apps,
            "config": active.config,
        })
    });
    let held = status.held.as_ref().map(|held| {
        let seconds = held.since.elapsed().as_secs();
        json!({
            "source": held.source.to_string(),
            "hash": held.hash,
            "reason": held.reason.en(),
            "reason_zh": held.reason.zh(),
            "difference": held.difference,
            "is_ordered": held.is_ordered,
            "seconds": seconds,
        })
    });
    json!({
        "name": status.name,
        "active": active,
        "held": held,
        "disabled": status.disabled,
        "disabled_by_command": status.disabled_by_command,
        "disabled_by_settings": status.disabled_by_settings,
        "paused_by_command": status.paused_by_command,
        "paused_by_settings": status.paused_by_settings,
        "loading": status.loading,
        "component": status.component,
        "sent_back": status.sent_back,
        "backoff": backoff,
        "schedules": schedules,
        "limits": limits,
    })
}

fn canary(status: &CanaryStatus) -> Value {
    let (chats, users) = status.canary.named();
    json!({
        "share": status.canary.share(),
        "chats": chats,
        "users": users,
        "rest": {"version": status.rest_version, "hash": status.rest_hash},
    })
}

/// Runs a task of a plugin now and returns its reply; `?app=NAME` selects an application other than the first.
pub(super) async fn task(
    State(state): State<Arc<AdminState>>,
    Extension(who): Who,
    path: InPath<(String, String)>,
    of_app: InQuery<OfApp>,
    body: Body,
) -> Result<Response, Refusal> {
    let (plugin, name) = in_path(path)?;
    let app = query(of_app)?.app;
    operate::check_loaded(&state.dispatcher.plugins(), &plugin)?;
    let payload: Value = read(body).await?;
    let app_id = state
        .apps
        .find(app.as_deref())
        .map(|app| app.app_id.to_string())
        .ok_or_else(|| {
            // The application from the environment has no name.
            let apps = state.apps.now();
            let known = apps
                .iter()
                .map(|app| if app.name.is_empty() { &*app.app_id } else { &app.name });
            let known: Vec<_> = known.collect();
            Refusal::not_found(&format!(
                "no application has this name or id; known are: {}",
                known.join(", ")
            ))
        })?;
    let arrival = Moment::now((state.now_ms)());
    let mut random = [0; 8];
    // Without random bytes all tasks would share an id; only the log depends on it.
    let _ = getrandom::fill(&mut random);
    let task = Task {
        id: format!("operator-{}", hex::encode(random)),
        name,
        payload: payload.to_string(),
        requested_by: String::new(),
        app_id,
        scheduled_at_ms: None,
    };
    tracing::info!(
        plugin.name = plugin,
        task.name = task.name,
        task.id = task.id,
        "Running a task for the operator"
    );
    let change = AuditedChange {
        command: of_server::TASK.to_owned(),
        // Its payload may be about people.
        arguments: json!({"plugin": plugin, "task": task.name, "app": task.app_id}),
        touched: vec![(Touched::Plugin, plugin.clone())],
    };
    let made = async {
        let reply = state.dispatcher.run_task(&plugin, task, arrival).await?;
        Ok(reply.map_or(Value::Null, |reply| {
            serde_json::from_str(&reply).unwrap_or(Value::String(reply))
        }))
    };
    state.recorded(&who, change, Keeps::Nothing, made).await
}

impl AdminState {
    /// Every plugin with its state. Why one is not loaded must be told whether or not the database answers. The error of a
    /// crash is what the plugin wrote.
    pub(crate) async fn serving(&self, sees_payloads: bool) -> Value {
        let schedules = self.schedules().await.map_err(|error| chain(&error));
        let backoffs = self.dispatcher.backoffs();
        let limits = self.limits();
        let plugins = self.plugins.borrow();
        let plugins = plugins.iter().map(|status| {
            let of_plugin = match &schedules {
                Ok(schedules) => json!(schedules.get(&status.name).map(Vec::as_slice).unwrap_or_default()),
                Err(error) => json!({"error": error}),
            };
            let backoff = backoffs.get(&status.name).map(|backoff| {
                let error = sees_payloads.then_some(&backoff.error);
                json!({"crashes": backoff.crashes, "seconds": backoff.left.as_secs_f64(), "error": error})
            });
            plugin(status, backoff.as_ref(), &of_plugin, limits.get(&status.name))
        });
        plugins.collect()
    }

    async fn answer(&self, actor: &Actor, command: Command) -> Result<Response, Refusal> {
        Ok(answer(StatusCode::OK, &self.execute(actor, command).await?))
    }

    /// Carries a command out for whoever gives it, if its role suffices.
    ///
    /// # Errors
    /// [`OperateError`].
    pub(crate) async fn execute(&self, actor: &Actor, command: Command) -> Result<Value, OperateError> {
        let context = Context {
            store: &self.store,
            retention: &self.retention,
            plugins: &self.dispatcher.plugins(),
            serving: &self.serving(actor.sees_payloads).await,
            logs: &self.plugin_logs,
            actor,
            record: None,
            now_ms: (self.now_ms)(),
        };
        let done = command.execute(context).await?;
        if command.changes() {
            let change = AuditedChange::of(&command);
            tracing::info!(
                command = change.command,
                arguments = change.told(),
                operator.name = actor.name,
                operator.way = actor.way.word(),
                "Operator command carried out"
            );
        }
        if command.makes_work() {
            self.dispatcher.wake();
        }
        if command.orders_plugin() {
            self.plugin_orders.notify_one();
        }
        Ok(done)
    }
}

pub(super) fn in_path<T>(path: InPath<T>) -> Result<T, Refusal> {
    path.map(|Path(path)| path)
        .map_err(|error| Refusal::bad_request(error.body_text()))
}

pub(super) fn query<T>(query: InQuery<T>) -> Result<T, Refusal> {
    query
        .map(|Query(query)| query)
        .map_err(|error| Refusal::bad_request(error.body_text()))
}

/// Parses a JSON body.
pub(super) async fn read<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    serde_json::from_slice(&whole(body).await?).map_err(|error| not_understood(&error))
}

/// Reads the whole body; an empty one counts as an empty object.
async fn whole(body: Body) -> Result<Bytes, Refusal> {
    let bytes = timeout(BODY_READ_MAX, to_bytes(body, BODY_BYTES_MAX)).await;
    let Ok(Ok(bytes)) = bytes else {
        return Err(Refusal::bad_request(format!(
            "the body is larger than {BODY_BYTES_MAX} bytes or did not arrive within 5 s"
        )));
    };
    Ok(if bytes.is_empty() {
        Bytes::from_static(b"{}")
    } else {
        bytes
    })
}

fn not_understood(error: &serde_json::Error) -> Refusal {
    Refusal::bad_request(format!("the body is not valid: {error}"))
}
