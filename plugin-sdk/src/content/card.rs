//! Cards as text: what Lark sends of a card in a message, and cards as their authors wrote them.

use serde_json::Value;

use super::{Resource, ResourceKind, add, post, string};

/// The visible texts of a card, one per line.
pub(super) fn read(card: &Value, resources: &mut Vec<Resource>) -> String {
    let mut lines = Vec::new();
    // In messages the title is a string beside the elements.
    lines.push(string(card, "title").to_owned());
    node(card, &mut lines, resources);
    lines.retain(|line| !line.trim().is_empty());
    if lines.is_empty() {
        "[card]".to_owned()
    } else {
        lines.join("\n")
    }
}

/// Members that hold other elements, in the order in which they are shown.
const CONTAINERS: [&str; 12] = [
    "header",
    "title",
    "subtitle",
    "body",
    "text",
    "label",
    "fields",
    "elements",
    "i18n_elements",
    "columns",
    "actions",
    "extra",
];

fn node(of: &Value, lines: &mut Vec<String>, resources: &mut Vec<Resource>) {
    match of {
        // A list of lists is a list of paragraphs.
        Value::Array(parts) if parts.iter().any(|part| !string(part, "text").is_empty()) => {
            let line: String = parts.iter().map(|part| inline(part, resources)).collect();
            lines.push(line);
        }
        Value::Array(parts) => {
            for part in parts {
                node(part, lines, resources);
            }
        }
        Value::Object(members) => match string(of, "tag") {
            "plain_text" | "lark_md" | "markdown" => lines.push(string(of, "content").to_owned()),
            "img" if add(resources, ResourceKind::Image, of, "img_key") => lines.push("[image]".to_owned()),
            "img" if add(resources, ResourceKind::Image, of, "image_key") => lines.push("[image]".to_owned()),
            tag => {
                if !string(of, "text").is_empty() && !tag.is_empty() {
                    lines.push(inline(of, resources));
                }
                for name in CONTAINERS {
                    match members.get(name) {
                        // The first language stands for all.
                        Some(Value::Object(languages)) if name == "i18n_elements" => {
                            if let Some(elements) = languages.values().next() {
                                node(elements, lines, resources);
                            }
                        }
                        Some(inner) => node(inner, lines, resources),
                        None => {}
                    }
                }
            }
        },
        _ => {}
    }
}

/// A part of a paragraph.
fn inline(part: &Value, resources: &mut Vec<Resource>) -> String {
    match string(part, "tag") {
        "button" | "select_static" | "select_person" | "overflow" | "date_picker" | "picker_time"
        | "picker_datetime" => {
            format!("[{}]", string(part, "text"))
        }
        _ => post::part::<true>(part, resources),
    }
}
