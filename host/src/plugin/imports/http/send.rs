//! Sending of one request: whether it is granted, what is added, and where a redirect leads.

use bytes::Bytes;
use tokio::time::Instant;

use crate::{
    outward::{HeaderMap, HeaderValue, Incoming, Mask, Method, Outgoing, Reach, Target, WebError},
    plugin::{
        bindings::lark_callback::plugin::http::{Error, Request as Wanted},
        grant::{
            self,
            http::{covers_request, entry_for, is_inside},
        },
        imports::{CallState, Reach as CallReach, Scope},
        web::{
            Opened,
            headers::{
                CredentialError, SignError, add_credentials, add_signature, leave_for_any_origin, leave_out_body,
                of_plugin,
            },
        },
    },
    telemetry::chain,
    trace,
};

/// The attribute that shortens the time of a request.
const TIMEOUT: &str = "timeout-ms";

/// The attribute that has a request signed, and its one value.
const SIGN: &str = "sign";
const SCHEME: &str = "standard-webhooks";

/// A request on its way, which a redirect changes.
struct Journey {
    method: Method,
    target: Target,
    headers: HeaderMap,
    body: Option<Bytes>,
    is_signed: bool,
}

/// The grant of a request.
struct Granted<'a> {
    reach: Reach,
    entry: &'a str,
}

impl CallState {
    pub(super) async fn send_http(&mut self, wanted: Wanted) -> Result<Opened, Error> {
        if self.reach == CallReach::Nothing {
            let reason = "there is no HTTP while the plugin describes itself";
            return Err(Error::Failed(reason.to_owned()));
        }
        let begun = Instant::now();
        let until = self.until(&wanted, begun)?;
        let method = grant::METHODS_OF_HTTP
            .iter()
            .find(|known| **known == wanted.method && **known != "*")
            .and_then(|known| known.parse::<Method>().ok());
        let Some(method) = method else {
            let known = "GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS";
            return Err(Error::Refused(format!("the method must be {known}")));
        };
        let is_signed = match attribute(&wanted, SIGN) {
            None => false,
            Some(SCHEME) => true,
            Some(_) => return Err(Error::Refused(format!("the attribute `{SIGN}` must be `{SCHEME}`"))),
        };
        let mut journey = Journey {
            method,
            target: Target::parse(&wanted.url).map_err(|error| Error::Refused(error.to_string()))?,
            headers: of_plugin(wanted.headers).map_err(Error::Refused)?,
            body: wanted.body.map(Bytes::from),
            is_signed,
        };
        let mut followed = 0;
        loop {
            let origin = self.scope.settings.http.get(journey.target.origin());
            let redirects_max = origin.map_or(0, |origin| origin.redirects_max);
            // Nobody needs them again unless a redirect may be followed.
            let headers = if followed < redirects_max {
                journey.headers.clone()
            } else {
                std::mem::take(&mut journey.headers)
            };
            let (incoming, mask) = self.send_once(&journey, headers, (begun, until), followed > 0).await?;
            let location = incoming.header("location").filter(|_| followed < redirects_max);
            match location.filter(|_| matches!(incoming.status(), 301..=303 | 307 | 308)) {
                Some(location) => journey.follow(incoming.status(), location)?,
                None => return self.opened(incoming, mask, journey.target.origin()),
            }
            followed += 1;
        }
    }

    /// When the response is no longer of use.
    fn until(&self, wanted: &Wanted, begun: Instant) -> Result<Instant, Error> {
        let mut time = self.http_time();
        if let Some(text) = attribute(wanted, TIMEOUT) {
            let ms = text.parse().map_err(|_not_a_number| {
                Error::Refused(format!("the attribute `{TIMEOUT}` must be a number of milliseconds"))
            })?;
            time = time.min(std::time::Duration::from_millis(ms));
        }
        Ok(self.subject.deadline().min(begun + time))
    }

    async fn send_once(
        &mut self,
        journey: &Journey,
        headers: HeaderMap,
        (begun, until): (Instant, Instant),
        is_redirected: bool,
    ) -> Result<(Incoming, Mask), Error> {
        let scope = std::sync::Arc::clone(&self.scope);
        let Journey {
            method, target, body, ..
        } = journey;
        let granted = granted(&scope, method.as_str(), target, is_redirected)?;
        self.http
            .request(journey.bytes_with(&headers) as u64, scope.limits())
            .map_err(|over| self.over_limit(over))?;
        let origin = target.origin();
        let (mut headers, mask) = self.with_credentials(journey, headers, origin)?;
        let span = trace::http_call(method.as_str(), origin, granted.entry);
        let sent = trace::traced_then(
            span,
            async {
                if let Some(parent) = trace::traceparent().and_then(|parent| HeaderValue::from_str(&parent).ok()) {
                    headers.insert("traceparent", parent);
                }
                let outgoing = Outgoing {
                    method: method.clone(),
                    target,
                    reach: granted.reach,
                    headers,
                    body: body.clone(),
                };
                scope.connections.send(outgoing, begun, until).await
            },
            note,
        );
        match sent.await {
            Ok(incoming) => {
                tracing::debug!(
                    plugin.name = &*scope.plugin,
                    app.id = &*self.subject.app_id,
                    method = method.as_str(),
                    origin,
                    grant = granted.entry,
                    status = incoming.status(),
                    "Called a service"
                );
                Ok((incoming, mask))
            }
            Err(error) => {
                tracing::warn!(
                    plugin.name = &*scope.plugin,
                    app.id = &*self.subject.app_id,
                    method = method.as_str(),
                    origin,
                    grant = granted.entry,
                    error = chain(&error),
                    "A plugin's HTTP request failed"
                );
                Err(self.not_sent(&error, method, target))
            }
        }
    }

