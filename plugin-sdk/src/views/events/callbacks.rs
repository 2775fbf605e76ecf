//! Events of the group `callbacks`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::views::CardToken;

view! {
    /// A use of an interactive component of a card: a click, a choice, an input or a submitted form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::CardAction, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CardAction::TYPE, "usual");
    /// let action: CardAction = event.payload()?;
    /// assert_eq!(action.action.checked, Some(true));
    /// assert_eq!(action.context.open_chat_id.as_deref(), Some("oc_a41c7be02d9f4e35"));
    /// assert_eq!(action.operator.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct CardAction {
        /// The component and its value.
        pub action: Action,
        /// The message and chat that hold the card.
        pub context: Context,
        /// `url_preview` for the card of a link preview, otherwise absent.
        pub delivery_type: Option<String>,
        /// `im_message`, `im_top_notice`.
        pub host: Option<String>,
        /// The person who used it.
        pub operator: Operator,
        /// The token for updating the card later: within 30 minutes, at most twice.
        pub token: Option<CardToken>,
    }
}

impl CardAction {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "card.action.trigger";
}

view! {
    /// A user's return from the authorize page, with a code or an error. The host makes this event; anyone can open the
    /// URL, so look `state` up before doing anything else.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::OauthRedirect, prelude::*, testing::fixture};
    ///
    /// let event = fixture(OauthRedirect::TYPE, "usual");
    /// let redirect: OauthRedirect = event.payload()?;
    /// assert_eq!(redirect.state, "state-1");
    /// assert_eq!(redirect.code.as_deref(), Some("sealed"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Clone, Default)]
    pub struct OauthRedirect {
        /// The code to be exchanged; encrypted, so that only the host can read it.
        pub code: Option<String>,
        /// `access_denied` when the user declined.
        pub error: Option<String>,
        /// The `state` that the authorization link was made with.
        pub state: String,
    }
}

impl OauthRedirect {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "oauth_redirect";
}

view! {
    /// A link that somebody looks at or is typing.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::UrlPreview, prelude::*, testing::fixture};
    ///
    /// let event = fixture(UrlPreview::TYPE, "usual");
    /// let preview: UrlPreview = event.payload()?;
    /// assert_eq!(preview.context.open_chat_id.as_deref(), Some("oc_a41c7be02d9f4e35"));
    /// assert_eq!(preview.operator.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(preview.host.as_deref(), Some("im_message"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct UrlPreview {
        /// The link and the message that holds it.
        pub context: Context,
        /// `im_message`
        pub host: Option<String>,
        /// The person who looks at it.
        pub operator: Operator,
    }
}

impl UrlPreview {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "url.preview.get";
}

view! {
    /// The component that was used, and its value.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{CardAction, Action}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CardAction::TYPE, "usual");
    /// let action: CardAction = event.payload()?;
    /// let action: &Action = &action.action;
    /// assert_eq!(action.checked, Some(true));
    /// assert_eq!(action.input_value.as_deref(), Some("typed"));
    /// assert_eq!(action.name.as_deref(), Some("submit"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct Action {
        /// Whether it is checked, outside a form.
        pub checked: Option<bool>,
        /// A submitted form: a string, a list of strings or a boolean by component name.
        pub form_value: Option<Map<String, Value>>,
        /// The typed text, outside a form.
        pub input_value: Option<String>,
        /// The name of the component.
        pub name: Option<String>,
        /// The chosen option, outside a form.
        pub option: Option<String>,
        /// The chosen options of a multi-select, outside a form; an image picker for one image uses this field, too.
        pub options: Option<Vec<String>>,
        /// The kind of component: `button`, `select_static`, `overflow`, `date_picker`, `input`, `checker`, …
        pub tag: Option<String>,
        /// The time zone of dates and times, for example `Asia/Shanghai`.
        pub timezone: Option<String>,
        /// The `value` that the card's author gave the component, as JSON of any kind.
        pub value: Option<Box<RawValue>>,
    }
}

view! {
    /// The place of the click or link.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{CardAction, Context}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CardAction::TYPE, "usual");
    /// let action: CardAction = event.payload()?;
    /// let context: &Context = &action.context;
    /// assert_eq!(context.open_chat_id.as_deref(), Some("oc_a41c7be02d9f4e35"));
    /// assert_eq!(context.open_message_id.as_deref(), Some("om_63d2f0a8c4b94e17"));
    /// assert_eq!(context.preview_token.as_deref(), Some("b3d0c2f18a6e4f5c"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct Context {
        /// `oc_…`: the chat that holds the message.
        pub open_chat_id: Option<String>,
        /// `om_…`: the message that holds the card.
        pub open_message_id: Option<String>,
        /// Stays the same for one link in one message; absent or empty while the message is still being typed.
        pub preview_token: Option<String>,
        /// The URL, in link previews.
        pub url: Option<String>,
    }
}

view! {
    /// The person who clicked, or who looks at a link.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{CardAction, Operator}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CardAction::TYPE, "usual");
    /// let action: CardAction = event.payload()?;
    /// let operator: &Operator = &action.operator;
    /// assert_eq!(operator.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(operator.tenant_key.as_deref(), Some("2df73991750b1234"));
    /// assert_eq!(operator.union_id.as_deref(), Some("on_1c9e7a52d30b4f68"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct Operator {
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// The person's tenant, which may differ from the application's.
        pub tenant_key: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
        /// Present only if the application may read it (`contact:user.employee_id:readonly`).
        pub user_id: Option<String>,
    }
}
