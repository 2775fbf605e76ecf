//! The state of one drawing: what may still be drawn, and where it is.

use maud::{Markup, html};
use serde_json::Value;

use super::{Clicks, Look};
use crate::codes::Language;

/// Components, rows, options and spans of one drawing; Lark takes cards of 200 components.
const PIECES_MAX: usize = 4_000;

/// Bytes of text in one drawing; Lark takes cards of 30 KB.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Levels of components; Lark takes five containers within each other.
const LEVELS_MAX: usize = 12;

/// Bytes of an id, a key or a name that is shown.
const NAME_BYTES_MAX: usize = 80;

/// One drawing while it is made.
#[derive(Debug)]
pub(super) struct Pen<'a> {
    pub(super) look: Look<'a>,
    pieces: usize,
    text_bytes: usize,
    level: usize,
    forms: usize,
    /// The form of the card around what is drawn.
    form: Option<String>,
    /// Whether something was left out because there was too much.
    is_cut: bool,
}

impl<'a> Pen<'a> {
    pub(super) fn new(look: Look<'a>) -> Self {
        Self {
            look,
            pieces: PIECES_MAX,
            text_bytes: TEXT_BYTES_MAX,
            level: 0,
            forms: 0,
            form: None,
            is_cut: false,
        }
    }

    /// The words of the drawing itself.
    pub(super) fn say(&self, en: &'static str, zh: &'static str) -> &'static str {
        match self.look.language {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    pub(super) fn is_on(&self) -> bool {
        matches!(self.look.clicks, Clicks::On(_))
    }

    /// The reason why nothing can be clicked, if so.
    pub(super) fn why_off(&self) -> Option<&'a str> {
        match self.look.clicks {
            Clicks::Off(why) => Some(why),
            Clicks::On(_) => None,
        }
    }

    /// Whether one more piece may be drawn.
    pub(super) fn piece(&mut self) -> bool {
        match self.pieces.checked_sub(1) {
            Some(left) => {
                self.pieces = left;
                true
            }
            None => {
                self.is_cut = true;
                false
            }
        }
    }

    /// As much of a text as may still be drawn.
    pub(super) fn cut<'t>(&mut self, text: &'t str) -> &'t str {
        let end = text.floor_char_boundary(self.text_bytes);
        self.is_cut |= end < text.len();
        self.text_bytes = self.text_bytes.saturating_sub(end);
        text.get(..end).unwrap_or_default()
    }

    /// A name, a key or an id, shortened.
    pub(super) fn name(&mut self, name: &str) -> String {
        let end = name.floor_char_boundary(NAME_BYTES_MAX);
        let short = self.cut(name.get(..end).unwrap_or_default());
        if end < name.len() {
            format!("{short}…")
        } else {
            short.to_owned()
        }
    }

    /// Draws what stands one level deeper, if that is not too deep.
    pub(super) fn deeper(&mut self, draw: impl FnOnce(&mut Self) -> Markup) -> Markup {
        if self.level >= LEVELS_MAX {
            self.is_cut = true;
            return html! {};
        }
        self.level += 1;
        let drawn = draw(self);
        self.level -= 1;
        drawn
    }

    /// Draws what stands in a form of the card.
    pub(super) fn within_form(&mut self, draw: impl FnOnce(&mut Self) -> Markup) -> Markup {
        if self.form.is_some() {
            // HTML has no form within a form, and Lark takes none.
            return draw(self);
        }
        self.forms += 1;
        let id = format!("{}-form-{}", self.look.id, self.forms);
        self.form = Some(id.clone());
        let inside = draw(self);
        self.form = None;
        match self.look.clicks {
            Clicks::On(form) => html! {
                form #(id) .card-form method="post" action=(form.action) {
                    (hidden(form.hidden))
                    (inside)
                }
            },
            Clicks::Off(_) => html! { div .card-form { (inside) } },
        }
    }

    pub(super) fn is_in_form(&self) -> bool {
        self.form.is_some()
    }

    /// The form that a button belongs to which submits no form of the card.
    pub(super) fn click_form(&self) -> String {
        format!("{}-clicks", self.look.id)
    }

    /// That form, once for each drawing.
    pub(super) fn end(&self) -> Markup {
        html! {
            @if let Clicks::On(form) = self.look.clicks {
                form #(self.click_form()) method="post" action=(form.action) { (hidden(form.hidden)) }
            }
            @if self.is_cut {
                p .card-cut { (self.say("There is more, which is not drawn: this is larger than Lark would show.", "内容过大，超出飞书可展示的范围，其余部分未绘制。")) }
            }
        }
    }
}

pub(super) fn hidden(fields: &[(&str, &str)]) -> Markup {
    html! {
        @for (name, value) in fields {
            input type="hidden" name=(name) value=(value);
        }
    }
}

/// A member that is a string.
pub(super) fn string<'v>(of: &'v Value, name: &str) -> &'v str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A member that is a list.
pub(super) fn list<'v>(of: &'v Value, name: &str) -> &'v [Value] {
    of.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A member that is a yes.
pub(super) fn flag(of: &Value, name: &str) -> bool {
    of.get(name).and_then(Value::as_bool).unwrap_or(false)
}