    /// The headers of the plugin and of the operator, and what of them is not to be seen.
    fn with_credentials(
        &self,
        journey: &Journey,
        mut headers: HeaderMap,
        origin: &str,
    ) -> Result<(HeaderMap, Mask), Error> {
        let mut mask = Mask::default();
        let of_operator = self.scope.settings.http.get(origin);
        add_credentials(&mut headers, of_operator, &mut mask).map_err(|error| match error {
            CredentialError::OfOperator { .. } => Error::Refused(error.to_string()),
            CredentialError::Unusable => Error::Failed(error.to_string()),
        })?;
        if journey.is_signed {
            let body = journey.body.as_deref().unwrap_or_default();
            let signed = add_signature(&mut headers, of_operator, self.clock.now_ms(), body);
            signed.map_err(|error| not_signed(error, origin, &self.scope))?;
        }
        Ok((headers, mask))
    }

    /// For a name that leads inside, the line to add is told.
    fn not_sent(&self, error: &WebError, method: &Method, target: &Target) -> Error {
        match (error, self.no_response(error, target.origin())) {
            (WebError::Refused(refused), Error::Refused(text)) if refused.may_be_granted => {
                let entry = entry_for(method.as_str(), target);
                let line = grant::line(&self.scope.settings.grant, grant::HTTP_PRIVATE, &entry);
                Error::Refused(format!(
                    "{text}; if it is meant, add {line} in {}.toml",
                    self.scope.plugin
                ))
            }
            (_, error) => error,
        }
    }

    fn opened(&mut self, incoming: Incoming, mask: Mask, origin: &str) -> Result<Opened, Error> {
        let header = |(name, value): (&crate::outward::HeaderName, &HeaderValue)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), mask.text(value))
        };
        let headers: Vec<_> = incoming.headers().map(header).collect();
        let bytes = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let received = self.http.receive(bytes, self.scope.limits());
        received.map_err(|over| self.over_limit(over))?;
        self.http.open();
        Ok(Opened::new(incoming, headers, mask, origin))
    }
}

fn attribute<'a>(wanted: &'a Wanted, name: &str) -> Option<&'a str> {
    let found = wanted.attributes.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

impl Journey {
    /// Bytes that count as sent.
    fn bytes_with(&self, headers: &HeaderMap) -> usize {
        let of_headers = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
        self.target.bytes() + of_headers.sum::<usize>() + self.body.as_ref().map_or(0, Bytes::len)
    }

    /// Goes on to where a redirect leads, as a browser would.
    fn follow(&mut self, status: u16, location: &str) -> Result<(), Error> {
        let refused = |reason: String| Error::Refused(format!("a redirect was not followed: {reason}"));
        let target = self
            .target
            .redirected(location)
            .map_err(|error| refused(error.to_string()))?;
        if self.target.scheme() == "https" && target.scheme() == "http" {
            return Err(refused("it leads from https to http".to_owned()));
        }
        if target.origin() != self.target.origin() {
            leave_for_any_origin(&mut self.headers);
        }
        let becomes_get =
            status == 303 && self.method != Method::HEAD || matches!(status, 301 | 302) && self.method == Method::POST;
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            leave_out_body(&mut self.headers);
        }
        self.target = target;
        Ok(())
    }
}

/// Whether a request may be sent, and how far it may reach; otherwise the line to add.
fn granted<'a>(scope: &'a Scope, method: &str, target: &Target, is_redirected: bool) -> Result<Granted<'a>, Error> {
    let grants = &scope.settings.grant;
    for (kind, reach) in [(grant::HTTP_PRIVATE, Reach::Inside), (grant::HTTP, Reach::Public)] {
        let entries = grants.get(kind).map(Vec::as_slice).unwrap_or_default();
        if let Some(entry) = entries.iter().find(|entry| covers_request(entry, method, target)) {
            return Ok(Granted { reach, entry });
        }
    }
    let kind = if is_inside(target) {
        grant::HTTP_PRIVATE
    } else {
        grant::HTTP
    };
    let entry = entry_for(method, target);
    // No line of the operator's would help.
    if let Err(reason) = grant::check(kind, &entry) {
        return Err(Error::Refused(format!("`{entry}` cannot be granted: {reason}")));
    }
    let what = if is_redirected { "the redirect to " } else { "" };
    Err(Error::NotGranted(format!(
        "{what}{method} {} is not granted; add {} in {}.toml",
        target.origin(),
        grant::line(grants, kind, &entry),
        scope.plugin
    )))
}

fn not_signed(error: SignError, origin: &str, scope: &Scope) -> Error {
    match error {
        SignError::NoId => Error::Refused(error.to_string()),
        SignError::NoSecret => Error::Failed(format!(
            "{error}; add `sign = {{ file = \"…\" }}` under [http.\"{origin}\"] in {}.toml",
            scope.plugin
        )),
        SignError::Secret(_) => Error::Failed(error.to_string()),
    }
}

/// Says in the span of a request what came of it.
fn note(result: &Result<Incoming, WebError>) {
    match result {
        Ok(incoming) => {
            trace::note("http.response.status_code", i64::from(incoming.status()));
            if incoming.status() >= 400 {
                trace::fail("http_error");
            }
        }
        Err(error) => trace::fail(error.word()),
    }
}
