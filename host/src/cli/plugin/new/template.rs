//! The files of a new project, out of the templates.

use serde_json::{Value, json};

use super::PluginKind;
use crate::cli::{
    payload::{Payload, Sender},
    plugin::{language::PluginLanguage, sdk::ProjectFile},
};

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/rust/", $path))
    };
}

/// Paths in the project and texts.
const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", template!("Cargo.toml.txt")),
    ("README.md", template!("README.md")),
    ("AGENTS.md", template!("AGENTS.md")),
    ("rust-toolchain.toml", template!("rust-toolchain.toml")),
    (".cargo/config.toml", template!("cargo_config.toml")),
    (".gitignore", template!("gitignore")),
    (".editorconfig", template!("editorconfig")),
    (".vscode/settings.json", template!("vscode_settings.json")),
    (".vscode/extensions.json", template!("vscode_extensions.json")),
    (".github/workflows/plugin.yml", template!("ci.yml")),
];

/// The time in the events of a project: a fixture must not depend on the day it was made.
const FIXTURE_MS: u64 = 1_700_000_000_000;
const FIXTURE_EVENT_ID: &str = "f7984f25108f8137722bb63cee927e66";
/// Another event is another message.
const MENTION_EVENT_ID: &str = "0c8f6e0f1f8c4b6f9a0de4a7d2c35b91";
const FIXTURE_APP_ID: &str = "cli_a5fb0ae6a4123456";

/// A project to be made.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) name: String,
    pub(super) kind: PluginKind,
    pub(super) event: String,
    pub(super) language: PluginLanguage,
}

impl Project {
    /// The files that are the same in every language: the settings, and a fixture.
    pub(super) fn shared_files(&self) -> Vec<ProjectFile> {
        let mut files = vec![(format!("{}.toml", self.name), self.settings())];
        let fixture = self.fixture();
        let mut put = |fixture: &str, parts: [(&str, Value); 2]| {
            for (part, value) in parts {
                files.push((format!("fixtures/{fixture}.{part}.json"), format!("{value:#}\n")));
            }
        };
        let (sent, expected) = (self.sent(), self.expected());
        if self.kind == PluginKind::Bot {
            let again = |value: &Value| {
                let text = value.to_string().replace(FIXTURE_EVENT_ID, MENTION_EVENT_ID);
                serde_json::from_str(&text).unwrap_or_default()
            };
            put(
                "mention",
                [
                    ("event", mentioning_the_bot(again(&sent))),
                    ("expected", again(&expected)),
                ],
            );
        }
        put(fixture, [("event", sent), ("expected", expected)]);
        files
    }

    pub(super) fn rust_files(&self) -> Vec<ProjectFile> {
        let mut files = self.all_filled(FILES);
        let handler = self.filled(self.handler()).replace("{{Type}}", &self.type_name());
        files.push(("src/lib.rs".to_owned(), handler));
        files
    }

    /// Files of a project, by the paths in it.
    pub(super) fn all_filled(&self, templates: &[(&str, &str)]) -> Vec<ProjectFile> {
        let files = templates.iter();
        files
            .map(|(path, text)| ((*path).to_owned(), self.filled(text)))
            .collect()
    }

