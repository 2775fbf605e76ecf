//! Placeholders of mentions in the text of a message.

/// The placeholder for everybody in the chat.
pub(crate) const ALL: &str = "@_all";

/// Replacement of a placeholder.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mentioned<'a> {
    /// `@` and the name.
    Name(&'a str),
    /// Nothing, with the space around it.
    Nothing,
}

/// Replaces placeholders in one pass, so that a name is never taken for a placeholder.
pub(crate) fn with_names<'a>(
    text: &str,
    mentions: &(impl Iterator<Item = (&'a str, Mentioned<'a>)> + Clone),
) -> String {
    let mut named = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, here) = rest.split_at(at);
        named.push_str(before);
        let mut fitting = mentions.clone().filter_map(|(key, of)| Some((after(here, key)?, of)));
        match fitting.next() {
            Some((behind, Mentioned::Name(name))) => {
                named.push('@');
                named.push_str(name);
                rest = behind;
            }
            Some((behind, Mentioned::Nothing)) => {
                // Of the spaces around it one is left, and none at the beginning.
                rest = if named.is_empty() || named.ends_with(char::is_whitespace) {
                    behind.trim_start_matches(' ')
                } else {
                    behind
                };
            }
            None => {
                named.push('@');
                rest = here.strip_prefix('@').unwrap_or_default();
            }
        }
    }
    named.push_str(rest);
    named
}

/// What comes after a placeholder; `None` when the text does not begin with it, or with a longer one: `@_user_1` is also
/// the beginning of `@_user_10`.
fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let behind = text.strip_prefix(key).filter(|_| key.len() > 1)?;
    let next = behind.chars().next();
    let goes_on = if key.ends_with(|last: char| last.is_ascii_digit()) {
        next.is_some_and(|next| next.is_ascii_digit())
    } else {
        next.is_some_and(is_of_word)
    };
    (!goes_on).then_some(behind)
}

fn is_of_word(next: char) -> bool {
    next.is_ascii_alphanumeric() || next == '_'
}

/// Returns whether a text contains a placeholder that is not the beginning of a longer word.
pub(crate) fn has_placeholder(text: &str, key: &str) -> bool {
    text.split(key).skip(1).any(|after| !after.starts_with(is_of_word))
}
