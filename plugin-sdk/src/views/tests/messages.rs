//! The text, sender and mentions of messages.

use serde_json::{Value, json};

use super::view;
use crate::MessageReceive;

#[test]
fn a_message_tells_who_wrote_what() {
    let message: MessageReceive = view(&json!({
        "sender": {
            "sender_id": {"union_id": "on_8ed6", "user_id": "e33g", "open_id": "ou_84aa"},
            "sender_type": "user", "tenant_key": "7365",
        },
        "message": {
            "message_id": "om_5ce6", "root_id": "om_root", "parent_id": "om_parent", "create_time": "1609073151345",
            "update_time": "1687343654666", "chat_id": "oc_5ce6", "thread_id": "omt_d4be", "chat_type": "group",
            "message_type": "text", "content": "{\"text\":\"@_user_1 and @_user_10: hello\"}",
            "mentions": [
                {"key": "@_user_1", "id": {"open_id": "ou_tom"}, "name": "Tom", "tenant_key": "7365"},
                {"key": "@_user_10", "id": {"open_id": "ou_eve"}, "name": "Eve"},
            ],
            "user_agent": "Mozilla/5.0", "pinned": true,
        },
    }));
    assert_eq!(message.sender_open_id(), "ou_84aa");
    assert_eq!(message.text(), "@_user_1 and @_user_10: hello");
    assert_eq!(message.text_with_names(), "@Tom and @Eve: hello");
    assert_eq!(message.message.message_id, "om_5ce6");
    assert_eq!(message.message.chat_type, "group");
    assert_eq!(message.message.thread_id.as_deref(), Some("omt_d4be"));
    assert_eq!(message.message.mentions[0].id.open_id.as_deref(), Some("ou_tom"));
    assert_eq!(message.message.extra["pinned"], true);
}

#[test]
fn a_message_that_is_no_text_has_no_text() {
    for content in [r#"{"image_key":"img_v2"}"#, "not json", ""] {
        let message: MessageReceive = view(&json!({"message": {"message_type": "image", "content": content}}));
        assert_eq!((message.text(), message.sender_open_id()), (String::new(), ""));
    }
}

fn message(message_type: &str, content: &Value, mentions: &Value) -> MessageReceive {
    view(&json!({
        "message": {"message_type": message_type, "content": content.to_string(), "mentions": mentions},
    }))
}

#[test]
fn a_post_is_read_as_its_title_and_paragraphs() {
    let post = message(
        "post",
        &json!({"title": "周报", "content": [
            [
                {"tag": "at", "user_id": "@_user_1", "user_name": "Tom", "style": []},
                {"tag": "text", "text": " see ", "style": ["bold"]},
                {"tag": "a", "href": "https://example.com", "text": "the page"},
                {"tag": "emotion", "emoji_type": "SMILE"},
            ],
            [{"tag": "img", "image_key": "img_v2"}, {"tag": "hr"}],
            [{"tag": "code_block", "language": "RUST", "text": "fn main() {}"}],
        ]}),
        &json!([{"key": "@_user_1", "name": "Tom"}]),
    );
    assert_eq!(post.text(), "周报\n@_user_1 see the page[SMILE]\n\nfn main() {}");
    assert_eq!(post.text_with_names(), "周报\n@Tom see the page[SMILE]\n\nfn main() {}");
    assert_eq!(
        message(
            "post",
            &json!({"title": "", "content": [[{"tag": "text", "text": "hi"}]]}),
            &json!([])
        )
        .text(),
        "hi"
    );
}

#[test]
fn a_post_that_was_sent_in_a_language_is_read_too() {
    let content = json!({"zh_cn": {"content": [[{"tag": "text", "text": "你好"}, {"tag": "at", "user_id": "all"}]]}});
    let post = message("post", &content, &json!([]));
    assert_eq!(post.text(), "你好@_all");
    assert!(post.mentions_all());
}

#[test]
fn a_post_of_an_odd_shape_has_the_text_that_can_be_read() {
    for (content, text) in [
        (json!({"content": "text"}), ""),
        (
            json!({"content": [7, [{"tag": "text"}, "x"], [{"tag": "text", "text": "b"}]]}),
            "\n\nb",
        ),
        (json!([]), ""),
        (json!("text"), ""),
    ] {
        assert_eq!(message("post", &content, &json!([])).text(), text, "{content}");
    }
}

