//! The event that is sent after each build: one that was named, the last one that the plugin got, or a fixture.

use std::{
    fs,
    path::{Path, PathBuf},
};

use lark_callback_store::Filter;
use serde_json::{Value, json};

use super::{
    DevArguments,
    screen::Screen,
    server::{DevServer, Serving},
};
use crate::{
    app::now_ms,
    cli::{
        Exit, Stopped,
        client::{Client, Mischief, event_id, ms},
        payload::{self, Payload},
        render,
    },
    config,
    operate::Command,
    telemetry::chain,
};

/// Beginning of the ids of events that are sent here, which are not taken for events of somebody else.
const OURS: &str = "again-";

/// What it means that a click or a preview was passed.
const PASSED: &str = "no plugin took it: each passed";

/// Recorded events that are looked at.
const EVENTS_MAX: u32 = 50;

/// An event or a task to send.
#[derive(Debug)]
pub(super) struct LastEvent {
    /// Where it comes from.
    origin: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// A whole body, or an `event` object of this type.
    Event { event_type: String, body: Value },
    /// A task.
    Task { name: String, payload: Value },
}

impl LastEvent {
    pub(super) async fn find(
        arguments: &DevArguments,
        server: &DevServer,
        plugin: &Serving,
    ) -> Result<Option<Self>, Stopped> {
        if let Some(path) = &arguments.event {
            return Self::read(path, plugin).map(Some);
        }
        if let Some(recorded) = Self::recorded(server, &plugin.name).await? {
            return Ok(Some(recorded));
        }
        let fixture = fixtures(&arguments.folder).into_iter().next();
        fixture.map(|path| Self::read(&path, plugin)).transpose()
    }

    fn read(path: &Path, plugin: &Serving) -> Result<Self, Stopped> {
        let failed = |why: String| Stopped {
            exit: Exit::Failed,
            text: format!("{}: {why}", path.display()),
        };
        let text = config::read_text(path).map_err(|error| failed(chain(&error)))?;
        let body: Value = serde_json::from_str(&text).map_err(|error| failed(format!("not JSON: {error}")))?;
        let content = match body.get("task") {
            Some(task) => Content::Task {
                name: task
                    .get("name")
                    .and_then(Value::as_str)
                    .ok_or_else(|| failed("`task` has no `name`".to_owned()))?
                    .to_owned(),
                payload: task.get("payload").cloned().unwrap_or_else(|| json!({})),
            },
            None => Content::Event {
                event_type: plugin.event_types.first().cloned().unwrap_or_default(),
                body,
            },
        };
        Ok(Self {
            origin: path.strip_prefix(".").unwrap_or(path).display().to_string(),
            content,
        })
    }

    /// The last event that the plugin got from somebody else than this command.
    async fn recorded(server: &DevServer, plugin: &str) -> Result<Option<Self>, Stopped> {
        let filter = Filter {
            plugin: Some(plugin.to_owned()),
            limit: Some(EVENTS_MAX),
            ..Filter::default()
        };
        let answer = server.remote.execute(&Command::Events(filter)).await?;
        let events = answer.get("events").and_then(Value::as_array);
        for event in events.into_iter().flatten() {
            let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
            let (id, event_type) = (text("event_id"), text("event_type"));
            // A return from the authorize page is the host's own.
            if id.starts_with(OURS) || event_type.is_empty() || event_type == "oauth_redirect" {
                continue;
            }
            let number = event.get("id").and_then(Value::as_i64).unwrap_or_default().to_string();
            let shown = server.remote.execute(&Command::Event(number)).await?;
            if let Some(body) = shown.get("payload").filter(|payload| payload.is_object()) {
                return Ok(Some(Self {
                    origin: format!("event {id} again"),
                    content: Content::Event {
                        event_type: event_type.to_owned(),
                        body: body.clone(),
                    },
                }));
            }
        }
        Ok(None)
    }

    /// Sends it, and shows what came back.
    pub(super) async fn send(self, server: &DevServer, plugin: &Serving, screen: Screen) -> Result<(), Stopped> {
        let Self { origin, content } = self;
        match content {
            Content::Task { name, payload } => {
                let what = format!("task {name} ({origin})");
                screen.tell("sent", &what, &json!({"task": name, "origin": origin}));
                let reply = server.remote.task(&plugin.name, &name, None, &payload).await?;
                screen.tell("reply", &format!("{reply:#}"), &json!({"reply": reply}));
                Ok(())
            }
            Content::Event { event_type, body } => {
                let lark = &server.sender;
                let sender = payload::Sender {
                    app_id: &lark.app.app_id,
                    token: &lark.token,
                    now_ms: now_ms(),
                };
                let id = format!("{OURS}{}", event_id()?);
                let mut payload = Payload::of(&event_type, sender, id.clone());
                payload.replace(body, sender)?;
                // As of the server's own application: a plugin looks whether its own bot is mentioned.
                payload.set_app_id(sender.app_id);
                // The flat card has none, and is told from others by its signature.
                if !payload.event_id.is_empty() {
                    payload.set_event_id(&id)?;
                }
                let client = Client::new(lark.url.clone(), lark.socket.as_deref())?;
                let envelope = client.envelope(&lark.app, &payload, Mischief::default(), now_ms())?;
                let event_type = &payload.event_type;
                screen.tell(
                    "sent",
                    &format!("{event_type} ({origin})"),
                    &json!({"event_type": event_type, "event_id": id, "origin": origin}),
                );
                let answer = client.send(&envelope).await?;
                let reply: Value = serde_json::from_str(&answer.body).unwrap_or_default();
                let mut text = format!("{} in {}", answer.status, ms(answer.took));
                if reply.as_object().is_some_and(|reply| !reply.is_empty()) {
                    text.push_str(&format!("\n{}", render::lines(&answer.body).join("\n")));
                }
                let facts = json!({"status": answer.status, "reply": reply, "ms": answer.took.as_secs_f64() * 1_000.0});
                screen.tell("reply", &text, &facts);
                let is_empty = reply.as_object().is_some_and(serde_json::Map::is_empty);
                if is_empty || !server.is_own() {
                    tell_end(server, &id, screen).await?;
                }
                Ok(())
            }
        }
    }
}

/// Shows that a click or a preview was passed, which looks like an answer that says nothing; and why a call failed, where the log
/// of the server is in another terminal.
async fn tell_end(server: &DevServer, id: &str, screen: Screen) -> Result<(), Stopped> {
    let event = server.remote.execute(&Command::Event(id.to_owned())).await?;
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    if text("outcome") == Some("passed") {
        screen.tell("passed", PASSED, &json!({"passed": true}));
    }
    if let Some(error) = text("error").filter(|_| !server.is_own()) {
        screen.tell("error", error, &json!({"error": error}));
    }
    Ok(())
}

/// Events among the fixtures of a project, by name.
fn fixtures(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("fixtures")).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".event.json"))
        .collect();
    paths.sort();
    paths
}
