//! Tests of misspelt settings.

use super::*;

#[test]
fn a_misspelt_name_is_told_its_nearest() {
    let problems = problems(&whole_and(&[("LARK_ENCRYPTKEY", "planted-typo")]));
    assert_eq!(
        problems,
        ["LARK_ENCRYPTKEY (in the environment) is not known; did you mean LARK_ENCRYPT_KEY?"]
    );
}

#[test]
fn a_neighbours_name_is_only_noticed() {
    let notices = config(&whole_and(&[
        ("LARK_CONFIG_DB_PATH", "data/lark_config.db"),
        ("HOME", "/root"),
    ]))
    .notices;
    assert_eq!(
        notices,
        ["LARK_CONFIG_DB_PATH (in the environment) is not used by this version"]
    );
}

#[test]
fn a_name_that_is_nearly_ours_is_noticed_with_ours() {
    for (name, ours) in [
        ("DATABSE_URL", "DATABASE_URL"),
        ("OAUTH_REDIRECT_URL", "OAUTH_REDIRECT_URI"),
        ("lark_app_name", "LARK_APP_NAME"),
        ("LARK_ENCRYPTION_KEY", "LARK_ENCRYPT_KEY"),
        ("POSTGRES_DATABASE", "POSTGRES_DB"),
        ("POSTGRES_PASS", "POSTGRES_PASSWORD"),
    ] {
        let notices = config(&whole_and(&[(name, "planted")])).notices;
        assert_eq!(
            notices,
            [format!(
                "{name} (in the environment) is not used by this version; did you mean {ours}?"
            )]
        );
    }
    // It may be the cause of the problem.
    let mut values = whole_and(&[("LARK_ENCRYPTION_KEY", "planted")]);
    values.by_name.remove("LARK_ENCRYPT_KEY");
    let told = Config::from_values(&values).map(|_| ()).unwrap_err().to_string();
    assert!(
        told.contains("LARK_ENCRYPT_KEY is missing") && told.contains("did you mean LARK_ENCRYPT_KEY?"),
        "{told}"
    );
}

#[test]
fn an_unknown_key_of_the_file_is_an_error_with_the_nearest() {
    let mut values = whole_and(&[]);
    values.add_file(
        Path::new("lark-callback.toml"),
        "callback_server_prot = 1\n[apps.hr]\napp_idd = \"x\"\n",
    );
    let problems = problems(&values).join("\n");
    assert!(
        problems
            .contains("callback_server_prot (in lark-callback.toml) is not known; did you mean callback_server_port?"),
        "{problems}"
    );
    assert!(
        problems.contains("apps.hr.app_idd (in lark-callback.toml) is not known; did you mean app_id?"),
        "{problems}"
    );
    assert!(problems.contains("apps.hr.app_secret is missing"), "{problems}");
}
