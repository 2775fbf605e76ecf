//! A digest of several texts.

use sha2::{Digest as _, Sha256};

/// SHA-256 over texts, each prefixed with its length, so that no two lists of texts hash the same bytes.
pub fn sha256_of_parts(parts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::sha256_of_parts;

    #[test]
    fn where_one_text_ends_makes_a_difference() {
        let lists: [&[&str]; 4] = [&["ab", "c"], &["a", "bc"], &["abc"], &["abc", ""]];
        for (index, one) in lists.iter().enumerate() {
            for other in &lists[index + 1..] {
                assert_ne!(sha256_of_parts(one), sha256_of_parts(other), "{one:?} {other:?}");
            }
        }
    }

    /// Databases hold such digests, so they must not change.
    #[test]
    fn a_digest_stays_what_it_was() {
        assert_eq!(
            hex::encode(sha256_of_parts(&["cli_a", "event", "e-1"])),
            "f65cf590c4cc4dc079d007443cc4edb84f2aacf4a7d80400d529058462e82187"
        );
    }
}
