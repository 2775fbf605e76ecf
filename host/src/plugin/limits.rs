//! The limits of one plugin: declared once, for the `.toml`, the errors and the manual.

mod declared;
mod fixed;
mod page;

pub use self::fixed::WASM_BYTES_MAX;
pub use self::{declared::Limits, page::page};
pub(super) use self::{
    declared::MEMORY_BYTES_CEILING,
    fixed::{
        KV_KEY_BYTES_MAX, LOG_BYTES_PER_SECOND, LOG_LINE_BYTES_MAX, RANDOM_BYTES_MAX, RECORD_BYTES_MAX,
        WASM_STACK_BYTES,
    },
};

/// The declaration of one limit under `[limits]`.
#[derive(Debug)]
pub struct Limit {
    /// The key.
    pub key: &'static str,
    /// The unit of its value, in English and Chinese; empty for a bare number.
    pub unit: [&'static str; 2],
    /// Meaning, in English and Chinese.
    pub counts: [&'static str; 2],
    /// Default in words, in English and Chinese; empty when that is the number of the default.
    pub unset: [&'static str; 2],
    /// The greatest value that is accepted.
    pub ceiling: u64,
    read: fn(&Limits) -> Option<u64>,
    write: fn(&mut Limits, u64),
}

/// The type of a limit's field.
trait Value: Copy {
    fn of(number: u64) -> Self;
    fn number(self) -> Option<u64>;
}

impl Value for u64 {
    fn of(number: u64) -> Self {
        number
    }

    fn number(self) -> Option<u64> {
        Some(self)
    }
}

impl Value for Option<u64> {
    fn of(number: u64) -> Self {
        Some(number)
    }

    fn number(self) -> Option<u64> {
        self
    }
}

impl Limit {
    /// Sets this limit, unless the number is 0 or above the ceiling.
    pub(super) fn set(&self, limits: &mut Limits, number: u64) -> bool {
        let is_accepted = (1..=self.ceiling).contains(&number);
        if is_accepted {
            (self.write)(limits, number);
        }
        is_accepted
    }

    /// Returns the value of this limit; none without a number.
    pub fn of(&self, limits: &Limits) -> Option<u64> {
        (self.read)(limits)
    }
}

/// Every limit, in the order of the manual.
pub fn all() -> &'static [Limit] {
    declared::ALL
}

/// Every key of `[limits]`.
pub(super) fn keys() -> Vec<&'static str> {
    all().iter().map(|limit| limit.key).collect()
}

/// The key of the limit that no retry can pass: the payload stays as it is.
pub(super) const PAYLOAD_BYTES_MAX: &str = "payload_bytes_max";

/// A limit that a call exceeded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} is over the limit of {value}; the setting is `{setting} = {value}` under [limits] in the plugin's .toml"
)]
pub struct LimitHit {
    /// The counted quantity, in words.
    pub what: &'static str,
    /// The key under `[limits]`.
    pub setting: &'static str,
    /// The limit's value.
    pub value: u64,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Limits, all};

    #[test]
    fn each_limit_has_a_name_of_its_own_and_a_default_below_its_ceiling() {
        let mut keys = BTreeSet::new();
        for limit in all() {
            assert!(keys.insert(limit.key), "{} is declared twice", limit.key);
            let default = limit.of(&Limits::default());
            assert!(
                default.is_none_or(|default| (1..=limit.ceiling).contains(&default)),
                "{limit:?}"
            );
            assert_eq!(default.is_none(), !limit.unset[0].is_empty(), "{limit:?}");
            assert_eq!(limit.unset[0].is_empty(), limit.unset[1].is_empty(), "{limit:?}");
        }
    }

    #[test]
    fn what_is_set_is_what_is_read() {
        for limit in all() {
            let mut limits = Limits::default();
            assert!(!limit.set(&mut limits, 0) && !limit.set(&mut limits, limit.ceiling + 1));
            assert_eq!(limits, Limits::default(), "{}", limit.key);
            assert!(limit.set(&mut limits, limit.ceiling));
            for other in all() {
                let expected = if other.key == limit.key {
                    Some(limit.ceiling)
                } else {
                    other.of(&Limits::default())
                };
                assert_eq!(other.of(&limits), expected, "{} sets {}", limit.key, other.key);
            }
        }
    }
}
