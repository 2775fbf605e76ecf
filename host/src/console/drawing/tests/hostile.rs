//! What nobody would send but who means harm.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{card, clickable, markdown};

/// Bytes of the largest drawing.
const DRAWN_BYTES_MAX: usize = 4 << 20;

const TAGS: [&str; 33] = [
    "markdown",
    "lark_md",
    "plain_text",
    "div",
    "hr",
    "img",
    "img_combination",
    "note",
    "action",
    "column_set",
    "column",
    "form",
    "interactive_container",
    "collapsible_panel",
    "button",
    "overflow",
    "input",
    "select_static",
    "multi_select_static",
    "select_person",
    "select_img",
    "date_picker",
    "picker_time",
    "picker_datetime",
    "checker",
    "table",
    "chart",
    "person",
    "person_list",
    "text_tag",
    "standard_icon",
    "template",
    "raw",
];

const NAMES: [&str; 41] = [
    "schema",
    "body",
    "elements",
    "header",
    "title",
    "subtitle",
    "template",
    "text",
    "content",
    "i18n_content",
    "en_us",
    "i18n",
    "fields",
    "extra",
    "icon",
    "token",
    "img_key",
    "alt",
    "columns",
    "rows",
    "name",
    "data_type",
    "options",
    "value",
    "behaviors",
    "type",
    "default_url",
    "url",
    "multi_url",
    "actions",
    "label",
    "placeholder",
    "initial_option",
    "chart_spec",
    "data",
    "confirm",
    "card_link",
    "i18n_elements",
    "text_tag_list",
    "color",
    "weight",
];

/// Pieces of texts that mean something to a browser or to the reader of Markdown.
fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<script>alert(1)</script>"),
        Just("\"><img src=x onerror=alert(1)>"),
        Just("javascript:alert(1)"),
        Just("[a](javascript:alert(1))"),
        Just("<a href='javascript:alert(1)'>a</a>"),
        Just("<font color='red'>"),
        Just("</font>"),
        Just("<at id=all></at>"),
        Just("**"),
        Just("`"),
        Just("```\n"),
        Just("](https://a.example)"),
        Just("&#60;script&#62;"),
        Just("\n- "),
        Just("|"),
        Just("\n|-|-|\n"),
        Just("日本\u{202e}\u{0}"),
        Just("callback"),
        Just("open_url"),
        Just("2.0"),
    ];
    let text = prop_oneof![piece.prop_map(str::to_owned), "\\PC{0,12}"];
    prop::collection::vec(text, 0..6).prop_map(|pieces| pieces.concat())
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        prop::sample::select(&TAGS).prop_map(|tag| json!(tag)),
        words().prop_map(Value::String),
    ];
    leaf.prop_recursive(8, 96, 8, |inner| {
        let member = (prop::sample::select(&NAMES), inner.clone());
        let tagged = (prop::sample::select(&TAGS), prop::collection::vec(member, 0..8));
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::Array),
            tagged.prop_map(|(tag, members)| {
                let mut of: Map<String, Value> = members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect();
                of.insert("tag".to_owned(), json!(tag));
                Value::Object(of)
            }),
        ]
    })
}

