//! Findings about a component that is looked at: why a server would not load it, and what is worth knowing.

use crate::{
    app::plugins::shipped_names,
    codes::{Text, told},
    plugin::{Examined, LoadProblem, Settings},
};

/// Findings about a plugin.
#[derive(Debug, Default)]
pub struct Findings {
    /// A server would not load it.
    pub problems: Vec<Text>,
    /// A server would not load it yet: its operator has to grant or to set something first.
    pub wanting: Vec<Text>,
    /// It would, and something is worth knowing.
    pub notes: Vec<Text>,
}

/// Interfaces whose calls need an entry of `[grant]`: the kinds, and an entry as an example.
const GRANTED: [(&str, &[&str], &str); 4] = [
    (
        "lark-callback:plugin/openapi@",
        &["openapi", "openapi_as_user"],
        "openapi = [\"POST /open-apis/im/v1/messages\"]",
    ),
    (
        "lark-callback:plugin/media@",
        &["openapi"],
        "openapi = [\"POST /open-apis/im/v1/images\"]",
    ),
    (
        "lark-callback:plugin/http@",
        &["http", "http_private"],
        "http = [\"GET https://api.example.com/**\"]",
    ),
    ("lark-callback:plugin/oauth@", &["oauth"], "oauth = [\"authorize\"]"),
];

impl Findings {
    /// Counts what its operator has to do among the reasons for which a server would not load it.
    #[must_use]
    pub fn as_on_a_server(mut self) -> Self {
        self.problems.append(&mut self.wanting);
        self
    }

    /// Counts what its operator has to do among what is worth knowing.
    #[must_use]
    pub fn as_before_a_server(mut self) -> Self {
        self.notes.append(&mut self.wanting);
        self
    }

    /// Adds what is found without a look at the component: by the name that it would have, and by its settings.
    pub fn add_placed(&mut self, name: &str, settings: &Settings, beside: &str) {
        if !settings.enabled {
            self.notes.push(told!(
                "{beside}: `enabled = false`: a server does not load it",
                "{beside}：`enabled = false`：服务不会加载"
            ));
        }
        if shipped_names().iter().any(|shipped| shipped == name) {
            self.notes.push(told!(
                "{name} is the name of a built-in plugin; a component with this name serves in its place",
                "{name} 是内置插件的名称；使用此名称的组件会取代该内置插件"
            ));
        }
    }

    /// Adds what is found of a component that could be examined.
    pub fn add(&mut self, examined: &Examined, settings: &Settings, beside: &str, are_settings_read: bool) {
        // What settings lack that could not be read is not known.
        if !examined.missing.is_empty() && are_settings_read {
            let problem = LoadProblem::Wants {
                file: beside.to_owned(),
                missing: examined.missing.clone(),
                description: Box::new(examined.description.clone()),
            };
            self.wanting.push(problem.text());
        }
        if !examined.mistaken.is_empty() {
            let problem = LoadProblem::ConfigTypes {
                file: beside.to_owned(),
                mistaken: examined.mistaken.clone(),
            };
            self.problems.push(problem.text());
        }
        for (name, nearest) in examined.description.unknown_event_types() {
            self.notes.push(told!(
                "no event type {name} is documented; did you mean {nearest}? A misspelt one is never delivered",
                "飞书文档中没有事件类型 {name}；是否指 {nearest}？拼写有误的类型不会收到任何事件"
            ));
        }
        for (interface, kinds, example) in GRANTED {
            let is_imported = examined.imports.iter().any(|import| import.starts_with(interface));
            let granted = |kind: &&str| settings.grant.get(*kind).is_some_and(|list| !list.is_empty());
            let is_wanted = examined
                .description
                .wants
                .iter()
                .any(|want| kinds.contains(&want.kind.as_str()));
            if is_imported && are_settings_read && !is_wanted && !kinds.iter().any(granted) {
                let name = interface.trim_end_matches('@');
                self.notes.push(told!(
                    "it imports {name}, and nothing is granted for it, so each of its calls will be refused; what it needs \
                     goes into {beside}, for example `{example}` under [grant]; list it among what the plugin wants (WANTS in \
                     Rust, `wants` in TypeScript and Python), too, so that a server that lacks it says so when it loads the \
                     plugin",
                    "组件导入了 {name}，但没有为其授予任何权限，因此每次调用都会被拒绝；所需内容写入 {beside}，例如在 [grant] 下写 \
                     `{example}`；请同时列入插件的需求（Rust 中为 WANTS，TypeScript 和 Python 中为 `wants`），这样缺少该项的服务在加载插件时会指出"
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Findings, Settings};
    use crate::codes::same;

    #[test]
    fn a_name_that_is_taken_and_settings_that_disable_are_worth_knowing() {
        let found = |name, toml| {
            let mut found = Findings::default();
            found.add_placed(name, &Settings::parse(toml).unwrap(), "a.toml");
            found.notes
        };
        assert!(found("mine", "").is_empty());
        assert!(found("forward", "")[0].en().contains("serves in its place"));
        assert!(found("mine", "enabled = false")[0].en().contains("does not load it"));
    }

    #[test]
    fn what_an_operator_has_to_do_keeps_a_server_from_loading_it_and_no_author_from_building_it() {
        let found = || Findings {
            wanting: vec![same("add a grant")],
            ..Findings::default()
        };
        assert_eq!(found().as_on_a_server().problems, ["add a grant"]);
        let built = found().as_before_a_server();
        assert!(built.problems.is_empty() && built.notes == ["add a grant"], "{built:?}");
    }
}
