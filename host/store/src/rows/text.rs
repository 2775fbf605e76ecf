//! Texts that both databases can keep.

use std::borrow::Cow;

/// PostgreSQL has no way to keep a NUL in a text. None of ours has a meaning, so it is shown as what it is: unreadable.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
