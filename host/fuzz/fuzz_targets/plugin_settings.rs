//! The `.toml` beside a plugin: it is read or refused with a reason of one line, and no value of it is in the reason.

#![no_main]

use lark_callback::{
    plugin::{Settings, SettingsError},
    toml_text::NotToml,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|toml: &str| {
    match Settings::parse(toml) {
        Ok(settings) => {
            assert!(settings.limits.cpu_ms_max > 0 && settings.limits.memory_bytes_max > 0);
            // What is shown of it is the names of its values.
            let shown = format!("{settings:?}");
            for (key, value) in &settings.config {
                let is_elsewhere = value.len() < 24 || key.contains(&**value) || settings.grant.values().flatten().any(|entry| entry.contains(&**value));
                assert!(is_elsewhere || !shown.contains(&**value), "{shown}");
            }
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!text.is_empty());
            if let SettingsError::Toml(NotToml { line, .. }) = error {
                assert!((1..=toml.matches('\n').count() + 1).contains(&line), "line {line}");
                assert!(!text.contains('\n'), "{text}");
            }
        }
    }
});
