//! Tests of secrets that would silently differ from what they look like.

use super::*;

const SECRETS: [&str; 4] = [
    "LARK_APP_SECRET",
    "LARK_VERIFICATION_TOKEN",
    "LARK_ENCRYPT_KEY",
    "LARK_CONFIG_ENCRYPTION_KEY",
];

fn without_key(more: &[(&str, &str)]) -> Values {
    let mut values = whole_and(more);
    values.by_name.remove("LARK_ENCRYPT_KEY");
    values
}

/// Values with a secret in a file, which exists as long as its folder.
fn in_file(name: &str, content: &[u8]) -> (tempfile::TempDir, Values) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, content).unwrap();
    let mut values = whole_and(&[(&format!("{name}_FILE"), path.to_str().unwrap())]);
    values.by_name.remove(name);
    (folder, values)
}

#[test]
fn a_secret_that_is_present_and_empty_is_a_problem() {
    for name in SECRETS.iter().chain(&["CALLBACK_ADMIN_TOKEN", "DATABASE_URL"]) {
        for text in ["", "  ", "\t\n"] {
            let told = problems(&whole_and(&[(name, text)]));
            let named = told
                .iter()
                .any(|told| told.starts_with(&format!("{name} (in the environment) ")));
            assert!(named && told.len() == 1, "{name}={text:?}: {told:?}");
        }
        let told = problems(&in_file(name, b"\n").1).concat();
        assert!(
            told.contains(&format!("the file of {name} (in the environment) is empty")),
            "{told}"
        );
        let mut values = whole_and(&[(&format!("{name}_FILE"), "")]);
        values.by_name.remove(*name);
        let told = problems(&values).concat();
        assert!(
            told.contains(&format!("{name}_FILE (in the environment) is empty")),
            "{told}"
        );
    }
    let mut values = whole_and(&[]);
    values.add_file(Path::new("lark-callback.toml"), "lark_encrypt_key = \"\"\n");
    let told = problems(&values).concat();
    assert!(
        told.contains("LARK_ENCRYPT_KEY (in lark-callback.toml) is empty"),
        "{told}"
    );
}

#[test]
fn an_empty_variable_does_not_hide_behind_one_that_is_set_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), "LARK_ENCRYPT_KEY=key\n").unwrap();
    let mut values = whole_and(&[]);
    values.add_dot_env(&folder.path().join(".env"));
    values.add_variables([("LARK_ENCRYPT_KEY".into(), String::new())], &Origin::Environment);
    assert_eq!(problems(&values).len(), 1);
    // An empty setting that is no secret counts as not set.
    assert_eq!(config(&whole_and(&[("CALLBACK_SERVER_PORT", "")])).port, 8080);
}

#[test]
fn white_space_around_a_secret_is_told() {
    for name in ["LARK_APP_SECRET", "LARK_VERIFICATION_TOKEN", "LARK_ENCRYPT_KEY"] {
        for text in [
            "planted\n",
            " planted",
            "planted\u{a0}",
            "\u{feff}planted",
            "planted\u{200b}",
            "planted\r",
        ] {
            let told = problems(&whole_and(&[(name, text)]));
            assert!(
                told.len() == 1
                    && told[0].starts_with(name)
                    && told[0].contains("white space")
                    && !told[0].contains("planted"),
                "{name}={text:?}: {told:?}"
            );
        }
        let told = problems(&in_file(name, b"planted \n").1).concat();
        assert!(told.contains("white space"), "{told}");
        assert!(
            problems(&in_file(name, b"planted\n\n").1)
                .concat()
                .contains("white space")
        );
        for content in [&b"planted"[..], b"planted\n", b"planted\r\n", b"\xef\xbb\xbfplanted\n"] {
            config(&in_file(name, content).1);
        }
    }
    let told = problems(&whole_and(&[("LARK_ENCRYPT_KEY", "one\ntwo")])).concat();
    assert!(told.contains("line break"), "{told}");
    let told = problems(&whole_and(&[("LARK_ENCRYPT_KEY_PREVIOUS", "one\ntwo \n")])).concat();
    assert!(
        told.contains("LARK_ENCRYPT_KEY_PREVIOUS (in the environment) begins or ends"),
        "{told}"
    );
}

#[test]
fn a_file_in_another_encoding_is_told() {
    let told = problems(&in_file("LARK_ENCRYPT_KEY", b"\xff\xfek\0e\0y\0").1).concat();
    assert!(told.contains("UTF-16"), "{told}");
}

#[test]
fn a_byte_order_mark_in_front_of_the_settings_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    std::fs::write(&path, "\u{feff}LARK_APP_ID=cli_of_the_file\r\nLARK_APP_SECRET=s\r\n").unwrap();
    let mut values = Values::default();
    values.add_dot_env(&path);
    assert_eq!(values.by_name["LARK_APP_ID"].text, "cli_of_the_file");
    assert!(values.problems.is_empty(), "{:?}", values.problems);
    std::fs::write(&path, b"\xff\xfeL\0").unwrap();
    values.add_dot_env(&path);
    assert!(values.problems.concat().contains("UTF-16"), "{:?}", values.problems);
}

