//! The comparison with what Lark told, and with what it did not tell.

use std::collections::BTreeMap;

use super::*;
use crate::{app::LoadedPlugin, cli::doctor::finding::State, openapi::Subscription};

fn plugin(event_types: &[&str], openapi: &[&str]) -> LoadedPlugin {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    LoadedPlugin {
        version: "1".to_owned(),
        event_types: texts(event_types),
        grants: BTreeMap::from([("openapi".to_owned(), texts(openapi))]),
    }
}

fn needs(event_types: &[&str], openapi: &[&str]) -> Needs {
    let loaded = Loaded {
        plugins: vec![("p".to_owned(), plugin(event_types, openapi))],
        is_unknown: false,
    };
    let app = app();
    Needs::of(&loaded, &app, Some("https://bot.example.com"))
}

fn app() -> AppConfig {
    let mut values = crate::config::Values::default();
    values.add_variables(
        [
            ("CALLBACK_SERVER_ENABLED", "true"),
            ("LARK_APP_ID", "cli_a"),
            ("LARK_APP_SECRET", "secret"),
            ("LARK_VERIFICATION_TOKEN", "token"),
            ("LARK_ENCRYPT_KEY", "key"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
        &crate::config::Origin::Environment,
    );
    crate::config::Sender::from_values(&values, "").unwrap().app
}

fn links() -> Links {
    Links::of("https://open.feishu.cn", "cli_a")
}

fn scope(name: &str) -> ConsoleScope {
    ConsoleScope {
        name: name.to_owned(),
        is_granted: None,
        is_for_app: Some(true),
        is_for_user: Some(false),
    }
}

/// A console in which everything is right for a plugin of messages and clicks.
fn right() -> Seen {
    let url = Some("https://bot.example.com/callback".to_owned());
    let subscription = |types: &[&str]| Subscription {
        kind: Some("webhook".to_owned()),
        request_url: url.clone(),
        types: Some(types.iter().map(|text| (*text).to_owned()).collect()),
    };
    Seen {
        entry: Some(ConsoleApp {
            status: Some(1),
            online_version: Some("oav_2".to_owned()),
            events: subscription(&["im.message.receive_v1"]),
            callbacks: subscription(&["card.action.trigger"]),
            ..ConsoleApp::default()
        }),
        versions: Some(vec![ConsoleVersion {
            id: "oav_2".to_owned(),
            version: "1.0.2".to_owned(),
            status: Some(1),
            is_published: true,
            events: Some(vec!["im.message.receive_v1".to_owned()]),
            scopes: Some(vec![scope("im:message"), scope("im:message.p2p_msg:readonly")]),
            has_bot: Some(true),
        }]),
        granted: None,
    }
}

fn of_plugin() -> Needs {
    needs(
        &["im.message.receive_v1", "card.action.trigger"],
        &["POST /open-apis/im/v1/messages"],
    )
}

fn wrong(seen: &Seen, needs: &Needs) -> Vec<(&'static str, State)> {
    let findings = compare::compare(seen, needs, &links());
    let wrong = findings.iter().filter(|finding| finding.state != State::Ok);
    wrong.map(|finding| (finding.check, finding.state)).collect()
}

#[test]
fn a_console_in_which_everything_is_right_has_no_fault() {
    assert_eq!(wrong(&right(), &of_plugin()), []);
}

#[test]
fn what_is_missing_is_named() {
    let mut seen = right();
    seen.entry.as_mut().unwrap().callbacks.types = Some(Vec::new());
    assert_eq!(wrong(&seen, &of_plugin()), [("console.callbacks", State::Failed)]);
    let mut seen = right();
    seen.versions.as_mut().unwrap()[0].scopes = Some(vec![scope("im:message.p2p_msg:readonly")]);
    assert_eq!(wrong(&seen, &of_plugin()), [("console.scopes", State::Failed)]);
    let mut seen = right();
    seen.versions.as_mut().unwrap()[0].has_bot = Some(false);
    assert_eq!(wrong(&seen, &of_plugin()), [("console.bot", State::Failed)]);
    let mut seen = right();
    seen.entry.as_mut().unwrap().events.request_url = Some("https://other.example.com/callback".to_owned());
    assert_eq!(wrong(&seen, &of_plugin()), [("console.event_address", State::Failed)]);
    let mut seen = right();
    seen.entry.as_mut().unwrap().callbacks.kind = Some("websocket".to_owned());
    assert_eq!(
        wrong(&seen, &of_plugin()),
        [("console.callback_address", State::Failed)]
    );
    let mut seen = right();
    seen.entry.as_mut().unwrap().status = Some(2);
    assert_eq!(wrong(&seen, &of_plugin()), [("console.enabled", State::Failed)]);
}

#[test]
fn what_is_subscribed_and_not_published_is_told_from_what_is_missing() {
    let mut seen = right();
    seen.versions.as_mut().unwrap()[0].events = Some(Vec::new());
    let findings = compare::compare(&seen, &of_plugin(), &links());
    let finding = findings
        .iter()
        .find(|finding| finding.check == "console.events")
        .unwrap();
    assert!(
        finding.result.en().contains("not in the published version"),
        "{finding:?}"
    );
    assert!(finding.link.as_ref().unwrap().ends_with("/version"));
    seen.versions = Some(Vec::new());
    seen.entry.as_mut().unwrap().online_version = None;
    assert!(wrong(&seen, &of_plugin()).contains(&("console.published", State::Failed)));
}

#[test]
fn what_lark_did_not_tell_is_not_tested_and_not_missing() {
    let seen = Seen {
        entry: Some(ConsoleApp::default()),
        ..Seen::default()
    };
    let wrong = wrong(&seen, &of_plugin());
    assert!(
        wrong.len() >= 4 && wrong.iter().all(|(_, state)| *state == State::NotTested),
        "{wrong:?}"
    );
    assert!(
        compare::compare(&Seen::default(), &of_plugin(), &links())
            .iter()
            .all(|finding| finding.state == State::NotTested)
    );
}

#[test]
fn a_call_that_is_not_in_the_table_is_named() {
    let wrong = wrong(&right(), &needs(&[], &["GET /open-apis/contact/**"]));
    assert_eq!(wrong, [("console.calls", State::NotTested)]);
}

#[test]
fn links_lead_to_the_console_of_the_service() {
    assert_eq!(links().events(), "https://open.feishu.cn/app/cli_a/event");
    let lark = Links::of("https://open.larksuite.com", "cli_a");
    assert_eq!(
        lark.scopes(&["im:message"]),
        "https://open.larksuite.com/app/cli_a/auth?q=im%3Amessage&op_from=openapi&token_type=tenant"
    );
}
