//! Tests of redirect URLs, offline access and display names.

use super::*;

const HR: &str =
    "[apps.hr]\napp_id = \"cli_hr\"\napp_secret = \"s\"\nverification_token = \"t\"\nencrypt_key = \"k\"\n";

/// Values for the main application with these variables, and `[apps.hr]` with these lines.
fn with(variables: &[(&str, &str)], lines: &str) -> Values {
    let mut values = whole_and(variables);
    values.add_file(Path::new("lark-callback.toml"), &format!("{HR}{lines}"));
    values
}

/// Redirect URLs of the main application and of the other one.
fn addresses(values: &Values) -> Vec<Option<String>> {
    let apps = config(values).apps.into_iter();
    apps.map(|app| app.authorize.redirect_uri).collect()
}

#[test]
fn another_application_is_led_back_to_its_own_path() {
    let address = |uri: &str| ("OAUTH_REDIRECT_URI", uri.to_owned());
    for (main, path, lines, of_hr) in [
        ("https://a.example/callback", None, "", "https://a.example/callback/hr"),
        ("https://a.example/callback/", None, "", "https://a.example/callback/hr"),
        (
            "https://a.example/lark/callback",
            None,
            "",
            "https://a.example/lark/callback/hr",
        ),
        ("https://a.example/hook", Some("/hook"), "", "https://a.example/hook/hr"),
        (
            "https://a.example/callback",
            None,
            "path = \"/people\"\n",
            "https://a.example/people",
        ),
        (
            "http://localhost:8080/callback",
            None,
            "",
            "http://localhost:8080/callback/hr",
        ),
        (
            "https://a.example/callback",
            None,
            "oauth_redirect_uri = \"https://b.example/callback/hr/\"\n",
            "https://b.example/callback/hr/",
        ),
    ] {
        let (name, uri) = address(main);
        let mut variables = vec![(name, uri.as_str())];
        variables.extend(path.map(|path| ("CALLBACK_PATH", path)));
        let found = addresses(&with(&variables, lines));
        assert_eq!(found, [Some(main.to_owned()), Some(of_hr.to_owned())], "{main}");
    }
    assert_eq!(addresses(&with(&[], "")), [None, None]);
}

#[test]
fn an_address_that_cannot_work_is_a_problem_told_once() {
    for (uri, said) in [
        ("http://a.example/callback", "must begin with https://"),
        ("http://10.0.0.1/callback", "must begin with https://"),
        ("http://localhost.a.example/callback", "must begin with https://"),
        ("https://a.example/", "must end in /callback"),
        ("https://a.example/oauth", "must end in /callback"),
        ("https://a.example/callback/hr/x", "must end in /callback"),
        ("https://a.example/callback?x=1", "without a query"),
        ("https://user@a.example/callback", "without a query"),
        ("a.example/callback", "must be a whole URL"),
    ] {
        let problems = problems(&with(&[("OAUTH_REDIRECT_URI", uri)], ""));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with("OAUTH_REDIRECT_URI (in the environment)") && problems[0].contains(said),
            "{problems:?}"
        );
        assert!(!problems[0].contains("a.example"), "{problems:?}");
    }
    let own = problems(&with(&[], "oauth_redirect_uri = \"https://a.example/callback\"\n"));
    assert!(
        own.len() == 1 && own[0].starts_with("apps.hr.oauth_redirect_uri") && own[0].contains("/callback/hr"),
        "{own:?}"
    );
}

#[test]
fn loopback_may_do_without_encryption() {
    for uri in [
        "http://localhost/callback",
        "http://127.0.0.1:8080/callback/",
        "http://[::1]:8080/callback",
    ] {
        assert_eq!(
            addresses(&with(&[("OAUTH_REDIRECT_URI", uri)], ""))[0].as_deref(),
            Some(uri)
        );
    }
}

#[test]
fn a_path_before_ours_is_worth_a_word() {
    let values = with(&[("OAUTH_REDIRECT_URI", "https://a.example/lark/callback")], "");
    let notices = config(&values).notices.concat();
    assert!(notices.contains("takes /lark away"), "{notices}");
}

#[test]
fn offline_access_is_asked_for_unless_it_is_switched_off() {
    let of = |variables: &[(&str, &str)], lines: &str| -> Vec<bool> {
        let apps = config(&with(variables, lines)).apps.into_iter();
        apps.map(|app| app.authorize.offline_access).collect()
    };
    assert_eq!(of(&[], ""), [true, true]);
    assert_eq!(of(&[("OAUTH_OFFLINE_ACCESS", "off")], ""), [false, false]);
    assert_eq!(
        of(&[("OAUTH_OFFLINE_ACCESS", "off")], "oauth_offline_access = true\n"),
        [false, true]
    );
    assert_eq!(of(&[], "oauth_offline_access = \"off\"\n"), [true, false]);
    let problems = problems(&with(&[("OAUTH_OFFLINE_ACCESS", "maybe")], ""));
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn an_application_has_the_name_that_people_know() {
    let names = |variables: &[(&str, &str)], lines: &str| -> Vec<Option<String>> {
        let apps = config(&with(variables, lines)).apps.into_iter();
        apps.map(|app| app.display_name).collect()
    };
    assert_eq!(
        names(&[("LARK_APP_NAME", " 假期助手 ")], "app_name = \"People\"\n"),
        [Some("假期助手".to_owned()), Some("People".to_owned())]
    );
    assert_eq!(names(&[], ""), [None, None]);
    for wrong in ["x".repeat(61), "two\nlines".to_owned()] {
        let problems = problems(&with(&[("LARK_APP_NAME", &wrong)], ""));
        assert!(problems.len() == 1 && problems[0].contains("one line"), "{problems:?}");
    }
}
