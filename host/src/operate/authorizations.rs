//! Authorizations of users, and the attempts at them that `card-auth` keeps. No token is ever shown.

use lark_callback_store::{KvScope, PAGE_ROWS_MAX};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Context, OperateError, names::NameKind};

/// Rows when nobody says how many.
const LIMIT: u32 = 50;

/// Attempts that are looked at; each is a row that lives for a day.
const SESSIONS_MAX: u32 = 500;

/// The plugin that keeps attempts, and the beginning of their keys.
const PLUGIN: &str = "card-auth";
const PREFIX: &str = "session/";

/// Fields of an attempt that say how it went. Its key and its message stay with the plugin.
const SESSION_FIELDS: [&str; 8] = [
    "app_id",
    "open_id",
    "status",
    "scopes",
    "reason",
    "created_at_ms",
    "expires_at_ms",
    "finished_at_ms",
];

/// Filter for authorizations. Absent fields do not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuthorizationFilter {
    /// The application: `cli_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The user: `ou_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `next_after` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Rows of a list: 50, or so many; 500 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Authorization that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeAuthorization {
    /// The application: `cli_…`.
    pub app: String,
    /// The user: `ou_…`.
    pub user: String,
}

/// Lists authorizations by application and user.
pub(super) async fn list(context: Context<'_>, filter: &AuthorizationFilter) -> Result<Value, OperateError> {
    let names = [(NameKind::Application, &filter.app), (NameKind::User, &filter.user)];
    for (what, name) in names {
        if name.as_ref().is_some_and(String::is_empty) {
            return Err(OperateError::EmptyName { what });
        }
    }
    let after = filter.after.as_deref().unwrap_or_default();
    // No id has a slash in it.
    let after = after.split_once('/').unwrap_or((after, ""));
    let limit = filter.limit.unwrap_or(LIMIT).clamp(1, PAGE_ROWS_MAX);
    let rows = context
        .store
        .authorizations(filter.app.as_deref(), filter.user.as_deref(), after, limit)
        .await?;
    let next = rows.last().filter(|_| rows.len() >= limit as usize);
    let next = next.map(|row| format!("{}/{}", row.app, row.open_id));
    Ok(json!({"authorizations": rows, "next_after": next}))
}

/// Lists the attempts at authorizations of the last day, the newest first.
pub(super) async fn sessions(context: Context<'_>) -> Result<Value, OperateError> {
    let scope = KvScope {
        plugin: PLUGIN,
        now_ms: context.now_ms,
        // Nothing is written.
        bytes_max: 0,
    };
    let keys = context.store.kv_list(&scope, PREFIX, None, SESSIONS_MAX + 1).await?;
    let is_cut = keys.len() > SESSIONS_MAX as usize;
    let mut sessions = Vec::new();
    for key in keys.iter().take(SESSIONS_MAX as usize) {
        let entry = context.store.kv_get(&scope, key).await?;
        let session = entry.and_then(|entry| serde_json::from_slice::<Value>(&entry.value).ok());
        sessions.extend(session.map(|session| shown(&session)));
    }
    let created = |session: &Value| session.get("created_at_ms").and_then(Value::as_u64);
    sessions.sort_by_key(|session| std::cmp::Reverse(created(session)));
    Ok(json!({"sessions": sessions, "is_cut": is_cut}))
}

fn shown(session: &Value) -> Value {
    let fields = SESSION_FIELDS.map(|name| (name.to_owned(), session.get(name).cloned().unwrap_or_default()));
    Value::Object(fields.into_iter().collect())
}

/// Deletes an authorization, with its tokens.
pub(super) async fn revoke(context: Context<'_>, revoke: &RevokeAuthorization) -> Result<Value, OperateError> {
    let RevokeAuthorization { app, user } = revoke;
    if context.store.delete_user_token(app, user).await? {
        return Ok(json!({"revoked": true}));
    }
    Err(OperateError::NoAuthorization {
        app: app.clone(),
        user: user.clone(),
    })
}
