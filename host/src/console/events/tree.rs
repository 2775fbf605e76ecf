//! A JSON value as a tree that opens and closes, each value with its path.

use maud::{Markup, html};
use serde_json::Value;

/// Depth to which a tree is open at first.
const OPEN_DEPTH: usize = 3;

/// Values that are shown; a payload may have a hundred thousand.
const VALUES_MAX: usize = 2_000;

/// Depth that is shown; the JSON in a text counts on.
const DEPTH_MAX: usize = 64;

/// Length of a text that is shown whole.
const TEXT_CHARS_MAX: usize = 4_000;

/// The tree of a value.
pub(in crate::console) fn tree(value: &Value) -> Markup {
    let mut left = VALUES_MAX;
    html! { div.tree { (node(None, "", value, 0, &mut left)) } }
}

fn node(name: Option<&str>, path: &str, value: &Value, depth: usize, left: &mut usize) -> Markup {
    if *left == 0 || depth > DEPTH_MAX {
        return html! { div.leaf.dim { "…" } };
    }
    *left -= 1;
    let label = html! {
        @if let Some(name) = name { span.key title=(path) { (name) } }
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let children = fields.iter().map(|(key, value)| {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                (key.clone(), path, value)
            });
            branch(&label, ("{", "}"), &children.collect::<Vec<_>>(), depth, left)
        }
        Value::Array(items) if !items.is_empty() => {
            let children = items.iter().enumerate();
            let children = children.map(|(at, value)| (at.to_string(), format!("{path}[{at}]"), value));
            branch(&label, ("[", "]"), &children.collect::<Vec<_>>(), depth, left)
        }
        _ => html! { div.leaf { (label) (leaf(path, value, depth, left)) } },
    }
}

fn branch(
    label: &Markup,
    (opens, closes): (&str, &str),
    children: &[(String, String, &Value)],
    depth: usize,
    left: &mut usize,
) -> Markup {
    let count = children.len();
    let mut shown = Vec::new();
    for (name, path, value) in children {
        if *left == 0 {
            break;
        }
        shown.push(node(Some(name), path, value, depth + 1, left));
    }
    let missing = count - shown.len();
    html! {
        details open[depth < OPEN_DEPTH] {
            summary { (label) span.dim { (opens) " " (count) " " (closes) } }
            @for child in &shown { (child) }
            @if missing > 0 { div.leaf.dim { "… " (missing) } }
        }
    }
}

fn leaf(path: &str, value: &Value, depth: usize, left: &mut usize) -> Markup {
    let (class, text) = match value {
        Value::String(text) => ("text", text.clone()),
        Value::Number(number) => ("number", number.to_string()),
        Value::Bool(is) => ("word", is.to_string()),
        Value::Null => ("word", "null".to_owned()),
        Value::Object(_) => ("word", "{ }".to_owned()),
        Value::Array(_) => ("word", "[ ]".to_owned()),
    };
    let inner = inner(value);
    let cut: String = text.chars().take(TEXT_CHARS_MAX).collect();
    let is_cut = cut.len() < text.len();
    html! {
        span class=(class) title=(path) { (cut) @if is_cut { "…" } }
        @if let Some(inner) = inner { (node(None, path, &inner, depth + 1, left)) }
    }
}

/// JSON in a text, as the content of a message is. One layer: what is in it is rendered as a tree of its own.
fn inner(value: &Value) -> Option<Value> {
    let text = value
        .as_str()
        .filter(|text| text.starts_with(['{', '[']) && text.len() <= 64 << 10)?;
    serde_json::from_str(text)
        .ok()
        .filter(|inner: &Value| inner.is_object() || inner.is_array())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::tree;

    #[test]
    fn what_a_payload_says_stays_text() {
        let hostile = json!({
            "<script>alert(1)</script>": "<img src=x onerror=alert(1)>",
            "\" onmouseover=\"alert(1)": ["javascript:alert(1)", "</details><script>"],
            "content": "{\"text\":\"<b>bold</b>\"}",
        });
        let html = tree(&hostile).into_string();
        for raw in ["<script", "<img", "<b>", "\" onmouseover=\""] {
            assert!(!html.contains(raw), "{raw} in {html}");
        }
        assert!(
            html.contains("&lt;b&gt;bold"),
            "the content of a message is a tree of its own"
        );
    }

    #[test]
    fn a_huge_payload_is_shown_in_part() {
        let many = json!((0..100_000).map(|number| json!({"n": number})).collect::<Vec<_>>());
        let html = tree(&many).into_string();
        assert!(html.len() < 1 << 20, "{}", html.len());
        assert!(html.contains('…'));
        let mut deep = json!("end");
        for _ in 0..120 {
            deep = json!([deep]);
        }
        assert!(tree(&deep).into_string().contains('…'));
        let text = json!(vec![1; 500]).to_string();
        let texts = json!(vec![text; 500]);
        assert!(tree(&texts).into_string().len() < 1 << 20);
    }
}
