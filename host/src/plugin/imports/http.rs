//! `http`: requests to services that the operator granted. Their credentials are added below; a plugin never sees one.

mod send;

use std::{sync::Arc, time::Duration};

use wasmtime::component::Resource;

use super::CallState;
use crate::{
    outward::WebError,
    plugin::{
        bindings::lark_callback::plugin::http::{Error, Host, HostResponse, Request as Wanted},
        web::{BodyError, Opened, UsedUp},
        witness::HostCall,
    },
    telemetry::chain,
};

impl Host for CallState {
    async fn send(&mut self, wanted: Wanted) -> wasmtime::Result<Result<Resource<Opened>, Error>> {
        let headers = wanted.headers.iter().map(|(name, value)| name.len() + value.len());
        let body = wanted.body.as_ref().map_or(0, Vec::len);
        self.memory
            .host_keeps(wanted.url.len() + headers.sum::<usize>() + body)?;
        let shown = self.witness().map(|_| shown(&wanted));
        let answer = self.send_http(wanted).await;
        if let Some((what, sent)) = shown {
            self.shows(|| HostCall::new(what, sent, &answer, |opened| opened.status.to_string()));
        }
        Ok(match answer {
            Ok(opened) => {
                let bytes = opened.headers.iter().map(|(name, value)| name.len() + value.len());
                self.memory.host_keeps(bytes.sum())?;
                Ok(self.handles.push(opened)?)
            }
            Err(error) => Err(error),
        })
    }
}

impl HostResponse for CallState {
    async fn status(&mut self, response: Resource<Opened>) -> wasmtime::Result<u16> {
        Ok(self.handles.get(&response)?.status)
    }

    async fn headers(&mut self, response: Resource<Opened>) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.handles.get(&response)?.headers.clone())
    }

    async fn read(&mut self, response: Resource<Opened>, bytes_max: u32) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        if bytes_max == 0 {
            return Ok(Err(Error::Refused("at least one byte must be asked for".to_owned())));
        }
        let Self {
            handles, http, scope, ..
        } = self;
        let opened = handles.get_mut(&response)?;
        let limits = &scope.settings.limits;
        let bytes_max = usize::try_from(bytes_max.min(READ_BYTES_MAX)).unwrap_or(usize::MAX);
        Ok(match opened.read(bytes_max, http, limits).await {
            Ok(part) => {
                self.memory.host_keeps(part.len())?;
                Ok(part.to_vec())
            }
            Err(BodyError::UsedUp(over)) => Err(self.over_limit(over)),
            Err(error @ BodyError::Before) => Err(Error::Interrupted(error.to_string())),
            Err(BodyError::Web(error)) => {
                let origin = Arc::clone(&opened.origin);
                tracing::warn!(
                    plugin.name = &*self.scope.plugin,
                    app.id = &*self.subject.app_id,
                    origin = &*origin,
                    error = chain(&error),
                    "The response to a plugin's HTTP request broke off"
                );
                Err(self.no_response(&error, &origin))
            }
        })
    }

    async fn drop(&mut self, response: Resource<Opened>) -> wasmtime::Result<()> {
        self.handles.delete(response)?.close(&mut self.http);
        Ok(())
    }
}

/// A request as a witness sees it.
fn shown(wanted: &Wanted) -> (String, Option<String>) {
    let body = wanted
        .body
        .as_deref()
        .map(|body| String::from_utf8_lossy(body).into_owned());
    (format!("http {} {}", wanted.method, wanted.url), body)
}

/// The most of one read; a plugin has to have room for it.
const READ_BYTES_MAX: u32 = 1 << 20;

impl CallState {
    fn over_limit(&self, over: UsedUp) -> Error {
        Error::OverLimit(format!("{over} in {}.toml", self.scope.plugin))
    }

    /// Returns the error for the plugin, which learns no address but the origin that was asked.
    fn no_response(&self, error: &WebError, origin: &str) -> Error {
        let limits = self.scope.limits();
        match error {
            WebError::Refused(refused) => Error::Refused(format!(
                "{} leads to an address that is {}, and may not be called",
                refused.host, refused.zone
            )),
            WebError::Connect(_) => Error::Unreachable(format!("{origin}: {error}")),
            WebError::Busy { connections_max } => Error::Unreachable(format!(
                "{origin}: {error}; the setting is `http_connections_max = {connections_max}` under [limits] in {}.toml",
                self.scope.plugin
            )),
            WebError::TooSlow { ms } if *ms >= limits.http_ms_max => Error::Interrupted(format!(
                "{origin}: {error}; the setting is `http_ms_max = {}` under [limits] in {}.toml",
                limits.http_ms_max, self.scope.plugin
            )),
            WebError::Broken(_) | WebError::TooSlow { .. } => Error::Interrupted(format!("{origin}: {error}")),
            WebError::Certificate(_) | WebError::NoRoots(_) | WebError::Client(_) => {
                Error::Failed(format!("{origin}: {error}"))
            }
        }
    }

    fn http_time(&self) -> Duration {
        Duration::from_millis(self.scope.limits().http_ms_max)
    }
}
