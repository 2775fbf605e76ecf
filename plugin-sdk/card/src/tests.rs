//! What is refused, with its place and words; and what is not.

use serde_json::{Value, json};

use super::{CARD_BYTES_MAX, check, tables_as_code};

/// A card of schema 2.0 with these components.
#[allow(clippy::needless_pass_by_value, reason = "each test makes its list for it")]
fn card(elements: Value) -> Value {
    json!({"schema": "2.0", "config": {"update_multi": true}, "body": {"elements": elements}})
}

#[track_caller]
fn passes(card: &Value) {
    assert_eq!(check(&card.to_string()), Ok(()));
}

#[track_caller]
fn refused(card: &Value, words: &str) {
    let refusal = check(&card.to_string()).expect_err("a refusal");
    assert_eq!(refusal.to_string(), words);
}

fn markdown(content: &str) -> Value {
    json!({"tag": "markdown", "content": content})
}

fn submit() -> Value {
    json!({"tag": "button", "name": "submit", "form_action_type": "submit", "text": {"tag": "plain_text", "content": "OK"}})
}

fn form(elements: &[Value]) -> Value {
    json!({"tag": "form", "name": "form", "elements": elements})
}

#[test]
fn usual_cards_of_both_schemas_pass() {
    passes(&json!({}));
    passes(&card(json!([])));
    passes(&card(json!([
        markdown("hello <at id=ou_1></at> | a | b"),
        {"tag": "column_set", "columns": [{"tag": "column", "elements": [submit(), markdown("a")]}]},
        form(&[json!({"tag": "input", "name": "reason"}), submit()]),
        {"tag": "table", "columns": [{"name": "a", "data_type": "text"}], "rows": [{"a": "b"}]},
        {"tag": "button", "behaviors": [{"type": "callback", "value": {"tag": "form", "element_id": 1}}]},
        {"tag": "button", "text": {"tag": "plain_text", "content": ""}},
    ])));
    passes(&json!({
        "config": {"update_multi": false}, "header": {"title": {"tag": "plain_text", "content": "a"}},
        "elements": [
            {"tag": "action", "actions": [{"tag": "button"}, {"tag": "button"}]},
            {"tag": "note", "elements": [{"tag": "plain_text", "content": "a"}]},
            {"tag": "div", "element_id": "with space", "text": {"tag": "lark_md", "content": "a"}},
        ],
    }));
}

#[test]
fn a_misspelt_kind_of_component_is_told_and_one_that_lark_may_have_added_passes() {
    for (written, nearest) in [
        ("buton", "button"),
        ("buttons", "button"),
        ("Button", "button"),
        ("markdwon", "markdown"),
        ("markdowm", "markdown"),
        ("collumn_set", "column_set"),
    ] {
        let words = format!("`body.elements[0].tag` is no kind of component; the nearest one is `{nearest}`");
        refused(&card(json!([{"tag": written}])), &words);
    }
    let text = json!([{"tag": "div", "text": {"tag": "plain_txt", "content": "a"}}]);
    refused(
        &card(text),
        "`body.elements[0].text.tag` is no kind of component; the nearest one is `plain_text`",
    );
    for added in ["br", "dev", "video", "carousel", "button_group", ""] {
        passes(&card(json!([{"tag": added}])));
    }
}

#[test]
fn a_card_of_one_schema_has_no_members_of_the_other() {
    refused(
        &json!({"schema": "2.0", "elements": []}),
        "`elements` belongs to schema 1.0; in schema 2.0 components stand in `body.elements`",
    );
    refused(
        &json!({"i18n_elements": {"zh_cn": []}, "schema": "2.0"}),
        "`i18n_elements` belongs to schema 1.0; in schema 2.0 each text has its own `i18n_content`",
    );
    refused(
        &json!({"body": {"elements": []}}),
        "`body` belongs to schema 2.0; add \"schema\": \"2.0\" to the card",
    );
    refused(
        &card(json!([markdown("a"), {"tag": "action", "actions": []}])),
        "`body.elements[1]` belongs to schema 1.0; in schema 2.0 buttons stand in the elements themselves, or in a column_set",
    );
    refused(
        &card(json!([{"tag": "collapsible_panel", "elements": [{"tag": "note", "elements": []}]}])),
        "`body.elements[0].elements[0]` belongs to schema 1.0; in schema 2.0 a small text is markdown with \"text_size\": \"notation\"",
    );
    refused(
        &json!({"schema": "2.0", "config": {"update_multi": false}, "body": {"elements": []}}),
        "`config.update_multi` is false, which schema 2.0 does not have; leave it out",
    );
    refused(&json!({"schema": "3.0"}), "`schema` is neither \"2.0\" nor \"1.0\"");
    refused(&json!({"schema": 2}), "`schema` is neither \"2.0\" nor \"1.0\"");
}

