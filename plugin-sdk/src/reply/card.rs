//! The reply to a card click: a toast, a new card, or both ("Card callback communication").

use std::collections::BTreeMap;

use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The reply to a card click; `CardReply::default()` leaves the card alone and says nothing.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use serde_json::json;
/// let reply = CardReply::toast(Toast::success("已保存").translated("en_us", "saved"))
///     .with_card(Card::raw(json!({"schema": "2.0", "body": {"elements": []}})));
/// assert_eq!(
///     Outcome::reply(&reply)?.reply_json(),
///     Some(json!({
///         "toast": {"type": "success", "content": "已保存", "i18n": {"en_us": "saved"}},
///         "card": {"type": "raw", "data": {"schema": "2.0", "body": {"elements": []}}},
///     })),
/// );
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CardReply {
    #[serde(skip_serializing_if = "Option::is_none")]
    toast: Option<ToastBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<Card>,
}

impl CardReply {
    /// Shows a toast and leaves the card unchanged.
    pub fn toast(toast: Toast) -> Self {
        Self {
            toast: Some(toast.0),
            card: None,
        }
    }

    /// Replaces the card without a toast.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::card::Plain;
    /// let card = Card::builder().add(Plain::new("已关闭")).build()?;
    /// let reply = CardReply::card(card);
    /// # assert_eq!(Outcome::reply(&reply)?.reply_json().unwrap()["card"]["type"], "raw");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn card(card: impl Into<Card>) -> Self {
        Self {
            toast: None,
            card: Some(card.into()),
        }
    }

    /// Also replaces the card.
    #[must_use]
    pub fn with_card(mut self, card: impl Into<Card>) -> Self {
        self.card = Some(card.into());
        self
    }
}

/// A short message that Lark shows for a moment.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::ToastKind;
///
/// let toast = Toast::warning("已过期").translated("en_us", "expired").translated("ja_jp", "期限切れ");
/// Outcome::reply(&CardReply::toast(toast))?.assert_toast("已过期");
/// assert_eq!(Toast::new(ToastKind::Error, "no"), Toast::error("no"));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Toast(ToastBody);

/// The look of a toast.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::ToastKind;
///
/// let is_open = true;
/// let kind = if is_open { ToastKind::Success } else { ToastKind::Warning };
/// let toast = Toast::new(kind, "工单 42");
/// # assert_eq!(toast, Toast::success("工单 42"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ToastKind {
    /// Neutral information.
    Info,
    /// Success.
    Success,
    /// An error.
    Error,
    /// A warning.
    Warning,
}

/// Apart from [`Toast`], so that a bare toast cannot be sent as a whole reply by mistake.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct ToastBody {
    #[serde(rename = "type")]
    kind: ToastKind,
    content: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    i18n: BTreeMap<String, String>,
}

impl Toast {
    /// A toast of any kind.
    pub fn new(kind: ToastKind, content: impl Into<String>) -> Self {
        Self(ToastBody {
            kind,
            content: content.into(),
            i18n: BTreeMap::new(),
        })
    }

    /// Neutral information.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// Outcome::reply(&CardReply::toast(Toast::info("正在处理")))?.assert_toast("正在处理");
    /// Outcome::reply(&CardReply::toast(Toast::success("已保存")))?.assert_toast("已保存");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn info(content: impl Into<String>) -> Self {
        Self::new(ToastKind::Info, content)
    }

    /// Success.
    pub fn success(content: impl Into<String>) -> Self {
        Self::new(ToastKind::Success, content)
    }

    /// An error.
    pub fn error(content: impl Into<String>) -> Self {
        Self::new(ToastKind::Error, content)
    }

    /// A warning.
    pub fn warning(content: impl Into<String>) -> Self {
        Self::new(ToastKind::Warning, content)
    }

    /// Sets the text for clients in this language (`zh_cn`, `en_us`, `ja_jp`, …), instead of the content.
    #[must_use]
    pub fn translated(mut self, language: impl Into<String>, content: impl Into<String>) -> Self {
        self.0.i18n.insert(language.into(), content.into());
        self
    }
}

/// A card, whole or from a template.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::card::Markdown;
/// use serde_json::json;
///
/// let built = Card::builder().add(Markdown::new("checked")).build()?;
/// let written = Card::raw(json!({"schema": "2.0", "body": {"elements": []}}));
/// let designed = Card::template("AAqCWjjvYYuMg").variable("title", "工单 42");
/// # let _ = (built, written, designed);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum Card {
    /// The whole card. It must be an object: Lark rejects a card as text. A card of schema 2.0 must not be replaced by one
    /// of 1.0.
    #[serde(serialize_with = "only_object")]
    Raw(Value),
    /// A template made with the card builder.
    Template(Template),
}

/// A card made with the card builder, with values for its variables.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// let card = Card::template("AAqCWjjvYYuMg").version("1.0.2").variable("title", "工单 42").variable("open", true);
/// let reply = Outcome::reply(&CardReply::card(card))?.reply_json().unwrap();
/// assert_eq!(reply["card"]["type"], "template");
/// assert_eq!(reply["card"]["data"]["template_variable"]["title"], "工单 42");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Template {
    template_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_version_name: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    template_variable: Map<String, Value>,
}

impl Card {
    /// The whole card as JSON.
    pub fn raw(card: Value) -> Self {
        Self::Raw(card)
    }

    /// A card made with the card builder: `AAq…`, in its newest version.
    pub fn template(id: impl Into<String>) -> Template {
        Template {
            template_id: id.into(),
            template_version_name: None,
            template_variable: Map::new(),
        }
    }
}

impl Template {
    /// Sets a version (`1.0.0`) instead of the newest.
    #[must_use]
    pub fn version(mut self, name: impl Into<String>) -> Self {
        self.template_version_name = Some(name.into());
        self
    }

    /// Sets the value of a variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.template_variable.insert(name.into(), value.into());
        self
    }
}

/// A whole card.
impl From<Value> for Card {
    fn from(card: Value) -> Self {
        Self::Raw(card)
    }
}

impl From<Template> for Card {
    fn from(template: Template) -> Self {
        Self::Template(template)
    }
}

fn only_object<S: Serializer>(card: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    if !card.is_object() {
        return Err(S::Error::custom("a raw card must be a JSON object"));
    }
    card.serialize(serializer)
}
