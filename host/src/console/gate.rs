//! Access to the pages: by whom, from which page, with which form; and the headers that hold the browser to it.
//!
//! A foreign page can make a browser send requests here. It is refused by the `Host`, the `Origin` and `Sec-Fetch-Site`,
//! gets no cookie (`SameSite=Strict`), knows no CSRF token, and may not frame a page.

use std::{future::ready, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use bytes::BytesMut;
use futures_util::{StreamExt as _, stream};
use tokio::time::timeout;

use super::{
    Console, Failure, assets, forms,
    live::Live,
    multipart,
    navigation::{self, LOGIN, PREFERENCES},
    session::Session,
    view::View,
};
use crate::{
    admin::{Role, is_own_host},
    codes::both,
    operate::Way,
    telemetry::Refused,
};

/// Requests in progress, apart from live streams, so that slow pages leave connections free.
pub(super) const REQUESTS_MAX: usize = 48;

/// Largest form: a selection of some thousand rows.
const FORM_BYTES_MAX: usize = 256 * 1024;

/// Time for a form to arrive.
const FORM_READ_MAX: Duration = Duration::from_secs(5);

/// Beginning of a form with files in which its first field is.
const FORM_BEGIN_BYTES_MAX: usize = 4_096;

/// Header with the CSRF token of what a script sends.
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// Passes a request on to its page, or answers it with a refusal.
pub(super) async fn admit(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut view = View::of(&console, &parts);
    let is_script = is_script(&parts.headers);
    let place = Arc::clone(&console.places);
    let mut response = match check(&console, &mut parts, body, &mut view).await {
        Ok(body) => match place.try_acquire() {
            Ok(_place) => {
                parts.extensions.insert(view.clone());
                let session = parts.extensions.get::<Session>().cloned();
                let response = next.run(Request::from_parts(parts, body)).await;
                match session {
                    Some(session) if Live::is_stream(&response) => while_in(console, session, response),
                    _ => response,
                }
            }
            Err(_) => busy().into_response(),
        },
        Err(answer) => *answer,
    };
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        response = if is_script {
            failure.plain(&view)
        } else {
            failure.page(&view)
        };
    }
    harden(response.headers_mut());
    response
}

/// A stream that ends with the session that asked for it.
fn while_in(console: Arc<Console>, session: Session, response: Response) -> Response {
    response.map(|stream| {
        let is_in = move || !console.sessions.is_over(&session, (console.admin.now_ms)());
        Body::from_stream(stream.into_data_stream().take_while(move |_| ready(is_in())))
    })
}

/// Returns the body, still to be read; adds to the view what the caller has proved.
async fn check(
    console: &Console,
    parts: &mut axum::http::request::Parts,
    body: Body,
    view: &mut View,
) -> Result<Body, Box<Response>> {
    let settings = &console.admin.settings;
    let headers = &parts.headers;
    if settings.is_open() && !is_own_host(headers, &parts.uri, &settings.host) {
        return refuse(console, view, "operator_host", &host());
    }
    if is_foreign(&parts.method, headers) {
        return refuse(console, view, "operator_origin", &foreign());
    }
    let session = console.sessions.of_request(settings, headers, view.now_ms);
    view.role = if settings.is_open() {
        Some(Role::Operator)
    } else {
        session.as_ref().map(|session| session.role)
    };
    view.actor = view.role.map(|role| {
        let mut actor = console.admin.actor(role, Way::Console, headers);
        actor.name = session.as_ref().map(Session::label);
        Arc::new(actor)
    });
    view.csrf = console.sessions.csrf(settings, session.as_ref()).into();
    let path = parts.uri.path();
    if view.role.is_none() && !is_before_login(path) {
        return Err(Box::new(to_login(&parts.method, headers, view)));
    }
    let body = if parts.method == Method::POST {
        // Before a login there is no session that a form could misuse, and the page may be another server's.
        let is_of_session = path != LOGIN || session.is_some() || settings.is_open();
        with_csrf(headers, body, is_of_session.then_some(&*view.csrf)).await?
    } else {
        body
    };
    if let Some(session) = session {
        parts.extensions.insert::<Session>(session);
    }
    Ok(body)
}

/// Pages that exist without a login.
fn is_before_login(path: &str) -> bool {
    path == LOGIN || path == PREFERENCES || path.starts_with(assets::PREFIX)
}

/// Whether a page of somebody else, or no page at all, sent the request.
///
/// A link may lead here from anywhere, because a page that is looked at changes nothing.
fn is_foreign(method: &Method, headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let is_own = |origin: &HeaderValue| {
        let origin = origin.to_str().unwrap_or_default();
        let authority = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| !host.is_empty() && authority.eq_ignore_ascii_case(host))
    };
    let mut origins = headers.get_all(header::ORIGIN).iter().peekable();
    let mut sites = headers.get_all(SITE).iter().peekable();
    if origins.peek().is_none() && sites.peek().is_none() && *method != Method::GET && *method != Method::HEAD {
        return true;
    }
    if !origins.all(is_own) {
        return true;
    }
    let is = |name: &HeaderName, word: &str| headers.get(name).is_some_and(|value| value == word);
    let is_link = *method == Method::GET && is(&MODE, "navigate") && is(&DEST, "document");
    !sites.all(|site| site == "same-origin" || site == "none" || is_link)
}

/// Whether a script asks, which cannot show a page.
fn is_script(headers: &HeaderMap) -> bool {
    let mode = headers.get(MODE);
    mode.is_some_and(|mode| mode != "navigate") || headers.contains_key(CSRF)
}

