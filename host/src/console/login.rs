//! Login with the token of an operator or a viewer, and logout.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::{Markup, html};

use super::{
    Console,
    elements::csrf,
    forms::Form,
    language::say,
    navigation::{LOGIN, LOGOUT, own_path},
    page::bare_page,
    session::{SECONDS_MAX, Session, cookie_name},
    view::View,
};
use crate::{
    listen::{Peer, Sender},
    telemetry::Refused,
};

/// Query of the login.
#[derive(Debug, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    next: String,
}

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(LOGIN, get(show).post(login))
        .route(LOGOUT, post(logout))
}

async fn show(view: View, Query(asked): Query<Asked>) -> Response {
    let next = own_path(&asked.next);
    if view.role.is_some() {
        return Redirect::to(next).into_response();
    }
    card_page(&view, next, None)
}

async fn login(State(console): State<Arc<Console>>, view: View, headers: HeaderMap, form: Form) -> Response {
    let (settings, peer) = (&console.admin.settings, Peer::of_request());
    let next = own_path(form.get("next").unwrap_or_default());
    if view.is_open {
        return Redirect::to(next).into_response();
    }
    let sender = console.admin.proxies.sender(peer, &headers);
    if let Err(wait) = console.logins.begin(&sender) {
        return too_many(&view, next, wait.as_secs() + 1);
    }
    let role = form.get("token").and_then(|token| settings.role_of(token.as_bytes()));
    let cookie = role.and_then(|role| console.sessions.begin(settings, role, view.now_ms));
    let (Some(role), Some(cookie)) = (role, cookie) else {
        return wrong(&console, &view, &sender, next);
    };
    console.logins.succeeded(&sender);
    tracing::info!(peer = %sender, role = role.word(), "Logged in to the console");
    let secure = if console.admin.proxies.is_https(peer, &headers) {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!(
        "{}={cookie}; Path=/console; HttpOnly; SameSite=Strict; Max-Age={SECONDS_MAX}{secure}",
        cookie_name(&headers)
    );
    with_cookie(next, &cookie)
}

fn wrong(console: &Console, view: &View, sender: &Sender, next: &str) -> Response {
    let refused = Refused {
        app: Arc::default(),
        reason: "operator_token",
    };
    if console.admin.refusals.add(refused) {
        tracing::warn!(peer = %sender, "Login to the console refused: the token is wrong");
    }
    let text = view.word(
        "This is not a token of this server. It is the value of CALLBACK_ADMIN_TOKEN, or of CALLBACK_ADMIN_VIEWER_TOKEN.",
        "令牌不正确。应为 CALLBACK_ADMIN_TOKEN 或 CALLBACK_ADMIN_VIEWER_TOKEN 的值。",
    );
    (StatusCode::FORBIDDEN, card_page(view, next, Some(text))).into_response()
}

fn too_many(view: &View, next: &str, seconds: u64) -> Response {
    let text = say!(
        view,
        "Too many attempts from your address. Wait {seconds} s; commands and the API still work.",
        "该地址登录尝试过多。请等待 {seconds} 秒；命令行和 API 不受影响。"
    );
    let mut response = (StatusCode::TOO_MANY_REQUESTS, card_page(view, next, Some(&text))).into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

async fn logout(
    State(console): State<Arc<Console>>,
    view: View,
    session: Option<Extension<Session>>,
    request: Request,
) -> Response {
    if let Some(Extension(session)) = session {
        console.sessions.end(session, view.now_ms);
    }
    let name = cookie_name(request.headers());
    with_cookie(
        LOGIN,
        &format!("{name}=; Path=/console; HttpOnly; SameSite=Strict; Max-Age=0"),
    )
}

fn with_cookie(next: &str, cookie: &str) -> Response {
    let mut response = Redirect::to(next).into_response();
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn card_page(view: &View, next: &str, wrong: Option<&str>) -> Response {
    bare_page(view, view.word("Log in", "登录"), &card(view, next, wrong)).into_response()
}

fn card(view: &View, next: &str, wrong: Option<&str>) -> Markup {
    html! {
        form.card.login method="post" action=(LOGIN) {
            (csrf(view))
            input type="hidden" name="next" value=(next);
            h1 { (view.word("Log in to the console", "登录控制台")) }
            @if let Some(wrong) = wrong {
                p.error role="alert" id="wrong" { (wrong) }
            }
            label for="token" { (view.word("Token", "令牌")) }
            input id="token" name="token" type="password" autocomplete="current-password" required autofocus
                aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| "wrong")];
            p.hint {
                (view.word(
                    "The value of CALLBACK_ADMIN_TOKEN in the settings of the server, or of CALLBACK_ADMIN_VIEWER_TOKEN to look only.",
                    "服务器设置中 CALLBACK_ADMIN_TOKEN 的值；只查看则用 CALLBACK_ADMIN_VIEWER_TOKEN 的值。",
                ))
            }
            button.primary type="submit" { (view.word("Log in", "登录")) }
        }
    }
}
