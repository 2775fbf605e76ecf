//! Tests of the declarations: they are consistent, and match what the code uses when nothing is set.

use std::collections::BTreeSet;

use super::*;
use crate::config::{
    setting::Kind,
    settings::{self, all},
};

#[test]
fn each_name_and_each_key_is_declared_once() {
    let names: BTreeSet<_> = all().map(|setting| setting.name).collect();
    assert_eq!(names.len(), all().count());
    let keys: Vec<_> = all().filter_map(|setting| setting.app_key()).collect();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
}

#[test]
fn each_default_is_in_its_range_and_each_text_fits_into_a_table() {
    for setting in all() {
        if let Kind::Number(default, low, high) = setting.kind {
            assert!((low..=high).contains(&default), "{}", setting.name);
        }
        assert!(
            !setting.text.is_empty() && !setting.text.contains(['|', '\n']),
            "{}",
            setting.name
        );
    }
}

/// A type must hold the setting's whole range; otherwise a large number would silently change.
#[test]
fn both_ends_of_every_range_are_taken() {
    for setting in all() {
        let Kind::Number(_, low, high) = setting.kind else {
            continue;
        };
        for (number, is_taken) in [
            (low.to_string(), true),
            (high.to_string(), true),
            ((u128::from(high) + 1).to_string(), false),
        ] {
            let wanted = format!(
                "{} (in the environment) must be a whole number from {low} to {high}",
                setting.name
            );
            let values = [
                ("POSTGRES_HOST", "db"),
                // Another test covers ranges that depend on each other.
                ("CALLBACK_RECEIPT_HOURS", "720"),
                ("CALLBACK_EVENT_DAYS", "3650"),
                (setting.name, &number),
            ];
            let loaded = Config::from_values(&whole_and(&values));
            let problems = loaded.err().map(|error| error.problems).unwrap_or_default();
            assert_eq!(
                !problems.iter().any(|problem| *problem == wanted),
                is_taken,
                "{}={number}: {problems:?}",
                setting.name
            );
        }
    }
}

#[test]
fn what_a_room_takes_without_a_setting_is_what_is_declared() {
    let limits = RequestLimits::default();
    assert_eq!(
        settings::CALLBACK_BODY_BYTES_MAX.default_text(),
        limits.body_bytes_max.to_string()
    );
    assert_eq!(
        settings::CALLBACK_BODIES_BYTES_MAX.default_text(),
        limits.bodies_bytes_max.to_string()
    );
    let dispatch = DispatchSettings::default();
    let seconds: Vec<_> = dispatch
        .retry_after
        .iter()
        .map(|after| after.as_secs().to_string())
        .collect();
    assert_eq!(settings::CALLBACK_RETRY_SECONDS.default_text(), seconds.join(","));
    assert_eq!(
        settings::CALLBACK_BUDGET_MS.default_text(),
        dispatch.budget.as_millis().to_string()
    );
    let window = lark_protocol::Window::default();
    assert_eq!(
        settings::CALLBACK_WINDOW_PAST_SECONDS.default_text(),
        window.past_seconds.to_string()
    );
    assert_eq!(
        settings::CALLBACK_WINDOW_FUTURE_SECONDS.default_text(),
        window.future_seconds.to_string()
    );
    let compile = CompileSettings::default();
    assert_eq!(
        settings::CALLBACK_COMPILE_SECONDS_MAX.default_text(),
        compile.cpu_seconds_max.to_string()
    );
    assert_eq!(
        settings::CALLBACK_COMPILE_BYTES_MAX.default_text(),
        compile.memory_bytes_max.to_string()
    );
    assert_eq!(
        settings::CALLBACK_CACHE_BYTES_MAX.default_text(),
        compile.cache_bytes_max.to_string()
    );
    let store = StoreSettings::of(lark_callback_store::Database::Sqlite("x".into()));
    assert_eq!(
        settings::CALLBACK_QUEUE_ROWS_MAX.default_text(),
        store.queue_rows_max.to_string()
    );
    assert_eq!(settings::CALLBACK_LEASE_MS.default_text(), store.lease_ms.to_string());
}
