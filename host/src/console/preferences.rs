//! Preferences of a browser: language and theme, kept in cookies for a year.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};

use super::{
    Console, HOME,
    forms::Form,
    language,
    navigation::{PREFERENCES, own_path},
    view::{LANGUAGE, THEME, Theme},
};

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(PREFERENCES, post(keep))
}

async fn keep(form: Form) -> Response {
    let language = form.get("language").and_then(language::of_word).map(language::tag);
    let theme = form.get("theme").and_then(Theme::of_word).map(Theme::word);
    let mut response = Redirect::to(own_path(form.get("next").unwrap_or(HOME))).into_response();
    for (name, value) in [(LANGUAGE, language), (THEME, theme)] {
        let Some(value) = value else { continue };
        let cookie = format!("{name}={value}; Path=/console; HttpOnly; SameSite=Strict; Max-Age=31536000");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}
