//! Page shown to a person after the authorize page: a fixed set of texts in three languages, no scripts.

mod texts;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use lark_protocol::Page;

use crate::apps::About;
use texts::Text;

/// Stylesheet inlined into the page, so that it needs no second request; follows the client's dark mode.
const STYLE: &str = include_str!("page/style.css");

/// Allows no scripts and no external resources. The style is allowed by its hash, which a test compares.
const POLICY: &str = "default-src 'none'; style-src 'sha256-cOKwLzt/5lotiU2wQrIWbzOgWpLWP4wyCBQdwx5cfHQ='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Simplified,
    /// Traditional Chinese, with the language tag of the region.
    Traditional(&'static str),
    English,
}

impl Language {
    /// Picks the browser's preferred language; simplified Chinese when it states none, as for card texts.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_LANGUAGE).into_iter();
        let ranges = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        let (mut best, mut best_weight) = (None, 0.0);
        for range in ranges {
            let (tag, weight) = match range.split_once(';') {
                Some((tag, weight)) => (tag, weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok())),
                None => (range, Some(1.0_f32)),
            };
            let Some(language) = Self::tagged(tag.trim()) else {
                continue;
            };
            let weight = weight.unwrap_or(0.0);
            if weight > best_weight {
                (best, best_weight) = (Some(language), weight);
            }
        }
        best.unwrap_or(Self::Simplified)
    }

    /// Parses a BCP 47 tag such as `zh-Hant-TW`. The script takes precedence over the region.
    fn tagged(tag: &str) -> Option<Self> {
        let mut parts = tag.split('-');
        match parts.next() {
            None | Some("") => return None,
            Some("*") => return Some(Self::Simplified),
            Some(primary) if primary.eq_ignore_ascii_case("zh") => {}
            // A reader of any other language is more likely to read English than Chinese.
            Some(_) => return Some(Self::English),
        }
        let parts: Vec<_> = parts.map(str::to_ascii_lowercase).collect();
        let has = |wanted: &str| parts.iter().any(|part| part == wanted);
        Some(match () {
            () if has("hans") => Self::Simplified,
            () if has("hk") || has("mo") => Self::Traditional("zh-HK"),
            () if has("tw") || has("hant") => Self::Traditional("zh-TW"),
            () => Self::Simplified,
        })
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Simplified => "zh-CN",
            Self::Traditional(tag) => tag,
            Self::English => "en",
        }
    }
}

/// Outcome, shown as the colour and the icon of the page.
#[derive(Debug, Clone, Copy)]
enum Tone {
    Good,
    Neutral,
    Careful,
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Neutral => "neutral",
            Self::Careful => "careful",
            Self::Bad => "bad",
        }
    }

    /// SVG path in a 48 × 48 box.
    fn sign(self) -> &'static str {
        match self {
            Self::Good => "M14 25l7 7 14-15",
            Self::Neutral => "M15 24h18",
            Self::Careful => "M24 14v12M24 33.5v.01",
            Self::Bad => "M17 17l14 14M31 17L17 31",
        }
    }
}

/// HTTP status of each page; the page is shown with all of them.
pub(super) fn status(page: Page) -> StatusCode {
    match page {
        Page::Authorized | Page::Refused | Page::Address => StatusCode::OK,
        Page::Expired | Page::Used | Page::Invalid | Page::Incomplete => StatusCode::BAD_REQUEST,
        Page::WrongPerson | Page::NotAllowed => StatusCode::FORBIDDEN,
        Page::Failed => StatusCode::BAD_GATEWAY,
        Page::NotSetUp => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn tone(page: Page) -> Tone {
    match page {
        Page::Authorized => Tone::Good,
        Page::Refused | Page::Address => Tone::Neutral,
        Page::Expired | Page::Used | Page::Invalid | Page::Incomplete | Page::NotSetUp => Tone::Careful,
        Page::WrongPerson | Page::NotAllowed | Page::Failed => Tone::Bad,
    }
}

/// Escapes the application's name, which the operator chose, for HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn html(page: Page, language: Language, about: &About) -> String {
    let (Text { title, body }, frame) = (texts::text(page, language), texts::frame(language));
    let name = about.name.as_deref().map(escape);
    // Chinese typography sets a Latin name apart with spaces.
    let apart = |name: &str| match language {
        Language::English => name.to_owned(),
        Language::Simplified | Language::Traditional(_) => format!("「{name}」"),
    };
    let app = name.as_deref().map_or_else(|| frame.app.to_owned(), apart);
    let app_first = name.as_deref().map_or_else(|| frame.app_first.to_owned(), apart);
    let body = body.replace('|', "<wbr>");
    let body = body.replace("{App}", &app_first).replace("{app}", &app);
    let heading = name.as_deref().map(|name| format!("<p class=\"app\">{name}</p>\n"));
    let heading = heading.unwrap_or_default();
    let suffix = name.as_deref().map(|name| format!(" · {name}")).unwrap_or_default();
    let close = frame.close.replace('|', "<wbr>");
    let back = about.chat.as_ref().map(|chat| {
        let client = if chat.is_lark { "Lark" } else { frame.feishu };
        let gap = if client == "Lark" && frame.back == "返回" {
            " "
        } else {
            ""
        };
        format!("<a href=\"{}\">{}{gap}{client}</a>\n", escape(&chat.url), frame.back)
    });
    let back = back.unwrap_or_default();
    let (tag, class, sign) = (language.tag(), tone(page).class(), tone(page).sign());
    format!(
        r#"<!doctype html>
<html lang="{tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}{suffix}</title>
<style>{STYLE}</style>
</head>
<body>
<main class="{class}">
{heading}<svg viewBox="0 0 48 48" width="64" height="64" aria-hidden="true"><circle cx="24" cy="24" r="24"/><path d="{sign}"/></svg>
<h1>{title}</h1>
<p>{body}</p>
{back}<p class="close">{close}</p>
</main>
</body>
</html>
"#
    )
}

/// Renders the page as an answer.
pub(super) fn response(page: Page, language: Language, about: &About) -> Response {
    let html = html(page, language, about);
    with_headers((status(page), Body::from(html)).into_response())
}

/// Whether a body is a page of this kind of server.
pub fn is_page(body: &str) -> bool {
    body.contains(STYLE.trim())
}

/// Answers with the headers of the page only.
pub(super) fn empty() -> Response {
    with_headers(StatusCode::OK.into_response())
}

/// No caching, no framing, and no referrer, because the address contains the code.
fn with_headers(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 7] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::VARY, "accept-language"),
    ];
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests;
