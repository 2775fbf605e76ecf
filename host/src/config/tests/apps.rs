//! Tests of applications as an operator writes them.

use super::*;

#[test]
fn more_applications_have_names_and_keys_of_their_own() {
    let mut values = values(&[("CALLBACK_SERVER_ENABLED", "true")]);
    values.add_file(
        Path::new("lark-callback.toml"),
        "[apps.hr]\napp_id = \"cli_hr\"\napp_secret = \"s\"\nverification_token = \"t\"\nencrypt_key = \"k\"\n",
    );
    let config = config(&values);
    let [app] = config.apps.as_slice() else {
        panic!("{} applications", config.apps.len())
    };
    assert_eq!(
        (app.name.as_str(), app.app_id.as_str(), app.keys.encrypt_keys.len()),
        ("hr", "cli_hr", 1)
    );
}

#[test]
fn an_old_key_works_beside_the_new_one() {
    let keys = "planted-old\nplanted-older\n";
    let config = config(&whole_and(&[
        ("LARK_ENCRYPT_KEY_PREVIOUS", keys),
        ("LARK_VERIFICATION_TOKEN_PREVIOUS", "t"),
    ]));
    let app = config.apps.first().unwrap();
    assert_eq!(
        (app.keys.encrypt_keys.len(), app.keys.verification_tokens.len()),
        (3, 2)
    );
}

#[test]
fn an_application_is_internal_unless_it_is_said_to_be_of_the_store() {
    let distribution = |values: &Values| config(values).apps[0].distribution;
    assert_eq!(distribution(&whole_and(&[])), Distribution::Internal);
    for (word, wanted) in [("internal", Distribution::Internal), (" Store", Distribution::Store)] {
        let values = whole_and(&[("LARK_APP_DISTRIBUTION", word), KEY]);
        assert_eq!(distribution(&values), wanted);
    }
    let problems = problems(&whole_and(&[("LARK_APP_DISTRIBUTION", "isv")]));
    assert_eq!(
        problems,
        ["LARK_APP_DISTRIBUTION (in the environment) must be one of: internal, store"]
    );
}

#[test]
fn a_store_application_needs_a_key_for_its_tickets() {
    let one = problems(&whole_and(&[("LARK_APP_DISTRIBUTION", "store")]));
    assert!(
        one.len() == 1 && one[0].starts_with("LARK_CONFIG_ENCRYPTION_KEY is missing: LARK_APP_DISTRIBUTION is store"),
        "{one:?}"
    );
    let mut named = values(&[("CALLBACK_SERVER_ENABLED", "true")]);
    let shop =
        "[apps.shop]\napp_id = \"cli_shop\"\napp_secret = \"s\"\nverification_token = \"t\"\nencrypt_key = \"k\"\n";
    let file = Path::new("lark-callback.toml");
    named.add_file(file, &format!("{shop}app_distribution = \"store\"\n"));
    let missing = problems(&named).concat();
    assert!(missing.contains("apps.shop.app_distribution is store"), "{missing}");
    named.add_file(file, &format!("{shop}app_distribution = \"directory\"\n"));
    let unknown = problems(&named).concat();
    assert!(
        unknown.contains("apps.shop.app_distribution (in lark-callback.toml) must be one of: internal, store"),
        "{unknown}"
    );
    let wrong = problems(&whole_and(&[("LARK_APP_DISTRIBUTION", "store"), (KEY.0, "short")]));
    assert_eq!(wrong.len(), 1, "a wrong key is told once: {wrong:?}");
}

#[test]
fn an_application_is_told_once() {
    let mut values = whole_and(&[]);
    values.add_file(
        Path::new("lark-callback.toml"),
        "[apps.hr]\napp_id = \"cli_a\"\napp_secret = \"s\"\nverification_token = \"t\"\nencrypt_key = \"k\"\n",
    );
    assert_eq!(
        problems(&values),
        ["apps.hr.app_id is the same as LARK_APP_ID; each application has an id of its own"]
    );
}

const SECOND: &str = "[apps.second]\napp_id = 'cli_2'\napp_secret = 's'\nverification_token = 't'\nencrypt_key = 'k'\n";

fn paths(common: &[(&str, &str)], file: &str) -> Vec<String> {
    let mut values = whole_and(common);
    values.add_file(Path::new("lark-callback.toml"), &format!("{SECOND}{file}"));
    config(&values).apps.into_iter().map(|app| app.path).collect()
}

#[test]
fn applications_stand_below_the_common_path_unless_they_have_their_own() {
    assert_eq!(paths(&[], ""), ["/callback", "/callback/second"]);
    for common in ["/webhook/event", "/webhook/event/", " /webhook/event "] {
        let expected = ["/webhook/event", "/webhook/event/second"];
        assert_eq!(paths(&[("CALLBACK_PATH", common)], ""), expected, "{common:?}");
    }
    assert_eq!(paths(&[("CALLBACK_PATH", "/")], ""), ["/", "/second"]);
    assert_eq!(paths(&[], "path = '/lark/2/'\n"), ["/callback", "/lark/2"]);
}

#[test]
fn a_path_that_is_none_is_a_problem() {
    for path in [
        "callback",
        "https://your.host/callback",
        "/a?b=c",
        "/a#b",
        "/a b",
        "//a",
        "/a//b",
        "/a/../b",
        "/{app}",
        "/a*",
        "/%63allback",
        "/回调",
    ] {
        let problems = problems(&whole_and(&[("CALLBACK_PATH", path)])).join("\n");
        assert_eq!(problems.lines().count(), 1, "{problems}");
        assert!(
            problems.contains("CALLBACK_PATH") && problems.contains("must be a path such as"),
            "{path:?}: {problems}"
        );
    }
}

#[test]
fn no_two_applications_and_no_application_and_health_have_one_path() {
    let of = |common: &[(&str, &str)], file: &str| {
        let mut values = whole_and(common);
        values.add_file(Path::new("lark-callback.toml"), &format!("{SECOND}{file}"));
        problems(&values).join("\n")
    };
    let both = of(&[], "path = '/callback/'\n");
    assert!(
        both.contains("CALLBACK_PATH and apps.second.path are both /callback"),
        "{both}"
    );
    for (common, file, name) in [
        (
            &[("CALLBACK_PATH", "/health")][..],
            "",
            "CALLBACK_PATH cannot be /health",
        ),
        (&[], "path = '/health'\n", "apps.second.path cannot be /health"),
    ] {
        let found = of(common, file);
        assert!(found.contains(name), "{found}");
    }
}
