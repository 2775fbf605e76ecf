//! How a row of the table is written.

/// Cause and cure in one language, each as the part of a sentence.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) cause: &'static str,
    pub(super) cure: &'static str,
}

/// Read in Lark's documentation or in one of its SDKs.
pub(super) const SURE: bool = true;

/// Reported by users or seen in other programs only.
pub(super) const UNSURE: bool = false;

/// The first of at most one link.
pub(super) const fn pick(links: &[&'static str]) -> &'static str {
    if let [link, ..] = links { link } else { "" }
}

/// Rows: the code, for Lark's whether it is verified and perhaps a page of its own, and cause and cure in both languages.
macro_rules! entries {
    ($($code:literal $([$sure:ident $(, $link:ident)?])?;
        en $cause:literal => $cure:literal;
        zh $cause_zh:literal => $cure_zh:literal;)*) => {
        &[$($crate::codes::Entry {
            code: $code,
            is_verified: true $(&& $crate::codes::row::$sure)?,
            link: $crate::codes::row::pick(&[$($($link)?)?]),
            en: $crate::codes::row::Told { cause: $cause, cure: $cure },
            zh: $crate::codes::row::Told { cause: $cause_zh, cure: $cure_zh },
        }),*]
    };
}
