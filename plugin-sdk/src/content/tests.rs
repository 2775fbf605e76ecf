//! Every type of message as one text.

use serde_json::{Value, json};

use super::{MessageContent, ResourceKind};
use crate::MessageReceive;
use crate::testing::fixture;

fn sample(name: &str) -> MessageReceive {
    let event = fixture(MessageReceive::TYPE, name);
    event.payload().expect("a message")
}

#[track_caller]
fn reads(name: &str, text: &str, resources: &[(ResourceKind, &str)]) {
    let content = sample(name).read();
    assert_eq!(content.text, text, "{name}");
    let found: Vec<_> = content
        .resources
        .iter()
        .map(|found| (found.kind, found.key.as_str()))
        .collect();
    assert_eq!(found, resources, "{name}");
}

#[test]
fn every_type_of_message_has_a_text_and_its_files() {
    use ResourceKind::{Audio, File, Folder, Image, Sticker, Video};
    reads("text", "hello", &[]);
    reads("image", "[image]", &[(Image, "img_v3_01c4_7d2e")]);
    reads("file", "[file: plan.pdf]", &[(File, "file_v3_01c4_9a10")]);
    reads("folder", "[folder: plans]", &[(Folder, "file_v3_01c4_5b77")]);
    reads("audio", "[audio: 2 s]", &[(Audio, "file_v3_01c4_2c61")]);
    reads("media", "[video: clip.mp4, 61 s]", &[(Video, "file_v3_01c4_9a10")]);
    reads("sticker", "[sticker]", &[(Sticker, "v3_01c4_sticker")]);
    reads("share_chat", "[chat: oc_7be02d9f4e35a41c]", &[]);
    reads("share_user", "[contact: ou_91a7c3f05e2d4b68]", &[]);
    reads("location", "[location: Office, 39.90, 116.39]", &[]);
    reads("system", "Anna added Ben, Chen to the group.", &[]);
    reads("merge_forward", "[forwarded messages]", &[]);
    reads("hongbao", "[red packet: Happy new year]", &[]);
    for name in ["share_calendar_event", "calendar", "general_calendar"] {
        reads(
            name,
            "[event: Review, 2024-01-01 00:00 UTC to 2024-01-01 01:00 UTC]",
            &[],
        );
    }
    reads("video_chat", "[meeting: Stand-up, 2024-01-01 00:00 UTC]", &[]);
    reads("todo", "[task: Write the report, due 2024-01-01 00:00 UTC]", &[]);
    reads("vote", "[vote: Lunch?; noodles; rice]", &[]);
    reads(
        "post",
        "Trip\nSee the plan\n@Helper[SMILE]\n[image]\n[video]\n\nfn main() {}\n**bold**",
        &[(Image, "img_v3_01c4_7d2e"), (Video, "file_v3_01c4_9a10")],
    );
    reads(
        "interactive",
        "Request 42\nThree days offopen\n[image]\n[Approve]",
        &[(Image, "img_v3_01c4_7d2e")],
    );
    reads("interactive_v2", "Request 42\nThree days off\nApprove", &[]);
    let video = &sample("media").read().resources[0];
    assert_eq!(
        (video.name.as_deref(), video.duration_ms, video.cover_key.as_deref()),
        (Some("clip.mp4"), Some(61_000), Some("img_v3_01c4_0f3b"))
    );
}

#[test]
fn a_type_of_tomorrow_and_odd_content_have_a_text_too() {
    for (message_type, content, text) in [
        ("new_thing", json!({"text": "?"}), "[new thing]"),
        ("image", json!({"image_key": 7}), "[image]"),
        ("file", json!([]), "[file]"),
        ("text", json!({"text": ["a"]}), ""),
        ("system", json!({"template": "{a} and {b", "a": 7}), "and {b"),
        ("system", json!({}), "[system message]"),
        ("interactive", json!({"elements": 7}), "[card]"),
        ("vote", json!({"options": [1, "a"]}), "[vote: a]"),
        ("", json!({}), ""),
    ] {
        let content = MessageContent::of(message_type, &content.to_string(), &[]);
        assert_eq!(content.text, text, "{message_type}");
        assert!(content.resources.is_empty());
    }
    assert_eq!(MessageContent::of("image", "no json", &[]).text, "[image]");
    assert_eq!(
        MessageContent::of("text", r#"{"text": "so \ud83d"}"#, &[]).text,
        "so \u{fffd}"
    );
}

#[test]
fn a_placeholder_is_not_the_beginning_of_a_longer_one() {
    let of = |text: &str| MessageContent::of("text", &json!({"text": text}).to_string(), &[("@_user_1", "Anna")]).text;
    assert_eq!(of("@_user_1 and @_user_10"), "@Anna and @_user_10");
    assert_eq!(of("@_user_1你好@_user_1x @_user_1"), "@Anna你好@Annax @Anna");
    assert_eq!(of("@"), "@");
}

#[test]
fn a_name_that_looks_like_a_placeholder_stays_as_it_is() {
    assert_eq!(sample("mentions").read().text, "@Helper ask @Chen and @Ben @_user_1");
    let content = MessageContent::of(
        "text",
        r#"{"text": "@_user_1 @_user_2"}"#,
        &[("@_user_1", "@_user_2"), ("@_user_2", "Eve")],
    );
    assert_eq!(content.text, "@@_user_2 @Eve");
}

#[test]
fn what_is_said_to_the_bot_is_without_the_mention_of_it() {
    let app_id = "cli_a5fb0ae6a4123456";
    assert_eq!(sample("mentions").read_as(app_id).text, "ask @Chen and @Ben @_user_1");
    assert_eq!(sample("text").read_as(app_id).text, "hello");
    assert_eq!(
        sample("mentions").read_as("cli_other").text,
        "@Helper ask @Chen and @Ben @_user_1"
    );
    let said = |text: &str| {
        let event = fixture(MessageReceive::TYPE, "mentions");
        let mut payload: Value = event.payload().expect("JSON");
        payload["message"]["content"] = json!({"text": text}).to_string().into();
        let message: MessageReceive = serde_json::from_value(payload).expect("a message");
        message.read_as(app_id).text
    };
    assert_eq!(said("please @_user_1 help"), "please help");
    assert_eq!(said("please @_user_1"), "please");
    assert_eq!(said("@_user_1"), "");
    assert_eq!(said("@_user_1\nhelp"), "help");
}

#[test]
fn a_message_tells_whether_a_bot_wrote_it() {
    assert!(sample("from_bot").is_from_bot());
    assert!(!sample("text").is_from_bot());
}
