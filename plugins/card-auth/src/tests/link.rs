//! The link to the authorize page, and what is kept for the return from it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use lark_plugin_sdk::Level;
use lark_plugin_sdk::testing::FakeHost;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{MINUTE, REDIRECT, click, host, request, toast};

#[test]
fn the_link_has_all_parameters_percent_encoded_and_no_secret_is_reused() {
    let host = host();
    let session_id = request(&host);
    let link_of = |reply: Value| {
        let buttons = &reply["card"]["data"]["body"]["elements"][2]["columns"];
        let link = &buttons[0]["elements"][0]["behaviors"][0];
        assert_eq!(link["type"], "open_url");
        link["default_url"].as_str().expect("a link").to_owned()
    };
    let (first, second) = (
        link_of(click(&host, &session_id, "authorize")),
        link_of(click(&host, &session_id, "authorize")),
    );
    let parameter = |url: &str, name: &str| {
        let at = url.find(&format!("&{name}=")).expect("the parameter") + name.len() + 2;
        url[at..].split('&').next().expect("a value").to_owned()
    };

    assert!(first.starts_with("https://accounts.feishu.cn/open-apis/authen/v1/authorize?response_type=code&"));
    assert_eq!(parameter(&first, "client_id"), "cli_a5fb0ae6a4123456");
    assert_eq!(
        parameter(&first, "redirect_uri"),
        "https%3A%2F%2Fbot.example.com%2Fcallback%3Fapp%3D1"
    );
    assert_eq!(parameter(&first, "scope"), "contact%3Acontact%20offline_access");
    assert_eq!(parameter(&first, "code_challenge_method"), "S256");
    for secret in ["state", "code_challenge"] {
        let value = parameter(&first, secret);
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(&value).expect("base64url").len(), 32);
        assert_ne!(value, parameter(&second, secret));
    }
    assert!(!first.contains(&session_id), "the state must not be the session id");

    // What the return will need lies under the hash of the state, and the challenge is the hash of the verifier.
    let digest = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text));
    let key = format!("state/{}", digest(&parameter(&first, "state")));
    let kept = host
        .kv()
        .get_json::<Value>(&key)
        .expect("kv")
        .expect("the link is kept")
        .value;
    assert_eq!(kept["session_id"], json!(session_id));
    assert_eq!(kept["redirect_uri"], REDIRECT);
    assert_eq!(
        digest(kept["code_verifier"].as_str().expect("a verifier")),
        parameter(&first, "code_challenge")
    );
    host.advance(10 * MINUTE);
    assert!(
        host.kv().get(&key).expect("kv").is_none(),
        "it does not outlive the session"
    );
}

#[test]
fn nothing_secret_is_logged() {
    let host = host();
    let session_id = request(&host);
    let reply = click(&host, &session_id, "authorize").to_string();
    let state = reply
        .split("&state=")
        .nth(1)
        .and_then(|rest| rest.split('&').next())
        .expect("a state");
    for line in host.logged() {
        assert!(
            ![state, &session_id, "ou_anna"]
                .iter()
                .any(|secret| line.message.contains(secret)),
            "{}",
            line.message
        );
    }
}

#[test]
fn another_accounts_server_can_be_set() {
    let host = host().with_config("accounts_base_url", "https://accounts.larksuite.com/");
    let reply = click(&host, &request(&host), "authorize").to_string();
    assert!(reply.contains("\"https://accounts.larksuite.com/open-apis/authen/v1/authorize?"));
}

#[test]
fn without_a_redirect_address_the_operator_reads_what_to_set() {
    let host = FakeHost::new();
    let reply = click(&host, &request(&host), "authorize");
    assert_eq!(toast(&reply).0, "error");
    let line = host.logged().pop().expect("a log line");
    assert!(line.level == Level::Error && line.message.contains("OAUTH_REDIRECT_URI"));
}
