//! Tokens of applications: of one company, and of the app directory with tickets and tenants.

use std::collections::HashMap;

use std::sync::Mutex;

use serde_json::{Value, json};

use super::{APP_ID, FakeLark, Refusal, Reply, Seen, State};
use crate::support::{Client, event_id};

/// Seconds; Lark gives at most two hours.
const LIFE: u64 = 7_200;

/// Asked with more left than this, Lark gives the same token again.
const SAME_MS: u64 = 30 * 60_000;

#[derive(Debug, Default)]
pub(super) struct AppTokens {
    /// All that were made; the last is the one that is good.
    tickets: Vec<String>,
    /// The address for events in the console.
    callback: Option<Client>,
    /// Somebody asked for the ticket before there was an address to send it to.
    is_owed: bool,
    /// By tenant key; the empty one is of the company that made the application.
    newest: HashMap<String, String>,
    expiry: HashMap<String, u64>,
    /// Whose each token is.
    owners: HashMap<String, String>,
}

impl AppTokens {
    pub(super) fn expires_at_ms(&self, token: &str) -> Option<u64> {
        self.expiry.get(token).copied()
    }

    /// The application that a token was given to.
    pub(super) fn owner(&self, token: &str) -> Option<&str> {
        self.owners.get(token).map(String::as_str)
    }

    /// All tokens and tickets that were given.
    pub(super) fn given(&self) -> impl Iterator<Item = &String> {
        self.expiry.keys().chain(&self.tickets)
    }
}

impl State {
    /// The ticket that is good, as the event that brings it.
    fn ticket_event(&mut self) -> Value {
        if self.app.tickets.is_empty() {
            self.new_ticket();
        }
        let ticket = self.app.tickets.last().unwrap().clone();
        ticket_event(&ticket, self.now_ms)
    }

    fn new_ticket(&mut self) -> String {
        let ticket = self.make("ticket-");
        self.app.tickets.push(ticket.clone());
        ticket
    }
}

/// The event that Lark pushes, without the token of the application.
fn ticket_event(ticket: &str, made_at_ms: u64) -> Value {
    json!({
        "ts": format!("{}.{:03}7419", made_at_ms / 1000, made_at_ms % 1000), "uuid": event_id(), "type": "event_callback",
        "event": {"app_id": APP_ID, "app_ticket": ticket, "type": "app_ticket"},
    })
}

/// Sends an event to the callback address, in a task of its own when somebody is asked and waits for the answer.
async fn push(client: &Client, mut event: Value) -> u16 {
    event["token"] = client.lark.token.clone().into();
    client.send(&client.lark.seal(&event)).await.status
}

/// After the answer to whoever asked for the ticket, it is sent.
pub(super) fn pushes_ticket(state: &Mutex<State>, seen: &Seen) {
    if !seen.path.ends_with("/app_ticket/resend") {
        return;
    }
    let mut state = state.lock().unwrap();
    let Some(client) = state.app.callback.clone() else {
        state.app.is_owed = true;
        return;
    };
    let event = state.ticket_event();
    tokio::spawn(async move { assert_eq!(push(&client, event).await, 200, "the ticket was not taken") });
}

impl FakeLark {
    /// Makes a new ticket, as Lark does every hour; older ones are good no more.
    pub(crate) fn new_ticket(&self) -> String {
        self.state().new_ticket()
    }

    /// Enters the address for events in the console; a ticket that was asked for before is sent.
    pub(crate) async fn sends_events_to(&self, client: &Client) {
        let owed = {
            let mut state = self.state();
            state.app.callback = Some(client.clone());
            std::mem::take(&mut state.app.is_owed).then(|| state.ticket_event())
        };
        if let Some(event) = owed {
            assert_eq!(push(client, event).await, 200, "the ticket was not taken");
        }
    }

    /// Sends the ticket that is good, and tells the status of the answer.
    pub(crate) async fn push_ticket(&self, client: &Client) -> u16 {
        let event = self.state().ticket_event();
        push(client, event).await
    }

    /// Sends again what was not taken at first.
    pub(crate) async fn push_old_ticket(&self, client: &Client, ticket: &str, made_at_ms: u64) -> u16 {
        push(client, ticket_event(ticket, made_at_ms)).await
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
            let app = check_secret(state, seen)?;
            Ok(give(state, &app, "tenant_access_token", "t-", ""))
        }
        ["app_access_token"] => {
            let app = check_secret(state, seen)?;
            if state.app.tickets.last().map(String::as_str) != seen.body["app_ticket"].as_str() {
                return Err(Refusal::new(400, 10_012, "the ticket is invalid"));
            }
            Ok(give(state, &app, "app_access_token", "a-", "the application"))
        }
        ["tenant_access_token"] => {
            let app_token = seen.field("app_access_token", 10_003)?;
            if state.app.expires_at_ms(app_token).is_none_or(|at| at <= state.now_ms) {
                return Err(Refusal::new(400, 99_991_664, "the app token is invalid"));
            }
            let app = state.app.owner(app_token).unwrap().to_owned();
            let tenant = seen.field("tenant_key", 10_003)?;
            Ok(give(state, &app, "tenant_access_token", "t-", tenant))
        }
        ["app_ticket", "resend"] => {
            check_secret(state, seen)?;
            Ok(Reply::json(200, &json!({"code": 0, "msg": "success"})))
        }
        _ => Err(Refusal::new(404, 99_991_600, "there is no such call")),
    }
}

/// The application that proved itself.
fn check_secret(state: &State, seen: &Seen) -> Result<String, Refusal> {
    let Some(application) = state.application(seen.field("app_id", 10_003)?) else {
        return Err(Refusal::new(200, 10_014, "app id not exists"));
    };
    if seen.field("app_secret", 10_003)? != application.secret {
        return Err(Refusal::new(200, 10_014, "app secret invalid"));
    }
    Ok(application.id.to_owned())
}

fn give(state: &mut State, app: &str, field: &str, prefix: &str, tenant: &str) -> Reply {
    let now_ms = state.now_ms;
    let whose = &format!("{app}/{tenant}");
    let same = state.app.newest.get(whose).cloned();
    let same = same.filter(|token| state.app.expires_at_ms(token).is_some_and(|at| at > now_ms + SAME_MS));
    let token = same.unwrap_or_else(|| {
        let token = state.make(prefix);
        state.app.newest.insert(whose.to_owned(), token.clone());
        state.app.owners.insert(token.clone(), app.to_owned());
        state.app.expiry.insert(token.clone(), now_ms + LIFE * 1000);
        token
    });
    let left = (state.app.expires_at_ms(&token).unwrap() - now_ms) / 1000;
    Reply::json(200, &json!({"code": 0, "msg": "ok", field: token, "expire": left}))
}