#[test]
fn ids_of_components_are_unique_and_of_a_certain_form() {
    let with = |ids: &[Value]| {
        let elements: Vec<Value> = ids
            .iter()
            .map(|id| json!({"tag": "markdown", "content": "a", "element_id": id}))
            .collect();
        card(elements.into())
    };
    passes(&with(&[json!("a"), json!("b_2"), json!("a2345678901234567890")]));
    refused(
        &with(&[json!("a"), json!("b"), json!("a")]),
        "`body.elements[2].element_id` is the id of another component, too; ids are unique within a card",
    );
    for bad in [
        json!("1a"),
        json!("a-b"),
        json!(""),
        json!("日"),
        json!("a23456789012345678901"),
    ] {
        refused(
            &with(&[bad]),
            "`body.elements[0].element_id` is not an id of a component: a letter, then letters, digits and `_`, at most 20 characters",
        );
    }
    refused(&with(&[json!(7)]), "`body.elements[0].element_id` is not a string");
}

#[test]
fn a_form_has_names_and_a_button_that_submits_it() {
    refused(
        &card(json!([{"tag": "form", "elements": [submit()]}])),
        "`body.elements[0].name` is missing or empty: every form, and every component to be used in one, needs a name",
    );
    let columns = json!({"tag": "column_set", "columns": [
        {"tag": "column", "elements": [{"tag": "input", "name": ""}]},
    ]});
    refused(
        &card(json!([form(&[columns, submit()])])),
        "`body.elements[0].elements[0].columns[0].elements[0].name` is missing or empty: every form, and every component \
         to be used in one, needs a name",
    );
    refused(
        &card(json!([form(&[json!({"tag": "input", "name": "a"})])])),
        "`body.elements[0]` has no button with \"form_action_type\": \"submit\"",
    );
    refused(
        &card(json!([form(&[json!({"tag": "input", "name": "submit"}), submit()])])),
        "`body.elements[0].elements[1].name` is the name of another component, too; names in forms are unique within a card",
    );
    let second = json!({"tag": "form", "name": "other", "elements": [submit()]});
    refused(
        &card(json!([form(&[submit()]), second])),
        "`body.elements[1].elements[0].name` is the name of another component, too; names in forms are unique within a card",
    );
    // Outside of forms names may repeat.
    passes(&card(json!([submit(), submit()])));
}

#[test]
fn forms_and_tables_stand_in_the_card_itself() {
    refused(
        &card(json!([{"tag": "collapsible_panel", "elements": [form(&[submit()])]}])),
        "`body.elements[0].elements[0]` is a form inside of another component; it may only stand in the elements of the \
         card itself",
    );
    refused(
        &card(json!([form(&[
            json!({"tag": "table", "columns": [], "rows": []}),
            submit()
        ])])),
        "`body.elements[0].elements[0]` is a table inside of another component; it may only stand in the elements of the \
         card itself",
    );
}

#[test]
fn a_card_has_at_most_five_tables() {
    let table = json!({"tag": "table", "columns": [], "rows": []});
    passes(&card(vec![table.clone(); 5].into()));
    refused(
        &card(vec![table.clone(); 6].into()),
        "`body.elements[5]` is a table too many: a card may have 5, those in Markdown included",
    );
    let in_markdown = "| a | b |\n|---|:-:|\n| 1 | 2 |\n\ntext\n\na | b\n--|--\n1 | 2\n";
    passes(&card(json!([markdown(in_markdown), markdown(in_markdown), table])));
    refused(
        &card(json!([markdown(in_markdown), table, table, markdown(in_markdown)])),
        "`body.elements[3].content` is a table too many: a card may have 5, those in Markdown included",
    );
    let in_code = format!("```\n{}```\n| no table |\n", in_markdown.repeat(5));
    passes(&card(json!([markdown(&in_code)])));
    // Each language has its own.
    let five = vec![table; 5];
    passes(&json!({"i18n_elements": {"zh_cn": five, "en_us": five}}));
}

