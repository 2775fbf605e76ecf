//! Differences between the descriptions of two versions of a plugin.

use std::fmt;

use serde::Serialize;

use super::{
    description::{Description, Want},
    grant::quoted,
};

/// The difference between two versions of a plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Configuration and grants that only the new one wants.
    pub wants: Vec<String>,
    /// Those that it does not want any more.
    pub no_longer_wants: Vec<String>,
    /// Event types that only the new one takes.
    pub takes: Vec<String>,
    /// Those that it does not take any more.
    pub no_longer_takes: Vec<String>,
}

impl Difference {
    /// Compares a new version with an old one.
    pub fn between(old: &Description, new: &Description) -> Self {
        let wants = |of: &Description| of.wants.iter().map(named).collect::<Vec<_>>();
        let (old_wants, new_wants) = (wants(old), wants(new));
        Self {
            wants: only(&new_wants, &old_wants),
            no_longer_wants: only(&old_wants, &new_wants),
            takes: only(&new.event_types, &old.event_types),
            no_longer_takes: only(&old.event_types, &new.event_types),
        }
    }

    /// Whether there is none.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// As in `+ openapi "POST /open-apis/im/v1/messages", - takes im.chat.updated_v1`; in Chinese with `{:#}`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let takes = if f.alternate() { "事件类型 " } else { "takes " };
        let lists = [
            ("+ ", "", &self.wants),
            ("- ", "", &self.no_longer_wants),
            ("+ ", takes, &self.takes),
            ("- ", takes, &self.no_longer_takes),
        ];
        let all = lists
            .into_iter()
            .flat_map(|(sign, what, entries)| entries.iter().map(move |entry| format!("{sign}{what}{entry}")));
        f.write_str(&all.collect::<Vec<_>>().join(", "))
    }
}

fn named(want: &Want) -> String {
    format!("{} {}", want.kind, quoted(&want.value))
}

fn only(these: &[String], those: &[String]) -> Vec<String> {
    let mut only: Vec<_> = these.iter().filter(|entry| !those.contains(entry)).cloned().collect();
    only.sort();
    only.dedup();
    only
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(wants: &[(&str, &str)], event_types: &[&str]) -> Description {
        let want = |(kind, value): &(&str, &str)| Want {
            kind: (*kind).to_owned(),
            value: (*value).to_owned(),
            reason: "whatever".to_owned(),
        };
        let note = serde_json::json!({
            "name": "it", "version": "1", "event_types": event_types,
            "wants": wants.iter().map(want).collect::<Vec<_>>(),
            "finishes_late": false, "ordering_key": null,
        });
        serde_json::from_value(note).unwrap()
    }

    #[test]
    fn what_is_new_and_what_is_gone_is_told_exactly() {
        let old = description(&[("config", "greeting"), ("oauth", "authorize")], &["a", "b"]);
        let new = description(&[("config", "greeting"), ("openapi", "GET /x")], &["b", "c"]);
        let difference = Difference::between(&old, &new);
        let told = r#"+ openapi "GET /x", - oauth "authorize", + takes c, - takes a"#;
        assert_eq!(difference.to_string(), told);
        assert!(format!("{difference:#}").ends_with("+ 事件类型 c, - 事件类型 a"));
        assert!(Difference::between(&old, &old).is_nothing());
    }
}
