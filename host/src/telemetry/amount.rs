//! A number with its noun, as people read it.

use std::fmt::Display;

/// Returns `1 fixture`, `3 fixtures`: for nouns whose plural has an `s`.
pub fn amount(count: impl TryInto<u64> + Display + Copy, noun: &str) -> String {
    let s = if matches!(count.try_into(), Ok(1)) { "" } else { "s" };
    format!("{count} {noun}{s}")
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn one_is_told_from_many() {
        assert_eq!(
            [0, 1, 2].map(|count| amount(count, "fixture")),
            ["0 fixtures", "1 fixture", "2 fixtures"]
        );
        assert_eq!(amount(1_usize, "call"), "1 call");
    }
}
