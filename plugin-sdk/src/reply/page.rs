//! The reply to `oauth_redirect`: which of the host's pages the browser shows.

use serde::Serialize;

/// A page of the host, which has its text in the browser's language.
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
    /// Success.
    Authorized,
    /// The user declined.
    Refused,
    /// The link has expired.
    Expired,
    /// The link was already used.
    Used,
    /// The link was made for another user.
    WrongPerson,
    /// The user may not use the application; a new card would not help.
    NotAllowed,
    /// The link is unknown.
    Invalid,
    /// The authorization failed; the user may try again.
    Failed,
    /// The URL lacks a parameter.
    Incomplete,
}
