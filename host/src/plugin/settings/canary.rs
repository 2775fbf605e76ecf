//! The section `[canary]` of a plugin's settings.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{SettingsError, unknown, wrong};
use crate::plugin::canary::{Canary, WHOLE};

const KEYS: [&str; 3] = ["share", "chats", "users"];

/// More are a group of their own, and a chat.
const NAMES_MAX: usize = 1_000;

/// Reads the section; one that chooses nothing is a mistake.
pub(super) fn read(section: Table) -> Result<Canary, SettingsError> {
    let mut canary = Canary::default();
    for (key, value) in section {
        match key.as_str() {
            "share" => canary.share = share(&value)?,
            "chats" => canary.chats = names(&key, value, "of at least one chat: [\"oc_…\"]", &["oc_"])?,
            "users" => canary.users = names(&key, value, "of at least one person: [\"ou_…\"]", &[])?,
            _ => return Err(unknown("canary.", &key, &KEYS)),
        }
    }
    if canary == Canary::default() {
        let wanted = "a section with `share` (more than 0, at most 1), `chats` or `users`; without it a new version gets all events";
        return Err(wrong("canary", wanted));
    }
    Ok(canary)
}

fn share(value: &Value) -> Result<u64, SettingsError> {
    let number = match value {
        Value::Float(number) => Some(*number),
        Value::Integer(0) => Some(0.0),
        Value::Integer(1) => Some(1.0),
        _ => None,
    };
    let share = number.filter(|number| (0.0..=1.0).contains(number));
    let share = share.ok_or_else(|| wrong("canary.share", "a number from 0 to 1; 0.1 is one event in ten"))?;
    Ok((share * WHOLE as f64).round() as u64)
}

fn names(key: &str, value: Value, wanted: &str, beginnings: &[&str]) -> Result<BTreeSet<String>, SettingsError> {
    let wanted = || {
        wrong(
            &format!("canary.{key}"),
            &format!("a list {wanted}, at most {NAMES_MAX}"),
        )
    };
    let Value::Array(values) = value else {
        return Err(wanted());
    };
    let name = |value| match value {
        Value::String(name)
            if !name.trim().is_empty()
                && (beginnings.is_empty() || beginnings.iter().any(|beginning| name.starts_with(beginning))) =>
        {
            Ok(name)
        }
        _ => Err(wanted()),
    };
    if values.is_empty() || values.len() > NAMES_MAX {
        return Err(wanted());
    }
    values.into_iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use crate::plugin::Settings;

    fn told(toml: &str) -> String {
        Settings::parse(toml).map_or_else(|error| error.to_string(), |_| "good".to_owned())
    }

    #[test]
    fn a_canary_chooses_a_share_chats_or_people() {
        let settings = Settings::parse("[canary]\nshare = 0.1\nchats = ['oc_1']\nusers = ['ou_1', 'on_2']\n").unwrap();
        let canary = settings.canary.unwrap();
        assert_eq!((canary.share(), canary.named()), (0.1, (1, 2)));
        for good in [
            "share = 1",
            "share = 1.0",
            "share = 0.000001",
            "share = 0\nchats = ['oc_1']",
        ] {
            assert_eq!(told(&format!("[canary]\n{good}\n")), "good", "{good}");
        }
    }

    #[test]
    fn a_canary_that_means_nothing_is_told() {
        for (bad, wanted) in [
            ("", "`canary` must be a section with `share`"),
            ("share = 0", "`canary` must be a section with `share`"),
            ("share = 10", "`canary.share` must be a number from 0 to 1"),
            ("share = -0.1", "`canary.share` must be a number from 0 to 1"),
            ("share = nan", "`canary.share` must be a number from 0 to 1"),
            ("share = '10%'", "`canary.share` must be a number from 0 to 1"),
            ("chats = []", "`canary.chats` must be a list of at least one chat"),
            ("chats = ['Team']", "`canary.chats` must be a list of at least one chat"),
            ("chats = 'oc_1'", "`canary.chats` must be a list of at least one chat"),
            ("users = [1]", "`canary.users` must be a list of at least one person"),
            (
                "shares = 0.1",
                "`canary.shares` is not a setting; the nearest one is `canary.share`",
            ),
        ] {
            let said = told(&format!("[canary]\n{bad}\n"));
            assert!(said.contains(wanted), "{bad}: {said}");
        }
        assert!(told("canary = 0.1\n").contains("`canary` must be a section: [canary]"));
    }
}
