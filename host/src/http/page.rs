//! The page that a person sees after the authorize page: a fixed set of texts in two languages, without a script.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::lark::Page;

/// Without classes of a framework and without pictures, so that it is one answer; in the dark where the client is.
const STYLE: &str = include_str!("page/style.css");

/// Nothing is loaded and nothing runs. The style is named by its hash, which a test compares.
const POLICY: &str = "default-src 'none'; style-src 'sha256-OTfVNh8lH5nCVxp0CZJdMhxJ6EGU1JJMkfcSVer7WBc='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Chinese,
    English,
}

impl Language {
    /// The one that the browser likes better; Chinese when it does not say, as the texts of cards do.
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
            let language = match tag.trim().split('-').next() {
                Some(primary) if primary.eq_ignore_ascii_case("zh") || primary == "*" => Self::Chinese,
                Some("") | None => continue,
                // Who reads neither is more likely to read English.
                Some(_) => Self::English,
            };
            let weight = weight.unwrap_or(0.0);
            if weight > best_weight {
                (best, best_weight) = (Some(language), weight);
            }
        }
        best.unwrap_or(Self::Chinese)
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// How it ended, as the colour and the sign of the page.
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

    /// A path in a square of 48.
    fn sign(self) -> &'static str {
        match self {
            Self::Good => "M14 25l7 7 14-15",
            Self::Neutral => "M15 24h18",
            Self::Careful => "M24 14v12M24 33.5v.01",
            Self::Bad => "M17 17l14 14M31 17L17 31",
        }
    }
}

/// One page in one language.
struct Text {
    title: &'static str,
    body: &'static str,
}

/// The statuses of the decision table; a page is shown whatever they say.
pub(super) fn status(page: Page) -> StatusCode {
    match page {
        Page::Authorized | Page::Refused | Page::Address => StatusCode::OK,
        Page::Expired | Page::Used | Page::Invalid | Page::Incomplete => StatusCode::BAD_REQUEST,
        Page::WrongPerson => StatusCode::FORBIDDEN,
        Page::Failed => StatusCode::BAD_GATEWAY,
        Page::NotSetUp => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn tone(page: Page) -> Tone {
    match page {
        Page::Authorized => Tone::Good,
        Page::Refused | Page::Address => Tone::Neutral,
        Page::Expired | Page::Used | Page::Invalid | Page::Incomplete | Page::NotSetUp => Tone::Careful,
        Page::WrongPerson | Page::Failed => Tone::Bad,
    }
}

fn chinese(page: Page) -> Text {
    let (title, body) = match page {
        Page::Authorized => ("授权成功", "应用现在可以在您同意的范围内，以您的身份进行操作。"),
        Page::Refused => ("已取消授权", "您没有同意授权，应用未获得任何权限。"),
        Page::Expired => ("授权已过期", "授权请求仅在 10 分钟内有效。请回到聊天中重新发起。"),
        Page::Used => ("链接已使用", "每个授权请求只能完成一次。结果请查看聊天中的授权卡片。"),
        Page::WrongPerson => (
            "账号不一致",
            "当前登录的账号与收到卡片的账号不同，未保存任何授权。请切换账号后重新发起。",
        ),
        Page::Invalid => (
            "链接无效",
            "此链接不属于任何进行中的授权请求。请使用聊天中最新的授权卡片。",
        ),
        Page::Failed => (
            "授权未完成",
            "处理过程中出现问题，未能完成授权。请稍后回到聊天中重新发起。",
        ),
        Page::Incomplete => ("链接不完整", "地址中缺少必要的信息。请从聊天中的授权卡片重新打开。"),
        Page::NotSetUp => ("授权功能尚未启用", "此服务尚未配置用户授权，请联系管理员。"),
        Page::Address => (
            "服务运行正常",
            "这是飞书应用的回调地址，直接打开时没有需要您操作的内容。",
        ),
    };
    Text { title, body }
}

fn english(page: Page) -> Text {
    let (title, body) = match page {
        Page::Authorized => (
            "You are all set",
            "The application may now act for you, within what you agreed to.",
        ),
        Page::Refused => (
            "Authorization cancelled",
            "You did not agree, so the application was allowed nothing.",
        ),
        Page::Expired => (
            "This request has expired",
            "A request is valid for 10 minutes. Please ask for a new card in the chat.",
        ),
        Page::Used => (
            "This link was used already",
            "A request can be answered once. The card in the chat shows how it ended.",
        ),
        Page::WrongPerson => (
            "This is another account",
            "You are signed in as somebody else than the card was sent to. Nothing was stored. \
                 Please switch accounts and ask for a new card.",
        ),
        Page::Invalid => (
            "This link is not valid",
            "It belongs to no request that is open. Please use the newest card in the chat.",
        ),
        Page::Failed => (
            "This did not work",
            "Something went wrong on the way, and the authorization was not completed. \
                 Please ask for a new card in the chat.",
        ),
        Page::Incomplete => (
            "This link is incomplete",
            "Something is missing from the address. Please open it from the card in the chat.",
        ),
        Page::NotSetUp => (
            "Authorization is not set up",
            "This service is not ready for it yet. Please tell your administrator.",
        ),
        Page::Address => (
            "The service is running",
            "This is the callback address of a Feishu or Lark app. There is nothing for you to do here.",
        ),
    };
    Text { title, body }
}

fn html(page: Page, language: Language) -> String {
    let (Text { title, body }, close) = match language {
        Language::Chinese => (chinese(page), "您可以关闭此页面，返回聊天。"),
        Language::English => (english(page), "You may close this page and return to the chat."),
    };
    let (tag, class, sign) = (language.tag(), tone(page).class(), tone(page).sign());
    format!(
        r#"<!doctype html>
<html lang="{tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main class="{class}">
<svg viewBox="0 0 48 48" width="64" height="64" aria-hidden="true"><circle cx="24" cy="24" r="24"/><path d="{sign}"/></svg>
<h1>{title}</h1>
<p>{body}</p>
<p class="close">{close}</p>
</main>
</body>
</html>
"#
    )
}

/// The page as an answer.
pub(super) fn response(page: Page, language: Language) -> Response {
    let html = html(page, language);
    with_headers((status(page), Body::from(html)).into_response())
}

/// Its header alone.
pub(super) fn empty() -> Response {
    with_headers(StatusCode::OK.into_response())
}

/// Kept nowhere, shown in no frame, and the address with the code is told to nobody.
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