    fn handler(&self) -> &'static str {
        match self.kind {
            PluginKind::Card => template!("lib/card.rs"),
            PluginKind::Bot => template!("lib/bot.rs"),
            PluginKind::Preview => template!("lib/preview.rs"),
            PluginKind::Task => template!("lib/task.rs"),
            PluginKind::Event => template!("lib/event.rs"),
        }
    }

    pub(super) fn filled(&self, template: &str) -> String {
        let grants = match self.kind {
            PluginKind::Bot | PluginKind::Task => {
                "\nThe application needs the permission `im:message:send_as_bot` (权限管理 in the developer console).\n"
            }
            PluginKind::Card | PluginKind::Preview | PluginKind::Event => "",
        };
        template
            .replace("{{name}}", &self.name)
            .replace("{{event}}", &self.event)
            .replace("{{fixture}}", self.fixture())
            .replace("{{grants}}", grants)
    }

    /// The name in camel case.
    fn type_name(&self) -> String {
        let parts = self.name.split(['-', '_']).filter(|part| !part.is_empty());
        let camel: String = parts
            .map(|part| {
                let (first, rest) = part.split_at(1);
                format!("{}{rest}", first.to_ascii_uppercase())
            })
            .collect();
        // A type of a name that the handler uses, or the language without being told, would hide it.
        const UNSEEN: [&str; 6] = ["Self", "Component", "Description", "Box", "Vec", "String"];
        let is_used = |word: &str| word == camel || UNSEEN.contains(&camel.as_str());
        let mut words = self
            .handler()
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        if words.any(is_used) || camel.starts_with(|first: char| first.is_ascii_digit()) {
            format!("My{camel}")
        } else {
            camel
        }
    }

    fn settings(&self) -> String {
        let own = match self.kind {
            PluginKind::Bot => "[grant]\nopenapi = [\"POST /open-apis/im/v1/messages/*/reply\"]\n",
            PluginKind::Task => {
                "[config]\nchat = \"oc_change_me\"          # the chat that gets the reports\n\n[grant]\nopenapi = [\"POST \
                 /open-apis/im/v1/messages\"]\n"
            }
            PluginKind::Card | PluginKind::Preview | PluginKind::Event => {
                "# Values for the plugin:\n# [config]\n# greeting = \"hello\"\n\n# Calls of Lark that it may make:\n# \
                 [grant]\n# openapi = [\"POST /open-apis/im/v1/messages\"]\n"
            }
        };
        format!(
            "# The operator's settings for {0}; on a server: plugins/{0}.toml.\n\n{own}",
            self.name
        )
    }

    fn fixture(&self) -> &'static str {
        match self.kind {
            PluginKind::Card => "click",
            PluginKind::Bot => "message",
            PluginKind::Preview => "link",
            PluginKind::Task | PluginKind::Event => "event",
        }
    }

    /// A whole body, as Lark sends it.
    fn sent(&self) -> Value {
        let sender = Sender {
            app_id: FIXTURE_APP_ID,
            token: "",
            now_ms: FIXTURE_MS,
        };
        let mut payload = Payload::of(&self.event, sender, FIXTURE_EVENT_ID.to_owned());
        if self.kind == PluginKind::Card {
            // It is a click, which has a value.
            let _ = payload.set_action_value(json!({&self.name: {"count": "likes"}}));
        }
        serde_json::from_str(&payload.text()).unwrap_or_default()
    }

    fn expected(&self) -> Value {
        match self.kind {
            PluginKind::Card => json!({
                "reply": {"toast": {"type": "success", "content": "第 1 次", "i18n": {"en_us": "Clicks: 1"}}},
            }),
            PluginKind::Bot => json!({
                "outcome": "done",
                "calls": [format!("openapi POST /open-apis/im/v1/messages/om_{FIXTURE_EVENT_ID}/reply")],
            }),
            PluginKind::Preview => json!({
                "reply": {"inline": {"title": "工单 42", "i18n_title": {"en_us": "Ticket 42"}}},
            }),
            PluginKind::Task => {
                let task = json!({"name": "report", "payload": {"event_id": FIXTURE_EVENT_ID}});
                json!({"tasks": [task]})
            }
            PluginKind::Event => json!({"outcome": "done"}),
        }
    }
}

/// A message in which the bot itself is mentioned, and not somebody else.
fn mentioning_the_bot(mut sent: Value) -> Value {
    if let Some(mention) = sent.pointer_mut("/event/message/mentions/0") {
        *mention = json!({
            "key": "@_user_1", "name": "Bot", "tenant_key": "736588c9260f175e",
            "id": {"union_id": "on_94a1ee5551019f18cd73d9f111898cf2", "user_id": "", "open_id": "ou_7d8a6e6df7621556ce0d21922b676706"},
            "mentioned_type": "bot", "bot_info": {"app_id": FIXTURE_APP_ID},
        });
    }
    sent
}
