//! Tokens of applications: of one company, and of the app directory with tickets and tenants.

use std::collections::HashMap;

use serde_json::json;

use super::{APP_ID, APP_SECRET, FakeLark, Refusal, Reply, Seen, State};

/// Seconds; Lark gives at most two hours.
const LIFE: u64 = 7_200;

/// Asked with more left than this, Lark gives the same token again.
const SAME_MS: u64 = 30 * 60_000;

#[derive(Debug, Default)]
pub(super) struct AppTokens {
    ticket: Option<String>,
    /// By tenant key; the empty one is of the company that made the application.
    newest: HashMap<String, String>,
    expiry: HashMap<String, u64>,
}

impl AppTokens {
    pub(super) fn expires_at_ms(&self, token: &str) -> Option<u64> {
        self.expiry.get(token).copied()
    }

    /// All tokens that were given.
    pub(super) fn given(&self) -> impl Iterator<Item = &String> {
        self.expiry.keys()
    }
}

impl FakeLark {
    /// Sends a new ticket, as Lark does every hour; older ones are good no more.
    pub(crate) fn new_ticket(&self) -> String {
        let mut state = self.state();
        let ticket = state.make("ticket-");
        state.app.ticket = Some(ticket.clone());
        ticket
    }

    /// Takes all tokens of the application back before their time.
    pub(crate) fn revoke_app_tokens(&self) {
        let mut state = self.state();
        state.app.newest.clear();
        state.app.expiry.clear();
    }
}

pub(super) fn call(state: &mut State, seen: &Seen, call: &[&str]) -> Result<Reply, Refusal> {
    seen.check_json()?;
    match call {
        ["tenant_access_token", "internal"] => {
            check_secret(seen)?;
            Ok(give(state, "tenant_access_token", "t-", ""))
        }
        ["app_access_token"] => {
            check_secret(seen)?;
            if state.app.ticket.as_deref() != seen.body["app_ticket"].as_str() {
                return Err(Refusal::new(400, 10_012, "the ticket is invalid"));
            }
            Ok(give(state, "app_access_token", "a-", "the application"))
        }
        ["tenant_access_token"] => {
            let app_token = seen.field("app_access_token", 10_003)?;
            if state.app.expires_at_ms(app_token).is_none_or(|at| at <= state.now_ms) {
                return Err(Refusal::new(400, 99_991_664, "the app token is invalid"));
            }
            let tenant = seen.field("tenant_key", 10_003)?;
            Ok(give(state, "tenant_access_token", "t-", tenant))
        }
        ["app_ticket", "resend"] => {
            check_secret(seen)?;
            Ok(Reply::json(200, &json!({"code": 0, "msg": "success"})))
        }
        _ => Err(Refusal::new(404, 99_991_600, "there is no such call")),
    }
}

fn check_secret(seen: &Seen) -> Result<(), Refusal> {
    if seen.field("app_id", 10_003)? != APP_ID {
        return Err(Refusal::new(400, 10_003, "there is no such application"));
    }
    if seen.field("app_secret", 10_003)? != APP_SECRET {
        return Err(Refusal::new(400, 10_014, "the secret is wrong"));
    }
    Ok(())
}

fn give(state: &mut State, field: &str, prefix: &str, whose: &str) -> Reply {
    let now_ms = state.now_ms;
    let same = state.app.newest.get(whose).cloned();
    let same = same.filter(|token| state.app.expires_at_ms(token).is_some_and(|at| at > now_ms + SAME_MS));
    let token = same.unwrap_or_else(|| {
        let token = state.make(prefix);
        state.app.newest.insert(whose.to_owned(), token.clone());
        state.app.expiry.insert(token.clone(), now_ms + LIFE * 1000);
        token
    });
    let left = (state.app.expires_at_ms(&token).unwrap() - now_ms) / 1000;
    Reply::json(200, &json!({"code": 0, "msg": "ok", field: token, "expire": left}))
}
