//! Authorizations: who has authorized an application and for what, the attempts of the last day, and revoking. No token is
//! ever shown.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    Console, Failure,
    elements::{Tone, ago, badge, csrf, empty, stacking_table},
    forms::{Form, is_equal},
    language::say,
    navigation::AUTHORIZATIONS,
    page::page,
    value::{given as text, is, list as rows, number as whole},
    view::View,
};
use crate::operate::{AuthorizationFilter, Command, RevokeAuthorization, encoded};

/// Path of the page that asks whether to revoke, and of the form on it.
const REVOKE: &str = "/console/authorizations/revoke";

/// Fields of the address, as a browser sends them.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    app: String,
    user: String,
    after: String,
    revoked: String,
    /// That the user was revoked on this page, and is not only named in an address.
    proof: String,
}

impl Asked {
    /// Whether an application and a user are those that are asked for.
    fn is_of(&self, app: Option<&str>, user: Option<&str>) -> bool {
        let is = |asked: &str, given: Option<&str>| asked.trim().is_empty() || given == Some(asked.trim());
        is(&self.app, app) && is(&self.user, user)
    }
}

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(AUTHORIZATIONS, get(show))
        .route(REVOKE, get(confirm).merge(post(revoke)))
}

async fn show(
    State(console): State<Arc<Console>>,
    view: View,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = AuthorizationFilter {
        app: given(&asked.app),
        user: given(&asked.user),
        after: given(&asked.after),
        limit: None,
    };
    let users = console.execute(&view, Command::Authorizations(filter)).await?;
    let sessions = console.execute(&view, Command::Sessions).await?;
    let title = view.word("Authorizations", "用户授权");
    Ok(page(&view, title, &body(&view, &asked, &users, &sessions)))
}

fn body(view: &View, asked: &Asked, users: &Value, sessions: &Value) -> Markup {
    let authorized: Vec<_> = rows(users, "authorizations")
        .iter()
        .map(|row| user(view, row))
        .collect();
    let is_meant = |row: &&Value| asked.is_of(text(row, "app_id"), text(row, "open_id"));
    let tried: Vec<_> = rows(sessions, "sessions")
        .iter()
        .filter(is_meant)
        .map(|row| session(view, row))
        .collect();
    let is_filtered = !asked.app.trim().is_empty() || !asked.user.trim().is_empty();
    html! {
        @if is_equal(asked.proof.as_bytes(), &proof(view, &asked.revoked)) {
            section.notice.good role="status" {
                p { (say!(view, "The authorization of {} was revoked.", "已撤销 {} 的授权。", asked.revoked)) }
            }
        }
        (filter(view, asked))
        h2 { (view.word("Users who have authorized", "已授权的用户")) }
        @if authorized.is_empty() {
            @if is_filtered {
                (empty(view.word("No authorization of this user or application.", "没有该用户或应用的授权。")))
            } @else {
                (empty(view.word("No user has authorized an application.", "没有用户授权过应用。")))
            }
        } @else {
            (stacking_table(
                view.word("Authorizations", "用户授权"),
                &[
                    view.word("User", "用户"),
                    view.word("Application", "应用"),
                    view.word("Scopes", "权限"),
                    view.word("Authorized", "授权时间"),
                    view.word("Lasts", "有效期"),
                    view.word("Action", "操作"),
                ],
                &authorized,
            ))
        }
        @if let Some(after) = text(users, "next_after") {
            p.pages {
                a.button href={ (AUTHORIZATIONS) "?app=" (encoded(&asked.app)) "&user=" (encoded(&asked.user)) "&after=" (encoded(after)) } {
                    (view.word("More", "更多"))
                }
            }
        }
        h2 { (view.word("Attempts of the last day", "最近一天的授权过程")) }
        @if is(sessions, "is_cut") {
            p.hint { (view.word("There are more attempts than are looked at; some are missing here.", "授权过程过多，此处只显示其中一部分。")) }
        }
        @if tried.is_empty() {
            @if is_filtered {
                (empty(view.word("No attempt of this user or application in the last day.", "最近一天没有该用户或应用的授权过程。")))
            } @else {
                (empty(view.word("Nobody was asked in the last day.", "最近一天没有授权请求。")))
            }
        } @else {
            (stacking_table(
                view.word("Attempts at authorizations", "授权过程"),
                &[
                    view.word("Started", "开始时间"),
                    view.word("User", "用户"),
                    view.word("Application", "应用"),
                    view.word("State", "状态"),
                    view.word("Scopes", "权限"),
                ],
                &tried,
            ))
        }
    }
}

fn filter(view: &View, asked: &Asked) -> Markup {
    let field = |name: &'static str, label: &str, value: &str, hint: &'static str| {
        html! { label { span { (label) } input name=(name) value=(value) placeholder=(hint) autocomplete="off" spellcheck="false"; } }
    };
    html! {
        form.filters method="get" action=(AUTHORIZATIONS) role="search" aria-label=(view.word("Filter", "筛选")) {
            (field("user", view.word("User", "用户"), &asked.user, "ou_…"))
            (field("app", view.word("Application", "应用"), &asked.app, "cli_…"))
            button.primary type="submit" { (view.word("Show", "查看")) }
            a.button href=(AUTHORIZATIONS) { (view.word("Clear", "清除")) }
        }
    }
}