fn to_login(method: &Method, headers: &HeaderMap, view: &View) -> Response {
    if *method == Method::GET && !is_script(headers) {
        return Redirect::to(&navigation::to_login(&view.path)).into_response();
    }
    let text = both(
        "You are not logged in, or your login has ended. Log in and try again.",
        "尚未登录或登录已过期。请登录后重试。",
    );
    Failure::new(StatusCode::UNAUTHORIZED, text)
        .with_way_back(navigation::to_login(&view.path), both("Log in", "登录"))
        .into_response()
}

/// Checks the CSRF token, in a form or in the header of a script.
///
/// A form is read here also when the header proves it: whoever sends it slowly would hold one of the places of all pages.
/// Without an expected one any will do.
async fn with_csrf(headers: &HeaderMap, body: Body, expected: Option<&str>) -> Result<Body, Box<Response>> {
    let is_own = |sent: &[u8]| expected.is_none_or(|expected| forms::is_equal(sent, expected));
    let in_header = headers.get(CSRF).map(|sent| is_own(sent.as_bytes()));
    if in_header == Some(false) {
        return old_form();
    }
    if let Some(boundary) = multipart::boundary(headers) {
        return with_csrf_first(body, &boundary, expected.unwrap_or_default()).await;
    }
    if !forms::is_form(headers) {
        return if in_header.is_some() { Ok(body) } else { old_form() };
    }
    let bytes = timeout(FORM_READ_MAX, to_bytes(body, FORM_BYTES_MAX)).await;
    let Ok(Ok(bytes)) = bytes else {
        let text = both(
            "The form is too large, or did not arrive within 5 s.",
            "表单过大，或未在 5 秒内送达。",
        );
        return Err(Box::new(
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, text).into_response(),
        ));
    };
    let in_form = || forms::field(&bytes, forms::CSRF_FIELD).is_some_and(|sent| is_own(sent.as_bytes()));
    if in_header.is_some() || in_form() {
        Ok(Body::from(bytes))
    } else {
        old_form()
    }
}

/// Checks the CSRF token of a form with files, which is its first field, before the files are read.
async fn with_csrf_first(body: Body, boundary: &str, expected: &str) -> Result<Body, Box<Response>> {
    let mut rest = body.into_data_stream();
    let mut begun = BytesMut::new();
    let first = timeout(FORM_READ_MAX, async {
        while begun.len() < FORM_BEGIN_BYTES_MAX {
            begun.extend_from_slice(&rest.next().await?.ok()?);
            if let Some(first) = multipart::first(&begun.clone().freeze(), boundary) {
                return Some(first);
            }
        }
        None
    });
    let first = first.await.ok().flatten();
    let is_ours =
        first.is_some_and(|first| first.name == forms::CSRF_FIELD && forms::is_equal(&first.content, expected));
    if !is_ours {
        return old_form();
    }
    let begun = stream::once(async move { Ok(begun.freeze()) });
    Ok(Body::from_stream(begun.chain(rest)))
}

fn old_form<T>() -> Result<T, Box<Response>> {
    let text = both(
        "This form is from an earlier session. Nothing was changed: load the page again, and then send it.",
        "该表单来自之前的会话。未做任何更改：请重新加载页面后再提交。",
    );
    Err(Box::new(Failure::new(StatusCode::FORBIDDEN, text).into_response()))
}

fn refuse(console: &Console, view: &View, reason: &'static str, failure: &Failure) -> Result<Body, Box<Response>> {
    let refused = Refused {
        app: Arc::default(),
        reason,
    };
    if console.admin.refusals.add(refused) {
        tracing::warn!(reason, "Request to the console refused");
    }
    Err(Box::new(failure.plain(view)))
}

fn host() -> Failure {
    let text = both(
        "The Host is not this listener's; without CALLBACK_ADMIN_TOKEN only its own and loopback names are.",
        "Host 不是该端口的名称；未设置 CALLBACK_ADMIN_TOKEN 时，只接受它自己的名称和回环名称。",
    );
    Failure::new(StatusCode::FORBIDDEN, text)
}

fn foreign() -> Failure {
    let text = both(
        "Another web page sent this request, or a proxy does not pass on the Host.",
        "该请求来自其他网页，或代理没有原样转发 Host。",
    );
    Failure::new(StatusCode::FORBIDDEN, text)
}

fn busy() -> Failure {
    let text = both(
        "48 requests to the console are in progress; try again in a moment.",
        "已有 48 个控制台请求在处理；请稍后再试。",
    );
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, text)
}

fn harden(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Stricter, and the browser would send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ] {
        headers.insert(name, value);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(method: &Method, lines: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("console.example:8081"))]);
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        is_foreign(method, &headers)
    }

    #[test]
    fn only_our_own_pages_send_forms() {
        let own = ("origin", "https://console.example:8081");
        for lines in [
            &[own][..],
            &[own, ("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "same-origin")],
        ] {
            assert!(!is_refused(&Method::POST, lines), "{lines:?}");
        }
        for lines in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://console.example")],
            &[("origin", "https://evil.example")],
            &[own, ("origin", "https://evil.example")],
            &[own, ("sec-fetch-site", "same-site")],
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
            &[("origin", "https://console.example:8081.evil.example")],
        ] {
            assert!(is_refused(&Method::POST, lines), "{lines:?}");
        }
    }

    #[test]
    fn a_link_may_lead_here_and_nothing_may_be_embedded() {
        let link = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert!(!is_refused(&Method::GET, &link));
        assert!(!is_refused(&Method::GET, &[("sec-fetch-site", "none")]));
        assert!(!is_refused(&Method::GET, &[]), "an old browser, or a program");
        for dest in ["iframe", "object", "script", "image", "empty"] {
            let embedded = [link[0], link[1], ("sec-fetch-dest", dest)];
            assert!(is_refused(&Method::GET, &embedded), "{dest}");
        }
        assert!(is_refused(&Method::GET, &[("origin", "https://evil.example")]));
    }
}
