//! Integers of both databases, which are signed.

/// The databases' integers are signed; no time or size of ours reaches the other half.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A time or a count; what we write is never negative.
pub(crate) fn millis(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
