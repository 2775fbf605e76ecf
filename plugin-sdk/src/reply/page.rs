//! The reply to `oauth_redirect`: which of the host's pages the person in front of the browser sees.

use serde::Serialize;

/// What the page says; the host has the words, in the language of the browser.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use serde_json::json;
/// let outcome = Outcome::reply(&PageReply::WrongPerson)?;
/// assert_eq!(outcome.reply_json(), Some(json!({"page": "wrong_person"})));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "page", rename_all = "snake_case")]
pub enum PageReply {
    /// It worked.
    Authorized,
    /// They said no.
    Refused,
    /// They came too late.
    Expired,
    /// Somebody came before with this link.
    Used,
    /// They are somebody else than the link was made for.
    WrongPerson,
    /// They may not use the application; a new card would not help.
    NotAllowed,
    /// Nobody knows this link.
    Invalid,
    /// It did not work; they may try again.
    Failed,
    /// The address lacks something.
    Incomplete,
}
