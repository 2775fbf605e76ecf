//! Messages that are neither text nor card: a word in brackets, with what can be said about them.

use serde_json::Value;

use super::time::minutes;
use super::{Resource, ResourceKind, add, post, string};

/// The word for a message of this type.
pub(super) fn read(message_type: &str, of: &Value, resources: &mut Vec<Resource>) -> String {
    let field = |name: &str| string(of, name).to_owned();
    match message_type {
        "image" => {
            add(resources, ResourceKind::Image, of, "image_key");
            "[image]".to_owned()
        }
        "file" => {
            add(resources, ResourceKind::File, of, "file_key");
            bracketed("file", &field("file_name"))
        }
        "folder" => {
            add(resources, ResourceKind::Folder, of, "file_key");
            bracketed("folder", &field("file_name"))
        }
        "audio" => {
            add(resources, ResourceKind::Audio, of, "file_key");
            bracketed("audio", &seconds(of))
        }
        "media" | "video" => {
            add(resources, ResourceKind::Video, of, "file_key");
            bracketed("video", &joined([field("file_name"), seconds(of)]))
        }
        "sticker" => {
            add(resources, ResourceKind::Sticker, of, "file_key");
            "[sticker]".to_owned()
        }
        "share_chat" => bracketed("chat", &field("chat_id")),
        "share_user" => bracketed("contact", &field("user_id")),
        "location" => bracketed(
            "location",
            &joined([field("name"), field("latitude"), field("longitude")]),
        ),
        "system" => system(of),
        "merge_forward" => "[forwarded messages]".to_owned(),
        "hongbao" => bracketed("red packet", &field("text")),
        "share_calendar_event" | "calendar" | "general_calendar" => {
            let times = [minutes(of.get("start_time")), minutes(of.get("end_time"))];
            let times = times.into_iter().flatten().collect::<Vec<_>>().join(" to ");
            bracketed("event", &joined([field("summary"), times]))
        }
        "video_chat" => {
            let start = minutes(of.get("start_time")).unwrap_or_default();
            bracketed("meeting", &joined([field("topic"), start]))
        }
        "todo" => {
            let what = of.get("summary").map(|summary| post::read(summary, resources));
            let due = minutes(of.get("due_time")).map(|due| format!("due {due}"));
            bracketed("task", &joined([what.unwrap_or_default(), due.unwrap_or_default()]))
        }
        "vote" => {
            let options = of.get("options").and_then(Value::as_array);
            let options = options.into_iter().flatten().filter_map(Value::as_str);
            let parts = std::iter::once(string(of, "topic"))
                .chain(options)
                .filter(|part| !part.is_empty());
            bracketed("vote", &parts.collect::<Vec<_>>().join("; "))
        }
        "" => String::new(),
        other => format!("[{}]", other.replace('_', " ")),
    }
}

fn bracketed(word: &str, about: &str) -> String {
    if about.is_empty() {
        format!("[{word}]")
    } else {
        format!("[{word}: {about}]")
    }
}

fn joined<const N: usize>(parts: [String; N]) -> String {
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(", ")
}

fn seconds(of: &Value) -> String {
    let ms = of.get("duration").and_then(Value::as_u64);
    ms.map(|ms| format!("{} s", ms.div_ceil(1000))).unwrap_or_default()
}

/// A message of Lark's own: a sentence with names to be filled in.
fn system(of: &Value) -> String {
    let mut text = String::new();
    let mut rest = string(of, "template");
    if rest.is_empty() {
        return "[system message]".to_owned();
    }
    while let Some((before, behind)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = behind.split_once('}') else {
            text.push('{');
            rest = behind;
            break;
        };
        match of.get(name) {
            Some(Value::String(value)) => text.push_str(value),
            Some(Value::Array(values)) => {
                let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
                text.push_str(&values.join(", "));
            }
            // A name that is not there is left out, as in Lark's own clients.
            _ => {}
        }
        rest = after;
    }
    text.push_str(rest);
    text.trim().to_owned()
}
