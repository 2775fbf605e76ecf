//! Card authorization: a card asks a user to let the application act for them, and their browser brings the answer.
//!
//! The task `request` begins a session and sends the card. A click on its buttons follows the decision table in `click.rs`,
//! the return from the authorize page the one in `redirect.rs`; cards are changed and sessions ended by the tasks in
//! `settle.rs`. The tasks `status` and `revoke` query and end an authorization. Codes, verifiers and tokens stay with the host.

mod account;
mod cards;
mod click;
mod counts;
mod redirect;
mod request;
mod session;
mod sessions;
mod settle;

use lark_plugin_sdk::prelude::*;

/// The plugin.
#[derive(Debug, Default)]
pub struct CardAuth;

impl Plugin for CardAuth {
    const EVENTS: &'static [&'static str] = &["card.action.trigger", "oauth_redirect"];

    const WANTS: &'static [Want] = &[
        Want::grant("openapi", "POST /open-apis/im/v1/messages", "it sends the card"),
        Want::grant(
            "openapi",
            "PATCH /open-apis/im/v1/messages/*",
            "the card says how the authorization ended",
        ),
        Want::grant("oauth", "authorize", "it is what the plugin is for"),
    ];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        match event.event_type.as_str() {
            "oauth_redirect" => redirect::answer(host, event),
            _ => click::answer(host, event),
        }
    }

    fn run(&self, host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        match task.name.as_str() {
            "request" => request::begin(host, task),
            "status" => account::status(host, task),
            "revoke" => account::revoke(host, task),
            "update-card" => settle::run_update_card(host, task),
            "expire" => settle::run_expire(host, task),
            name => Err(Failure::permanent(format_args!(
                "no task named {name:?} is done here; there are `request`, `status` and `revoke`"
            ))),
        }
    }
}

register!(CardAuth);

#[cfg(test)]
mod tests;
