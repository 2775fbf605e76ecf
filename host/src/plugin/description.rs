//! A plugin's description of itself, and its validation.

mod config_kinds;
mod want;

use std::collections::BTreeMap;

use lark_protocol::nearest_event_type;
use serde::{Deserialize, Serialize};

use super::{
    bindings::exports::lark_callback::plugin::handler,
    schedule::{self, ScheduleSpec},
    settings::{Settings, ValueKind},
};
use crate::{codes::Text, telemetry::is_unfit};

pub use self::want::Want;

/// A plugin's validated description of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// For display only; the plugin is identified by its file name.
    pub name: String,
    /// The author's version.
    pub version: String,
    /// Lark's event types; `*` receives every type that no plugin lists by name.
    pub event_types: Vec<String>,
    /// The configuration and grants that it requires.
    pub wants: Vec<Want>,
    /// True when a call may go on in the background after the answer was given.
    pub finishes_late: bool,
    /// The JSON pointer (RFC 6901) to the ordering key in the payload.
    pub ordering_key: Option<String>,
    /// Its schedules.
    #[serde(default)]
    pub schedules: Vec<ScheduleSpec>,
    /// The kinds of values that it expects under `[config]`, by key.
    #[serde(default)]
    pub config_kinds: BTreeMap<String, ValueKind>,
}

/// The attribute that holds [`Description::ordering_key`].
const ORDERING_KEY: &str = "ordering-key";

/// An invalid description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its description is invalid: {field} must be {wanted}; correct it in the plugin")]
pub struct DescriptionError {
    field: String,
    wanted: String,
}

/// Long enough for any name of Lark's (the longest has 60) and any reason worth reading; short enough for a log line.
const TEXT_BYTES_MAX: usize = 256;
/// Lark has some 200 event types; a plugin that wants all of them says `*`.
const EVENT_TYPES_MAX: usize = 512;
/// More than anybody would add to a file by hand.
const WANTS_MAX: usize = 64;

impl Description {
    /// Takes a description over from the plugin.
    pub(super) fn check(said: handler::Description) -> Result<Self, DescriptionError> {
        let schedules =
            schedule::declared(&said.attributes).map_err(|(field, wanted)| DescriptionError { field, wanted })?;
        let config_kinds =
            config_kinds::declared(&said.attributes).map_err(|(field, wanted)| DescriptionError { field, wanted })?;
        let description = Self {
            name: said.name,
            version: said.version,
            event_types: said.event_types,
            wants: said
                .wants
                .into_iter()
                .map(|want| Want {
                    kind: want.kind,
                    value: want.value,
                    reason: want.reason,
                })
                .collect(),
            finishes_late: said.finishes_late,
            ordering_key: said
                .attributes
                .into_iter()
                .find_map(|(name, value)| (name == ORDERING_KEY).then_some(value)),
            schedules,
            config_kinds,
        };
        description.checked()
    }

