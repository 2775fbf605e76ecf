//! The developer console: applications, each with its secret, its registered addresses, its opened scopes and its users.

use std::collections::HashSet;

use super::{APP_ID, APP_SECRET, FakeLark, OTHER_APP_ID, OTHER_APP_SECRET, OTHER_REDIRECT_URI, REDIRECT_URI, State};

/// One application as it is set up.
#[derive(Debug)]
pub(super) struct Application {
    pub(super) id: &'static str,
    pub(super) secret: &'static str,
    /// Security Settings > Redirect URLs; compared to the letter.
    pub(super) redirect_uris: Vec<String>,
    /// Permissions & Scopes.
    pub(super) scopes: HashSet<String>,
    /// Events & Callbacks, as they are set.
    pub(super) pushes: Pushes,
    /// Versions, newest first.
    pub(super) versions: Vec<Version>,
}

/// Subscriptions, and where they are sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Pushes {
    pub(super) request_url: String,
    pub(super) events: Vec<String>,
    pub(super) callbacks: Vec<String>,
}

/// One version: what it had of all this when it was made.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) is_published: bool,
    pub(super) events: Vec<String>,
    pub(super) scopes: Vec<String>,
}

/// The main one, and another of the same company.
pub(super) fn applications() -> Vec<Application> {
    let application = |id, secret, redirect_uri: &str| Application {
        id,
        secret,
        redirect_uris: vec![redirect_uri.to_owned()],
        scopes: [
            "offline_access",
            "contact:user.base:readonly",
            "contact:contact",
            "im:message",
        ]
        .map(str::to_owned)
        .into(),
        pushes: Pushes::default(),
        versions: Vec::new(),
    };
    vec![
        application(APP_ID, APP_SECRET, REDIRECT_URI),
        application(OTHER_APP_ID, OTHER_APP_SECRET, OTHER_REDIRECT_URI),
    ]
}

impl Application {
    /// The first of these scopes that is not opened.
    pub(super) fn closed_scope<'s>(&self, scopes: &'s str) -> Option<&'s str> {
        scopes
            .split(' ')
            .find(|scope| !scope.is_empty() && !self.scopes.contains(*scope))
    }
}

impl State {
    pub(super) fn application(&self, id: &str) -> Option<&Application> {
        self.applications.iter().find(|application| application.id == id)
    }

    fn application_mut(&mut self, id: &str) -> &mut Application {
        let mut applications = self.applications.iter_mut();
        applications.find(|application| application.id == id).unwrap()
    }
}

impl FakeLark {
    /// The one address that is registered for the main application.
    pub(crate) fn register_redirect_uri(&self, uri: &str) {
        self.register_redirect_uri_of(APP_ID, uri);
    }

    /// The same for another application.
    pub(crate) fn register_redirect_uri_of(&self, app_id: &str, uri: &str) {
        self.state().application_mut(app_id).redirect_uris = vec![uri.to_owned()];
    }

    /// Takes a scope away from the main application.
    pub(crate) fn close_scope(&self, scope: &str) {
        assert!(self.state().application_mut(APP_ID).scopes.remove(scope), "{scope}");
    }

    /// Opens a scope for the main application.
    pub(crate) fn open_scope(&self, scope: &str) {
        self.state().application_mut(APP_ID).scopes.insert(scope.to_owned());
    }
}

impl FakeLark {
    /// Enters the address for events and callbacks in the console, and what is subscribed.
    pub(crate) fn subscribe(&self, request_url: &str, events: &[&str], callbacks: &[&str]) {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        self.state().application_mut(APP_ID).pushes = Pushes {
            request_url: request_url.to_owned(),
            events: texts(events),
            callbacks: texts(callbacks),
        };
    }

    /// Makes a version of what is set now, and publishes it.
    pub(crate) fn publish_version(&self) {
        let mut state = self.state();
        let id = state.make("oav_");
        let application = state.application_mut(APP_ID);
        let version = Version {
            id,
            is_published: true,
            events: application.pushes.events.clone(),
            scopes: application.scopes.iter().cloned().collect(),
        };
        application.versions.insert(0, version);
    }
}
