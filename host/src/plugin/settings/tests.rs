//! Valid and invalid settings of a plugin.

use super::{Limits, Settings, SettingsError};

#[track_caller]
fn refused(toml: &str, text: &str) {
    assert_eq!(Settings::parse(toml).unwrap_err().to_string(), text);
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(Settings::parse("").unwrap(), Settings::default());
    assert!(Settings::default().enabled);
}

#[test]
fn every_section_is_read() {
    let settings = Settings::parse(
        "enabled = false\n[grant]\nopenapi = [\"GET /open-apis/im/**\"]\n[config]\ngreeting = \"hello\"\n[limits]\ncpu_ms_max = 50\ncalls_max = 3",
    )
    .unwrap();
    assert!(!settings.enabled);
    assert_eq!(settings.grant["openapi"], ["GET /open-apis/im/**"]);
    assert_eq!(settings.config["greeting"], "hello");
    assert_eq!(
        settings.limits,
        Limits {
            cpu_ms_max: 50,
            calls_max: Some(3),
            ..Limits::default()
        }
    );
}

#[test]
fn a_text_is_passed_as_it_is_and_anything_else_as_json() {
    let settings = Settings::parse(
        "[config]\ntext = \"a \\\"b\\\"\"\nnumber = 5\nlist = [1, \"x\"]\nday = 2026-11-01\n[config.nested]\non = true",
    )
    .unwrap();
    assert_eq!(settings.config["text"], "a \"b\"");
    assert_eq!(settings.config["number"], "5");
    assert_eq!(settings.config["list"], "[1,\"x\"]");
    assert_eq!(settings.config["day"], "\"2026-11-01\"");
    assert_eq!(settings.config["nested"], "{\"on\":true}");
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one() {
    refused(
        "enable = true",
        "`enable` is not a setting; the nearest one is `enabled`",
    );
    refused(
        "[limit]\ncpu_ms_max = 1",
        "`limit` is not a setting; the nearest one is `limits`",
    );
    refused(
        "[grant]\nopnapi = ['GET /open-apis/im/**']",
        "`grant.opnapi` is not a setting; the nearest one is `grant.openapi`",
    );
    refused(
        "[limits]\nmemory_max = 1",
        "`limits.memory_max` is not a setting; the nearest one is `limits.memory_bytes_max`",
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_the_right_one() {
    refused("enabled = 1", "`enabled` must be true or false");
    refused("config = 1", "`config` must be a section: [config]");
    refused("[grant]\nopenapi = \"im\"", "`grant.openapi` must be a list of texts");
    refused("[grant]\nopenapi = [1]", "`grant.openapi` must be a list of texts");
    refused(
        "[limits]\ncpu_ms_max = 0",
        "`limits.cpu_ms_max` must be a number from 1 to 60000",
    );
    refused(
        "[limits]\ncpu_ms_max = -5",
        "`limits.cpu_ms_max` must be a number from 1 to 60000",
    );
    refused(
        "[limits]\nmemory_bytes_max = 5000000000",
        "`limits.memory_bytes_max` must be a number from 1 to 1073741824",
    );
}

#[test]
fn a_grant_that_can_allow_nothing_is_told_what_is_wrong() {
    refused(
        "[grant]\nopenapi = ['post /open-apis/im/v1/messages']",
        "`post /open-apis/im/v1/messages` in `grant.openapi` can never allow anything: `post` is not a method; the nearest one is `POST`",
    );
    refused(
        "[grant]\noauth = ['authorise']",
        "`authorise` in `grant.oauth` can never allow anything: the only entry is `authorize`",
    );
}

#[test]
fn what_is_not_toml_is_named_by_its_line_and_never_shown() {
    let error = Settings::parse("[config]\nok = 1\nsecret = hunter2\n").unwrap_err();
    assert!(matches!(error, SettingsError::Toml { line: 3, .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[test]
fn config_values_are_not_in_the_debug_form() {
    let settings = Settings::parse("[config]\npassword = \"hunter2\"").unwrap();
    let shown = format!("{settings:?}");
    assert!(shown.contains("password") && !shown.contains("hunter2"), "{shown}");
}
