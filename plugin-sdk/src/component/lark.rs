//! OpenAPI calls and user authorization: the border's types as this crate's.

use std::time::Duration;

use crate::bindings::lark_callback::plugin::types::RetryLater;
use crate::bindings::lark_callback::plugin::{oauth, openapi};
use crate::{Authorization, AuthorizedUser, Identity, Link, OauthError, OpenapiError, OpenapiRequest, OpenapiResponse};

impl From<&OpenapiRequest> for openapi::Request {
    fn from(request: &OpenapiRequest) -> Self {
        let tenant_key = request.tenant_key.iter();
        Self {
            identity: match &request.identity {
                Identity::App => openapi::Identity::App,
                Identity::User(open_id) => openapi::Identity::User(open_id.clone()),
            },
            method: request.method.to_owned(),
            path: request.path.clone(),
            query: request.query.clone(),
            body: request.body.clone(),
            attributes: tenant_key.map(|key| ("tenant-key".to_owned(), key.clone())).collect(),
        }
    }
}

impl From<openapi::Response> for OpenapiResponse {
    fn from(response: openapi::Response) -> Self {
        Self {
            status: response.status,
            body: response.body,
            log_id: response.log_id,
        }
    }
}

impl From<oauth::Link> for Link {
    fn from(link: oauth::Link) -> Self {
        Self {
            url: link.url,
            state: link.state,
            ticket: link.ticket,
        }
    }
}

impl From<oauth::User> for AuthorizedUser {
    fn from(user: oauth::User) -> Self {
        Self {
            open_id: user.open_id,
            union_id: user.union_id,
            name: user.name,
        }
    }
}

impl From<oauth::Authorization> for Authorization {
    fn from(authorization: oauth::Authorization) -> Self {
        Self {
            scopes: authorization.scopes,
            access_expires_at_ms: authorization.access_expires_at_ms,
            refresh_expires_at_ms: authorization.refresh_expires_at_ms,
            authorized_at_ms: authorization.authorized_at_ms,
        }
    }
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

pub(super) fn parts(later: RetryLater) -> (String, Option<Duration>) {
    (later.message, later.after_ms.map(Duration::from_millis))
}
