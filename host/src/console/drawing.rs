//! Cards, toasts and link previews as HTML: pure functions over JSON that nobody has checked.
//!
//! What is drawn comes from plugins and from strangers. No type, size or depth is trusted, nothing outside of the page is
//! loaded, and what has no drawing is named instead.

mod card;
mod colour;
mod element;
mod emoji;
mod inline;
mod link;
mod markdown;
mod pen;
mod reply;
mod spans;
mod table;
#[cfg(test)]
mod tests;
mod text;

use crate::codes::Language;

pub(super) use card::draw as card;
pub(super) use reply::draw as reply;

/// Name of the form field that carries the clicked component, as JSON.
pub(super) const CLICK_FIELD: &str = "click";

/// Look of a card that is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    /// Language of the page, which chooses among the texts of the card.
    pub(super) language: Language,
    /// Prefix of the ids in the drawing; another one for each card of a page.
    pub(super) id: &'a str,
    /// Whether the buttons do something.
    pub(super) clicks: Clicks<'a>,
}

/// Effect of a click into a drawing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clicks<'a> {
    /// Nothing, for the reason that is told.
    Off(&'a str),
    /// It is sent to this server, as Lark would send it.
    On(ClickForm<'a>),
}

/// Form that carries a click.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClickForm<'a> {
    /// Where it is posted.
    pub(super) action: &'a str,
    /// Fields that it carries besides the click, the CSRF token among them.
    pub(super) hidden: &'a [(&'a str, &'a str)],
}
