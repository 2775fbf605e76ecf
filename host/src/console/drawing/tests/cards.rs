//! The components of cards, of both schemas.

use std::fs;

use serde_json::{Value, json};

use super::{OFF, card, clickable};

/// A card of schema 2.0 with these components.
#[allow(clippy::needless_pass_by_value, reason = "each test makes its list for it")]
fn with(elements: Value) -> Value {
    json!({"schema": "2.0", "body": {"elements": elements}})
}

#[track_caller]
fn has(drawn: &str, html: &str) {
    assert!(drawn.contains(html), "{html}\nis not in\n{drawn}");
}

fn button(behaviors: &Value) -> Value {
    json!({"tag": "button", "name": "b", "type": "primary", "text": {"tag": "plain_text", "content": "Press"}, "behaviors": behaviors})
}

#[test]
fn a_header_has_its_colour_title_and_labels() {
    let drawn = card(&json!({"schema": "2.0", "header": {
        "template": "turquoise",
        "title": {"tag": "plain_text", "content": "Title"},
        "subtitle": {"tag": "plain_text", "content": "Below"},
        "icon": {"tag": "standard_icon", "token": "bell_outlined"},
        "text_tag_list": [{"tag": "text_tag", "color": "orange", "text": {"tag": "plain_text", "content": "new"}}],
    }}));
    has(&drawn, "card-header fill-turquoise");
    has(&drawn, "<p class=\"card-title\">Title</p>");
    has(&drawn, "<p class=\"card-subtitle\">Below</p>");
    has(&drawn, "bell_outlined");
    has(&drawn, "<span class=\"card-tag fill-orange\">new</span>");
}

#[test]
fn a_button_that_sends_carries_its_value_to_this_server() {
    let whole = with(json!([button(&json!([{"type": "callback", "value": {"a": "\"<"}}]))]));
    let drawn = clickable(&whole);
    has(
        &drawn,
        "<form id=\"card-clicks\" method=\"post\" action=\"/console/click\"><input type=\"hidden\" name=\"csrf\" value=\"token\">",
    );
    has(&drawn, "name=\"click\"");
    has(&drawn, "&quot;a&quot;:&quot;\\&quot;&lt;&quot;");
    has(&drawn, "form=\"card-clicks\"");
    let off = card(&whole);
    assert!(!off.contains("<form") && !off.contains("name=\"click\""), "{off}");
    has(&off, "disabled title=\"Nothing can be clicked here.\"");
    has(&off, "<p class=\"card-off\">Nothing can be clicked here.</p>");
}

#[test]
fn a_button_that_opens_something_is_a_link() {
    for whole in [
        with(json!([button(
            &json!([{"type": "open_url", "default_url": "https://a.example/x"}])
        )])),
        json!({"elements": [{"tag": "action", "actions": [{"tag": "button", "url": "https://a.example/x", "text": {"tag": "lark_md", "content": "Press"}}]}]}),
        json!({"elements": [{"tag": "action", "actions": [{"tag": "button", "multi_url": {"url": "https://a.example/x"}, "text": {"tag": "lark_md", "content": "Press"}}]}]}),
    ] {
        has(&clickable(&whole), "href=\"https://a.example/x\"");
    }
    let both = with(json!([button(
        &json!([{"type": "open_url", "default_url": "https://a.example"}, {"type": "callback", "value": 1}])
    )]));
    has(&clickable(&both), "name=\"click\"");
}

#[test]
fn a_form_sends_what_it_holds() {
    let drawn = clickable(&with(json!([{"tag": "form", "name": "f", "elements": [
        {"tag": "input", "name": "reason", "required": true, "default_value": "x<", "label": {"tag": "plain_text", "content": "Reason"}},
        {"tag": "input", "name": "more", "input_type": "multiline_text", "rows": 99_999_999},
        {"tag": "select_static", "name": "one", "initial_option": "b", "options": [{"text": {"content": "A"}, "value": "a"}, {"text": {"content": "B"}, "value": "b"}]},
        {"tag": "multi_select_person", "name": "people", "options": [{"value": "ou_1"}]},
        {"tag": "date_picker", "name": "day", "initial_date": "2026-11-29"},
        {"tag": "checker", "name": "agreed", "text": {"tag": "plain_text", "content": "Agreed"}},
        {"tag": "button", "name": "go", "form_action_type": "submit", "text": {"tag": "plain_text", "content": "Go"}},
        {"tag": "button", "name": "back", "form_action_type": "reset", "text": {"tag": "plain_text", "content": "Back"}},
    ]}])));
    has(
        &drawn,
        "<form class=\"card-form\" id=\"card-form-1\" method=\"post\" action=\"/console/click\">",
    );
    has(&drawn, "name=\"input_value.reason\" value=\"x&lt;\"");
    has(&drawn, "<textarea name=\"input_value.more\" rows=\"12\"");
    has(&drawn, "<option value=\"b\" selected>B</option>");
    has(&drawn, "<select name=\"options.people\" multiple>");
    has(&drawn, "<input type=\"date\" name=\"date.day\" value=\"2026-11-29\">");
    has(&drawn, "name=\"checked.agreed\"");
    has(&drawn, "<button type=\"reset\"");
    assert_eq!(
        drawn.matches("form=\"card-clicks\"").count(),
        0,
        "the submit button belongs to the form around it"
    );
}