fn scopes(row: &Value) -> Markup {
    html! { @for scope in rows(row, "scopes").iter().filter_map(Value::as_str) { code { (scope) } " " } }
}

fn user(view: &View, row: &Value) -> Markup {
    let (app, open_id) = (
        text(row, "app").unwrap_or_default(),
        text(row, "open_id").unwrap_or_default(),
    );
    let access = whole(row, "access_expires_at_ms").unwrap_or_default();
    let ends = whole(row, "refresh_expires_at_ms").unwrap_or(access);
    html! {
        tr {
            th scope="row" { code.whole { (open_id) } }
            td { code.whole { (app) } }
            td { (scopes(row)) }
            td { (ago(view, whole(row, "authorized_at_ms").unwrap_or_default())) }
            td {
                @if ends > view.now_ms {
                    (badge(Tone::Good, view.word("valid", "有效"))) " "
                    (view.word("ends ", "")) (ago(view, ends)) (view.word("", "到期"))
                } @else {
                    (badge(Tone::Warn, view.word("expired", "已过期"))) " " (ago(view, ends))
                }
            }
            td {
                @if view.is_operator() {
                    a.button href={ (REVOKE) "?app=" (encoded(app)) "&user=" (encoded(open_id)) } {
                        (view.word("Revoke…", "撤销…"))
                    }
                }
            }
        }
    }
}

fn session(view: &View, row: &Value) -> Markup {
    let status = text(row, "status").unwrap_or_default();
    let (tone, zh) = match status {
        "pending" => (Tone::Busy, "等待用户"),
        "exchanging" => (Tone::Busy, "正在换取"),
        "completed" => (Tone::Good, "已授权"),
        "rejected" => (Tone::Plain, "已拒绝"),
        "expired" => (Tone::Warn, "已过期"),
        "failed" => (Tone::Bad, "失败"),
        "superseded" => (Tone::Plain, "已被新请求取代"),
        other => (Tone::Plain, other),
    };
    html! {
        tr {
            td { (ago(view, whole(row, "created_at_ms").unwrap_or_default())) }
            td { code.whole { (text(row, "open_id").unwrap_or("—")) } }
            td { code.whole { (text(row, "app_id").unwrap_or("—")) } }
            td {
                (badge(tone, view.word(status, zh)))
                @if let Some(reason) = text(row, "reason") { " " code { (reason) } }
            }
            td { (scopes(row)) }
        }
    }
}

/// Asks before it is done, also without a script.
async fn confirm(view: View, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    if !view.is_operator() {
        return Err(Failure::role());
    }
    let body = html! {
        section.card {
            p {
                (say!(
                    view,
                    "Delete the tokens of {} for the application {}? Plugins can no longer act for this person until they authorize again.",
                    "删除 {} 对应用 {} 的访问凭证？在其重新授权之前，插件无法再以其身份操作。",
                    asked.user,
                    asked.app
                ))
            }
            form method="post" action=(REVOKE) {
                (csrf(&view))
                input type="hidden" name="app" value=(asked.app);
                input type="hidden" name="user" value=(asked.user);
                div.line {
                    button.danger type="submit" { (view.word("Revoke", "撤销")) }
                    a.button href=(AUTHORIZATIONS) { (view.word("Cancel", "取消")) }
                }
            }
        }
    };
    Ok(page(&view, view.word("Revoke an authorization", "撤销授权"), &body))
}

async fn revoke(State(console): State<Arc<Console>>, view: View, form: Form) -> Result<Response, Failure> {
    let (app, user) = (form.need("app")?.to_owned(), form.need("user")?.to_owned());
    let command = Command::Revoke(RevokeAuthorization {
        app,
        user: user.clone(),
    });
    console.execute(&view, command).await?;
    let proof = proof(&view, &user);
    Ok(Redirect::to(&format!("{AUTHORIZATIONS}?revoked={}&proof={proof}", encoded(&user))).into_response())
}

/// Known to nobody but this session: an address that somebody else made claims nothing.
fn proof(view: &View, user: &str) -> String {
    let mut hash = Sha256::new();
    for part in [&*view.csrf, "revoked", user] {
        hash.update(part.as_bytes());
        hash.update(b"\0");
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{codes::Language, console::view::Theme};

    #[test]
    fn only_the_page_after_a_revocation_says_that_somebody_was_revoked() {
        let view = View {
            language: Language::En,
            theme: Theme::System,
            role: None,
            actor: None,
            is_open: true,
            csrf: "secret of the session".into(),
            path: "".into(),
            now_ms: 0,
        };
        for (proof, is_told) in [
            (proof(&view, "ou_anna"), true),
            (proof(&view, "ou_bert"), false),
            (String::new(), false),
        ] {
            let asked = Asked {
                revoked: "ou_anna".to_owned(),
                proof,
                ..Asked::default()
            };
            let html = body(&view, &asked, &Value::Null, &Value::Null).into_string();
            assert_eq!(html.contains("The authorization of ou_anna was revoked."), is_told);
        }
    }
}
