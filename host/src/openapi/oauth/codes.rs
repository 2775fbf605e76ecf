//! Lark's error codes for users' tokens, each with the reaction that it needs ("Obtain authorization code", "Obtain
//! `user_access_token`", "Refresh `user_access_token`", "Get user information").

use crate::codes::{self, Entry};

/// The meaning of a code, which decides the reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The grant has ended; the user must authorize again.
    AuthorizeAgain,
    /// The code is used or expired; a new link is needed.
    CodeRefused,
    /// The verifier does not match the link.
    PkceRefused,
    /// This user may not use the application.
    NotAllowed,
    /// A scope is not enabled for the application.
    ScopeRefused,
    /// A setting here or in the console must be changed.
    Configuration,
    /// A temporary error on Lark's side.
    Busy,
}

/// All codes, sorted by number. What they mean in words stands in the table of all codes.
static MEANINGS: [(i64, Meaning); 39] = [
    (1_007, Meaning::CodeRefused),
    (20_001, Meaning::Configuration),
    (20_002, Meaning::Configuration),
    (20_003, Meaning::CodeRefused),
    (20_004, Meaning::CodeRefused),
    (20_005, Meaning::AuthorizeAgain),
    (20_007, Meaning::CodeRefused),
    (20_008, Meaning::NotAllowed),
    (20_009, Meaning::NotAllowed),
    (20_010, Meaning::NotAllowed),
    (20_021, Meaning::NotAllowed),
    (20_022, Meaning::NotAllowed),
    (20_023, Meaning::NotAllowed),
    (20_024, Meaning::Configuration),
    (20_026, Meaning::AuthorizeAgain),
    (20_027, Meaning::ScopeRefused),
    (20_029, Meaning::Configuration),
    (20_036, Meaning::Configuration),
    (20_037, Meaning::AuthorizeAgain),
    (20_043, Meaning::ScopeRefused),
    (20_048, Meaning::Configuration),
    (20_049, Meaning::PkceRefused),
    (20_050, Meaning::Busy),
    (20_063, Meaning::Configuration),
    (20_064, Meaning::AuthorizeAgain),
    (20_065, Meaning::CodeRefused),
    (20_066, Meaning::NotAllowed),
    (20_067, Meaning::Configuration),
    (20_068, Meaning::ScopeRefused),
    (20_069, Meaning::Configuration),
    (20_070, Meaning::Configuration),
    (20_071, Meaning::Configuration),
    (20_072, Meaning::Busy),
    (20_073, Meaning::AuthorizeAgain),
    (20_074, Meaning::Configuration),
    (99_991_668, Meaning::AuthorizeAgain),
    (99_991_672, Meaning::ScopeRefused),
    (99_991_677, Meaning::AuthorizeAgain),
    (99_991_679, Meaning::ScopeRefused),
];

/// Returns what is documented about a code.
pub(super) fn documented(code: i64) -> Option<(Meaning, &'static Entry)> {
    let (_, meaning) = MEANINGS.iter().find(|(known, _)| *known == code)?;
    Some((*meaning, codes::lark(code)?))
}

/// Extracts scope names from Lark's error message: `contact:user.base:readonly`, `offline_access`. The rest of the message is
/// not trusted.
pub(super) fn scopes_in(words: &str) -> String {
    /// Lark names the missing scopes; only the first few are read.
    const SCOPES_MAX: usize = 10;
    const SCOPE_BYTES_MAX: usize = 100;
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | ':' | '.' | '-');
    let is_scope = |word: &&str| {
        let word = *word;
        let has_parts = word.split(':').count() > 1 && word.split(':').all(|part| !part.is_empty());
        word.len() <= SCOPE_BYTES_MAX && (has_parts || word == "offline_access")
    };
    let words = words
        .split(|c| !is_part(c))
        .map(|word| word.trim_end_matches(['.', ':']));
    let mut scopes: Vec<&str> = words.filter(is_scope).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes.truncate(SCOPES_MAX);
    scopes.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_once_and_is_explained() {
        for ((code, _), (next, _)) in MEANINGS.iter().zip(MEANINGS.iter().skip(1)) {
            assert!(code < next, "{code} before {next}");
        }
        for (code, _) in MEANINGS {
            assert!(documented(code).is_some(), "{code}");
        }
    }

    #[test]
    fn only_names_of_scopes_are_taken_from_what_lark_says() {
        for (words, scopes) in [
            (
                "应用未获取所需的用户授权权限：offline_access, contact:user.base:readonly。",
                "contact:user.base:readonly, offline_access",
            ),
            ("The app lacks [im:message] and im:message.", "im:message"),
            ("code-secret u-secret https://open.feishu.cn", ""),
            ("", ""),
        ] {
            assert_eq!(scopes_in(words), scopes, "{words}");
        }
        assert!(scopes_in(&"a:b".repeat(1_000)).is_empty());
    }
}
