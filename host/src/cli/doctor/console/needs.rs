//! Needs of the code in the console: the types that the loaded plugins take, the calls that they are granted, and the
//! addresses of the settings.

use std::collections::BTreeSet;

use lark_protocol::{Kind, OAUTH_REDIRECT};

use crate::{
    cli::doctor::plugins::Loaded,
    config::{AppConfig, Transport},
    openapi::{ScopeNeed, scopes_of_event, scopes_of_grant},
};

/// Takes whatever no other plugin takes.
const ANY: &str = "*";

/// Lark sends it to store applications by itself.
const APP_TICKET: &str = "app_ticket";

/// Old cards, which have an address of their own under Bot.
const LEGACY_CARD: &str = "card.action.trigger_v1";

/// Needs of one application.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Event types.
    pub(super) events: BTreeSet<String>,
    /// Callback types.
    pub(super) callbacks: BTreeSet<String>,
    /// Whether some plugin takes any type.
    pub(super) takes_any: bool,
    /// Scopes for calls as the application: what needs them, and any one of which is enough.
    pub(super) app_scopes: Vec<(String, &'static [&'static str])>,
    /// The same for calls as a user.
    pub(super) user_scopes: Vec<(String, &'static [&'static str])>,
    /// Grants whose scopes are not known.
    pub(super) unknown_calls: BTreeSet<String>,
    /// Whether a plugin sends messages, for which the application must have a bot.
    pub(super) needs_bot: bool,
    /// Way on which Lark must send events and callbacks.
    pub(super) transport: Transport,
    /// Where Lark must send them over HTTP.
    pub(super) callback_url: Option<String>,
    /// Address that must be registered as a redirect URL.
    pub(super) redirect_uri: Option<String>,
}

impl Needs {
    pub(super) fn of(loaded: &Loaded, app: &AppConfig, public_url: Option<&str>) -> Self {
        let mut needs = Self {
            transport: app.transport,
            callback_url: public_url.map(|base| format!("{base}{}", app.path)),
            redirect_uri: app.authorize.redirect_uri.clone(),
            ..Self::default()
        };
        let has_redirect = needs.redirect_uri.is_some();
        for (name, plugin) in &loaded.plugins {
            // The built-in plugin is there whether it is used or not; without a redirect URL nobody can authorize.
            if plugin.event_types.iter().any(|taken| taken == OAUTH_REDIRECT) && !has_redirect {
                continue;
            }
            for event_type in &plugin.event_types {
                needs.take(event_type);
            }
            for entry in plugin.grants.get("openapi").into_iter().flatten() {
                needs.needs_bot |= entry.contains("/im/v1/messages");
                match scopes_of_grant(entry) {
                    ScopeNeed::OneOf(scopes) => needs.app_scopes.push((format!("{name}: {entry}"), scopes)),
                    ScopeNeed::Nothing => {}
                    ScopeNeed::Unknown => drop(needs.unknown_calls.insert(entry.clone())),
                }
            }
            for entry in plugin.grants.get("openapi_as_user").into_iter().flatten() {
                match scopes_of_grant(entry) {
                    ScopeNeed::OneOf(scopes) => needs.user_scopes.push((format!("{name}: {entry}"), scopes)),
                    ScopeNeed::Nothing => {}
                    ScopeNeed::Unknown => drop(needs.unknown_calls.insert(entry.clone())),
                }
            }
        }
        for event_type in needs.events.clone() {
            if let ScopeNeed::OneOf(scopes) = scopes_of_event(&event_type) {
                needs.app_scopes.push((event_type, scopes));
            }
        }
        needs
    }

    fn take(&mut self, event_type: &str) {
        match event_type {
            ANY => self.takes_any = true,
            OAUTH_REDIRECT | APP_TICKET | LEGACY_CARD => {}
            _ if Kind::of(event_type) == Kind::Callback => drop(self.callbacks.insert(event_type.to_owned())),
            _ => drop(self.events.insert(event_type.to_owned())),
        }
    }
}
