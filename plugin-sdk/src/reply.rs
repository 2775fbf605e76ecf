//! Replies in the shapes that Lark documents: card clicks and link previews.

mod card;
mod preview;

pub use card::{Card, CardReply, Template, Toast, ToastKind};
pub use preview::{PreviewLinks, PreviewReply};

#[cfg(test)]
mod tests;
