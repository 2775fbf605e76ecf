//! The reply to a link preview ("Pull link preview data").

use std::collections::BTreeMap;

use serde::Serialize;

use super::Card;

/// The preview shown instead of a link: a line, a card, or both.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use serde_json::json;
/// let reply = PreviewReply::title("工单 42").translated("en_us", "Ticket 42");
/// assert_eq!(
///     Outcome::reply(&reply)?.reply_json(),
///     Some(json!({"inline": {"title": "工单 42", "i18n_title": {"en_us": "Ticket 42"}}})),
/// );
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PreviewReply {
    inline: Inline,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<Card>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Inline {
    title: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    i18n_title: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<PreviewLinks>,
}

/// The URLs that the preview opens, by client; an absent one opens the link itself.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::PreviewLinks;
///
/// let app = || Some("example://tickets/42".to_owned());
/// let links = PreviewLinks {
///     copy_url: Some("https://example.com/42".to_owned()),
///     ios: app(),
///     android: app(),
///     pc: Some("lark://example/tickets/42".to_owned()),
///     web: None, // the link itself
/// };
/// let preview = PreviewReply::title("工单 42").image("img_v3_1").links(links);
/// let reply = Outcome::reply(&preview)?.reply_json().unwrap();
/// assert_eq!(reply["inline"]["url"]["pc"], "lark://example/tickets/42");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PreviewLinks {
    /// The URL that "copy link" copies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_url: Option<String>,
    /// iPhone and iPad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ios: Option<String>,
    /// Android.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub android: Option<String>,
    /// Desktop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pc: Option<String>,
    /// Browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web: Option<String>,
}

impl PreviewReply {
    /// Shows a line of text.
    pub fn title(title: impl Into<String>) -> Self {
        Self {
            inline: Inline {
                title: title.into(),
                ..Inline::default()
            },
            card: None,
        }
    }

    /// Sets the line for clients in this language (`zh_cn`, `en_us`, `ja_jp`, …).
    #[must_use]
    pub fn translated(mut self, language: impl Into<String>, title: impl Into<String>) -> Self {
        self.inline.i18n_title.insert(language.into(), title.into());
        self
    }

    /// Sets a small image before the line: `img_v3_…`.
    #[must_use]
    pub fn image(mut self, image_key: impl Into<String>) -> Self {
        self.inline.image_key = Some(image_key.into());
        self
    }

    /// Sets the URLs that it opens.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// use lark_plugin_sdk::PreviewLinks;
    ///
    /// let links = PreviewLinks { web: Some("https://example.com/42?from=web".to_owned()), ..PreviewLinks::default() };
    /// let preview = PreviewReply::title("工单 42").links(links);
    /// ```
    #[must_use]
    pub fn links(mut self, links: PreviewLinks) -> Self {
        self.inline.url = Some(links);
        self
    }

    /// Adds a card below the message.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::card::Markdown;
    /// let card = Card::builder().add(Markdown::new("**打印机** 没纸了")).build()?;
    /// let preview = PreviewReply::title("工单 42").image("img_v3_1").with_card(card);
    /// # assert_eq!(Outcome::reply(&preview)?.reply_json().unwrap()["inline"]["image_key"], "img_v3_1");
    /// # Ok::<(), Failure>(())
    /// ```
    #[must_use]
    pub fn with_card(mut self, card: impl Into<Card>) -> Self {
        self.card = Some(card.into());
        self
    }
}
