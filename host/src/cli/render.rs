//! Replies as a person sees them: the toast, or a card's title and buttons, instead of a page of JSON.

use serde_json::Value;

use super::client::pretty;

/// Lines that describe what a reply shows; the JSON itself when it shows nothing.
pub(super) fn lines(body: &str) -> Vec<String> {
    let reply: Value = serde_json::from_str(body).unwrap_or_default();
    let mut lines = Vec::new();
    if let Some(toast) = reply.get("toast") {
        lines.push(format!(
            "toast    {} ({})",
            both(toast, "content", "i18n"),
            text(toast, "type")
        ));
    }
    if let Some(data) = reply.pointer("/card/data") {
        lines.extend(card(data));
    }
    if lines.is_empty() {
        pretty(body).lines().map(str::to_owned).collect()
    } else {
        lines
    }
}

/// Title, texts and buttons of a card, in their order.
pub(super) fn card(card: &Value) -> Vec<String> {
    if let Some(template) = card.pointer("/data/template_id") {
        let variables = card.pointer("/data/template_variable").unwrap_or(&Value::Null);
        return vec![format!("card     of the template {template}, with {variables}")];
    }
    let title = card
        .pointer("/header/title")
        .map(|title| both(title, "content", "i18n_content"));
    let mut lines = vec![format!(
        "card     {}",
        title.unwrap_or_else(|| "without a title".to_owned())
    )];
    for part in ["body", "elements", "i18n_elements"] {
        if let Some(part) = card.get(part) {
            elements(part, &mut lines);
        }
    }
    lines
}

/// All texts of a message: a post's title and lines, or a share's id.
pub(super) fn texts(content: &Value) -> Vec<String> {
    match content {
        Value::String(text) => text.lines().map(str::to_owned).collect(),
        Value::Array(nodes) => nodes.iter().flat_map(texts).collect(),
        Value::Object(fields) => {
            let shown = fields
                .iter()
                .filter(|(name, _)| !["tag", "style"].contains(&name.as_str()));
            shown.flat_map(|(_, node)| texts(node)).collect()
        }
        _ => Vec::new(),
    }
}

/// Collects the texts and buttons of a card, in their order.
fn elements(node: &Value, lines: &mut Vec<String>) {
    match text(node, "tag") {
        "button" => return button(node, lines),
        "markdown" | "lark_md" | "plain_text" => {
            let content = both(node, "content", "i18n_content");
            lines.extend(content.lines().map(|line| format!("  {line}")));
            return;
        }
        _ => {}
    }
    match node {
        Value::Array(nodes) => nodes.iter().for_each(|node| elements(node, lines)),
        Value::Object(fields) => fields.values().for_each(|node| elements(node, lines)),
        _ => {}
    }
}

/// Describes a button and its action.
fn button(node: &Value, lines: &mut Vec<String>) {
    let label = node
        .get("text")
        .map(|label| both(label, "content", "i18n_content"))
        .unwrap_or_default();
    lines.push(format!("  button {label}"));
    for behavior in node.get("behaviors").and_then(Value::as_array).into_iter().flatten() {
        let does = match behavior.get("default_url").and_then(Value::as_str) {
            Some(url) => url.to_owned(),
            None => behavior.get("value").unwrap_or(&Value::Null).to_string(),
        };
        lines.push(format!("         -> {does}"));
    }
    // In a v1 card the action is on the button itself.
    if let Some(does) = node.get("value").or_else(|| node.get("url")) {
        lines.push(format!("         -> {does}"));
    }
}

/// Text, followed by its English translation if that differs.
fn both(node: &Value, key: &str, translations: &str) -> String {
    let content = text(node, key);
    match node.get(translations).map(|translations| text(translations, "en_us")) {
        Some(english) if english != content && !english.is_empty() => format!("{content} / {english}"),
        _ => content.to_owned(),
    }
}

fn text<'a>(node: &'a Value, key: &str) -> &'a str {
    node.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn a_card_is_told_by_its_title_and_its_buttons() {
        let body = r#"{"toast":{"type":"info","content":"好","i18n":{"en_us":"Good"}},"card":{"type":"raw","data":{
            "header":{"title":{"content":"T"}},"body":{"elements":[{"tag":"markdown","content":"Hello\n**you**"},{"tag":"column_set","columns":[{"elements":[
            {"tag":"button","text":{"content":"Go"},"behaviors":[{"type":"open_url","default_url":"https://x"}]},
            {"tag":"button","text":{"content":"No"},"behaviors":[{"type":"callback","value":{"a":1}}]}]}]}]}}}}"#;
        let expected = [
            "toast    好 / Good (info)",
            "card     T",
            "  Hello",
            "  **you**",
            "  button Go",
            "         -> https://x",
            "  button No",
            r#"         -> {"a":1}"#,
        ];
        assert_eq!(lines(body), expected);
    }

    #[test]
    fn anything_else_is_told_as_it_is() {
        assert_eq!(lines("{}"), ["{}"]);
        assert_eq!(lines("not json"), ["not json"]);
    }
}
