//! What an operator adds to the settings of a plugin, so that it may be loaded.

use std::collections::BTreeMap;

use super::{description::Want, settings::ValueKind};
use crate::telemetry::on_one_line;

/// Wants of a plugin, as its operator would write them; of a key under `[config]` with an example of its kind.
pub fn to_add(wants: &[Want], config_kinds: &BTreeMap<String, ValueKind>) -> String {
    let reason = |want: &Want| {
        if want.reason.is_empty() {
            String::new()
        } else {
            // On one line: the next one would be read as a setting of the operator's.
            format!("   # {}", on_one_line(&want.reason))
        }
    };
    let mut text = String::new();
    let (config, grants): (Vec<_>, Vec<_>) = wants.iter().partition(|want| want.kind == "config");
    if !config.is_empty() {
        text.push_str("[config]\n");
        for want in config {
            let kind = config_kinds.get(&want.value).copied().unwrap_or(ValueKind::Text);
            let (key, example) = (toml_key(&want.value), kind.example());
            text.push_str(&format!("{key} = {example}{}\n", reason(want)));
        }
    }
    let mut kinds: BTreeMap<&str, Vec<&Want>> = BTreeMap::new();
    for want in grants {
        kinds.entry(&want.kind).or_default().push(want);
    }
    if !kinds.is_empty() {
        text.push_str(if text.is_empty() { "[grant]\n" } else { "\n[grant]\n" });
    }
    for (kind, wants) in kinds {
        text.push_str(&format!("{kind} = [\n"));
        for want in wants {
            let entry = toml::Value::String(want.value.clone());
            text.push_str(&format!("    {entry},{}\n", reason(want)));
        }
        text.push_str("]\n");
    }
    text
}

fn toml_key(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !key.is_empty() && key.bytes().all(is_bare) {
        key.to_owned()
    } else {
        toml::Value::String(key.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{ValueKind, Want, to_add};
    use crate::plugin::{Description, Settings};

    #[test]
    fn what_a_plugin_wants_can_be_copied_into_its_settings() {
        let want = |kind: &str, value: &str| Want {
            kind: kind.into(),
            value: value.into(),
            reason: "why\nhttp = [\"* https://**\"]".into(),
        };
        let description = Description {
            name: "a".into(),
            version: "1".into(),
            event_types: vec!["b".into()],
            wants: vec![
                want("openapi", "POST /open-apis/im/v1/messages"),
                want("config", "a key"),
                want("config", "a list"),
                want("openapi", "GET /open-apis/contact/v3/users/*"),
                want("oauth", "authorize"),
            ],
            finishes_late: false,
            ordering_key: None,
            schedules: Vec::new(),
            config_kinds: [("a list".to_owned(), ValueKind::List)].into(),
        };
        assert_eq!(description.missing(&Settings::default()).len(), 4);
        let settings = Settings::parse(&to_add(&description.wants, &description.config_kinds)).unwrap();
        assert!(description.missing(&settings).is_empty(), "{settings:?}");
        assert!(description.mistaken(&settings).is_empty(), "{settings:?}");
        // The reason is the plugin's word, and grants nothing.
        assert!(!settings.grant.contains_key("http"), "{settings:?}");
    }
}
