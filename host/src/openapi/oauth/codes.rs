//! Lark's error codes for users' tokens, each with its meaning and remedy ("Obtain authorization code", "Obtain
//! `user_access_token`", "Refresh `user_access_token`").

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

/// One documented code.
#[derive(Debug)]
pub(super) struct Documented {
    pub(super) code: i64,
    pub(super) meaning: Meaning,
    /// The problem and its remedy, for the operator.
    pub(super) remedy: &'static str,
}

const fn row(code: i64, meaning: Meaning, remedy: &'static str) -> Documented {
    Documented { code, meaning, remedy }
}

/// The remedy when a request does not suit the endpoint.
const ENDPOINT: &str = "LARK_API_BASE_URL, LARK_ACCOUNTS_BASE_URL or LARK_OAUTH_TOKEN_ENDPOINT may lead to something \
                        else than Lark";

/// All codes, sorted by number.
pub(super) static CODES: [Documented; 34] = [
    row(
        1_007,
        Meaning::CodeRefused,
        "it expired or was used; the user needs a new card",
    ),
    row(20_001, Meaning::Configuration, ENDPOINT),
    row(
        20_002,
        Meaning::Configuration,
        "LARK_APP_SECRET is not the secret of LARK_APP_ID",
    ),
    row(
        20_003,
        Meaning::CodeRefused,
        "Lark does not know it, or it was used; the user needs a new card",
    ),
    row(
        20_004,
        Meaning::CodeRefused,
        "it expired: it is good for five minutes; the user needs a new card",
    ),
    row(
        20_007,
        Meaning::CodeRefused,
        "it expired or was used; the user needs a new card",
    ),
    row(
        20_008,
        Meaning::NotAllowed,
        "Lark does not know the user; they may have left the company",
    ),
    row(
        20_009,
        Meaning::NotAllowed,
        "the application is not installed in the user's company; an administrator there must install it",
    ),
    row(
        20_010,
        Meaning::NotAllowed,
        "the user is outside of the application's availability; add them in the console, and publish a version",
    ),
    row(20_021, Meaning::NotAllowed, "the user has left the company"),
    row(
        20_022,
        Meaning::NotAllowed,
        "the user's account is suspended; an administrator can restore it",
    ),
    row(
        20_023,
        Meaning::NotAllowed,
        "the user has not activated their account yet",
    ),
    row(
        20_024,
        Meaning::Configuration,
        "the code or token was made for another application than LARK_APP_ID",
    ),
    row(20_026, Meaning::AuthorizeAgain, "Lark rejected the refresh token"),
    row(20_027, Meaning::ScopeRefused, ""),
    row(
        20_029,
        Meaning::Configuration,
        "OAUTH_REDIRECT_URI is not registered in the console of this application, under Security Settings > Redirect \
         URLs; it must be the same to the letter",
    ),
    row(20_036, Meaning::Configuration, ENDPOINT),
    row(20_037, Meaning::AuthorizeAgain, "the refresh token has expired"),
    row(20_043, Meaning::ScopeRefused, ""),
    row(
        20_048,
        Meaning::Configuration,
        "there is no application with LARK_APP_ID at this Lark; Feishu and Lark have different ones",
    ),
    row(
        20_049,
        Meaning::PkceRefused,
        "if it happens with LARK_OAUTH_TOKEN_ENDPOINT=v3, set it to v2; else somebody may have changed the link",
    ),
    row(20_050, Meaning::Busy, "it passes"),
    row(20_063, Meaning::Configuration, ENDPOINT),
    row(20_064, Meaning::AuthorizeAgain, "the refresh token was revoked"),
    row(
        20_065,
        Meaning::CodeRefused,
        "it was used before; the user needs a new card",
    ),
    row(
        20_066,
        Meaning::NotAllowed,
        "the user's account is not active: suspended, or they have left the company",
    ),
    row(
        20_067,
        Meaning::Configuration,
        "a scope is asked for twice; name each scope once",
    ),
    row(20_068, Meaning::ScopeRefused, ""),
    row(
        20_069,
        Meaning::Configuration,
        "the application is not enabled; have an administrator enable it, or publish its first version in the console",
    ),
    row(20_070, Meaning::Configuration, ENDPOINT),
    row(
        20_071,
        Meaning::Configuration,
        "OAUTH_REDIRECT_URI is another one than the link was made with; all servers need the same, and it must not change \
         while somebody authorizes",
    ),
    row(20_072, Meaning::Busy, "it passes"),
    row(
        20_073,
        Meaning::AuthorizeAgain,
        "the refresh token was used before; two servers with different databases may share the application",
    ),
    row(
        20_074,
        Meaning::Configuration,
        "refreshing is switched off; switch it on in the console, under Security Settings",
    ),
];

/// Returns what is documented about a code.
pub(super) fn documented(code: i64) -> Option<&'static Documented> {
    CODES.iter().find(|row| row.code == code)
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
    fn each_code_stands_once_and_tells_what_helps() {
        for (row, next) in CODES.iter().zip(CODES.iter().skip(1)) {
            assert!(row.code < next.code, "{} before {}", row.code, next.code);
        }
        for row in &CODES {
            let names_scopes = row.meaning == Meaning::ScopeRefused;
            assert_eq!(row.remedy.is_empty(), names_scopes, "{}", row.code);
        }
    }

    #[test]
    fn the_manual_names_every_code() {
        let manual = include_str!("../../../docs/authorization.md");
        for row in &CODES {
            assert!(manual.contains(&row.code.to_string()), "{}", row.code);
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
