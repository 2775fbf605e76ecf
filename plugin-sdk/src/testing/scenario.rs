//! The fixtures of `plugin test`, run natively: the same files, the same result.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::FakeHost;
use super::assertions::differences;
use crate::{Event, Failure, NewTask, Outcome, Plugin, Reply, Task};

/// The ending of an event's file.
const EVENT: &str = ".event.json";

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
#[track_caller]
pub fn assert_fixtures<P: Plugin + Default>(folder: impl AsRef<Path>, config: &[(&str, &str)]) {
    let folder = folder.as_ref();
    let names = match names(folder) {
        Ok(names) if !names.is_empty() => names,
        Ok(_) => panic!("{} has no *{EVENT}", folder.display()),
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    let mut wrong = Vec::new();
    for name in names {
        match found::<P>(folder, &name, config) {
            Ok(lines) => wrong.extend(lines.into_iter().map(|line| format!("{name}: {line}"))),
            Err(why) => wrong.push(format!("{name}: {why}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.file_name();
        names.extend(file.to_string_lossy().strip_suffix(EVENT).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// How a fixture differs from what is expected.
fn found<P: Plugin + Default>(folder: &Path, name: &str, config: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let body = read(folder, name, "event")?.ok_or("it is not there")?;
    let expected = read(folder, name, "expected")?.ok_or("its .expected.json is not there")?;
    let held = read(folder, name, "host")?.unwrap_or_default();
    let mut host = FakeHost::new();
    for (key, value) in config {
        host = host.with_config(*key, *value);
    }
    let created_ms = created_ms(&body);
    let now_ms = held.get("now_ms").and_then(Value::as_u64).or(created_ms);
    host.set_now_ms(now_ms.unwrap_or(NOW_MS));
    for (key, value) in held.get("kv").and_then(Value::as_object).into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let set = host.kv().set(key, text.as_bytes(), None);
        set.map_err(|error| error.to_string())?;
    }
    host.follow(
        held.get("lark").unwrap_or(&Value::Null),
        held.get("http").unwrap_or(&Value::Null),
    );
    let came = match body.get("task") {
        Some(task) => P::default().run(&host, &task_of(task)?),
        None => P::default().handle(&host, &event_of(&body)?),
    };
    let came = shown(&came, &host);
    let expected = expected.as_object().ok_or("its .expected.json is no object")?;
    Ok(expected
        .iter()
        .flat_map(|(part, wanted)| differences(part, wanted, came.get(part).unwrap_or(&Value::Null)))
        .collect())
}

/// The time of events that name none, as in the sandbox.
const NOW_MS: u64 = 1_700_000_000_000;

fn read(folder: &Path, name: &str, part: &str) -> Result<Option<Value>, String> {
    let path = folder.join(format!("{name}.{part}.json"));
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let value = serde_json::from_str(&text).map_err(|error| format!("its .{part}.json is not JSON: {error}"))?;
    Ok(Some(value))
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
    Ok(event)
}

fn task_of(task: &Value) -> Result<Task, String> {
    let name = text(task, "/name").ok_or("`task` has no `name`")?;
    let payload = task.get("payload").cloned().unwrap_or_else(|| json!({}));
    let mut made = Task::new(name, &payload).map_err(|error| error.to_string())?;
    if let Some(requested_by) = text(task, "/requested_by") {
        made.requested_by = requested_by;
    }
    if let Some(at_ms) = task.get("scheduled_at_ms").and_then(Value::as_u64) {
        made.attributes.push(("scheduled-at-ms".to_owned(), at_ms.to_string()));
    }
    Ok(made)
}

/// What came, in the form of `NAME.expected.json`.
fn shown(came: &Result<Outcome, Failure>, host: &FakeHost) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    match came {
        Ok(outcome) => {
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
        Err(failure) => {
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
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::found;
    use crate::prelude::*;

    #[derive(Default)]
    struct Teller;

    impl Plugin for Teller {
        const EVENTS: &'static [&'static str] = &["im.message.receive_v1"];

        fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
            let message: MessageReceive = event.payload()?;
            let user = host.openapi().user(message.sender_open_id())?;
            let told = host.kv().get("told")?.map(|entry| entry.value).unwrap_or_default();
            for _again in 0..2 {
                let answer = host.http().get("https://api.example.com/v1/words?n=1").send()?;
                host.log().info(&format!("{} at {}", answer.status(), host.now_ms()));
            }
            let told = String::from_utf8_lossy(&told).into_owned();
            let text = format!("{} {told}", user.name.unwrap_or_default());
            host.openapi().reply_text(&message.message.message_id, &text)?;
            Ok(Outcome::done().with_task(NewTask::new("later", &json!({"text": text}))?))
        }
    }

    /// What is found of a fixture with these expectations.
    fn compared(name: &str, expected: &Value) -> Result<Vec<String>, String> {
        let folder = std::env::temp_dir().join(format!("scenario-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let event = json!({
            "sender": {"sender_id": {"open_id": "ou_anna"}},
            "message": {"message_id": "om_9", "message_type": "text", "content": "{\"text\": \"hi\"}"},
        });
        let header = json!({"event_id": "e1", "event_type": "im.message.receive_v1", "create_time": "1700000000123"});
        let host = json!({
            "kv": {"told": "twice"},
            "lark": {"GET /open-apis/contact/v3/users/*": {"code": 0, "data": {"user": {"name": "Anna"}}}},
            "http": {"* https://api.example.com/**": [{"status": 503}, {"status": 200, "body": "words"}]},
        });
        for (part, value) in [
            ("event", &json!({"schema": "2.0", "header": header, "event": event})),
            ("host", &host),
            ("expected", expected),
        ] {
            fs::write(folder.join(format!("a.{part}.json")), value.to_string()).unwrap();
        }
        let found = found::<Teller>(&folder, "a", &[]);
        fs::remove_dir_all(&folder).unwrap();
        found
    }

    #[test]
    fn a_fixture_is_answered_with_what_its_host_holds() {
        let expected = json!({
            "outcome": "done",
            "calls": [
                "openapi GET /open-apis/contact/v3/users/ou_anna",
                "http GET https://api.example.com/v1/words",
                "http GET https://api.example.com/v1/words",
                "openapi POST /open-apis/im/v1/messages/om_9/reply",
            ],
            "tasks": [{"name": "later", "payload": {"text": "Anna twice"}}],
            "log": ["INFO 503 at 1700000000123", "INFO 200 at 1700000000123"],
        });
        assert_eq!(compared("same", &expected), Ok(Vec::new()));
    }

    #[test]
    fn each_difference_has_its_place() {
        let expected = json!({"outcome": "reply", "tasks": [{"name": "later", "payload": {"text": "Ben"}}]});
        assert_eq!(
            compared("other", &expected),
            Ok(vec![
                "outcome: expected \"reply\", got \"done\"".to_owned(),
                "tasks[0].payload.text: expected \"Ben\", got \"Anna twice\"".to_owned(),
            ])
        );
        assert!(compared("none", &json!([])).unwrap_err().contains("no object"));
    }
}
