//! Strings of payloads that must not be printed.

use std::fmt;

use serde::Deserialize;
use serde::de::MapAccess;
use serde_json::Value;

use super::view::{Field, Fit, Plain, value};

macro_rules! secret {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Clone, Default, PartialEq, Eq, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl Plain for $name {
            fn take(&mut self, value: Value) -> Fit {
                self.0.take(value)
            }
        }

        plain!($name Option<$name>);

        impl $name {
            /// Returns the secret itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret! {
    /// The `c-…` token of a click. Anyone who has it can change the card, so `Debug` does not print it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # let event = lark_plugin_sdk::testing::fixture("card.action.trigger", "usual");
    /// let click: CardAction = event.payload()?;
    /// let token = click.token.expect("the token of the click");
    /// assert_eq!(format!("{token:?}"), "CardToken(…)"); // safe in a log
    /// // For a task that updates the card later.
    /// let update = NewTask::new("update", &serde_json::json!({"token": token.as_str()}))?;
    /// # Ok::<(), Failure>(())
    /// ```
    CardToken
}

secret! {
    /// The ticket with which a store application gets its token, so `Debug` does not print it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// use lark_plugin_sdk::{events::AppTicketPushed, testing::fixture};
    ///
    /// let pushed: AppTicketPushed = fixture(AppTicketPushed::TYPE, "usual").payload()?;
    /// assert_eq!(format!("{:?}", pushed.app_ticket), "AppTicket(…)");
    /// assert!(!pushed.app_ticket.as_str().is_empty());
    /// # Ok::<(), Failure>(())
    /// ```
    AppTicket
}
