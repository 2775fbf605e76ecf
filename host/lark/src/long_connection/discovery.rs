//! The discovery: the request for an endpoint, and what Lark answers.

use std::fmt;

use serde_json::{Value, json};

use super::{EndpointError, Pace};

/// An endpoint to connect to, once.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// With an access key and a ticket in its query: never logged.
    pub url: String,
    /// Host and port of the URL.
    pub host: String,
    /// The name of the connection: a decimal number of 19 digits.
    pub device_id: String,
    /// The service of each ping.
    pub service_id: i32,
    /// The intervals that hold from now on.
    pub pace: Pace,
}

/// An answer to the discovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discovery {
    /// An endpoint.
    Found(Box<Endpoint>),
    /// A code that is not 0.
    Refused(Refusal),
}

/// A refusal of Lark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code of the answer, or of the header of a refused upgrade.
    pub code: i64,
    /// Lark's own words.
    pub message: String,
}

impl Refusal {
    /// Too many connections of this application are open, or died a while ago and still count.
    pub const TOO_MANY_CONNECTIONS: i64 = 1_000_040_350;

    /// An application of Feishu asked for at Lark's domain, or the reverse.
    pub const WRONG_DOMAIN: i64 = 1_000_040_351;

    /// "Bad Request": Lark found no credentials in the request.
    pub const BAD_REQUEST: i64 = 9_499;

    /// A refusal with Lark's words, cut to a length for a log line.
    pub fn new(code: i64, message: &str) -> Self {
        Self {
            code,
            message: message.chars().take(MESSAGE_CHARS_MAX).collect(),
        }
    }

    /// Whether only an operator can end it: credentials, domain, permission.
    pub fn needs_operator(&self) -> bool {
        matches!(
            self.code,
            403 | 514 | Self::BAD_REQUEST | 1_000_040_344 | 1_000_040_345 | 1_000_040_346 | Self::WRONG_DOMAIN
        )
    }

    /// Whether the code is one that only Lark's own gateway gives, whatever the HTTP status is. A proxy's error page may have
    /// the code 403, too.
    pub fn is_of_lark(&self) -> bool {
        self.is_too_many() || (self.code >= Self::BAD_REQUEST && self.needs_operator())
    }

    /// Whether Lark has enough connections of this application.
    pub fn is_too_many(&self) -> bool {
        self.code == Self::TOO_MANY_CONNECTIONS
    }
}

/// The body of the request; the names are spelled as Lark's gateway wants them.
pub fn discovery_body(app_id: &str, app_secret: &str) -> String {
    json!({ "AppID": app_id, "AppSecret": app_secret }).to_string()
}

impl Discovery {
    /// Reads the body of an answer. `pace` is what holds so far; `is_plain` allows `ws`, for an API that is itself reached by `http`.
    pub fn read(body: &[u8], pace: Pace, is_plain: bool) -> Result<Self, EndpointError> {
        let answer: Value = serde_json::from_slice(body).map_err(|_not_json| EndpointError::NotJson)?;
        let code = answer
            .get("code")
            .and_then(Value::as_i64)
            .ok_or(EndpointError::NotJson)?;
        if code != 0 {
            let message = answer.get("msg").and_then(Value::as_str).unwrap_or_default();
            return Ok(Self::Refused(Refusal::new(code, message)));
        }
        let data = answer.get("data").unwrap_or(&Value::Null);
        let url = data.get("URL").and_then(Value::as_str).filter(|url| !url.is_empty());
        let mut endpoint = Endpoint::parse(url.ok_or(EndpointError::NoUrl)?, is_plain)?;
        endpoint.pace = pace;
        endpoint
            .pace
            .update_from(data.get("ClientConfig").unwrap_or(&Value::Null));
        Ok(Self::Found(Box::new(endpoint)))
    }
}

/// Characters kept of Lark's words.
const MESSAGE_CHARS_MAX: usize = 200;

/// Bytes of a host with its port; a name in the DNS has at most 253.
const HOST_BYTES_MAX: usize = 260;

impl Endpoint {
    fn parse(url: &str, is_plain: bool) -> Result<Self, EndpointError> {
        let rest = match url.strip_prefix("wss://") {
            Some(rest) => rest,
            None if is_plain => url
                .strip_prefix("ws://")
                .ok_or(EndpointError::Scheme("ws:// or wss://"))?,
            None => return Err(EndpointError::Scheme("wss://")),
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let host = place.split('/').next().unwrap_or_default();
        let is_host = (1..=HOST_BYTES_MAX).contains(&host.len())
            && host.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@');
        if !is_host {
            return Err(EndpointError::NoHost);
        }
        let parameter = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let service_id = parameter("service_id").and_then(|value| value.parse().ok());
        let device_id = parameter("device_id").unwrap_or_default();
        Ok(Self {
            url: url.to_owned(),
            host: host.to_owned(),
            device_id: device_id.chars().filter(char::is_ascii_alphanumeric).take(64).collect(),
            service_id: service_id.ok_or(EndpointError::ServiceId)?,
            pace: Pace::default(),
        })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Endpoint")
            .field("host", &self.host)
            .field("device_id", &self.device_id)
            .field("service_id", &self.service_id)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}
