//! Components that show something.

use serde_json::{Map, Value, json};

use super::{Nested, Text, component, push, tagged};

component! {
    /// Text in Markdown, with mentions as `<at id=ou_…></at>`.
    ///
    /// ```
    /// # use lark_plugin_sdk::card::Markdown;
    /// let text = Markdown::new("**三天**").translated("en_us", "**three days**").size("heading");
    /// ```
    Markdown
    /// Sets the size: `heading`, `normal`, `notation`, …
    fn size(size: &str) -> "text_size" = size;
    /// Sets the alignment: `left`, `center` or `right`.
    fn align(align: &str) -> "text_align" = align;
}

impl Markdown {
    /// A text.
    pub fn new(content: impl Into<String>) -> Self {
        let mut members = tagged("markdown");
        members.insert("content".to_owned(), content.into().into());
        Self(members)
    }

    /// Sets the text for clients in this language (`zh_cn`, `en_us`, `ja_jp`, …).
    ///
    /// ```
    /// use lark_plugin_sdk::card::Markdown;
    ///
    /// let hint = Markdown::new("仅你可见").translated("en_us", "only you see it").size("notation").align("right");
    /// ```
    pub fn translated(mut self, language: &str, content: impl Into<String>) -> Self {
        let content = Value::from(content.into());
        match self.0.get_mut("i18n_content") {
            Some(Value::Object(texts)) => drop(texts.insert(language.to_owned(), content)),
            _ => drop(self.0.insert("i18n_content".to_owned(), json!({ language: content }))),
        }
        self
    }
}

component! {
    /// Text without any formatting, for what people wrote: nothing in it is taken for Markdown.
    ///
    /// ```
    /// use lark_plugin_sdk::card::Plain;
    ///
    /// let quoted = Plain::new("*not bold*");
    /// ```
    Plain
}

impl Plain {
    /// A text.
    pub fn new(text: impl Into<Text>) -> Self {
        let mut members = tagged("div");
        members.insert("text".to_owned(), text.into().into());
        Self(members)
    }
}

component! {
    /// A line across the card.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// use lark_plugin_sdk::card::{Divider, Markdown};
    ///
    /// let card = Card::builder().add(Markdown::new("a")).add(Divider::new()).add(Markdown::new("b")).build()?;
    /// # Ok::<(), Failure>(())
    /// ```
    Divider
}

impl Divider {
    /// A line.
    #[allow(clippy::new_without_default, reason = "as all components")]
    pub fn new() -> Self {
        Self(tagged("hr"))
    }
}

component! {
    /// A picture.
    ///
    /// ```
    /// use lark_plugin_sdk::card::Image;
    ///
    /// let chart = Image::new("img_v3_1", "本周的请求数").title("本周").enlarges(true).size("large").scale("fit_horizontal");
    /// ```
    Image
    /// Sets the text under it.
    fn title(title: impl Into<Text>) -> "title" = title.into();
    /// Sets whether a click enlarges it; it does unless this says no.
    fn enlarges(enlarges: bool) -> "preview" = enlarges;
    /// Sets the size: `large`, `medium`, `small`, `tiny`, `stretch`, …
    fn size(size: &str) -> "size" = size;
    /// Sets what is shown of a picture that does not fit: `crop_center`, `crop_top` or `fit_horizontal`.
    fn scale(scale: &str) -> "scale_type" = scale;
}

impl Image {
    /// A picture by its key (`img_…`), and the text for those who do not see it.
    pub fn new(image_key: impl Into<String>, alt: impl Into<Text>) -> Self {
        let mut members = tagged("img");
        members.insert("img_key".to_owned(), image_key.into().into());
        members.insert("alt".to_owned(), alt.into().into());
        Self(members)
    }
}

component! {
    /// Several pictures side by side.
    ///
    /// ```
    /// use lark_plugin_sdk::card::Images;
    ///
    /// let photos = Images::new("triple", ["img_v3_1", "img_v3_2", "img_v3_3"]);
    /// ```
    Images
}

impl Images {
    /// Pictures by their keys, laid out as `double`, `triple`, `bisect` or `trisect`.
    pub fn new<K: Into<String>>(layout: &str, image_keys: impl IntoIterator<Item = K>) -> Self {
        let mut members = tagged("img_combination");
        members.insert("combination_mode".to_owned(), layout.into());
        for key in image_keys {
            push(&mut members, "img_list", json!({"img_key": key.into()}));
        }
        Self(members)
    }
}

component! {
    /// A person, with picture and name.
    ///
    /// ```
    /// use lark_plugin_sdk::card::Person;
    ///
    /// let author = Person::new("ou_anna").size("small");
    /// ```
    Person
    /// Sets the size: `extra_small`, `small`, `medium` or `large`.
    fn size(size: &str) -> "size" = size;
}

impl Person {
    /// A person by open id, user id or union id.
    pub fn new(id: impl Into<String>) -> Self {
        let mut members = tagged("person");
        members.insert("user_id".to_owned(), id.into().into());
        members.insert("show_avatar".to_owned(), true.into());
        members.insert("show_name".to_owned(), true.into());
        Self(members)
    }
}

component! {
    /// Several people.
    ///
    /// ```
    /// use lark_plugin_sdk::card::Persons;
    ///
    /// let team = Persons::new(["ou_anna", "ou_ben"]).lines(1);
    /// ```
    Persons
    /// Sets how many lines are shown.
    fn lines(lines: u32) -> "lines" = lines;
}

impl Persons {
    /// People by open id, user id or union id.
    pub fn new<I: Into<String>>(ids: impl IntoIterator<Item = I>) -> Self {
        let mut members = tagged("person_list");
        for id in ids {
            push(&mut members, "persons", json!({"id": id.into()}));
        }
        Self(members)
    }
}

component! {
    /// A chart in the form of `VChart`.
    ///
    /// ```
    /// use lark_plugin_sdk::card::Chart;
    /// use serde_json::json;
    ///
    /// let spec = json!({
    ///     "type": "line", "xField": "day", "yField": "count",
    ///     "data": {"values": [{"day": "Mon", "count": 3}, {"day": "Tue", "count": 5}]},
    /// });
    /// let chart = Chart::new(spec.as_object().cloned().unwrap_or_default()).ratio("16:9");
    /// ```
    Chart
    /// Sets width to height: `1:1`, `2:1`, `4:3` or `16:9`.
    fn ratio(ratio: &str) -> "aspect_ratio" = ratio;
}

impl Chart {
    /// A chart by its specification.
    pub fn new(spec: Map<String, Value>) -> Self {
        let mut members = tagged("chart");
        members.insert("chart_spec".to_owned(), spec.into());
        Self(members)
    }
}

impl Nested for Markdown {}
impl Nested for Plain {}
impl Nested for Divider {}
impl Nested for Image {}
impl Nested for Images {}
impl Nested for Person {}
impl Nested for Persons {}
impl Nested for Chart {}
