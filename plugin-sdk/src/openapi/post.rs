//! Posts, which Lark calls rich text: messages with a title, Markdown, pictures and mentions.

use serde_json::{Map, Value, json};

use super::{Openapi, OpenapiError, To};
use crate::MessageContent;

/// A post, in one or several languages.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::Post;
///
/// # fn handle(host: &dyn Host) -> Result<(), Failure> {
/// let post = Post::new("周报").markdown("**三件事**\n1. …").image("img_v3_1").mention("ou_anna");
/// host.openapi().send_post(To::Chat("oc_team"), &post)?;
/// # Ok(())
/// # }
/// # let host = lark_plugin_sdk::testing::FakeHost::new();
/// # handle(&host)?;
/// # assert!(host.calls()[0].body.as_deref().is_some_and(|body| body.contains("zh_cn")));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Of each language: title and paragraphs.
    languages: Vec<(String, String, Vec<Value>)>,
}

impl Post {
    /// A post with this title, which may be empty.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            languages: vec![("zh_cn".to_owned(), title.into(), Vec::new())],
        }
    }

    /// Starts the same post in another language (`en_us`, `ja_jp`, …); what is added from here on belongs to it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// use lark_plugin_sdk::Post;
    ///
    /// let post = Post::new("发布").text("*不是斜体*").translated("en_us", "Release").paragraph(json!([
    ///     {"tag": "text", "text": "See "},
    ///     {"tag": "a", "text": "the notes", "href": "https://example.com/notes"},
    /// ]));
    /// host.openapi().reply_post("om_1", &post)?;
    /// # fake.assert_called("POST", "/open-apis/im/v1/messages/om_1/reply");
    /// # Ok::<(), Failure>(())
    /// ```
    #[must_use]
    pub fn translated(mut self, language: impl Into<String>, title: impl Into<String>) -> Self {
        self.languages.push((language.into(), title.into(), Vec::new()));
        self
    }

    /// Adds text in Markdown, as a paragraph of its own.
    #[must_use]
    pub fn markdown(self, text: impl Into<String>) -> Self {
        self.paragraph(json!([{"tag": "md", "text": text.into()}]))
    }

    /// Adds text in which nothing is taken for Markdown.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.paragraph(json!([{"tag": "text", "text": text.into()}]))
    }

    /// Adds a picture by its key (`img_…`).
    #[must_use]
    pub fn image(self, image_key: impl Into<String>) -> Self {
        self.paragraph(json!([{"tag": "img", "image_key": image_key.into()}]))
    }

    /// Adds a mention of a person by open id; `all` mentions everybody.
    #[must_use]
    pub fn mention(self, open_id: impl Into<String>) -> Self {
        self.paragraph(json!([{"tag": "at", "user_id": open_id.into()}]))
    }

    /// Adds a paragraph of parts as Lark documents them.
    #[must_use]
    pub fn paragraph(mut self, parts: Value) -> Self {
        if let Some((_, _, paragraphs)) = self.languages.last_mut() {
            paragraphs.push(parts);
        }
        self
    }

    /// Returns the text alone, in the first language: for a message where a post is too much.
    ///
    /// ```
    /// # use lark_plugin_sdk::Post;
    /// assert_eq!(Post::new("周报").markdown("三件事").image("img_v3_1").as_text(), "周报\n三件事\n[image]");
    /// ```
    pub fn as_text(&self) -> String {
        MessageContent::of("post", &self.content().to_string(), &[]).text
    }

    fn content(&self) -> Value {
        let languages = self
            .languages
            .iter()
            .map(|(language, title, paragraphs)| (language.clone(), json!({"title": title, "content": paragraphs})));
        languages.collect::<Map<_, _>>().into()
    }
}

impl Openapi<'_> {
    /// Sends a post and returns the message's id. Grant: [`SEND_MESSAGE`](crate::grants::SEND_MESSAGE).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// use lark_plugin_sdk::Post;
    ///
    /// host.openapi().send_post(To::Chat("oc_team"), &Post::new("周报").markdown("**三件事**"))?;
    /// # fake.assert_said("周报\n**三件事**");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`], as in all of these.
    pub fn send_post(&self, to: To<'_>, post: &Post) -> Result<String, OpenapiError> {
        self.send_message(to, "post", &post.content())
    }

    /// Replies to a message with a post and returns the reply's id. Grant: [`REPLY_MESSAGE`](crate::grants::REPLY_MESSAGE).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// use lark_plugin_sdk::Post;
    ///
    /// host.openapi().reply_post("om_1", &Post::new("").markdown("**收到**").mention("ou_anna"))?;
    /// # fake.assert_called("POST", "/open-apis/im/v1/messages/om_1/reply");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn reply_post(&self, message_id: &str, post: &Post) -> Result<String, OpenapiError> {
        self.reply_message(message_id, "post", &post.content())
    }
}
