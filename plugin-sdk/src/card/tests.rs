//! Cards as they are built, and what is refused of them.

use serde_json::{Value, json};

use super::{
    Button, Chart, Checker, Clickable, Column, Columns, DatePicker, DateTimePicker, Divider, Element, Form, FormDate,
    FormMoment, FormTime, Header, Image, ImagePicker, Images, Input, Markdown, MultiSelect, Overflow, Panel, Person,
    PersonPicker, Persons, PersonsPicker, Plain, Select, Table, Text, TimePicker,
};
use crate::testing::fixture;
use crate::{Card, CardAction, Failure};

#[track_caller]
fn json_of(card: Result<Card, Failure>) -> Value {
    match card.expect("a card") {
        Card::Raw(json) => json,
        Card::Template(_) => unreachable!("a builder makes whole cards"),
    }
}

#[test]
fn a_card_with_a_form_is_as_lark_documents_it() {
    let card = Card::builder()
        .header(
            Header::new(Text::new("请假").translated("en_us", "Leave"))
                .subtitle("三天")
                .color("blue")
                .label("new", "red"),
        )
        .summary("请假")
        .add(
            Markdown::new("**三天**")
                .translated("en_us", "**three days**")
                .id("text"),
        )
        .add(
            Form::new("leave")
                .add(Select::new("kind").option("sick", "病假").required())
                .add(Input::new("reason").label("原因").rows(3).max_chars(500))
                .add(Columns::new().column(
                    1,
                    [Button::submit("send", "提交").primary().value(json!({"order": 42}))],
                )),
        )
        .build();
    let plain = |text: &str| json!({"tag": "plain_text", "content": text});
    assert_eq!(
        json_of(card),
        json!({
            "schema": "2.0",
            "config": {"summary": {"content": "请假"}},
            "header": {
                "title": {"tag": "plain_text", "content": "请假", "i18n_content": {"en_us": "Leave"}},
                "subtitle": plain("三天"), "template": "blue",
                "text_tag_list": [{"tag": "text_tag", "text": plain("new"), "color": "red"}],
            },
            "body": {"elements": [
                {
                    "tag": "markdown", "content": "**三天**", "i18n_content": {"en_us": "**three days**"},
                    "element_id": "text",
                },
                {"tag": "form", "name": "leave", "elements": [
                    {
                        "tag": "select_static", "name": "kind", "required": true,
                        "options": [{"value": "sick", "text": plain("病假")}],
                    },
                    {
                        "tag": "input", "name": "reason", "label": plain("原因"), "input_type": "multiline_text", "rows": 3,
                        "max_length": 500,
                    },
                    {"tag": "column_set", "columns": [{
                        "tag": "column", "width": "weighted", "weight": 1,
                        "elements": [{
                            "tag": "button", "name": "send", "text": plain("提交"), "type": "primary",
                            "form_action_type": "submit",
                            "behaviors": [{"type": "callback", "value": {"order": 42}}],
                        }],
                    }]},
                ]},
            ]},
        })
    );
}

#[test]
fn every_component_passes_the_check() {
    let fields = Form::new("form")
        .add(DatePicker::new("date").initial("2024-04-01").required())
        .add(TimePicker::new("time").placeholder("time"))
        .add(DateTimePicker::new("moment"))
        .add(MultiSelect::new("several").option("a", "A").initial(&["a"]))
        .add(PersonPicker::new("person"))
        .add(PersonsPicker::new("people").option("ou_1"))
        .add(ImagePicker::new("picture").option("a", "img_1").several())
        .add(Checker::new("agreed").text("ok").checked(true))
        .add(Button::reset("clear", "clear"))
        .add(Button::submit("send", "send"));
    let card = Card::builder()
        .add(fields)
        .add(Plain::new("<no *markdown*>"))
        .add(Divider::new())
        .add(Image::new("img_1", "a picture").title("title").size("small"))
        .add(Images::new("double", ["img_1", "img_2"]))
        .add(Person::new("ou_1"))
        .add(Persons::new(["ou_1", "ou_2"]).lines(1))
        .add(Chart::new(serde_json::Map::new()).ratio("16:9"))
        .add(
            Panel::new("more")
                .open(true)
                .add(Clickable::callback("a").border().add(Markdown::new("b"))),
        )
        .add(
            Clickable::open("https://example.com")
                .add(Overflow::new().option("a", "A").link("https://example.com", "B")),
        )
        .add(Button::open("open", "https://example.com").confirm("sure?", "really"))
        .add(
            Button::callback("off", 1)
                .disabled("not yet")
                .danger()
                .hint("hint")
                .icon("more_outlined"),
        )
        .add(Table::new([Column::text("a", "A"), Column::date("b", "B", "YYYY-MM-DD")]).row(json!({"a": "1"})))
        .add(Element::raw(json!({"tag": "of_tomorrow"})))
        .add_all([Markdown::new("c"), Markdown::new("d")])
        .can_be_forwarded(false)
        .width("fill")
        .streaming(true)
        .link("https://example.com")
        .body("padding", "12px")
        .build();
    let card = json_of(card);
    assert_eq!(card["body"]["elements"].as_array().map(Vec::len), Some(16));
    assert_eq!(card["config"]["streaming_mode"], true);
    assert_eq!(card["body"]["padding"], "12px");
}

