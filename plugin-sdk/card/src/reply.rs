//! What Lark refuses of a reply to a callback, which may carry a card.
//!
//! ```
//! assert!(lark_card::reply::checked("card.action.trigger", r#"{"tost": {"content": "saved"}}"#).is_err());
//! ```

mod check;
mod error;
mod members;

pub use self::check::{Card, Click};
pub use self::error::ReplyError;

/// The limit of a whole reply (a card with its toast, or a preview with its card, in several languages), which a server
/// stores with the receipt.
pub const REPLY_BYTES_MAX: usize = 64 << 10;

/// Checks the reply to a callback of this type; returns the parts of one to a click.
///
/// ```
/// use lark_card::reply::checked;
///
/// let refused = checked("url.preview.get", r#"{"toast": {"content": "saved"}}"#).unwrap_err();
/// assert!(refused.to_string().contains("`toast` belongs to the reply to a click"));
/// assert!(checked("card.action.trigger", r#"{"toast": {"content": "saved"}}"#)?.is_some());
/// # Ok::<(), lark_card::reply::ReplyError>(())
/// ```
///
/// # Errors
///
/// [`ReplyError`], when Lark would show the user a bare code instead.
pub fn checked<'a>(event_type: &str, reply: &'a str) -> Result<Option<Click<'a>>, ReplyError> {
    let bytes = reply.len();
    if bytes > REPLY_BYTES_MAX {
        return Err(ReplyError::TooLarge {
            place: "the reply",
            bytes,
            bytes_max: REPLY_BYTES_MAX,
        });
    }
    match event_type {
        "card.action.trigger" => return Click::checked(reply).map(Some),
        "url.preview.get" => check::check_preview(reply)?,
        "oauth_redirect" => check::check_page(reply)?,
        // Lark documents no shape for the other callbacks.
        _ => check::check_any(reply)?,
    }
    Ok(None)
}
