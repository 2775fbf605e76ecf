//! Card authorization: a plain consent page, the exchange of its code, and the user's identity.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use serde_json::json;

use super::{Memory, Request, data, json_of, new_id, refused, say, user};
use crate::openapi::challenge;

/// User in the requests of `send`.
const OPERATOR: &str = "ou_84aad35d084aa403a838cf73ee18467a";

/// Authorization that a code stands for.
#[derive(Debug, Clone)]
pub(super) struct Code {
    open_id: String,
    scope: String,
    challenge: String,
}

/// Renders the consent page.
pub(super) fn page(memory: &Memory, app_id: &str, request: &Request<'_>) -> Response {
    if request.query("client_id") != app_id {
        return problem("20010: there is only the application of dev");
    }
    if request.query("redirect_uri") != memory.redirect_uri {
        return problem("20029: the redirect_uri is not the registered one");
    }
    let hidden: String = ["state", "scope", "code_challenge"]
        .iter()
        .map(|name| {
            format!(
                r#"<input type="hidden" name="{name}" value="{}">"#,
                escaped(request.query(name))
            )
        })
        .collect();
    let who = escaped(memory.latest.as_deref().unwrap_or(OPERATOR));
    Html(format!(
        r#"<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>dev</title>
<h1>The simulated Lark of dev</h1><p>The application {} asks for: {}</p>
<form action="/dev/authorize">{hidden}
<p><label>You are <input name="open_id" size="40" value="{who}"></label></p>
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></form>"#,
        escaped(app_id),
        escaped(request.query("scope")),
    ))
    .into_response()
}

/// Handles the choice on the consent page: redirects to the application, with or without a code.
pub(super) fn decide(memory: &mut Memory, request: &Request<'_>) -> Response {
    let state = utf8_percent_encode(request.query("state"), NON_ALPHANUMERIC);
    let outcome = if request.query("decision") == "allow" {
        let code = new_id("code-");
        let granted = Code {
            open_id: request.query("open_id").trim().to_owned(),
            scope: request.query("scope").to_owned(),
            challenge: request.query("code_challenge").to_owned(),
        };
        say(&format!("{} allows: {}", granted.open_id, granted.scope), &[]);
        memory.codes.insert(code.clone(), granted);
        format!("code={code}")
    } else {
        say("somebody denies", &[]);
        "error=access_denied".to_owned()
    };
    let address = format!("{}?{outcome}&state={state}", memory.redirect_uri);
    match HeaderValue::from_str(&address) {
        Ok(address) => (StatusCode::FOUND, [(header::LOCATION, address)]).into_response(),
        Err(_) => problem("the redirect_uri is not valid in a header"),
    }
}

/// Exchanges a code or a refresh token for a pair of tokens; each works once.
pub(super) fn token(memory: &mut Memory, request: &Request<'_>) -> Response {
    let (open_id, scope) = match request.field("grant_type") {
        "authorization_code" => {
            let Some(code) = memory.codes.remove(request.field("code")) else {
                return refused(20_003, "the authorization code is not valid, or was used");
            };
            if request.field("redirect_uri") != memory.redirect_uri {
                return refused(20_071, "the redirect_uri is not the one that the code was given for");
            }
            if challenge(&SecretString::from(request.field("code_verifier"))) != code.challenge {
                return refused(20_049, "the code_verifier does not fit the code_challenge");
            }
            (code.open_id, code.scope)
        }
        "refresh_token" => match memory.tokens.remove(request.field("refresh_token")) {
            Some(open_id) => (open_id, "offline_access".to_owned()),
            None => return refused(20_073, "the refresh token was used"),
        },
        _ => return refused(20_036, "the grant_type is not supported"),
    };
    let (access, refresh) = (new_id("u-"), new_id("ur-"));
    for token in [&access, &refresh] {
        memory.tokens.insert(token.clone(), open_id.clone());
    }
    json_of(
        StatusCode::OK,
        &json!({
            "code": 0, "access_token": access, "expires_in": 7200, "refresh_token": refresh,
            "refresh_token_expires_in": 604_800, "token_type": "Bearer", "scope": scope,
        }),
    )
}

pub(super) fn user_info(memory: &Memory, request: &Request<'_>) -> Response {
    match memory.tokens.get(request.bearer()) {
        Some(open_id) => data(&user(open_id)),
        None => refused(20_005, "the access token is not valid"),
    }
}

fn problem(text: &str) -> Response {
    say("the authorize page refuses", &[text.to_owned()]);
    let page = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>dev</title><p>{}</p>",
        escaped(text)
    );
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

/// Escapes text for HTML, including attributes in double quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