#[test]
fn a_choice_outside_of_a_form_sends_itself() {
    let drawn = clickable(&with(
        json!([{"tag": "select_static", "options": [{"text": {"content": "A"}, "value": "a"}], "behaviors": [{"type": "callback", "value": 7}]}]),
    ));
    has(&drawn, "<form class=\"card-alone\" method=\"post\"");
    has(&drawn, "name=\"option.\"");
    let menu = clickable(
        &json!({"elements": [{"tag": "div", "extra": {"tag": "overflow", "options": [{"text": {"tag": "plain_text", "content": "A"}, "value": "a"}]}}]}),
    );
    has(&menu, "&quot;option&quot;:&quot;a&quot;");
}

#[test]
fn what_has_no_drawing_is_named() {
    let drawn = card(&with(json!([
        {"tag": "img", "img_key": "img_v3_x", "alt": {"tag": "plain_text", "content": "a cat"}},
        {"tag": "chart", "chart_spec": {"type": "bar", "title": {"text": "Sales"}, "data": {"values": [1, 2]}}},
        {"tag": "of_tomorrow", "x": 1},
        {"x": 1},
        7,
    ])));
    for word in [
        "img_v3_x",
        "a cat",
        "bar",
        "Sales",
        "2 values",
        "of_tomorrow",
        "a component without a tag",
    ] {
        has(&drawn, word);
    }
    assert!(!drawn.contains("<img") && !drawn.contains("src="), "{drawn}");
    has(
        &card(&json!({"type": "template", "data": {"template_id": "AAq1", "template_variable": {"who": "Anna"}}})),
        "AAq1",
    );
    has(&card(&json!({"type": "card", "data": {"card_id": "7355"}})), "7355");
}

#[test]
fn tables_show_texts_numbers_days_and_labels() {
    let drawn = card(&with(json!([{"tag": "table", "columns": [
        {"name": "a", "display_name": "Name", "data_type": "text"},
        {"name": "n", "data_type": "number", "horizontal_align": "right", "format": {"symbol": "¥"}},
        {"name": "d", "data_type": "date"},
        {"name": "o", "data_type": "options"},
        {"name": "m", "data_type": "lark_md"},
    ], "rows": [{"a": "x", "n": 12.5, "d": 1_764_374_400_000_i64, "o": [{"text": "S", "color": "red"}], "m": "**b**"}]}])));
    for word in [
        "Name",
        "¥12.5",
        "2025-11-29",
        "fill-red\">S</span>",
        "<strong>b</strong>",
    ] {
        has(&drawn, word);
    }
}

#[test]
fn an_answer_is_a_toast_a_preview_and_a_card() {
    let reply = |reply: &Value| super::super::reply(reply, OFF).into_string();
    assert_eq!(reply(&json!({})), "");
    assert_eq!(reply(&Value::Null), "");
    let drawn = reply(
        &json!({"toast": {"type": "error", "content": "zh", "i18n": {"en_us": "no <b>"}}, "card": {"type": "raw", "data": with(json!([{"tag": "hr"}]))}}),
    );
    has(&drawn, "card-toast-error");
    has(&drawn, "no &lt;b&gt;");
    has(&drawn, "<hr");
    has(
        &reply(&json!({"inline": {"title": "A page", "i18n_title": {"en_us": "The page"}, "image_key": "img_1"}})),
        "The page",
    );
    has(&reply(&json!({"elements": [{"tag": "hr"}]})), "<hr");
    has(
        &reply(&json!({"card": {"type": "raw", "data": "{\"elements\":[{\"tag\":\"hr\"}]}"}})),
        "JSON text within JSON",
    );
}

#[test]
fn each_answer_of_the_examples_can_be_drawn() {
    let mut drawn_ones = 0;
    for example in ["approval", "assistant", "ticket"] {
        let folder = format!("{}/../plugins/examples/{example}/fixtures", env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_answer = path.to_str().unwrap().ends_with("expected.json");
            let reply: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let reply = reply.get("reply").unwrap_or(&reply);
            if !is_answer || reply.get("card").is_none() && reply.get("toast").is_none() {
                continue;
            }
            let drawn = super::super::reply(reply, OFF).into_string();
            assert!(
                !drawn.is_empty() && !drawn.contains("not drawn"),
                "{}: {drawn}",
                path.display()
            );
            drawn_ones += 1;
        }
    }
    assert!(drawn_ones >= 5, "{drawn_ones} answers");
}