#[test]
fn working_without_an_encrypt_key_is_asked_for_by_a_word_of_its_own() {
    let told = problems(&without_key(&[])).concat();
    assert!(
        told.contains("LARK_ENCRYPT_KEY is missing") && told.contains("LARK_ENCRYPT_KEY_REQUIRED=off"),
        "{told}"
    );
    let told = problems(&without_key(&[
        ("LARK_ENCRYPT_KEY_REQUIRED", "on"),
        ("CALLBACK_SERVER_HOST", "::1"),
    ]));
    assert_eq!(told.len(), 1, "{told:?}");
    for more in [
        &[("LARK_ENCRYPT_KEY_REQUIRED", "off")][..],
        &[("CALLBACK_SERVER_HOST", "[::1]")],
        &[("CALLBACK_SERVER_HOST", "127.0.0.1")],
    ] {
        let notices = config(&without_key(more)).notices.join("\n");
        assert!(notices.contains("LARK_ENCRYPT_KEY is not set"), "{notices}");
    }
    let told = problems(&without_key(&[("LARK_ENCRYPT_KEY_REQUIRED", "maybe")])).concat();
    assert!(told.contains("must be one of: on, off"), "{told}");
}

#[test]
fn each_application_says_for_itself_that_it_has_no_key() {
    let with = |line: &str| {
        let mut values = whole_and(&[]);
        let app = "[apps.hr]\napp_id = \"cli_hr\"\napp_secret = \"s\"\nverification_token = \"t\"\n";
        values.add_file(Path::new("lark-callback.toml"), &format!("{app}{line}"));
        values
    };
    let told = problems(&with("")).concat();
    assert!(told.contains("set apps.hr.encrypt_key_required = \"off\""), "{told}");
    assert!(
        problems(&with("encrypt_key = \"\"\n"))
            .concat()
            .contains("apps.hr.encrypt_key (in")
    );
    for line in ["encrypt_key_required = \"off\"\n", "encrypt_key_required = false\n"] {
        assert!(
            config(&with(line))
                .notices
                .concat()
                .contains("apps.hr.encrypt_key is not set")
        );
    }
}

#[test]
fn a_value_in_quotes_is_noticed() {
    let mut values = whole_and(&[]);
    values.add_environment([
        ("LARK_ENCRYPT_KEY".into(), "'planted'".into()),
        ("HOME".into(), "'x'".into()),
    ]);
    let notices = config(&values).notices;
    assert!(
        notices.len() == 1 && notices[0].starts_with("LARK_ENCRYPT_KEY (in the environment) is in quotes"),
        "{notices:?}"
    );
    assert!(!notices[0].contains("planted"));
}

#[test]
fn quotes_around_what_is_no_secret_are_a_problem() {
    for (name, text) in [
        ("CALLBACK_SERVER_ENABLED", "\"true\""),
        ("CALLBACK_SERVER_PORT", "'8080'"),
        ("TOKEN_DB_PATH", "\"planted.db\""),
        ("LARK_APP_ID", "\u{201c}cli_planted\u{201d}"),
    ] {
        let mut values = whole_and(&[]);
        values.by_name.remove(name);
        values.add_environment([(name.into(), text.into())]);
        let told = problems(&values).concat();
        assert!(
            told.starts_with(&format!("{name} (in the environment) is in quotes")),
            "{told}"
        );
        assert!(!told.contains("planted"), "{told}");
    }
}

#[test]
fn a_placeholder_is_no_secret() {
    for text in ["${LARK_ENCRYPT_KEY}", "$(planted)", "{{ planted }}", "<planted>"] {
        let told = problems(&whole_and(&[("LARK_ENCRYPT_KEY", text)]));
        assert!(
            told.len() == 1 && told[0].contains("is a placeholder"),
            "{text}: {told:?}"
        );
    }
    config(&whole_and(&[("LARK_ENCRYPT_KEY", "a${planted}b<c>")]));
}

#[test]
fn a_key_in_capital_and_in_small_letters_is_a_problem() {
    let mut values = Values::default();
    values.add_file(
        Path::new("lark-callback.toml"),
        "CALLBACK_BUDGET_MS = 1000\ncallback_budget_ms = 2000\n",
    );
    let told = values.problems.concat();
    assert!(
        told.starts_with("callback_budget_ms stands twice in lark-callback.toml"),
        "{told}"
    );
}

#[test]
fn a_name_that_stands_twice_with_different_values_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    let told = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let mut values = Values::default();
        values.add_dot_env(&path);
        values.problems.concat()
    };
    let twice = told("LARK_ENCRYPT_KEY=planted\nLARK_ENCRYPT_KEY=other\n");
    assert!(
        twice.starts_with("LARK_ENCRYPT_KEY stands twice in ") && !twice.contains("planted"),
        "{twice}"
    );
    assert_eq!(
        told("LARK_ENCRYPT_KEY=same\nLARK_ENCRYPT_KEY=same\nCOLOR=a\nCOLOR=b\n"),
        ""
    );
}

#[test]
fn variables_that_describe_services_are_ignored_with_one_notice() {
    let mut values = whole_and(&[("POSTGRES_HOST", "postgres")]);
    let links = [
        ("POSTGRES_PORT", "tcp://10.96.0.5:5432"),
        ("CALLBACK_SERVER_PORT", "tcp://10.96.0.6:8080"),
        ("CALLBACK_SERVER_PORT_8080_TCP", "tcp://10.96.0.6:8080"),
        ("CALLBACK_SERVER_SERVICE_HOST", "10.96.0.6"),
        ("LARK_CALLBACK_SERVICE_PORT", "8080"),
        ("LARK_CALLBACK_PORT", "tcp://10.96.0.7:8080"),
        ("LARK_CALLBACK_PORT_8080_TCP_ADDR", "10.96.0.7"),
    ];
    values.add_environment(links.map(|(name, text)| (name.into(), text.into())));
    let config = config(&values);
    assert_eq!(config.port, 8080);
    assert_eq!(config.store.database.to_string(), "postgres:5432/postgres");
    assert!(
        config.notices.len() == 1 && config.notices[0].contains("and 6 more") && config.notices[0].contains("ignored"),
        "{:?}",
        config.notices
    );
}
