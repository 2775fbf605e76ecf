//! Cards whose text grows while it is written ("Streaming updates").

use serde::Deserialize;
use serde_json::json;

use super::messages::segment;
use super::{Openapi, OpenapiError, To};
use crate::Card;

/// A card that Lark keeps, of which single components can be changed: the answer of a language model while it comes.
///
/// Grants: [`MAKE_CARD`](crate::grants::MAKE_CARD), [`CARD_TEXT`](crate::grants::CARD_TEXT),
/// [`CARD_SETTINGS`](crate::grants::CARD_SETTINGS), and the one for sending it.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::card::Markdown;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # fn answer(host: &dyn Host) -> Result<(), Failure> {
/// let card = Card::builder().add(Markdown::new("…").id("answer")).streaming(true).build()?;
/// let openapi = host.openapi();
/// let mut live = openapi.live_card(card)?;
/// live.reply_to("om_question")?;
/// live.set_text("answer", "It is")?;
/// live.set_text("answer", "It is **42**.")?; // the whole text each time
/// live.end()?;
/// # Ok(())
/// # }
/// # let host = FakeHost::new();
/// # answer(&host)?;
/// # assert_eq!(host.calls().len(), 5);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug)]
pub struct LiveCard<'a> {
    openapi: &'a Openapi<'a>,
    card_id: String,
    /// Each change has a higher number than the one before.
    sequence: u32,
}

impl<'a> Openapi<'a> {
    /// Has Lark keep a card, which is then sent once.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::card::Markdown;
    /// let card = Card::builder().add(Markdown::new("…").id("answer")).streaming(true).build()?;
    /// let openapi = host.openapi();
    /// let live = openapi.live_card(card)?;
    /// live.reply_to("om_1")?;
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn live_card(&'a self, card: impl Into<Card>) -> Result<LiveCard<'a>, OpenapiError> {
        #[derive(Deserialize)]
        struct Made {
            card_id: String,
        }
        let (kind, data) = match card.into() {
            Card::Raw(card) => ("card_json", card.to_string()),
            Card::Template(template) => {
                let template = serde_json::to_string(&template);
                (
                    "template",
                    template.map_err(|error| OpenapiError::Refused(error.to_string()))?,
                )
            }
        };
        let call = self
            .post("/open-apis/cardkit/v1/cards")
            .json(&json!({"type": kind, "data": data}));
        let Made { card_id } = call.send()?.data()?;
        Ok(LiveCard {
            openapi: self,
            card_id,
            sequence: 0,
        })
    }
}

impl LiveCard<'_> {
    /// Returns the id of the card, which a task can go on with.
    pub fn card_id(&self) -> &str {
        &self.card_id
    }

    /// Sends it and returns the message's id.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::card::Markdown;
    /// let card = Card::builder().add(Markdown::new("0 %").id("progress")).streaming(true).build()?;
    /// let openapi = host.openapi();
    /// let live = openapi.live_card(card)?;
    /// live.send_to(To::Chat("oc_team"))?;
    /// assert_eq!(live.card_id(), "card_1");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`], as in all of these.
    pub fn send_to(&self, to: To<'_>) -> Result<String, OpenapiError> {
        self.openapi.send_message(to, "interactive", &self.content())
    }

    /// Sends it as the reply to a message and returns the reply's id.
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn reply_to(&self, message_id: &str) -> Result<String, OpenapiError> {
        self.openapi.reply_message(message_id, "interactive", &self.content())
    }

    /// Sets the whole text of a component; clients show what was added as if it were typed. Lark takes some 10 changes a
    /// second, so change it by sentences and not by letters.
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn set_text(&mut self, element_id: &str, text: &str) -> Result<(), OpenapiError> {
        let (card_id, element_id) = (segment(&self.card_id)?, segment(element_id)?);
        let path = format!("/open-apis/cardkit/v1/cards/{card_id}/elements/{element_id}/content");
        self.sequence += 1;
        let change = json!({"content": text, "sequence": self.sequence});
        self.openapi.put(path).json(&change).send().map(drop)
    }

    /// Ends the writing: the card can then be forwarded, and its buttons can be used.
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn end(mut self) -> Result<(), OpenapiError> {
        let path = format!("/open-apis/cardkit/v1/cards/{}/settings", segment(&self.card_id)?);
        self.sequence += 1;
        let settings = json!({"config": {"streaming_mode": false}}).to_string();
        let change = json!({"settings": settings, "sequence": self.sequence});
        self.openapi.patch(path).json(&change).send().map(drop)
    }

    fn content(&self) -> serde_json::Value {
        json!({"type": "card", "data": {"card_id": self.card_id}})
    }
}
