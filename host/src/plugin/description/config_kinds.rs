//! Kinds of values that a plugin expects under `[config]`, named in the attributes of its description.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::want::key;
use crate::{
    codes::{Text, told},
    plugin::settings::{Settings, ValueKind},
};

/// The attribute that holds one key with its kind, as JSON.
const CONFIG: &str = "config";

/// More than anybody would write into a file by hand.
const KEYS_MAX: usize = 64;
const KEY_BYTES_MAX: usize = 256;

const FORM: &str = "JSON like {\"key\":\"days\",\"type\":\"integer\"}, where the type is text, integer, number, boolean, list or table";

/// Kinds of values, by key.
type ConfigKinds = BTreeMap<String, ValueKind>;

#[derive(Deserialize)]
struct Declared {
    key: String,
    #[serde(rename = "type")]
    kind: ValueKind,
}

/// The keys among the attributes.
///
/// # Errors
/// The field that is wrong, and what it must be.
pub(super) fn declared(attributes: &[(String, String)]) -> Result<ConfigKinds, (String, String)> {
    let mut kinds = ConfigKinds::new();
    for (_, text) in attributes.iter().filter(|(name, _)| name == CONFIG) {
        let declared = serde_json::from_str::<Declared>(text).ok();
        let Declared { key, kind } = declared
            .filter(|declared| !declared.key.is_empty() && declared.key.len() <= KEY_BYTES_MAX)
            .ok_or_else(|| ("the attribute `config`".to_owned(), FORM.to_owned()))?;
        kinds.insert(key, kind);
        if kinds.len() > KEYS_MAX {
            return Err((
                "the number of attributes `config`".to_owned(),
                format!("at most {KEYS_MAX}"),
            ));
        }
    }
    Ok(kinds)
}

/// Values of another kind, each with what it must be. A value itself is never shown, because it may be a secret.
pub(super) fn mistaken(kinds: &ConfigKinds, settings: &Settings) -> Vec<Text> {
    let mistake = |(name, wanted): (&String, &ValueKind)| {
        let found = settings.config_kind(name).filter(|found| !wanted.takes(*found))?;
        let (key, example) = (key(name), wanted.example());
        let (wanted, found) = (wanted.words(), found.words());
        Some(told!(
            "`{key}` under [config] must be {wanted}, as in `{key} = {example}`, and it is {found}",
            "[config] 下的 `{key}` 必须是{wanted:#}，例如 `{key} = {example}`，现在是{found:#}"
        ))
    };
    kinds.iter().filter_map(mistake).collect()
}

#[cfg(test)]
mod tests {
    use super::{declared, mistaken};
    use crate::plugin::Settings;

    fn attribute(text: &str) -> (String, String) {
        ("config".to_owned(), text.to_owned())
    }

    #[test]
    fn a_value_of_another_type_is_told_what_it_must_be_and_is_not_shown() {
        let kinds = ["text", "integer", "number", "boolean", "list", "table"];
        let values = [
            "\"topsecret\"",
            "7",
            "7.5",
            "true",
            "[\"topsecret\"]",
            "{ a = \"topsecret\" }",
        ];
        for (at, kind) in kinds.iter().enumerate() {
            let kinds = declared(&[attribute(&format!("{{\"key\":\"a b\",\"type\":\"{kind}\"}}"))]).unwrap();
            for (other, value) in values.iter().enumerate() {
                let settings = Settings::parse(&format!("[config]\n\"a b\" = {value}\n")).unwrap();
                let told = mistaken(&kinds, &settings);
                let does_fit = at == other || (*kind == "number" && *value == "7");
                assert_eq!(told.is_empty(), does_fit, "{kind}, {value}: {told:?}");
                assert!(!told.concat().contains("topsecret"), "{told:?}");
            }
            // What is missing is another matter.
            assert!(mistaken(&kinds, &Settings::default()).is_empty());
        }
        let days = declared(&[attribute("{\"key\":\"days\",\"type\":\"integer\"}")]).unwrap();
        let settings = Settings::parse("[config]\ndays = \"7\"\n").unwrap();
        assert_eq!(
            mistaken(&days, &settings),
            ["`days` under [config] must be a whole number, as in `days = 1`, and it is a text in quotation marks"]
        );
    }

    #[test]
    fn a_secret_from_elsewhere_is_a_text() {
        let text = declared(&[attribute("{\"key\":\"a\",\"type\":\"text\"}")]).unwrap();
        let list = declared(&[attribute("{\"key\":\"a\",\"type\":\"list\"}")]).unwrap();
        let settings = Settings::parse("[config]\na = { env = \"A\" }\n").unwrap();
        assert!(mistaken(&text, &settings).is_empty());
        assert_eq!(mistaken(&list, &settings).len(), 1);
    }

    #[test]
    fn an_attribute_that_is_none_is_refused_with_its_form() {
        for text in [
            "",
            "{}",
            "{\"key\":\"a\",\"type\":\"int\"}",
            "{\"key\":\"\",\"type\":\"text\"}",
        ] {
            let (field, wanted) = declared(&[attribute(text)]).unwrap_err();
            assert!(
                field.contains("`config`") && wanted.contains("integer"),
                "{field}, {wanted}"
            );
        }
    }
}