#[test]
fn what_lark_would_refuse_is_a_permanent_failure_with_its_place() {
    let card = Card::builder()
        .add(Markdown::new("a").id("same"))
        .add(Panel::new("b").add(Markdown::new("c").id("same")));
    let failure = card.build().expect_err("a failure");
    assert_eq!(
        failure,
        Failure::permanent(
            "`body.elements[1].elements[0].element_id` is the id of another component, too; ids are unique within a card"
        )
    );
}

#[test]
fn tables_after_the_fifth_become_text_where_that_is_wanted() {
    let table = || {
        Table::new([Column::text("name", "Name"), Column::labels("tags", "Tags")])
            .row(json!({"name": "Anna", "tags": [{"text": "a"}, {"text": "b"}]}))
            .row(json!({"name": 7}))
    };
    let card = || Card::builder().add_all((0..6).map(|_| table()));
    assert!(card().build().is_err());
    let json = json_of(card().tables_as_text().build());
    assert_eq!(json["body"]["elements"][4]["tag"], "table");
    assert_eq!(
        json["body"]["elements"][5],
        json!({"tag": "markdown", "content": "```\nName | Tags\nAnna | a, b\n7 | \n```"})
    );
}

#[test]
fn a_card_that_is_too_large_becomes_several() {
    let texts = |count: usize| {
        Card::builder()
            .header(Header::new("a"))
            .add_all((0..count).map(|_| Markdown::new("b")))
    };
    let lengths = |cards: Vec<Card>| -> Vec<usize> {
        cards
            .into_iter()
            .map(|card| {
                json_of(Ok(card))["body"]["elements"]
                    .as_array()
                    .map(Vec::len)
                    .unwrap_or_default()
            })
            .collect()
    };
    // The title is one of 200.
    assert_eq!(lengths(texts(450).build_all().expect("cards")), [199, 199, 52]);
    assert_eq!(lengths(texts(1).build_all().expect("cards")), [1]);
    assert_eq!(lengths(texts(0).build_all().expect("cards")), [0]);
    let failure = Card::builder()
        .add(Markdown::new("a".repeat(40_000)))
        .build_all()
        .expect_err("a failure");
    assert!(failure.message().contains("at most 30720"), "{failure}");
}

#[test]
fn a_form_is_read_by_the_type_of_each_field() {
    let event = fixture("card.action.trigger", "form");
    let click: CardAction = event.payload().expect("a click");
    let form = click.action.form();
    assert!(form.is_submitted());
    assert_eq!((form.text("reason"), form.text("nothing")), (Some("ill"), None));
    assert_eq!(
        (form.number::<u8>("days"), form.number::<u8>("reason")),
        (Some(3), None)
    );
    let time = form.time("time").expect("a time");
    assert_eq!((time.hour, time.minute, time.offset_minutes), (9, 30, 480));
    assert_eq!(form.moment("at").map(|at| at.date.day), Some(29));
    assert_eq!(form.date("reason"), None);
    assert!(form.is_checked("agreed") && !form.is_checked("reason"));

    let event = fixture("card.action.trigger", "button");
    let click: CardAction = event.payload().expect("a click");
    let form = click.action.form();
    assert!(!form.is_submitted() && form.choices("a").is_empty() && form.read::<Value>().is_none());
}

#[test]
fn dates_and_times_are_those_of_lark_and_no_others() {
    for bad in [
        "",
        "2024-04-01",
        "2024-13-01 +0800",
        "2024-04-00 +0800",
        "2024-04-01 0800",
        "2024-4 +0800",
        "a +0800",
    ] {
        assert!(bad.parse::<FormDate>().is_err(), "{bad}");
    }
    for bad in ["24:00 +0800", "9.30 +0800", "09:30", "09:30 +8", "09:30 +日本"] {
        assert!(bad.parse::<FormTime>().is_err(), "{bad}");
    }
    assert!("2024-04-01 09:30 +0800 x".parse::<FormMoment>().is_err());
    let utc = |text: &str| text.parse::<FormDate>().expect("a date").unix_ms();
    assert_eq!(utc("1970-01-01 +0000"), 0);
    assert_eq!(utc("2000-02-29 +0000"), 951_782_400_000);
    assert_eq!(utc("2100-03-01 -0130"), 4_107_542_400_000 + 90 * 60_000);
}
