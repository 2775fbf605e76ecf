//! Host calls that not every plugin makes.
//!
//! Natively they go through the trait [`Host`](crate::Host). In a component they go straight to the import: the trait's
//! vtable would refer to all of them, and every plugin would import what it never calls.

#[cfg(not(target_family = "wasm"))]
mod native {
    use crate::{Authorization, AuthorizedUser, Host, Link, OauthError, OpenapiError, OpenapiRequest, OpenapiResponse};

    pub(crate) fn openapi_call(host: &dyn Host, request: &OpenapiRequest) -> Result<OpenapiResponse, OpenapiError> {
        host.openapi_call(request)
    }

    pub(crate) fn oauth_begin(host: &dyn Host, scopes: &[String]) -> Result<Link, OauthError> {
        host.oauth_begin(scopes)
    }

    pub(crate) fn oauth_exchange(
        host: &dyn Host,
        code: &str,
        ticket: &str,
        open_id: &str,
    ) -> Result<AuthorizedUser, OauthError> {
        host.oauth_exchange(code, ticket, open_id)
    }

    pub(crate) fn oauth_status(host: &dyn Host, open_id: &str) -> Result<Option<Authorization>, OauthError> {
        host.oauth_status(open_id)
    }

    pub(crate) fn oauth_forget(host: &dyn Host, open_id: &str) -> Result<bool, OauthError> {
        host.oauth_forget(open_id)
    }

    pub(crate) fn metrics_add(host: &dyn Host, name: &str, labels: &[(String, String)], amount: u64) {
        host.metrics_add(name, labels, amount);
    }

    pub(crate) fn metrics_time(host: &dyn Host, name: &str, labels: &[(String, String)], ms: u64) {
        host.metrics_time(name, labels, ms);
    }
}

#[cfg(not(target_family = "wasm"))]
pub(crate) use native::{
    metrics_add, metrics_time, oauth_begin, oauth_exchange, oauth_forget, oauth_status, openapi_call,
};

#[cfg(target_family = "wasm")]
pub(crate) use crate::component::{
    lark::{oauth_begin, oauth_exchange, oauth_forget, oauth_status, openapi_call},
    metrics::{metrics_add, metrics_time},
};