    /// For [`Description::from_note`].
    pub fn to_note(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a note. Absent when it is not one, for example because another version of the server has written it.
    pub fn from_note(note: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(note).ok()?.checked().ok()
    }

    fn checked(mut self) -> Result<Self, DescriptionError> {
        let refuse = |field: &str, wanted: &str| {
            Err(DescriptionError {
                field: field.to_owned(),
                wanted: wanted.to_owned(),
            })
        };
        if !is_line(&self.name) {
            return refuse("name", "one line of 1 to 256 bytes");
        }
        if !is_line(&self.version) {
            return refuse("version", "one line of 1 to 256 bytes");
        }
        let has_nothing = self.event_types.is_empty() && self.schedules.is_empty();
        if has_nothing || self.event_types.len() > EVENT_TYPES_MAX {
            return refuse("event-types", "a list of 1 to 512 names");
        }
        if !self
            .event_types
            .iter()
            .all(|event_type| event_type == "*" || is_word(event_type))
        {
            return refuse(
                "each of event-types",
                "`*` or a name of letters, digits, `.`, `_` and `-`, up to 256 bytes",
            );
        }
        if self
            .ordering_key
            .as_ref()
            .is_some_and(|pointer| !pointer.starts_with('/') || !is_line(pointer))
        {
            return refuse("ordering-key", "a JSON pointer: `/message/chat_id`");
        }
        if self.wants.len() > WANTS_MAX {
            return refuse("wants", "a list of at most 64");
        }
        for want in &self.wants {
            if !is_word(&want.kind) || !is_line(&want.value) || want.reason.len() > TEXT_BYTES_MAX {
                return refuse(
                    "each of wants",
                    "a kind of letters and digits, a value of one line, and a reason up to 256 bytes",
                );
            }
            want.check()?;
        }
        self.event_types.sort_unstable();
        self.event_types.dedup();
        Ok(self)
    }

    /// The event types that Lark does not have as far as this server knows, each with the nearest that it has. They may be
    /// misspelt, or new.
    pub fn unknown_event_types(&self) -> Vec<(&str, String)> {
        let named = self.event_types.iter().filter(|name| *name != "*");
        named
            .filter_map(|name| Some((name.as_str(), nearest_event_type(name)?)))
            .collect()
    }

    /// Returns the wants that the settings do not meet, each with the line to add.
    pub fn missing(&self, settings: &Settings) -> Vec<Text> {
        want::missing(&self.wants, settings, |key| self.example(key))
    }

    /// Returns the values under `[config]` that have another type than the plugin expects, each with what it must be.
    pub fn mistaken(&self, settings: &Settings) -> Vec<Text> {
        config_kinds::mistaken(&self.config_kinds, settings)
    }

    fn example(&self, key: &str) -> &'static str {
        let kind = self.config_kinds.get(key).copied();
        kind.unwrap_or(ValueKind::Text).example()
    }
}

