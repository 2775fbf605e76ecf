//! The colours of cards, as classes: a style in the page would need a weaker security policy.

/// A colour family of Lark; the shades of one family are drawn alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour {
    /// Class for text.
    pub(super) ink: &'static str,
    /// Class for a background.
    pub(super) fill: &'static str,
}

macro_rules! colours {
    ($($name:literal $(| $other:literal)*,)+) => {
        /// The colour of a name such as `blue` or `blue-50`; none for what is no family, or is one of white and black.
        pub(super) fn of(name: &str) -> Option<Colour> {
            match name.split('-').next().unwrap_or_default() {
                $($name $(| $other)* => Some(Colour { ink: concat!("ink-", $name), fill: concat!("fill-", $name) }),)+
                _ => None,
            }
        }
    };
}

colours! {
    "blue",
    "wathet",
    "turquoise",
    "green",
    "lime",
    "yellow",
    "orange",
    "red",
    "carmine",
    "violet",
    "purple",
    "indigo",
    "grey" | "gray" | "neutral",
}

/// Class for text in this colour; empty for one that is not known.
pub(super) fn ink(name: &str) -> &'static str {
    of(name).map_or("", |colour| colour.ink)
}

/// Class for a background in this colour; empty for one that is not known.
pub(super) fn fill(name: &str) -> &'static str {
    of(name).map_or("", |colour| colour.fill)
}