#[test]
fn a_card_has_at_most_200_components_and_texts() {
    passes(&card(vec![markdown("a"); 200].into()));
    let button = json!({"tag": "button", "text": {"tag": "plain_text", "content": "a"}});
    passes(&card(vec![button.clone(); 100].into()));
    refused(
        &card(vec![button; 101].into()),
        "`body.elements[100].text` makes more than 200 components and texts, which is all that a card may have",
    );
    // Options of a choice are no components.
    let options = vec![json!({"text": {"tag": "plain_text", "content": "a"}, "value": "a"}); 300];
    passes(&card(json!([{"tag": "select_static", "options": options}])));
}

#[test]
fn containers_are_nested_in_at_most_five_levels() {
    let nested = |levels: usize| {
        (0..levels).fold(
            markdown("a"),
            |inner, _| json!({"tag": "interactive_container", "elements": [inner]}),
        )
    };
    passes(&card(json!([nested(5)])));
    refused(
        &card(json!([markdown("a"), nested(6)])),
        "`body.elements[1]` holds containers in more than 5 levels",
    );
    let deep = (0..1000).fold(json!(1), |inner, _| json!({ "a": inner }));
    let words = check(&card(json!([deep])).to_string())
        .expect_err("a refusal")
        .to_string();
    assert!(words.ends_with("holds containers in more than 5 levels"), "{words}");
    let brackets = format!(
        r#"{{"schema":"2.0","body":{{"elements":{}{}}}}}"#,
        "[".repeat(1000),
        "]".repeat(1000)
    );
    assert!(check(&brackets).is_err());
}

#[test]
fn a_text_has_content_and_mentions_of_cards() {
    refused(
        &card(json!([{"tag": "button", "text": {"tag": "plain_text"}}])),
        "`body.elements[0].text.content` is missing; a text without it is refused",
    );
    refused(
        &card(json!([{"tag": "markdown", "content": null}])),
        "`body.elements[0].content` is missing; a text without it is refused",
    );
    refused(
        &card(json!([markdown("hi <at user_id=\"ou_1\">Anna</at>")])),
        "`body.elements[0].content` has a mention in the form of text messages; in a card it is <at id=ou_…></at>",
    );
}

#[test]
fn what_is_no_card_is_refused() {
    for (card, words) in [
        ("[]", "the card cannot be read: it is no JSON, or nested too deeply"),
        ("{", "the card cannot be read: it is no JSON, or nested too deeply"),
        (r#"{"schema":"2.0","body":[]}"#, "`body` is not an object"),
        (
            r#"{"schema":"2.0","body":{"elements":{}}}"#,
            "`body.elements` is not a list of components",
        ),
        (r#"{"elements":"a"}"#, "`elements` is not a list of components"),
    ] {
        assert_eq!(check(card).expect_err("a refusal").to_string(), words, "{card}");
    }
    let large = card(json!([markdown(&"a".repeat(CARD_BYTES_MAX))]));
    let bytes = large.to_string().len();
    refused(
        &large,
        &format!("the card has {bytes} bytes, and at most 30720 can be sent"),
    );
}

#[test]
fn a_place_within_a_reply_and_a_strange_name_are_told() {
    let refusal =
        check(r#"{"schema":"2.0","body":{"elements":[{"a\"b":{"tag":"markdown"}}]}}"#).expect_err("a refusal");
    assert_eq!(refusal.path, r#"body.elements[0].a\"b.content"#);
    assert_eq!(
        refusal.within("card.data").to_string(),
        r#"`card.data.body.elements[0].a\"b.content` is missing; a text without it is refused"#
    );
    let refusal = check("[]").expect_err("a refusal").within("card.data");
    assert_eq!(
        refusal.to_string(),
        "`card.data` cannot be read: it is no JSON, or nested too deeply"
    );
}

#[test]
fn further_tables_become_code() {
    let table = "| a | b |\n|---|---|\n| 1 | 2 |\n";
    let markdown = format!("# title\n{table}\ntext\n{table}\n```\n{table}```\n{table}end\n{table}");
    let fitting = tables_as_code(&markdown, 2);
    assert_eq!(
        fitting,
        format!("# title\n{table}\ntext\n{table}\n```\n{table}```\n```\n{table}```\nend\n```\n{table}```\n")
    );
    assert_eq!(tables_as_code(&markdown, 4), markdown);
    assert_eq!(tables_as_code("", 0), "");
}
