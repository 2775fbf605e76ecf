//! Values of each kind of setting.

use crate::codes::{Text, told};
use std::time::Duration;

use super::{
    addresses::has_host,
    read::{Reader, SWITCH},
    setting::{Kind, Setting},
    source::Value,
};

impl<'a> Reader<'a> {
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.values.by_name.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.value(name)
            .map(|value| value.text.trim())
            .filter(|text| !text.is_empty())
    }

    /// Text of a setting, or its default.
    pub(super) fn text_of(&self, setting: &Setting) -> &'a str {
        let default = match setting.kind {
            Kind::Text(default) | Kind::Path(default) => default,
            _ => "",
        };
        self.text(setting.name).unwrap_or(default)
    }

    pub(super) fn millis(&mut self, setting: &Setting) -> Duration {
        Duration::from_millis(self.number(setting))
    }

    pub(super) fn seconds(&mut self, setting: &Setting) -> Duration {
        Duration::from_secs(self.number(setting))
    }

    pub(super) fn days(&mut self, setting: &Setting) -> Duration {
        Duration::from_hours(24 * self.number::<u64>(setting))
    }

    /// Whole number within the setting's range, or its default.
    pub(super) fn number<T: TryFrom<u64> + Default>(&mut self, setting: &Setting) -> T {
        let default = match setting.kind {
            Kind::Number(default, ..) => default,
            _ => 0,
        };
        self.number_or(setting, default)
    }

    /// Does the same with a default that depends on other settings.
    pub(super) fn number_or<T: TryFrom<u64> + Default>(&mut self, setting: &Setting, default: u64) -> T {
        let range = match setting.kind {
            Kind::Number(_, low, high) | Kind::NumberAs(_, low, high) => low..=high,
            _ => 0..=0,
        };
        let given = self
            .value(setting.name)
            .and_then(|value| match value.text.trim().parse() {
                Ok(number) if range.contains(&number) => Some(number),
                _ => {
                    let (low, high) = (range.start(), range.end());
                    self.problem(
                        setting.name,
                        value,
                        &told!(
                            "must be a whole number from {low} to {high}",
                            "必须是 {low} 到 {high} 的整数"
                        ),
                    );
                    None
                }
            });
        // A test ensures that every setting's range fits its type.
        T::try_from(given.unwrap_or(default)).unwrap_or_default()
    }

    pub(super) fn switch(&mut self, setting: &Setting) -> bool {
        let chosen = self.choice_of(setting.name, self.value(setting.name), &SWITCH);
        chosen.unwrap_or(matches!(setting.kind, Kind::Switch(true)))
    }

    /// Meaning of a setting's word; `meanings` correspond to its words in order, so the first is the default.
    pub(super) fn choice<T: Copy + Default>(&mut self, setting: &Setting, meanings: &[T]) -> T {
        let words = match setting.kind {
            Kind::Words(words) => words,
            _ => &[],
        };
        let choices: Vec<_> = words.iter().copied().zip(meanings.iter().copied()).collect();
        let chosen = self.choice_of(setting.name, self.value(setting.name), &choices);
        chosen.or_else(|| meanings.first().copied()).unwrap_or_default()
    }

    /// Meaning of a value; none without a value, or for an unknown word, which is a problem.
    pub(super) fn choice_of<T: Copy>(&mut self, name: &str, value: Option<&Value>, choices: &[(&str, T)]) -> Option<T> {
        let value = value?;
        let wanted = value.text.trim();
        let chosen = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(wanted));
        if chosen.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            self.problem(
                name,
                value,
                &told!("must be one of: {}", "只能是以下之一：{}", words.join(", ")),
            );
        }
        chosen.map(|(_, choice)| *choice)
    }

    /// An absolute http(s) URL without a fragment.
    pub(super) fn url_of(&mut self, name: &str, value: &Value) -> Option<String> {
        let text = value.text.trim();
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let valid = rest.is_some() && has_host(text) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
        if !valid {
            self.problem(
                name,
                value,
                &told!(
                    "must be a whole URL: https://host/path, without a fragment",
                    "必须是完整的 URL：https://host/path，不带 # 片段"
                ),
            );
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn problem(&mut self, name: &str, value: &Value, what: &Text) {
        let problem = told!("{name} ({}) {what}", "{name}（{:#}）{what:#}", value.origin);
        // A setting shared by all applications is read for each of them.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
