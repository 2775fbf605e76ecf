//! Replies in the shapes that Lark documents (card clicks, link previews), and the pages of the authorization flow.

mod card;
mod page;
mod preview;

pub use card::{Card, CardReply, Template, Toast, ToastKind};
pub use page::PageReply;
pub use preview::{PreviewLinks, PreviewReply};

#[cfg(test)]
mod tests;
