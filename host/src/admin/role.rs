//! Role of a request: which token it has, and who sends it.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::{AdminSettings, AdminState, Refusal};
pub use crate::operate::Role;
use crate::{
    listen::Peer,
    operate::{Actor, OPERATOR_HEADER, Shows, Way, shown_name},
};

/// Callers who may look and change nothing.
#[derive(Debug, Clone, Default)]
pub struct Viewers {
    /// `CALLBACK_ADMIN_VIEWER_TOKEN`.
    pub token: Option<SecretString>,
    /// `CALLBACK_VIEWER_PAYLOADS`: whether they see payloads, replies, values and log lines of plugins.
    pub see_payloads: bool,
}

impl AdminSettings {
    /// Whether every caller that this listener admits is an operator, because no token is set.
    pub fn is_open(&self) -> bool {
        self.token.is_none()
    }

    /// Token of a role, if there is one.
    pub fn token_of(&self, role: Role) -> Option<&SecretString> {
        match role {
            Role::Viewer => self.viewers.token.as_ref(),
            Role::Operator => self.token.as_ref(),
        }
    }

    /// Role that a token proves. Every token is compared, so the time says nothing about them.
    pub fn role_of(&self, sent: &[u8]) -> Option<Role> {
        let proves = |role: &Role| {
            let token = self.token_of(*role).map_or("", |token| token.expose_secret());
            !token.is_empty() && bool::from(sent.ct_eq(token.as_bytes()))
        };
        let proved = Role::ALL.map(|role| Some(role).filter(proves));
        proved.into_iter().flatten().next()
    }
}

impl AdminState {
    /// Role of a request to the API, by its token.
    pub(super) fn role_of_request(&self, headers: &HeaderMap) -> Option<Role> {
        if self.settings.is_open() {
            return Some(Role::Operator);
        }
        let sent = headers.get(header::AUTHORIZATION)?.as_bytes();
        self.settings.role_of(sent.strip_prefix(b"Bearer ")?)
    }

    /// Whoever sends a request, with a role that was proved.
    pub(crate) fn actor(&self, role: Role, way: Way, headers: &HeaderMap) -> Actor {
        let name = headers.get(OPERATOR_HEADER);
        let name = name.map(|name| String::from_utf8_lossy(name.as_bytes()));
        Actor {
            role,
            sees_payloads: role >= Role::Operator || self.settings.viewers.see_payloads,
            name: name.and_then(|name| shown_name(&name)),
            way,
            peer: Some(self.proxies.sender(Peer::of_request(), headers).to_string()),
        }
    }
}

/// Passes a request on if its role suffices, and if the caller may see what is answered.
pub(super) async fn check((needs, shows): (Role, Shows), request: Request, next: Next) -> Response {
    let actor = request.extensions().get::<Arc<Actor>>();
    match actor.map(|actor| actor.check(needs).and_then(|()| actor.check_sees(shows))) {
        Some(Ok(())) => next.run(request).await,
        Some(Err(error)) => Refusal::from(error).into_response(),
        // The guard stands before all routes.
        None => Refusal::token().into_response(),
    }
}
