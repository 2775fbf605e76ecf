//! Valid and invalid settings of a plugin.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use super::{Limits, NotToml, Secrets, Settings, SettingsError, Variables};

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
fn a_password_in_a_url_is_refused_and_not_shown() {
    for toml in [
        "[grant]\nhttp = ['GET https://bot:hunter2@api.example.com/**']",
        "[grant]\nhttp = ['GET https://bot:hunter2@api.example.com']",
        "[grant]\nhttp_private = ['GET https://bot:hunt@er2@api.example.com/@/**']",
        "[http.'https://bot:hunter2@api.example.com']\nredirects_max = 1",
    ] {
        let told = Settings::parse(toml).unwrap_err().to_string();
        assert!(
            told.contains("https://***@api.example.com") && !told.contains("er2"),
            "{told}"
        );
    }
}

#[test]
fn what_stands_twice_in_two_spellings_is_refused_and_not_dropped() {
    refused(
        "[http.'https://API.example.com']\nheaders = { A = '1' }\n[http.'https://api.example.com:443']\nredirects_max = 1",
        "`http.\"https://api.example.com:443\"` must be one section with the other spelling of the same origin: \
         [http.\"https://api.example.com\"]",
    );
    refused(
        "[http.'https://api.example.com'.headers]\nAuthorization = 'a'\nauthorization = 'b'",
        "`http.\"https://api.example.com\".headers.authorization` must be left out, because the header is already there in \
         another spelling",
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
    assert!(
        matches!(error, SettingsError::Toml(NotToml { line: 3, .. })),
        "{error:?}"
    );
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[test]
fn config_values_are_not_in_the_debug_form() {
    let settings = Settings::parse("[config]\npassword = \"hunter2\"").unwrap();
    let shown = format!("{settings:?}");
    assert!(shown.contains("password") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_limit_outside_of_its_section_is_told_where_it_belongs() {
    refused(
        "event_age_ms_max = 1",
        "`event_age_ms_max` is not a setting; the nearest one is `limits.event_age_ms_max`",
    );
}

#[test]
fn applications_are_a_list_of_names() {
    let settings = Settings::parse("apps = ['hr', 'cli_2']").unwrap();
    assert_eq!(settings.apps.unwrap().into_iter().collect::<Vec<_>>(), ["cli_2", "hr"]);
    for wrong in ["apps = 'hr'", "apps = []", "apps = [1]", "apps = ['']"] {
        refused(
            wrong,
            "`apps` must be a list of at least one application, by its name or its id: [\"hr\"]",
        );
    }
}

/// Reads secrets from a folder with these files.
fn with_secrets(toml: &str, files: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let variables = Variables {
        values: BTreeMap::from(
            [("MODEL_KEY", "sk-planted-model-key"), ("DATABASE_URL", "x")]
                .map(|(name, value)| (name.into(), value.into())),
        ),
        own: ["DATABASE_URL".to_owned()].into(),
    };
    let settings = Settings::parse(toml).unwrap();
    let secrets = Secrets::read(&settings.secret_sources(), folder.path(), &variables);
    settings.with_secrets(&secrets)
}

#[test]
fn a_secret_comes_from_a_file_or_a_variable_at_any_depth() {
    let settings = with_secrets(
        "[config]\nkey = { file = 'key.txt' }\n[config.model]\nname = 'big'\nkeys = [{ env = 'MODEL_KEY' }]",
        &[("key.txt", "line one\nline two\r\n")],
    )
    .unwrap();
    assert_eq!(settings.config["key"], "line one\nline two");
    assert_eq!(
        settings.config["model"],
        r#"{"keys":["sk-planted-model-key"],"name":"big"}"#
    );
    let shown = settings.shown_config();
    assert_eq!(shown["model"], "secret from the environment variable MODEL_KEY");
    assert!(!format!("{settings:?} {shown:?}").contains("planted"), "{settings:?}");
    assert_eq!(
        settings.masked("used sk-planted-model-key twice: sk-planted-model-key"),
        "used (secret) twice: (secret)"
    );
    assert_eq!(settings.masked("nothing"), "nothing");
}

#[test]
fn what_can_only_be_meant_as_a_secret_is_no_table_of_its_own() {
    for meant in [
        "{ file = '/run/key', prefix = 'Bearer ' }",
        "{ env = 'KEY', file = '/run/key' }",
        "{ File = '/run/key' }",
        "{ ENV = 'KEY' }",
    ] {
        let refused = Settings::parse(&format!("[config]\nkey = {meant}"))
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("config.key") && refused.contains("nothing beside it"),
            "{meant}: {refused}"
        );
    }
    for table in [
        "{ file = 'a.txt', name = 'a' }",
        "{ prefix = 'a' }",
        "{ environment = 'test' }",
    ] {
        assert!(Settings::parse(&format!("[config]\nkey = {table}")).is_ok(), "{table}");
    }
}

#[test]
fn a_secret_is_masked_as_it_stands_in_json_too() {
    let toml = "[config.login]\nuser = 'bot'\npassword = { file = 'p' }";
    let settings = with_secrets(toml, &[("p", r#"hun\ter"22""#)]).unwrap();
    let login = &settings.config["login"];
    assert_eq!(
        settings.masked(&format!(r#"{login} hun\ter"22""#)),
        r#"{"password":"(secret)","user":"bot"} (secret)"#
    );
}

#[test]
fn a_table_with_more_than_a_file_is_a_value() {
    let settings = Settings::parse("[config]\nlog = { file = 'a', level = 'info' }").unwrap();
    assert_eq!(settings.config["log"], r#"{"file":"a","level":"info"}"#);
    refused(
        "[config]\nkey = { file = 5 }",
        "`config.key` must be { file = \"…\" } with the path of a file",
    );
}

#[test]
fn a_secret_that_cannot_be_read_is_told_with_its_key_and_what_to_do() {
    let told = |toml: &str, files: &[(&str, &str)]| with_secrets(toml, files).unwrap_err().to_string();
    let missing = told("[config]\nkey = { file = 'none.txt' }", &[]);
    assert!(
        missing.starts_with("`config.key`: ") && missing.contains("none.txt does not exist; create it"),
        "{missing}"
    );
    let unset = told("[config.a]\nkey = { env = 'MODEL_KYE' }", &[]);
    assert!(
        unset.starts_with("`config.a.key`: the environment variable MODEL_KYE is not set"),
        "{unset}"
    );
    for own in ["DATABASE_URL", "LARK_APP_SECRET"] {
        let own = told(&format!("[config]\nkey = {{ env = '{own}' }}"), &[]);
        assert!(
            own.contains("is a setting of the server, which no plugin gets"),
            "{own}"
        );
    }
    let empty = told("[config]\nkey = { file = 'a' }", &[("a", "\n\n")]);
    assert!(empty.contains("is empty; put the secret there"), "{empty}");
    let edges = told("[config]\nkey = { file = 'a' }", &[("a", "hunter2 \n")]);
    assert!(edges.contains("white space") && !edges.contains("hunter2"), "{edges}");
    let folder = told("[config]\nkey = { file = '/' }", &[]);
    assert!(folder.contains("is not a regular file"), "{folder}");
}

#[test]
fn every_mistake_of_a_file_is_told_at_once_and_each_only_once() {
    let error = Settings::parse(
        "enabeld = true\npaused = 1\n[grant]\nopenapi = ['POST', 'GET /open-apis/im/v1/chats', 'post']\ntaks = []\n\
         [config]\ndays = 7\n[limits]\ncpu_ms_max = 0\nwal_ms_max = 5\n[canary]\nshare = 3.0\n",
    );
    let SettingsError::Several(mistakes) = error.unwrap_err() else {
        panic!("there are several");
    };
    let keys: BTreeSet<_> = mistakes
        .iter()
        .map(|mistake| match mistake {
            SettingsError::UnknownKey { key, .. } | SettingsError::WrongValue { key, .. } => key.clone(),
            SettingsError::WrongGrant { key, entry, .. } => format!("{key} {entry}"),
            other => other.to_string(),
        })
        .collect();
    let expected = [
        "canary.share",
        "enabeld",
        "grant.openapi POST",
        "grant.openapi post",
        "grant.taks",
        "limits.cpu_ms_max",
        "limits.wal_ms_max",
        "paused",
    ];
    assert_eq!(keys.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    assert_eq!(mistakes.len(), expected.len());
}

#[test]
fn one_mistake_is_told_as_itself_and_every_secret_that_is_missing_is_named() {
    let one = Settings::parse("[grant]\nopenapi = ['POST', 'POST']\n").unwrap_err();
    assert!(
        matches!(&one, SettingsError::WrongGrant { entry, .. } if entry == "POST"),
        "{one}"
    );
    let toml = "[config]\na = { file = 'no-a' }\nb = { file = 'no-b' }";
    let two = with_secrets(toml, &[]).unwrap_err().to_string();
    assert!(
        two.starts_with("2 mistakes: ") && two.contains("`config.a`") && two.contains("`config.b`"),
        "{two}"
    );
}