#[test]
fn a_name_never_leaks_into_another_mention() {
    let mentions = json!([
        {"key": "@_user_1", "name": "@_user_2"}, {"key": "@_user_2", "name": "Eve"}, {"key": "@", "name": "nobody"},
    ]);
    let text = message(
        "text",
        &json!({"text": "@_user_1 and @_user_2你好, mail a@b.c"}),
        &mentions,
    );
    assert_eq!(text.text_with_names(), "@@_user_2 and @Eve你好, mail a@b.c");
}

#[test]
fn everybody_may_be_mentioned() {
    for (text, is_all) in [
        ("@_all hello", true),
        ("hello @_all", true),
        ("@_all你好", true),
        ("@_allow", false),
        ("all", false),
    ] {
        assert_eq!(
            message("text", &json!({"text": text}), &json!([])).mentions_all(),
            is_all,
            "{text}"
        );
    }
    assert!(message("image", &json!({}), &json!([{"key": "@_all", "name": "所有人"}])).mentions_all());
}

#[test]
fn a_mention_of_the_bot_itself_is_told_from_that_of_another_bot_or_a_person() {
    let mentions = |mention: Value| message("text", &json!({"text": "@_user_1"}), &json!([mention]));
    assert!(mentions(json!({"mentioned_type": "bot", "bot_info": {"app_id": "cli_me"}})).mentions_bot("cli_me"));
    assert!(!mentions(json!({"mentioned_type": "bot", "bot_info": {"app_id": "cli_other"}})).mentions_bot("cli_me"));
    assert!(mentions(json!({"mentioned_type": "bot"})).mentions_bot("cli_me"));
    assert!(mentions(json!({"mentioned_type": "app"})).mentions_bot("cli_me"));
    assert!(!mentions(json!({"mentioned_type": "user", "name": "Tom"})).mentions_bot("cli_me"));
    assert!(!mentions(json!({"name": "Tom"})).mentions_bot("cli_me"));
}

/// Every type of "Received message content", with an example of its content.
#[test]
fn only_texts_and_posts_have_a_text() {
    for (message_type, content) in [
        ("image", json!({"image_key": "img_v2"})),
        ("file", json!({"file_key": "file_v2", "file_name": "a.pdf"})),
        ("folder", json!({"file_key": "file_v2", "file_name": "a"})),
        ("audio", json!({"file_key": "file_v2", "duration": 2000})),
        (
            "media",
            json!({"file_key": "file_v2", "image_key": "img_v2", "file_name": "a.mp4", "duration": 2000}),
        ),
        ("sticker", json!({"file_key": "file_v2"})),
        (
            "interactive",
            json!({"title": "card", "elements": [[{"tag": "text", "text": "part"}]]}),
        ),
        ("hongbao", json!({"text": "[红包]"})),
        (
            "share_calendar_event",
            json!({"summary": "weekly", "start_time": "1608265395000", "end_time": "1608267015000"}),
        ),
        (
            "calendar",
            json!({"summary": "weekly", "start_time": "1608265395000", "end_time": "1608267015000"}),
        ),
        (
            "general_calendar",
            json!({"summary": "weekly", "start_time": "1608265395000", "end_time": "1608267015000"}),
        ),
        ("share_chat", json!({"chat_id": "oc_1"})),
        ("share_user", json!({"user_id": "ou_1"})),
        (
            "system",
            json!({"template": "{from_user} started a group chat", "from_user": ["Tom"], "to_chatters": ["Eve"]}),
        ),
        (
            "location",
            json!({"name": "somewhere", "longitude": "1", "latitude": "2"}),
        ),
        ("video_chat", json!({"topic": "meeting", "start_time": "1608265395000"})),
        (
            "todo",
            json!({"task_id": "t", "due_time": "1623124318000", "summary": {
                "title": "do", "content": [[{"tag": "text", "text": "it"}]],
            }}),
        ),
        ("vote", json!({"topic": "lunch", "options": ["a", "b"]})),
        ("merge_forward", json!({"content": "Merged and Forwarded Message"})),
        ("a type of tomorrow", json!({"text": "?"})),
    ] {
        let message = message(message_type, &content, &json!([]));
        assert_eq!(message.text(), "", "{message_type}");
        assert_eq!(
            message.message.content::<Value>().expect("json"),
            content,
            "{message_type}"
        );
    }
}

#[test]
fn a_link_in_a_post_is_read_by_its_words_or_else_by_its_address() {
    let content =
        json!({"content": [[{"tag": "a", "text": "", "href": "https://example.com"}, {"tag": "md", "text": " *b*"}]]});
    assert_eq!(message("post", &content, &json!([])).text(), "https://example.com *b*");
}
