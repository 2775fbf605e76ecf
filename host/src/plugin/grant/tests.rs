//! Which entries there can be, and what one covers.

use super::{OAUTH, OPENAPI, TASKS, check, covers, is_granted, line};
use crate::plugin::settings::Settings;

#[test]
fn a_star_is_one_part_and_two_are_the_rest() {
    let covered = [
        ("GET /open-apis/im/v1/chats", "GET", "/open-apis/im/v1/chats"),
        ("* /open-apis/im/v1/chats", "POST", "/open-apis/im/v1/chats"),
        ("GET /open-apis/im/v1/chats/*", "GET", "/open-apis/im/v1/chats/oc_1"),
        (
            "POST /open-apis/im/v1/messages/*/reply",
            "POST",
            "/open-apis/im/v1/messages/om_1/reply",
        ),
        ("GET /open-apis/im/**", "GET", "/open-apis/im/v1/chats/oc_1/members"),
    ];
    for (pattern, method, path) in covered {
        assert!(covers(pattern, method, path), "{pattern} {path}");
    }
    let not_covered = [
        ("GET /open-apis/im/v1/chats", "POST", "/open-apis/im/v1/chats"),
        ("GET /open-apis/im/v1/chats", "GET", "/open-apis/im/v1/chats/oc_1"),
        ("GET /open-apis/im/v1/chats/*", "GET", "/open-apis/im/v1/chats"),
        (
            "GET /open-apis/im/v1/chats/*",
            "GET",
            "/open-apis/im/v1/chats/oc_1/members",
        ),
        ("GET /open-apis/im/v1/chats/*", "GET", "/open-apis/im/v1/chats/"),
        ("GET /open-apis/im/**", "GET", "/open-apis/im"),
        ("GET /open-apis/im/**", "GET", "/open-apis/imx/v1"),
        ("GET /open-apis/**/v1", "GET", "/open-apis/im/v1"),
        ("/open-apis/im/v1/chats", "GET", "/open-apis/im/v1/chats"),
        ("", "GET", "/open-apis/im/v1/chats"),
    ];
    for (pattern, method, path) in not_covered {
        assert!(!covers(pattern, method, path), "{pattern} {path}");
    }
}

#[test]
fn a_wider_entry_covers_a_narrower_one() {
    let granted = |kind: &str, entry: &str, wanted: &str| {
        let settings = Settings::parse(&format!("[grant]\n{kind} = ['{entry}']")).unwrap();
        is_granted(&settings.grant, kind, wanted)
    };
    for (kind, entry, wanted) in [
        (OPENAPI, "* /open-apis/im/v1/chats", "GET /open-apis/im/v1/chats"),
        (OPENAPI, "GET /open-apis/im/**", "GET /open-apis/im/v1/chats/*"),
        (OPENAPI, "GET /open-apis/im/**", "GET /open-apis/im/v1/**"),
        (OPENAPI, "GET /open-apis/im/v1/chats/*", "GET /open-apis/im/v1/chats/*"),
        (OPENAPI, "* /**", "* /open-apis/im/**"),
        (TASKS, "card-auth/*", "card-auth/request"),
        (TASKS, "card-auth/*", "card-auth/*"),
        (OAUTH, "authorize", "authorize"),
    ] {
        assert!(granted(kind, entry, wanted), "{entry} covers {wanted}");
    }
    for (kind, entry, wanted) in [
        (OPENAPI, "GET /open-apis/im/v1/chats", "* /open-apis/im/v1/chats"),
        (OPENAPI, "GET /open-apis/im/v1/*", "GET /open-apis/im/v1/**"),
        (
            OPENAPI,
            "GET /open-apis/im/v1/chats/oc_1",
            "GET /open-apis/im/v1/chats/*",
        ),
        (TASKS, "card-auth/request", "card-auth/*"),
        (TASKS, "card-auth/*", "other/request"),
    ] {
        assert!(!granted(kind, entry, wanted), "{entry} does not cover {wanted}");
    }
}

#[test]
fn an_entry_that_can_never_allow_anything_is_told_what_is_wrong() {
    for (kind, entry, wrong) in [
        (OPENAPI, "/open-apis/im/v1/messages", "it lacks the method"),
        (OPENAPI, "im:message", "it is no method and path"),
        (
            OPENAPI,
            "post /open-apis/im/v1/messages",
            "`post` is not a method; the nearest one is `POST`",
        ),
        (OPENAPI, "PSOT /open-apis/im/v1/messages", "the nearest one is `POST`"),
        (OPENAPI, "GET /open-apis/im/v1/chats?page_size=5", "has a ? or #"),
        (OPENAPI, "GET /open-apis/**/v1", "only be the last part"),
        (OPENAPI, "GET /openapis/im/v1/chats", "does not begin with /open-apis/"),
        (OPENAPI, "GET https://open.feishu.cn/open-apis/im/v1/chats", "begin"),
        (
            OPENAPI,
            "POST /open-apis/auth/v3/tenant_access_token/internal",
            "tokens",
        ),
        (OPENAPI, "POST /open-apis/authen/v2/oauth/token", "tokens"),
        (OPENAPI, "GET /open-apis/im/v1/chats ", "character"),
        (
            OPENAPI,
            "GET /open-apis/im/v1/messages/:message_id",
            "`:message_id` in its path; for any value write `*`",
        ),
        (OPENAPI, "GET /open-apis/im/v1/messages/{message_id}", "write `*`"),
        (OPENAPI, "GET /open-apis/im/v1/mess*", "a whole part"),
        (OAUTH, "authorise", "the only entry is `authorize`"),
        (TASKS, "request", "it is no plugin and task"),
        (TASKS, "card-auth/", "it lacks the name of the task"),
        (TASKS, "Card-Auth/request", "a-z"),
    ] {
        let told = check(kind, entry).unwrap_err();
        assert!(told.contains(wrong), "{entry}: {told}");
    }
}

#[test]
fn an_entry_that_can_allow_something_is_taken() {
    for (kind, entry) in [
        (OPENAPI, "POST /open-apis/im/v1/messages"),
        (OPENAPI, "* /open-apis/im/v1/chats/*/members"),
        (OPENAPI, "GET /**"),
        (OPENAPI, "GET /*/im/v1/chats"),
        (OPENAPI, "GET /open-apis/**"),
        (OPENAPI, "GET /open-apis/authen/v1/user_info"),
        (OPENAPI, "GET /open-apis/authen/v1/*"),
        (OAUTH, "authorize"),
        (TASKS, "card-auth/request"),
        (TASKS, "card-auth/*"),
    ] {
        assert_eq!(check(kind, entry), Ok(()), "{entry}");
    }
}

#[test]
fn the_line_to_add_keeps_what_is_granted_already() {
    let settings = Settings::parse("[grant]\ntasks = ['a/b']").unwrap();
    assert_eq!(
        line(&settings.grant, TASKS, "card-auth/request"),
        r#"`tasks = ["a/b", "card-auth/request"]` under [grant]"#
    );
}
