//! Sends verified, decrypted events to an HTTP address, signed by the Standard Webhooks scheme, and asks it for the replies to
//! clicks and previews.
//!
//! `[config] url` is the address. An event that it does not accept is retried by the host like any delivery, and becomes a
//! dead letter at the end. A callback is asked once, within its budget, and the JSON of the response is the reply.

mod body;

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::{HttpError, HttpResponse, Kind, Reply};

use body::Body;

/// The plugin.
#[derive(Debug, Default)]
pub struct Forward;

/// The return of a browser from the authorize page; its code is sealed, and of use to the host alone.
const REDIRECT: &str = "oauth_redirect";

/// "Gone": the receiver wants no more of this event (Standard Webhooks, "Deliverability and reliability").
const GONE: u16 = 410;

/// A shorter `Retry-After` is not followed: a receiver that says one second during an outage of some minutes would use up all
/// attempts. The host's own delays begin short and grow.
const AFTER_MIN: Duration = Duration::from_secs(300);

impl Plugin for Forward {
    const EVENTS: &'static [&'static str] = &["*"];

    const WANTS: &'static [Want] = &[Want::config("url", "where events are sent")];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        if event.event_type == REDIRECT || !is_wanted(host, &event.event_type)? {
            return Ok(Outcome::pass());
        }
        let sent = send(host, event);
        match event.kind {
            Kind::Event => acknowledged(sent),
            Kind::Callback => reply(sent),
        }
    }
}

/// Whether `[config] events` lists this type; without it all are wanted.
fn is_wanted(host: &dyn Host, event_type: &str) -> Result<bool, Failure> {
    let Some(events) = host.config().get("events") else {
        return Ok(true);
    };
    let events: Vec<String> = serde_json::from_str(&events).map_err(|_other| {
        Failure::permanent("events under [config] must be a list of event types: [\"im.message.receive_v1\"]")
    })?;
    Ok(events.iter().any(|wanted| wanted == event_type))
}

fn send(host: &dyn Host, event: &Event) -> Result<HttpResponse, HttpError> {
    let url = host.config().get("url").unwrap_or_default();
    host.http()
        .post(url)
        .header("x-lark-callback-attempt", event.attempt.to_string())
        .json(&Body::of(event))
        .signed_webhook(&event.id)
        .send()?
        .success()
}

/// Whatever is wrong, a later attempt may succeed: the service is deployed, a grant is added. Only what the receiver does not
/// want, and what is too large, never will.
///
/// What a receiver writes about an event may be about a person, and stays out of the log.
fn acknowledged(sent: Result<HttpResponse, HttpError>) -> Result<Outcome, Failure> {
    match sent {
        Ok(_) => Ok(Outcome::done()),
        Err(HttpError::Status { status: GONE, .. }) => Err(Failure::permanent(status_text(GONE))),
        Err(HttpError::Status { status, after, .. }) => Err(match after.filter(|after| *after >= AFTER_MIN) {
            Some(after) => Failure::retry_after(after, status_text(status)),
            None => Failure::retry(status_text(status)),
        }),
        Err(error @ HttpError::OverLimit(_)) => Err(Failure::permanent(error)),
        Err(error) => Err(Failure::retry(error)),
    }
}

fn reply(sent: Result<HttpResponse, HttpError>) -> Result<Outcome, Failure> {
    let response = match sent {
        Ok(response) => response,
        Err(HttpError::Status { status, .. }) => return Err(Failure::retry(status_text(status))),
        Err(error) => return Err(Failure::retry(error)),
    };
    let text = response.text()?;
    if text.trim().is_empty() {
        return Ok(Outcome::done());
    }
    // The host checks the rest of it.
    let mut outcome = Outcome::done();
    outcome.reply = Reply::Json(text);
    Ok(outcome)
}

fn status_text(status: u16) -> String {
    format!("the receiver answered with status {status}")
}

register!(Forward);

#[cfg(test)]
mod tests;
