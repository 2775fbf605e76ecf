//! The Markdown of cards within one line of text, read into spans.
//!
//! Reading takes time in proportion to the text: an end that was not found once is not looked for again.

use std::borrow::Cow;

use super::emoji;

/// Spans within each other.
const LEVELS_MAX: usize = 6;

/// Bytes of a tag such as `<font color='red'>`.
const TAG_BYTES_MAX: usize = 4_096;

/// Bytes of `&nbsp;` and the like.
const ENTITY_BYTES_MAX: usize = 10;

/// Bytes of the name of an emoji.
const EMOJI_BYTES_MAX: usize = 40;

/// Piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span<'a> {
    Text(Cow<'a, str>),
    Bold(Vec<Self>),
    Italic(Vec<Self>),
    Struck(Vec<Self>),
    Code(&'a str),
    Break,
    Link {
        url: &'a str,
        inside: Vec<Self>,
    },
    Font {
        colour: &'a str,
        inside: Vec<Self>,
    },
    Tag {
        colour: &'a str,
        inside: Vec<Self>,
    },
    At(&'a str),
    Image {
        key: &'a str,
        alt: &'a str,
    },
    /// A tag that is named and not drawn.
    Other {
        tag: &'a str,
        inside: Vec<Self>,
    },
}

/// Reads a text.
pub(super) fn spans(text: &str) -> Vec<Span<'_>> {
    within(text, 0)
}

fn within(text: &str, level: usize) -> Vec<Span<'_>> {
    let mut reader = Reader {
        rest: text,
        level,
        absent: Vec::new(),
        spans: Vec::new(),
    };
    while reader.step() {}
    reader.spans
}

struct Reader<'a> {
    rest: &'a str,
    level: usize,
    /// Ends that do not come any more.
    absent: Vec<&'a str>,
    spans: Vec<Span<'a>>,
}

fn is_special(of: char) -> bool {
    matches!(of, '*' | '~' | '`' | '[' | '!' | '<' | '&' | ':' | '\\')
}

impl<'a> Reader<'a> {
    /// Reads one piece; false at the end.
    fn step(&mut self) -> bool {
        if self.rest.is_empty() {
            return false;
        }
        let plain = self.rest.find(is_special).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at_checked(plain).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.text(text);
        if rest.is_empty() {
            return true;
        }
        let read = match rest.as_bytes().first() {
            Some(b'*') => self.around("**", Span::Bold).or_else(|| self.emphasis()),
            Some(b'~') => self.around("~~", Span::Struck),
            Some(b'`') => self.code(),
            Some(b'[') => self.link(),
            Some(b'!') => self.image(),
            Some(b'<') => self.tag(),
            Some(b'&') => entity(rest).map(|(of, rest)| (Span::Text(Cow::Owned(of.into())), rest)),
            Some(b':') => emoji(rest),
            _ => escaped(rest),
        };
        match read {
            Some((Span::Text(text), rest)) => {
                self.rest = rest;
                self.add(text);
            }
            Some((span, rest)) => {
                self.spans.push(span);
                self.rest = rest;
            }
            // Every special character has one byte.
            None => {
                let (one, rest) = rest.split_at_checked(1).unwrap_or((rest, ""));
                self.rest = rest;
                self.text(one);
            }
        }
        true
    }

    fn text(&mut self, text: &'a str) {
        if !text.is_empty() {
            self.add(Cow::Borrowed(text));
        }
    }

    /// Adds a text to the one before it.
    fn add(&mut self, text: Cow<'a, str>) {
        match self.spans.last_mut() {
            Some(Span::Text(before)) => before.to_mut().push_str(&text),
            _ => self.spans.push(Span::Text(text)),
        }
    }

    fn inside(&self, text: &'a str) -> Vec<Span<'a>> {
        if self.level >= LEVELS_MAX {
            return vec![Span::Text(Cow::Borrowed(text))];
        }
        within(text, self.level + 1)
    }

    /// Splits a text at an end that is looked for once only if it is not there.
    fn until(&mut self, text: &'a str, end: &'a str) -> Option<(&'a str, &'a str)> {
        if self.absent.contains(&end) {
            return None;
        }
        let found = text.split_once(end);
        if found.is_none() {
            self.absent.push(end);
        }
        found
    }

    fn around(&mut self, mark: &'static str, span: fn(Vec<Span<'a>>) -> Span<'a>) -> Option<(Span<'a>, &'a str)> {
        let text = self.rest.strip_prefix(mark)?;
        let (mut inside, mut rest) = self.until(text, mark)?;
        // `***both***`: the last of three marks ends what is outside.
        let one = mark.get(..1)?;
        if let Some(after) = rest.strip_prefix(one)
            && inside.starts_with(one)
        {
            inside = text.get(..=inside.len())?;
            rest = after;
        }
        (!inside.trim().is_empty()).then(|| (span(self.inside(inside)), rest))
    }

    fn emphasis(&mut self) -> Option<(Span<'a>, &'a str)> {
        let text = self.rest.strip_prefix('*')?;
        if text.starts_with(|of: char| of.is_whitespace() || of == '*') {
            return None;
        }
        let (inside, rest) = self.until(text, "*")?;
        let is_one = !inside.is_empty() && !inside.ends_with(char::is_whitespace);
        is_one.then(|| (Span::Italic(self.inside(inside)), rest))
    }

