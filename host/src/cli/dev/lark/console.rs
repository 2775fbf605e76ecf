//! The developer console of the simulated Lark: everything that Lark documents is subscribed and granted, so that `doctor`
//! has something to compare with.

use axum::response::Response;
use serde_json::{Value, json};

use super::{Memory, data};
use crate::openapi::known_scopes;

const VERSION: &str = "oav_of_dev";

/// Calls about the application itself; none when it is another call.
pub(super) fn call(memory: &Memory, path: &[&str]) -> Option<Response> {
    let answer = match path {
        ["scopes"] => {
            let scopes = known_scopes().into_iter();
            let scopes: Vec<_> = scopes
                .map(|scope| json!({"scope_name": scope, "grant_status": 1}))
                .collect();
            json!({"scopes": scopes})
        }
        ["applications", _] => json!({"app": application(memory)}),
        ["applications", _, "app_versions"] => json!({"items": [version()], "has_more": false}),
        _ => return None,
    };
    Some(data(&answer))
}

fn application(memory: &Memory) -> Value {
    // Callbacks and returns from the authorize page come to the same address.
    let address = &memory.redirect_uri;
    let callbacks = ["card.action.trigger", "url.preview.get", "profile.view.get"];
    if memory.is_long_connection {
        return json!({
            "status": 1, "online_version_id": VERSION, "redirect_urls": [address],
            "event": {"subscription_type": "websocket"},
            "callback_info": {"callback_type": "websocket", "subscribed_callbacks": callbacks},
        });
    }
    json!({
        "status": 1, "online_version_id": VERSION, "redirect_urls": [address],
        "callback_info": {"callback_type": "webhook", "request_url": address, "subscribed_callbacks": callbacks},
    })
}

fn version() -> Value {
    let events = lark_protocol::documented_event_types();
    let events: Vec<_> = events.map(|event_type| json!({"event_type": event_type})).collect();
    json!({
        "version_id": VERSION, "version": "1.0.0", "status": 1, "publish_time": "1700000000", "event_infos": events,
        "ability": {"bot": {}},
    })
}
