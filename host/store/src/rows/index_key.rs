//! Texts of others as keys of an index: no database takes long ones, and PostgreSQL refuses the whole row.

use sha2::{Digest as _, Sha256};

/// Lark's ids have some 40 bytes.
const BYTES_MAX: usize = 128;

/// The text itself, or its digest when it is longer than any id of Lark's; the same for both databases.
pub fn index_key(text: String) -> String {
    if text.len() > BYTES_MAX {
        format!("sha256-{}", hex::encode(Sha256::digest(text)))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::index_key;

    #[test]
    fn a_long_text_is_known_by_its_digest() {
        let long = |end: &str| index_key(format!("{}{end}", "x".repeat(4_000)));
        assert!(long("a").len() < 80 && long("a") == long("a"));
        assert_ne!(long("a"), long("b"));
        let longest = "x".repeat(128);
        assert_eq!(index_key(longest.clone()), longest);
    }
}