    fn code(&mut self) -> Option<(Span<'a>, &'a str)> {
        let text = self.rest.strip_prefix('`')?;
        let (inside, rest) = self.until(text, "`")?;
        (!inside.is_empty()).then_some((Span::Code(inside), rest))
    }

    fn link(&mut self) -> Option<(Span<'a>, &'a str)> {
        let text = self.rest.strip_prefix('[')?;
        if self.absent.contains(&")") {
            return None;
        }
        let (inside, after) = self.until(text, "](")?;
        let (url, rest) = self.until(after, ")")?;
        let inside = self.inside(inside);
        Some((Span::Link { url, inside }, rest))
    }

    fn image(&mut self) -> Option<(Span<'a>, &'a str)> {
        let text = self.rest.strip_prefix("![")?;
        if self.absent.contains(&")") {
            return None;
        }
        let (alt, after) = self.until(text, "](")?;
        let (key, rest) = self.until(after, ")")?;
        Some((Span::Image { key, alt }, rest))
    }

    fn tag(&mut self) -> Option<(Span<'a>, &'a str)> {
        let text = self.rest.strip_prefix('<')?;
        let window = text.get(..text.floor_char_boundary(TAG_BYTES_MAX))?;
        let end = window.find('>')?;
        let (head, rest) = (window.get(..end)?, text.get(end + 1..)?);
        let is_closed = head.ends_with('/');
        let head = head.trim_end_matches('/');
        let name_end = head.find(|of: char| !(of.is_ascii_alphanumeric() || of == '_'));
        let (name, attributes) = head.split_at_checked(name_end.unwrap_or(head.len()))?;
        if name == "br" {
            return Some((Span::Break, rest));
        }
        let close = close_of(name)?;
        let (inside, rest) = if is_closed {
            ("", rest)
        } else {
            self.until(rest, close)?
        };
        let attribute = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| attribute(attributes, name))
                .unwrap_or_default()
        };
        let span = match name {
            "at" => Span::At(attribute(&["id", "ids", "email", "user_id"])),
            "person" => Span::At(attribute(&["id"])),
            "a" => Span::Link {
                url: attribute(&["href"]),
                inside: self.inside(inside),
            },
            "link" => Span::Link {
                url: attribute(&["url", "pc_url"]),
                inside: self.inside(inside),
            },
            "font" => Span::Font {
                colour: attribute(&["color"]),
                inside: self.inside(inside),
            },
            "text_tag" | "number_tag" => Span::Tag {
                colour: attribute(&["color", "background_color"]),
                inside: self.inside(inside),
            },
            "b" | "strong" => Span::Bold(self.inside(inside)),
            "i" | "em" => Span::Italic(self.inside(inside)),
            "s" | "del" => Span::Struck(self.inside(inside)),
            _ => Span::Other {
                tag: name,
                inside: self.inside(inside),
            },
        };
        Some((span, rest))
    }
}

/// The end of a tag that is known; the others are text.
fn close_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "at" => "</at>",
        "person" => "</person>",
        "a" => "</a>",
        "link" => "</link>",
        "font" => "</font>",
        "text_tag" => "</text_tag>",
        "number_tag" => "</number_tag>",
        "local_datetime" => "</local_datetime>",
        "audio" => "</audio>",
        "record" => "</record>",
        "b" => "</b>",
        "strong" => "</strong>",
        "i" => "</i>",
        "em" => "</em>",
        "s" => "</s>",
        "del" => "</del>",
        _ => return None,
    })
}

/// The value of `name=value`, with or without quotes.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, next) = match after.chars().next()? {
            quote @ ('"' | '\'') => after.get(1..)?.split_once(quote)?,
            _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        if key.trim() == name {
            return Some(value);
        }
        rest = next;
    }
}

fn entity(text: &str) -> Option<(char, &str)> {
    let window = text.get(1..text.floor_char_boundary(ENTITY_BYTES_MAX + 2).max(1))?;
    let end = window.find(';')?;
    let name = window.get(..end)?;
    let of = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" | "ensp" | "emsp" => '\u{a0}',
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|of| !of.is_control())?
        }
    };
    Some((of, text.get(end + 2..)?))
}

fn emoji(text: &str) -> Option<(Span<'_>, &str)> {
    let inside = text.get(1..)?;
    let window = inside.get(..inside.floor_char_boundary(EMOJI_BYTES_MAX))?;
    let end = window.find(|of: char| !(of.is_ascii_alphanumeric() || of == '_'))?;
    let rest = inside.get(end..)?.strip_prefix(':')?;
    let drawn = emoji::of(inside.get(..end)?)?;
    Some((Span::Text(Cow::Borrowed(drawn)), rest))
}

fn escaped(text: &str) -> Option<(Span<'_>, &str)> {
    let after = text.get(1..)?;
    let first = after.chars().next().filter(char::is_ascii_punctuation)?;
    let (one, rest) = after.split_at_checked(first.len_utf8())?;
    Some((Span::Text(Cow::Borrowed(one)), rest))
}
