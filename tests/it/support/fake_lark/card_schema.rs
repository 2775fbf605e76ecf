//! Lark's checks of a card in JSON 2.0 ("Card JSON 2.0 structure"), as far as cards here use it. A card without a `schema` is
//! of JSON 1.0 and not looked at.

use serde_json::Value;

/// Why a card is not taken, as the place and what is wrong there.
pub(super) fn check(card: &Value) -> Result<(), String> {
    let Some(schema) = card.get("schema") else {
        return Ok(());
    };
    if schema != "2.0" {
        return Err(format!("schema {schema}"));
    }
    only(card, "ROOT", &["schema", "config", "card_link", "header", "body"])?;
    if let Some(config) = card.get("config") {
        self::config(config)?;
    }
    if let Some(header) = card.get("header") {
        only(
            header,
            "header",
            &["title", "subtitle", "template", "icon", "padding", "text_tag_list"],
        )?;
        text(&header["title"], "header -> title", &["plain_text", "lark_md"])?;
        let colours = [
            "blue",
            "wathet",
            "turquoise",
            "green",
            "yellow",
            "orange",
            "red",
            "carmine",
            "violet",
            "purple",
            "indigo",
            "grey",
            "default",
        ];
        one_of(&header["template"], "header -> template", &colours)?;
    }
    let body = card.get("body").ok_or("ROOT: body is missing")?;
    only(
        body,
        "body",
        &[
            "elements",
            "direction",
            "padding",
            "horizontal_spacing",
            "vertical_spacing",
        ],
    )?;
    elements(&body["elements"], "body -> elements")?;
    match count(&body["elements"]) {
        0..=ELEMENTS_MAX => Ok(()),
        more => Err(format!("body: {more} elements")),
    }
}

/// In all of a card, at any depth.
const ELEMENTS_MAX: usize = 200;

const LOCALES: [&str; 16] = [
    "zh_cn", "en_us", "ja_jp", "zh_hk", "zh_tw", "id_id", "vi_vn", "th_th", "pt_br", "es_es", "ko_kr", "de_de",
    "fr_fr", "it_it", "ru_ru", "ms_my",
];

fn config(config: &Value) -> Result<(), String> {
    let names = [
        "streaming_mode",
        "streaming_config",
        "summary",
        "locales",
        "enable_forward",
        "update_multi",
        "width_mode",
        "use_custom_translation",
        "enable_forward_interaction",
        "style",
    ];
    only(config, "config", &names)?;
    let locales = config["locales"].as_array().into_iter().flatten();
    for locale in locales {
        if !LOCALES.iter().any(|known| locale == known) {
            return Err(format!("config -> locales: {locale}"));
        }
    }
    Ok(())
}

/// Everything that has a tag, columns and texts of buttons included.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(fields) => usize::from(fields.contains_key("tag")) + fields.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

fn elements(list: &Value, at: &str) -> Result<(), String> {
    let list = list.as_array().ok_or(format!("{at}: is no list"))?;
    list.iter().try_for_each(|element| self::element(element, at))
}

fn element(element: &Value, at: &str) -> Result<(), String> {
    let tag = element["tag"]
        .as_str()
        .ok_or(format!("{at}: an element without a tag"))?;
    let at = format!("{at} -> {tag}");
    match tag {
        "markdown" => match element["content"].as_str() {
            Some(_) => Ok(()),
            None => Err(format!("{at}: content is missing")),
        },
        "div" => {
            only(element, &at, &["tag", "text", "icon", "width", "margin", "element_id"])?;
            text(&element["text"], &at, &["plain_text", "lark_md"])
        }
        "hr" => Ok(()),
        "column_set" => {
            let columns = element["columns"]
                .as_array()
                .ok_or(format!("{at}: columns are missing"))?;
            columns.iter().try_for_each(|column| {
                if column["tag"] != "column" {
                    return Err(format!("{at}: {} among the columns", column["tag"]));
                }
                only(
                    column,
                    &at,
                    &[
                        "tag",
                        "element_id",
                        "width",
                        "weight",
                        "vertical_align",
                        "vertical_spacing",
                        "elements",
                    ],
                )?;
                elements(&column["elements"], &at)
            })
        }
        "button" => button(element, &at),
        // `action` and `note` are of JSON 1.0.
        _ => Err(format!("{at}: not supported in JSON 2.0")),
    }
}

fn button(button: &Value, at: &str) -> Result<(), String> {
    only(
        button,
        at,
        &[
            "tag",
            "text",
            "type",
            "size",
            "width",
            "behaviors",
            "disabled",
            "confirm",
            "element_id",
        ],
    )?;
    text(&button["text"], at, &["plain_text", "lark_md"])?;
    let looks = [
        "default",
        "primary",
        "danger",
        "text",
        "primary_text",
        "danger_text",
        "primary_filled",
        "danger_filled",
    ];
    one_of(&button["type"], at, &looks)?;
    let behaviors = button["behaviors"]
        .as_array()
        .ok_or(format!("{at}: behaviors are missing"))?;
    behaviors
        .iter()
        .try_for_each(|behavior| match behavior["type"].as_str() {
            Some("callback") if behavior["value"].is_object() || behavior["value"].is_string() => Ok(()),
            Some("open_url") if is_address(&behavior["default_url"]) => Ok(()),
            _ => Err(format!("{at}: behavior {behavior}")),
        })
}

fn is_address(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|url| url.starts_with("https://") || url.starts_with("http://"))
}

fn text(text: &Value, at: &str, tags: &[&str]) -> Result<(), String> {
    only(
        text,
        at,
        &[
            "tag",
            "content",
            "i18n_content",
            "text_size",
            "text_color",
            "text_align",
            "lines",
        ],
    )?;
    one_of(&text["tag"], at, tags)?;
    if text["content"].as_str().is_none_or(str::is_empty) {
        return Err(format!("{at}: a text without content"));
    }
    let Some(translated) = text.get("i18n_content") else {
        return Ok(());
    };
    let at = format!("{at} -> i18n_content");
    only(translated, &at, &LOCALES)?;
    let mut texts = translated.as_object().into_iter().flat_map(|texts| texts.values());
    match texts.find(|text| text.as_str().is_none_or(str::is_empty)) {
        Some(none) => Err(format!("{at}: {none}")),
        None => Ok(()),
    }
}

fn only(object: &Value, at: &str, names: &[&str]) -> Result<(), String> {
    let fields = object.as_object().ok_or(format!("{at}: is no object"))?;
    match fields.keys().find(|name| !names.contains(&name.as_str())) {
        Some(unknown) => Err(format!("{at}: unknown property {unknown}")),
        None => Ok(()),
    }
}

fn one_of(value: &Value, at: &str, words: &[&str]) -> Result<(), String> {
    match value.as_str() {
        Some(word) if !words.contains(&word) => Err(format!("{at}: {word}")),
        _ => Ok(()),
    }
}