/// Tags and attributes of a drawing that a browser would do something with.
#[track_caller]
fn is_harmless(drawn: &str) {
    assert!(drawn.len() <= DRAWN_BYTES_MAX, "{} bytes", drawn.len());
    for tag in drawn.split('<').skip(1) {
        // What came from outside has no `<` left, so each one begins a tag of ours.
        let end = tag.find('>').expect("each tag ends");
        let name: String = tag
            .chars()
            .take_while(|of| of.is_ascii_alphanumeric() || *of == '/')
            .collect();
        let known = [
            "section",
            "p",
            "div",
            "span",
            "a",
            "strong",
            "em",
            "s",
            "code",
            "pre",
            "br",
            "hr",
            "table",
            "tr",
            "th",
            "td",
            "form",
            "input",
            "textarea",
            "select",
            "option",
            "button",
            "label",
            "details",
            "summary",
            "figure",
            "figcaption",
            "blockquote",
        ];
        assert!(known.contains(&name.trim_start_matches('/')), "<{tag}");
        let attributes = tag.get(..end).expect("within the tag");
        for (at, _) in attributes.match_indices("href=\"") {
            let url = attributes.get(at + 6..).expect("within the tag");
            assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
        }
        // Names of attributes stand outside of quotes.
        let names: String = attributes.split('"').step_by(2).collect();
        assert!(
            !names.contains(" on") && !names.contains("src=") && !names.contains("style="),
            "{names}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_json_makes_more_than_a_drawing(elements in prop::collection::vec(anything(), 0..6), whole in anything()) {
        let card_of_them = json!({"schema": "2.0", "body": {"elements": elements}, "header": whole});
        is_harmless(&card(&card_of_them));
        is_harmless(&clickable(&card_of_them));
        is_harmless(&card(&whole));
        is_harmless(&super::super::reply(&whole, super::ON).into_string());
        is_harmless(&super::super::reply(&json!({"toast": whole, "inline": whole, "card": whole}), super::OFF).into_string());
    }

    #[test]
    fn no_text_makes_more_than_a_text(text in words()) {
        is_harmless(&markdown(&text));
    }
}

#[test]
fn no_link_is_without_its_whole_host_however_little_room_is_left() {
    let host = format!("bank.example.{}.evil.example", "a".repeat(60));
    for room in 0..700 {
        let text = format!(
            "{}[b](https://{host}/{})",
            "x".repeat((64 << 10) - 350 + room),
            "c".repeat(90)
        );
        let drawn = markdown(&text);
        is_harmless(&drawn);
        assert_eq!(drawn.contains("href"), drawn.contains(&format!("{host} ↗")), "{room}");
    }
}

#[test]
fn what_is_too_large_is_cut_and_says_so() {
    let long = markdown(&"<".repeat(1 << 20));
    is_harmless(&long);
    assert!(
        long.len() < 512 << 10 && long.contains("card-cut"),
        "{} bytes",
        long.len()
    );
    let many = vec![
        json!({"tag": "button", "text": {"tag": "plain_text", "content": "a"}, "value": {"a": "b".repeat(900)}});
        20_000
    ];
    let drawn = clickable(&json!({"schema": "2.0", "body": {"elements": many}}));
    is_harmless(&drawn);
    assert!(drawn.contains("card-cut"));
    let deep = (0..100).fold(
        json!({"tag": "hr"}),
        |inner, _| json!({"tag": "interactive_container", "elements": [inner]}),
    );
    let drawn = card(&json!({"schema": "2.0", "body": {"elements": [deep]}}));
    is_harmless(&drawn);
    assert!(drawn.contains("card-cut") && !drawn.contains("<hr"));
}

/// Each of these took time with the square of its length in some reader of Markdown.
#[test]
fn reading_takes_time_in_proportion_to_the_text() {
    for piece in [
        "[",
        "[a](",
        "**a ",
        "*a ",
        "`",
        "~~",
        "<at ",
        "<font color=",
        "<a href='x'>",
        "![",
        "&#",
        "> ",
        "|",
        "|\n|-|\n",
        ":a",
        "***",
        "</at>",
        "<font color='red'>",
        "[a](b",
        "*a*",
        "![a](",
    ] {
        // Far more than a drawing takes: the reader itself is meant.
        let text = piece.repeat((256 << 10) / piece.len());
        let started = std::time::Instant::now();
        let spans = super::super::inline::spans(&text);
        let blocks = super::super::markdown::blocks(&text);
        assert!(!spans.is_empty() && blocks.len() <= text.len());
        let took = started.elapsed();
        assert!(took.as_secs() < 5, "{piece:?}: {took:?}");
    }
}
