//! Limits on the size of requests.

/// The size limit of a raw body. Lark documents no limit; callbacks of 64 KiB occur, and even a form full of text stays far
/// below this.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The size limit of `encrypt` in an unsigned request. A challenge has about 200 characters; the limit bounds the decryption
/// work that an unauthenticated client can cause.
pub(super) const UNSIGNED_ENCRYPT_BYTES_MAX: usize = 4096;

/// The size limit of an unsigned body that can only be a challenge: `encrypt` and the JSON around it.
pub(super) const UNSIGNED_BODY_BYTES_MAX: usize = 2 * UNSIGNED_ENCRYPT_BYTES_MAX;
