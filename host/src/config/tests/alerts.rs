//! Tests of the settings of alerts.

use super::*;
use crate::alerts::AlertSettings;

fn alerts(values: &[(&str, &str)]) -> Option<AlertSettings> {
    match Config::from_values(&whole_and(values)) {
        Ok(Loaded::Enabled(config)) => config.alerts,
        other => panic!("{other:?}"),
    }
}

fn problems(values: &[(&str, &str)]) -> Vec<Text> {
    Config::from_values(&whole_and(values)).unwrap_err().problems
}

#[test]
fn alerts_are_on_with_a_chat_alone_and_off_without() {
    assert!(alerts(&[("CALLBACK_ALERT_LANGUAGE", "en")]).is_none());
    for chat in [
        "oc_a0553eda9014c201e6969b478895c230",
        "ou_7d8a6e6df7621556ce0d21922b676706",
    ] {
        let settings = alerts(&[("CALLBACK_ALERT_CHAT", chat)]).unwrap();
        assert_eq!(settings.chat, chat);
        assert_eq!((settings.limits.dead_letters, settings.limits.silence_hours), (1, 0));
        assert!(settings.limits.disk.is_some(), "SQLite is on a disk of this machine");
    }
}

#[test]
fn a_chat_that_lark_cannot_know_is_a_problem() {
    for chat in ["operators", "oc_", "oc_a/../b", "cli_a", "oc_ü"] {
        let problems = problems(&[("CALLBACK_ALERT_CHAT", chat)]);
        assert!(problems[0].contains("must be the id of a chat"), "{problems:?}");
    }
}

#[test]
fn the_application_must_exist_and_belong_to_the_company() {
    let chat = ("CALLBACK_ALERT_CHAT", "oc_a");
    let unknown = problems(&[chat, ("CALLBACK_ALERT_APP", "hr")]);
    assert!(unknown[0].contains("must be the NAME of an application"), "{unknown:?}");
    let store = problems(&[chat, ("LARK_APP_DISTRIBUTION", "store")]);
    assert!(
        store
            .iter()
            .any(|problem| problem.contains("a store application belongs to none")),
        "{store:?}"
    );
}
