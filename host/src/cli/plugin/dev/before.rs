//! Plugins that are asked before another one for the same clicks and previews. An event goes to all of them.

use lark_protocol::Kind;
use serde_json::Value;

/// Plugins that are asked before the one of this name for these callbacks, each with the shared ones. They are asked in the order
/// of their names, until one does not pass; the built-in ones pass what is not theirs.
pub(super) fn before(all: &Value, name: &str, event_types: &[String]) -> Vec<String> {
    let all = all.get("plugins").and_then(Value::as_array);
    let text = |status: &Value| {
        status
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let is_built_in = |status: &&Value| status.pointer("/active/source").and_then(Value::as_str) == Some("built in");
    let others = all
        .into_iter()
        .flatten()
        .filter(|status| text(status).as_str() < name && !is_built_in(status));
    others
        .filter_map(|status| {
            let types = status.pointer("/active/event_types").and_then(Value::as_array)?;
            let types = types.iter().filter_map(Value::as_str);
            let shared: Vec<_> = types
                .filter(|one| Kind::of(one) == Kind::Callback && event_types.iter().any(|other| other == one))
                .collect();
            (!shared.is_empty()).then(|| format!("{} ({})", text(status), shared.join(", ")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::before;

    #[test]
    fn plugins_that_are_asked_first_are_told_with_the_shared_types() {
        let all = json!({"plugins": [
            {"name": "a", "active": {"event_types": ["card.action.trigger", "im.message.receive_v1"]}},
            {"name": "b", "active": null},
            {"name": "b-1", "active": {"event_types": ["card.action.trigger"], "source": "built in"}},
            {"name": "c", "active": {"event_types": ["url.preview.get"]}},
            {"name": "m", "active": {"event_types": ["card.action.trigger"]}},
            {"name": "z", "active": {"event_types": ["card.action.trigger"]}},
        ]});
        let types = ["card.action.trigger", "im.message.receive_v1"].map(str::to_owned);
        assert_eq!(before(&all, "m", &types), ["a (card.action.trigger)"]);
    }
}
