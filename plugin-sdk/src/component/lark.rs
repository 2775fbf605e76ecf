//! Imports that a plugin has only when it uses them: OpenAPI calls and user authorization.

use std::time::Duration;

use crate::bindings::lark_callback::plugin::types::RetryLater;
use crate::bindings::lark_callback::plugin::{oauth, openapi};
use crate::{
    Authorization, AuthorizedUser, Host, Identity, Link, OauthError, OpenapiError, OpenapiRequest, OpenapiResponse,
};

pub(crate) fn openapi_call(_host: &dyn Host, request: &OpenapiRequest) -> Result<OpenapiResponse, OpenapiError> {
    let response = openapi::call(&openapi::Request {
        identity: match &request.identity {
            Identity::App => openapi::Identity::App,
            Identity::User(open_id) => openapi::Identity::User(open_id.clone()),
        },
        method: request.method.to_owned(),
        path: request.path.clone(),
        query: request.query.clone(),
        body: request.body.clone(),
        attributes: request
            .tenant_key
            .iter()
            .map(|key| ("tenant-key".to_owned(), key.clone()))
            .collect(),
    })?;
    Ok(OpenapiResponse {
        status: response.status,
        body: response.body,
        log_id: response.log_id,
    })
}

pub(crate) fn oauth_begin(_host: &dyn Host, scopes: &[String]) -> Result<Link, OauthError> {
    let link = oauth::begin(scopes)?;
    Ok(Link {
        url: link.url,
        state: link.state,
        ticket: link.ticket,
    })
}

pub(crate) fn oauth_exchange(
    _host: &dyn Host,
    code: &str,
    ticket: &str,
    open_id: &str,
) -> Result<AuthorizedUser, OauthError> {
    let user = oauth::exchange(code, ticket, open_id)?;
    Ok(AuthorizedUser {
        open_id: user.open_id,
        union_id: user.union_id,
        name: user.name,
    })
}

pub(crate) fn oauth_status(_host: &dyn Host, open_id: &str) -> Result<Option<Authorization>, OauthError> {
    let authorization = oauth::status(open_id)?;
    Ok(authorization.map(|authorization| Authorization {
        scopes: authorization.scopes,
        access_expires_at_ms: authorization.access_expires_at_ms,
        refresh_expires_at_ms: authorization.refresh_expires_at_ms,
        authorized_at_ms: authorization.authorized_at_ms,
    }))
}

pub(crate) fn oauth_forget(_host: &dyn Host, open_id: &str) -> Result<bool, OauthError> {
    Ok(oauth::forget(open_id)?)
}

impl From<openapi::Error> for OpenapiError {
    fn from(error: openapi::Error) -> Self {
        match error {
            openapi::Error::NotGranted(line) => Self::NotGranted(line),
            openapi::Error::AuthorizationRequired(message) => Self::AuthorizationRequired(message),
            openapi::Error::Refused(message) => Self::Refused(message),
            openapi::Error::Retry(later) => {
                let (message, after) = parts(later);
                Self::Retry { message, after }
            }
            openapi::Error::Failed(message) => Self::Failed(message),
        }
    }
}

impl From<oauth::Error> for OauthError {
    fn from(error: oauth::Error) -> Self {
        match error {
            oauth::Error::NotGranted(line) => Self::NotGranted(line),
            oauth::Error::BadTicket => Self::BadTicket,
            oauth::Error::CodeRefused(message) => Self::CodeRefused(message),
            oauth::Error::WrongUser => Self::WrongUser,
            oauth::Error::NotAllowed(message) => Self::NotAllowed(message),
            oauth::Error::Retry(later) => {
                let (message, after) = parts(later);
                Self::Retry { message, after }
            }
            oauth::Error::Failed(message) => Self::Failed(message),
        }
    }
}

fn parts(later: RetryLater) -> (String, Option<Duration>) {
    (later.message, later.after_ms.map(Duration::from_millis))
}