fn is_line(text: &str) -> bool {
    !text.is_empty() && text.len() <= TEXT_BYTES_MAX && !text.contains(is_unfit)
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= TEXT_BYTES_MAX
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::{Description, Settings, Text, Want};

    const SEND: &str = "POST /open-apis/im/v1/messages";

    fn description() -> Description {
        Description {
            name: "echo".into(),
            version: "1".into(),
            event_types: vec!["b".into(), "a".into(), "b".into()],
            wants: Vec::new(),
            finishes_late: false,
            ordering_key: None,
            schedules: Vec::new(),
            config_kinds: super::BTreeMap::new(),
        }
    }

    fn wanting(kind: &str, value: &str, toml: &str) -> Vec<Text> {
        let want = Want {
            kind: kind.into(),
            value: value.into(),
            reason: "to greet".into(),
        };
        Description {
            wants: vec![want],
            ..description()
        }
        .missing(&Settings::parse(toml).unwrap())
    }

    #[test]
    fn whatever_key_is_missing_it_can_be_added_as_it_is_told() {
        let strange = "both \"quotes\" of TOML's";
        for key in ["plain", "a b", strange, "back\\slash", "turned \u{202e} around", "汉字"] {
            let [told] = wanting("config", key, "").try_into().unwrap();
            let line = told
                .strip_prefix('`')
                .unwrap()
                .split_once("` under")
                .unwrap()
                .0
                .to_owned();
            assert!(!line.contains(['\n', '\u{202e}']), "{line}");
            assert!(
                wanting("config", key, &format!("[config]\n{line}")).is_empty(),
                "{line}"
            );
        }
    }

    #[test]
    fn event_types_are_sorted_and_named_once() {
        assert_eq!(description().checked().unwrap().event_types, ["a", "b"]);
    }

    #[test]
    fn what_cannot_be_a_description_is_refused_by_the_field_s_name() {
        let refused = |description: Description| description.checked().unwrap_err().field;
        assert_eq!(
            refused(Description {
                event_types: Vec::new(),
                ..description()
            }),
            "event-types"
        );
        assert_eq!(
            refused(Description {
                event_types: vec!["a b".into()],
                ..description()
            }),
            "each of event-types"
        );
        assert_eq!(
            refused(Description {
                event_types: vec!["x".repeat(257)],
                ..description()
            }),
            "each of event-types"
        );
        assert_eq!(
            refused(Description {
                name: String::new(),
                ..description()
            }),
            "name"
        );
        assert_eq!(
            refused(Description {
                version: "1\n2".into(),
                ..description()
            }),
            "version"
        );
    }

    #[test]
    fn a_missing_want_is_the_line_to_add() {
        let greeting = wanting("config", "greeting", "");
        assert_eq!(greeting[0].zh(), "[config] 下的 `greeting = \"…\"`（to greet）");
        assert_eq!(
            wanting("config", "greeting", ""),
            ["`greeting = \"…\"` under [config] (to greet)"]
        );
        assert_eq!(
            wanting("config", "a.b", ""),
            ["`\"a.b\" = \"…\"` under [config] (to greet)"]
        );
        assert_eq!(
            wanting("openapi", SEND, "[grant]\nopenapi = [\"GET /open-apis/contact/**\"]"),
            [format!(
                "`openapi = [\"GET /open-apis/contact/**\", \"{SEND}\"]` under [grant] (to greet)"
            )]
        );
        assert_eq!(
            wanting("tasks", "card-auth/request", ""),
            ["`tasks = [\"card-auth/request\"]` under [grant] (to greet)"]
        );
    }

    #[test]
    fn a_list_that_lacks_several_is_one_line() {
        let want = |kind: &str, value: &str, reason: &str| Want {
            kind: kind.into(),
            value: value.into(),
            reason: reason.into(),
        };
        let description = Description {
            wants: vec![
                want("openapi", SEND, "to greet"),
                want("config", "greeting", ""),
                want("openapi", "GET /open-apis/im/v1/chats", "to look"),
                want("openapi", "GET /open-apis/contact/v3/users/*", "to look"),
                want("oauth", "authorize", ""),
            ],
            ..description()
        };
        let settings = Settings::parse("[grant]\nopenapi = [\"PATCH /open-apis/im/v1/messages/*\"]").unwrap();
        let told = description.missing(&settings);
        assert_eq!(
            told,
            [
                format!(
                    "`openapi = [\"PATCH /open-apis/im/v1/messages/*\", \"{SEND}\", \"GET /open-apis/im/v1/chats\", \
                     \"GET /open-apis/contact/v3/users/*\"]` under [grant] (to greet; to look)"
                ),
                "`greeting = \"…\"` under [config]".to_owned(),
                "`oauth = [\"authorize\"]` under [grant]".to_owned(),
            ]
        );
        let line = told[0].split('`').nth(1).unwrap();
        let with_all = Settings::parse(&format!(
            "[grant]\n{line}\noauth = ['authorize']\n[config]\ngreeting = 'hi'"
        ))
        .unwrap();
        assert!(description.missing(&with_all).is_empty());
    }

    #[test]
    fn a_want_that_nobody_could_meet_is_told_the_nearest_one() {
        let refused = |kind: &str, value: &str| {
            let want = Want {
                kind: kind.into(),
                value: value.into(),
                reason: String::new(),
            };
            let description = Description {
                wants: vec![want],
                ..description()
            };
            description.checked().unwrap_err().to_string()
        };
        let kind = refused("opnapi", SEND);
        assert!(kind.contains("the nearest one is `openapi`"), "{kind}");
        let method = refused("openapi", "post /open-apis/im/v1/messages");
        assert!(method.contains("the nearest one is `POST`"), "{method}");
        let tokens = refused("openapi", "POST /open-apis/auth/v3/tenant_access_token/internal");
        assert!(tokens.contains("tokens"), "{tokens}");
        let word = refused("oauth", "authorise");
        assert!(word.contains("`authorize`"), "{word}");
    }

    #[test]
    fn a_met_want_is_not_mentioned() {
        assert!(wanting("config", "greeting", "[config]\ngreeting = 1").is_empty());
        for grant in [SEND, "* /open-apis/im/v1/messages", "POST /open-apis/im/**"] {
            assert!(wanting("openapi", SEND, &format!("[grant]\nopenapi = [\"{grant}\"]")).is_empty());
        }
    }
}
