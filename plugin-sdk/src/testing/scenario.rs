//! The fixtures of `plugin test`, run natively: the same files, the same result.

use std::error::Error;
use std::fs;
use std::path::Path;

use lark_fixture::{Fixture, FixtureError, NOT_WHOLE, NOW_MS, TaskFile};
use serde_json::{Map, Value};

use super::FakeHost;
use super::limits::refused_reply;
use crate::event::Mended;
use crate::{Event, Failure, Kind, Level, NewTask, Outcome, Plugin, Reply, Task};

/// The budget of calls for which nobody waits, as on a server with its default settings.
const ATTEMPT_MS: u32 = 30_000;

/// Has a plugin handle the fixtures of a folder natively, and asserts what `plugin test` compares in the sandbox.
///
/// Of each `NAME.event.json` that is what `NAME.expected.json` names. The host holds and answers what `NAME.host.json` says.
/// `config` has the values under `[config]`.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # #[derive(Default)]
/// # struct Greeter;
/// # impl Plugin for Greeter {
/// #     const EVENTS: &'static [&'static str] = &["card.action.trigger"];
/// #     fn handle(&self, host: &dyn Host, _event: &Event) -> Result<Outcome, Failure> {
/// #         Outcome::reply(&CardReply::toast(Toast::info(host.config().require("greeting")?)))
/// #     }
/// # }
/// use lark_plugin_sdk::testing::assert_fixtures;
///
/// # let folder = std::env::temp_dir().join(format!("greeter-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let body = r#"{"schema": "2.0", "header": {"event_id": "e1", "event_type": "card.action.trigger"}, "event": {}}"#;
/// # std::fs::write(folder.join("click.event.json"), body)?;
/// # std::fs::write(folder.join("click.expected.json"), r#"{"reply": {"toast": {"type": "info", "content": "hello"}}}"#)?;
/// // in a project: assert_fixtures::<Greeter>("fixtures", &[("greeting", "hello")]);
/// assert_fixtures::<Greeter>(&folder, &[("greeting", "hello")]);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// When something differs, with the name of the fixture and each difference by its place; when there are no fixtures, or one
/// cannot be read.
#[allow(clippy::panic, reason = "an assertion")]
#[allow(
    clippy::print_stderr,
    reason = "a test's notes, of which its runner shows those of a failed one"
)]
#[track_caller]
pub fn assert_fixtures<P: Plugin + Default>(folder: impl AsRef<Path>, config: &[(&str, &str)]) {
    let folder = folder.as_ref();
    let fixtures = match Fixture::read_all(folder, &read_text) {
        Ok(fixtures) if !fixtures.is_empty() => fixtures,
        Ok(_) => panic!("{} has no *{}", folder.display(), lark_fixture::EVENT),
        Err(error) => panic!("{error}"),
    };
    let mut wrong = Vec::new();
    for fixture in fixtures {
        match found::<P>(&fixture, config) {
            Ok(Found { lines, notes }) => {
                wrong.extend(lines.into_iter().map(|line| format!("{}: {line}", fixture.name)));
                for note in notes {
                    eprintln!("{}: note: {note}", fixture.name);
                }
            }
            Err(error) => wrong.push(error.to_string()),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Findings of a fixture.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// What is not as it must be.
    lines: Vec<String>,
    /// What is worth a look and fails nothing.
    notes: Vec<String>,
}

fn read_text(path: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// How a fixture differs from what is expected.
fn found<P: Plugin + Default>(fixture: &Fixture, config: &[(&str, &str)]) -> Result<Found, FixtureError> {
    let task = fixture.task()?;
    let event = match task {
        None if !fixture.is_whole() => return Err(FixtureError::of(&fixture.path, NOT_WHOLE)),
        None => Some(event_of(&fixture.body).map_err(|why| FixtureError::of(&fixture.path, why))?),
        Some(_) => None,
    };
    let mut host = FakeHost::new();
    for (key, value) in config {
        host = host.with_config(*key, *value);
    }
    let created_ms = event.as_ref().map(|event| event.create_time_ms).filter(|ms| *ms > 0);
    host.set_now_ms(fixture.host.now_ms.or(created_ms).unwrap_or(NOW_MS));
    host.follow(
        &fixture.host,
        event.as_ref().is_some_and(|event| event.kind == Kind::Callback),
    );
    let came = match (&event, task) {
        (None, Some(task)) => P::default().run(&host, &task_of(task)),
        (Some(event), _) => P::default().handle(&host, event),
        (None, None) => return Ok(Found::default()),
    };
    let shown = shown(&came, &host).into();
    let mut found = Found::default();
    match &fixture.expected {
        Some(expected) => found.lines = expected.differences(&shown),
        None => found.lines.push(fixture.unexpected()),
    }
    if let (Some(event), Ok(outcome)) = (&event, &came) {
        found.lines.extend(refused_reply(event, outcome));
    }
    let unasked = host.unasked();
    found.notes.extend(unasked.iter().map(|answer| fixture.unasked(answer)));
    if found.lines.is_empty() {
        let errors = host.logged().into_iter().filter(|line| line.level == Level::Error);
        let errors = errors.map(|line| format!("its log has ERROR {}", line.message));
        found.notes.extend(errors);
    }
    Ok(found)
}

/// The time in the header, which Lark writes in milliseconds, or in microseconds for clicks.
fn created_ms(body: &Value) -> Option<u64> {
    let text = body.pointer("/header/create_time")?.as_str()?;
    let number: u64 = text.parse().ok()?;
    Some(if text.len() > 13 { number / 1_000 } else { number })
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

fn event_of(body: &Value) -> Result<Event, String> {
    let (event_type, id) = if body.get("header").is_some() {
        (text(body, "/header/event_type"), text(body, "/header/event_id"))
    } else if body.get("uuid").is_some() {
        (text(body, "/event/type"), text(body, "/uuid"))
    } else {
        return Err("it is no body of schema 2.0 or 1.0; others are called in the sandbox only".to_owned());
    };
    let mut event = Event::new(
        event_type.unwrap_or_default(),
        body.get("event").unwrap_or(&Value::Null),
    );
    event.id = id.unwrap_or_default();
    if body.get("header").is_none() {
        "1.0".clone_into(&mut event.schema);
    }
    for (field, pointer) in [
        (&mut event.app_id, ["/header/app_id", "/event/app_id"]),
        (&mut event.tenant_key, ["/header/tenant_key", "/event/tenant_key"]),
    ] {
        if let Some(named) = pointer.iter().find_map(|pointer| text(body, pointer)) {
            *field = named;
        }
    }
    event.create_time_ms = created_ms(body).unwrap_or_default();
    if event.kind == Kind::Event {
        event.budget_ms = ATTEMPT_MS;
    }
    Ok(event)
}

fn task_of(file: TaskFile) -> Task {
    let scheduled = file
        .scheduled_at_ms
        .map(|at_ms| ("scheduled-at-ms".to_owned(), at_ms.to_string()));
    Task {
        id: "delivery-1".to_owned(),
        name: file.name,
        payload: file.payload.to_string(),
        requested_by: file.requested_by,
        app_id: file.app_id,
        attempt: 1,
        budget_ms: ATTEMPT_MS,
        attributes: scheduled.into_iter().collect(),
        mended: Mended::default(),
    }
}

/// What came, in the form of `NAME.expected.json`.
fn shown(came: &Result<Outcome, Failure>, host: &FakeHost) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    let refused = match came {
        Ok(outcome) => host.limits.check_tasks(&outcome.tasks).err(),
        Err(_) => None,
    };
    match (came, refused) {
        (_, Some(refused)) => {
            put("outcome", refused.code.into());
            put("error", refused.message.into());
        }
        (Ok(outcome), None) => {
            match &outcome.reply {
                Reply::Pass => put("outcome", "pass".into()),
                Reply::None => put("outcome", "done".into()),
                Reply::Json(text) => {
                    put("outcome", "reply".into());
                    put("reply", serde_json::from_str(text).unwrap_or_default());
                }
            }
            if !outcome.tasks.is_empty() {
                put("tasks", outcome.tasks.iter().map(task).collect());
            }
        }
        (Err(failure), None) => {
            let code = match failure {
                Failure::Retry { .. } => "retry",
                Failure::Permanent { .. } => "permanent",
            };
            put("outcome", code.into());
            put("error", failure.message().into());
        }
    }
    let calls = host.called();
    if !calls.is_empty() {
        put("calls", calls.into());
    }
    let lines = host.logged();
    let lines = lines
        .iter()
        .map(|line| format!("{} {}", format!("{:?}", line.level).to_uppercase(), line.message));
    put("log", lines.collect());
    shown
}

fn task(task: &NewTask) -> Value {
    let payload: Value = serde_json::from_str(&task.payload).unwrap_or_default();
    let mut said = Map::from_iter([
        ("name".to_owned(), task.name.clone().into()),
        ("payload".to_owned(), payload),
    ]);
    if let Some(plugin) = &task.plugin {
        said.insert("plugin".to_owned(), plugin.clone().into());
    }
    if !task.delay.is_zero() {
        said.insert("delay_ms".to_owned(), crate::kv::millis(task.delay).into());
    }
    said.into()
}

#[cfg(test)]
mod tests;
