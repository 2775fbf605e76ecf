//! Card authorization: a card asks a person to let the application act for them; this is what its buttons do.
//!
//! The task `request` begins a session and makes the card. A click on its buttons follows the decision table in
//! `click.rs`. The return from the authorize page is not taken here yet; what it needs is already stored.

mod cards;
mod click;
mod oauth;
mod request;
mod session;

use lark_plugin_sdk::prelude::*;

/// The plugin.
#[derive(Debug, Default)]
pub struct CardAuth;

impl Plugin for CardAuth {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        click::answer(host, event)
    }

    fn run(&self, host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        match task.name.as_str() {
            "request" => request::begin(host, task),
            name => Err(Failure::permanent(format_args!("no task named {name:?} is done here"))),
        }
    }
}

register!(CardAuth);

#[cfg(test)]
mod tests;
