//! Tests of the server's and Lark's addresses.

use super::*;
use crate::openapi::LarkAddresses;

fn addresses(settings: &[(&str, &str)]) -> (String, String) {
    let openapi = config(&whole_and(settings)).openapi;
    (openapi.base_url, openapi.accounts_base_url)
}

fn told(settings: &[(&str, &str)]) -> String {
    problems(&whole_and(settings)).join("\n")
}

#[test]
fn one_address_says_which_service_it_is() {
    let feishu = (
        "https://open.feishu.cn".to_owned(),
        "https://accounts.feishu.cn".to_owned(),
    );
    let lark = (LarkAddresses::lark().api, LarkAddresses::lark().accounts);
    assert_eq!(addresses(&[]), feishu);
    assert_eq!(addresses(&[("LARK_API_BASE_URL", "https://open.feishu.cn")]), feishu);
    assert_eq!(addresses(&[("LARK_API_BASE_URL", "https://open.larksuite.com")]), lark);
    assert_eq!(
        addresses(&[("LARK_ACCOUNTS_BASE_URL", "https://accounts.larksuite.com")]),
        lark
    );
}

#[test]
fn addresses_that_do_not_belong_together_are_told() {
    let both = told(&[
        ("LARK_API_BASE_URL", "https://open.larksuite.com/"),
        ("LARK_ACCOUNTS_BASE_URL", "https://accounts.feishu.cn"),
    ]);
    assert!(
        both.contains("LARK_API_BASE_URL and LARK_ACCOUNTS_BASE_URL belong to different services"),
        "{both}"
    );
    let swapped = told(&[("LARK_API_BASE_URL", "https://accounts.larksuite.com")]);
    assert!(swapped.contains("it belongs to LARK_ACCOUNTS_BASE_URL"), "{swapped}");
    let path = told(&[("LARK_API_BASE_URL", "https://open.larksuite.com/open-apis/")]);
    assert!(path.contains("must end before /open-apis"), "{path}");
    let unknown = config(&whole_and(&[("LARK_API_BASE_URL", "https://lark.example.com")]));
    let notices = unknown.notices.concat();
    assert!(
        notices.contains("LARK_ACCOUNTS_BASE_URL is not, so that one stays https://accounts.feishu.cn"),
        "{notices}"
    );
}

#[test]
fn secrets_do_not_travel_in_clear() {
    for name in ["LARK_API_BASE_URL", "LARK_ACCOUNTS_BASE_URL"] {
        for url in [
            "http://open.feishu.cn",
            "http://10.0.0.1:80",
            "http://localhost.example",
            "http://127.0.0.1@evil.example",
        ] {
            let told = told(&[(name, url)]);
            assert!(
                told.contains(&format!("{name} (in the environment) must begin with https://")),
                "{url}: {told}"
            );
        }
    }
    for url in ["http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost/lark"] {
        assert_eq!(
            addresses(&[("LARK_API_BASE_URL", url), ("LARK_ACCOUNTS_BASE_URL", url)]).0,
            url
        );
    }
}

#[test]
fn an_address_of_larks_holds_neither_a_user_nor_a_query() {
    for bad in [
        "https://user:planted@open.feishu.cn",
        "https://open.feishu.cn?planted=1",
    ] {
        let told = told(&[("LARK_API_BASE_URL", bad)]);
        assert!(
            told.contains("no user, no password and no query") && !told.contains("planted"),
            "{told}"
        );
    }
}

#[test]
fn each_application_may_belong_to_another_service() {
    let with = |lines: &str| {
        let mut values = whole_and(&[]);
        let app =
            "[apps.hr]\napp_id = \"cli_hr\"\napp_secret = \"s\"\nverification_token = \"t\"\nencrypt_key = \"k\"\n";
        values.add_file(Path::new("lark-callback.toml"), &format!("{app}{lines}"));
        values
    };
    assert!(config(&with("")).openapi.of_apps.is_empty());
    let other = config(&with("api_base_url = \"https://open.larksuite.com\"\n"));
    assert_eq!(other.openapi.of_apps["cli_hr"], LarkAddresses::lark());
    assert_eq!(other.openapi.base_url, "https://open.feishu.cn");
    let told = problems(&with("accounts_base_url = \"http://accounts.larksuite.com\"\n")).concat();
    assert!(
        told.contains("apps.hr.accounts_base_url (in lark-callback.toml) must begin with https://"),
        "{told}"
    );
}

#[test]
fn a_host_may_have_brackets_and_has_no_port() {
    for (text, wanted) in [
        ("[::]", "::"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("localhost", "localhost"),
    ] {
        assert_eq!(config(&whole_and(&[("CALLBACK_SERVER_HOST", text)])).host, wanted);
    }
    assert_eq!(
        config(&whole_and(&[("CALLBACK_ADMIN_HOST", "[::1]")])).admin.host,
        "::1"
    );
    for text in [
        "0.0.0.0:8080",
        "[::]:8080",
        "localhost:8080",
        "http://localhost",
        "0.0.0.0/0",
    ] {
        let told = told(&[("CALLBACK_SERVER_HOST", text)]);
        assert!(
            told.contains("the port is set with CALLBACK_SERVER_PORT"),
            "{text}: {told}"
        );
    }
}

#[test]
fn the_public_address_may_be_copied_from_the_console() {
    for given in [
        "https://bot.example.com",
        "https://bot.example.com/",
        "https://bot.example.com/callback",
        " https://bot.example.com/callback/ ",
    ] {
        let config = config(&whole_and(&[("CALLBACK_PUBLIC_URL", given)]));
        assert_eq!(config.public_url.as_deref(), Some("https://bot.example.com"), "{given}");
    }
    let below = config(&whole_and(&[("CALLBACK_PUBLIC_URL", "https://example.com/lark")]));
    assert_eq!(below.public_url.as_deref(), Some("https://example.com/lark"));
    assert_eq!(config(&whole_and(&[])).public_url, None);
    for wrong in [
        "bot.example.com",
        "https://u:p@bot.example.com",
        "https://x?y=1",
        "ftp://x",
    ] {
        let problems = problems(&whole_and(&[("CALLBACK_PUBLIC_URL", wrong)]));
        assert!(problems[0].starts_with("CALLBACK_PUBLIC_URL "), "{problems:?}");
    }
}

#[test]
fn a_server_that_is_switched_off_can_be_examined() {
    let mut values = whole_and(&[("CALLBACK_SERVER_ENABLED", "off")]);
    let examined = Examined::from_values(std::mem::take(&mut values)).unwrap();
    assert!(!examined.is_enabled && examined.senders.len() == 1);
    assert_eq!(examined.senders[0].token, "planted-token");
}
