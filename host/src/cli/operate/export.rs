//! `events export`: events with their payloads, as lines of JSON or as bodies that can be sent again.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use lark_callback_store::{Filter, PAGE_ROWS_MAX};
use serde_json::{Value, json};

use super::{arguments::ExportForm, page::searched, target::Target};
use crate::{
    cli::{Exit, Stopped},
    operate::Command,
    telemetry::{amount, escaped_json},
};

/// Writes the events that a filter means, the newest first.
pub(super) async fn export(
    target: &Target,
    mut filter: Filter,
    form: ExportForm,
    out: Option<&Path>,
    limit: u64,
) -> Result<(), Stopped> {
    let folder = match (form, out) {
        (ExportForm::Files, Some(folder)) => Some(folder),
        _ => None,
    };
    if let Some(folder) = folder {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| unwritten(folder, &error))?;
    }
    let (mut written, mut left_out) = (0, 0);
    while written + left_out < limit {
        let rows = (limit - written - left_out).min(PAGE_ROWS_MAX.into());
        filter.limit = Some(u32::try_from(rows).unwrap_or(PAGE_ROWS_MAX));
        let page = searched(target, filter.clone()).await?;
        let events = page
            .get("events")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        for event in &events {
            let Some(id) = event.get("id").and_then(Value::as_i64) else {
                continue;
            };
            let event = target.execute(&Command::Event(id.to_string())).await?;
            let is_written = match folder {
                Some(folder) => write_file(folder, &event)?,
                None => write_line(&event)?,
            };
            if is_written {
                written += 1;
            } else {
                left_out += 1;
            }
        }
        match page.get("next_before").and_then(Value::as_i64) {
            Some(next) => filter.before = Some(next),
            None => break,
        }
    }
    report(folder, written, left_out);
    Ok(())
}

/// Standard output has the events alone.
fn report(folder: Option<&Path>, written: u64, left_out: u64) {
    let mut text = match folder {
        Some(folder) => format!("{} written to {}", amount(written, "file"), folder.display()),
        None => format!("{} exported", amount(written, "event")),
    };
    if left_out > 0 {
        text.push_str(&format!(
            "; {left_out} left out, because their payload has been deleted or was never sent by Lark"
        ));
    }
    let _ = writeln!(io::stderr(), "{text}");
}

fn write_line(event: &Value) -> Result<bool, Stopped> {
    writeln!(io::stdout(), "{}", escaped_json(&event.to_string())).map_err(|error| Stopped::unheard(&error))?;
    Ok(true)
}

/// One body, as `send --file` takes it.
fn write_file(folder: &Path, event: &Value) -> Result<bool, Stopped> {
    let Some(body) = body(event) else { return Ok(false) };
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = event.get("id").and_then(Value::as_i64).unwrap_or_default();
    // What Lark, or whoever knows a token, named a type becomes the name of a file.
    let kind: String = text("event_type")
        .chars()
        .map(|symbol| {
            if symbol.is_ascii_alphanumeric() || "._-".contains(symbol) {
                symbol
            } else {
                '_'
            }
        })
        .take(80)
        .collect();
    let path = folder.join(format!("{}-{number}.json", kind.trim_start_matches('.')));
    // What people write is nobody else's business.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut file = match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(Stopped {
                exit: Exit::Failed,
                text: format!("{} exists already; name another folder with --out", path.display()),
            });
        }
        opened => opened.map_err(|error| unwritten(&path, &error))?,
    };
    let pretty = serde_json::to_string_pretty(&body).unwrap_or_default();
    writeln!(file, "{}", escaped_json(&pretty)).map_err(|error| unwritten(&path, &error))?;
    Ok(true)
}

/// The body of an event as Lark sends it, without its token; none for one that Lark did not send, or without a payload.
fn body(event: &Value) -> Option<Value> {
    let payload = event.get("payload").filter(|payload| payload.is_object())?;
    let field = |name: &str| event.get(name).cloned().unwrap_or_default();
    match event.get("schema").and_then(Value::as_str)? {
        "redirect" => None,
        "1.0" => Some(json!({
            "uuid": field("event_id"), "token": "", "type": "event_callback", "event": payload,
        })),
        // A flat v1 card is kept in the newer shape.
        _ => Some(json!({
            "schema": "2.0",
            "header": {
                "event_id": field("event_id"),
                "event_type": field("event_type"),
                "create_time": field("create_time_ms").as_u64().unwrap_or_default().to_string(),
                "token": "",
                "app_id": field("app"),
                "tenant_key": field("tenant_key"),
            },
            "event": payload,
        })),
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Stopped {
    let text = match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => format!("{} is not a folder", path.display()),
        _ => format!("{} cannot be written: {error}", path.display()),
    };
    Stopped {
        exit: Exit::Failed,
        text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::body;

    #[test]
    fn a_body_is_what_lark_would_send() {
        let event = json!({
            "schema": "2.0", "event_id": "e1", "event_type": "im.message.receive_v1", "app": "cli_a",
            "tenant_key": "t", "create_time_ms": 17, "payload": {"a": 1},
        });
        let body = body(&event).unwrap();
        assert_eq!(body["header"]["event_id"], "e1");
        assert_eq!(body["header"]["create_time"], "17");
        assert_eq!(body["event"], json!({"a": 1}));
        assert_eq!(super::body(&json!({"schema": "redirect", "payload": {}})), None);
        assert_eq!(super::body(&json!({"schema": "2.0", "payload": null})), None);
    }
}
