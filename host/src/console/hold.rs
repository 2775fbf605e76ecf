//! Hold of deliveries: why those of a plugin wait although they are due.

use lark_callback_store::is_undecided;
use serde_json::Value;

use super::view::View;

/// Reason for which nothing is delivered to a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    Paused,
    Disabled,
    NotLoaded,
    /// No plugin is known yet.
    Undecided,
}

impl Hold {
    /// What holds up a plugin, by the list of plugins as the API answers it; nothing for one that serves.
    pub(super) fn of(serving: &Value, name: &str) -> Option<Self> {
        if is_undecided(name) {
            return Some(Self::Undecided);
        }
        let mut plugins = serving.as_array().into_iter().flatten();
        let plugin = plugins.find(|plugin| plugin["name"] == name);
        let is = |pointer: &str| plugin.and_then(|plugin| plugin.pointer(pointer)) == Some(&Value::Bool(true));
        if is("/disabled") {
            Some(Self::Disabled)
        } else if is("/active/paused") {
            Some(Self::Paused)
        } else if plugin.is_some_and(|plugin| plugin["active"].is_object()) {
            None
        } else {
            Some(Self::NotLoaded)
        }
    }

    /// The reason, as a sentence goes on with it.
    pub(super) fn text(self, view: &View) -> &'static str {
        match self {
            Self::Paused => view.word("the plugin is paused", "插件已暂停"),
            Self::Disabled => view.word("the plugin is disabled", "插件已停用"),
            Self::NotLoaded => view.word("the plugin is not loaded on this server", "本服务器未加载该插件"),
            Self::Undecided => view.word("plugins are still loading", "插件仍在加载"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Hold;

    #[test]
    fn what_a_plugin_waits_for_is_known_by_its_state() {
        let serving = json!([
            {"name": "serves", "active": {"paused": false}, "disabled": false},
            {"name": "paused", "active": {"paused": true}},
            {"name": "off", "active": null, "disabled": true},
            {"name": "broken", "active": null},
        ]);
        for (name, hold) in [
            ("serves", None),
            ("paused", Some(Hold::Paused)),
            ("off", Some(Hold::Disabled)),
            ("broken", Some(Hold::NotLoaded)),
            ("gone", Some(Hold::NotLoaded)),
        ] {
            assert_eq!(Hold::of(&serving, name), hold, "{name}");
        }
    }
}
