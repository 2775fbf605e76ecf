//! How much of a request is looked at.

/// The most bytes that a raw body may have. Lark documents no limit; callbacks of 64 KiB occur, and a form full of text
/// stays far below this.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The most characters that `encrypt` may have in a request without a signature. A challenge takes about 200, and nobody
/// has proved anything yet: this is all the work a stranger can ask for.
pub(super) const UNSIGNED_ENCRYPT_BYTES_MAX: usize = 4096;

/// The most bytes of a body without a signature, when it can only be a challenge: `encrypt` and what stands around it.
pub(super) const UNSIGNED_BODY_BYTES_MAX: usize = 2 * UNSIGNED_ENCRYPT_BYTES_MAX;
