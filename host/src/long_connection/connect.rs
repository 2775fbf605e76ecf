//! The way to a connection: discovery, then the upgrade to a WebSocket.

use std::{error::Error, time::Duration};

use lark_protocol::long_connection::{Discovery, Endpoint, MESSAGE_BYTES_MAX, Pace, Refusal};
use reqwest::{
    Response, StatusCode, Upgraded,
    header::{CONNECTION, HeaderMap, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

use super::pacing::Ended;
use crate::{
    codes::{self, Language, Text, both},
    http_client,
    openapi::{Deadline, DiscoveryError, Openapi},
    telemetry::{chain, on_one_line},
};

/// Time limit of the discovery.
const DISCOVERY: Duration = Duration::from_secs(10);

/// Time limit from the first packet to the accepted upgrade.
const UPGRADING: Duration = Duration::from_secs(10);

/// `Handshake-Status` of an application that may not connect.
const FORBIDDEN: i64 = 403;

/// `Handshake-Status` whose reason is in another header.
const AUTH_FAILED: i64 = 514;

/// Socket of a connection.
pub(super) type Socket = WebSocketStream<Upgraded>;

/// Reason why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// Nothing usable came from the discovery.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// Lark refused the application.
    #[error("Lark refused it with code {}: {}", .0.code, on_one_line(&.0.message))]
    Refused(Refusal),
    /// The host could not be reached.
    #[error("no connection to {host}")]
    Unreachable {
        /// The host of the endpoint.
        host: String,
        /// The cause, without the URL and its secrets.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The host was too slow.
    #[error("no WebSocket with {host} within {} s", UPGRADING.as_secs())]
    TooSlow {
        /// The host of the endpoint.
        host: String,
    },
    /// The host answered with something else than a WebSocket.
    #[error("{host} answered the upgrade with HTTP status {status}")]
    NoUpgrade {
        /// The host of the endpoint.
        host: String,
        /// The status.
        status: u16,
    },
    /// The answer to the upgrade does not belong to the request.
    #[error("{host} accepted the upgrade with a wrong Sec-WebSocket-Accept; a proxy between may answer in its place")]
    WrongAccept {
        /// The host of the endpoint.
        host: String,
    },
}

impl ConnectError {
    /// Returns how fast to try again.
    pub(super) fn ended(&self) -> Ended {
        match self {
            Self::Refused(refusal) if refusal.is_too_many() => Ended::TooMany,
            Self::Refused(refusal) if refusal.needs_operator() => Ended::Refused,
            _ => Ended::Failed,
        }
    }

    /// Returns what an operator can do, if anything, in English and Chinese.
    pub(super) fn remedy(&self) -> Option<[&'static str; 2]> {
        let Self::Refused(refusal) = self else { return None };
        codes::long_connection(refusal.code)
            .map(|entry| [Language::En, Language::Zh].map(|language| entry.cure(language)))
    }

    /// Returns the reason in Chinese; what the network or a library says of it stays in English.
    fn chinese(&self) -> String {
        match self {
            Self::Discovery(error) => format!("未能从飞书获取长连接地址：{}", chain(error)),
            Self::Refused(refusal) => format!(
                "飞书拒绝了连接，错误码 {}：{}",
                refusal.code,
                on_one_line(&refusal.message)
            ),
            Self::Unreachable { host, source } => format!("无法连接 {host}：{}", chain(&**source)),
            Self::TooSlow { host } => format!("{} 秒内未能与 {host} 建立 WebSocket", UPGRADING.as_secs()),
            Self::NoUpgrade { host, status } => format!("{host} 以 HTTP 状态码 {status} 回应了升级请求"),
            Self::WrongAccept { host } => {
                format!("{host} 接受了升级，但 Sec-WebSocket-Accept 有误；可能是中间的代理代为回应")
            }
        }
    }

    fn unreachable(endpoint: &Endpoint, error: reqwest::Error) -> Self {
        Self::Unreachable {
            host: endpoint.host.clone(),
            // The URL has an access key and a ticket.
            source: Box::new(error.without_url()),
        }
    }
}

/// Finds an endpoint and connects to it. An endpoint is used once.
pub(super) async fn connect(
    openapi: &Openapi,
    app_id: &str,
    pace: Pace,
    now_ms: u64,
) -> Result<(Socket, Endpoint), ConnectError> {
    let deadline = Deadline::within(now_ms, DISCOVERY);
    let endpoint = match openapi.discover(app_id, pace, &deadline).await? {
        Discovery::Found(endpoint) => *endpoint,
        Discovery::Refused(refusal) => return Err(ConnectError::Refused(refusal)),
    };
    let too_slow = |_elapsed| ConnectError::TooSlow {
        host: endpoint.host.clone(),
    };
    let socket = timeout(UPGRADING, upgrade(&endpoint)).await.map_err(too_slow)??;
    Ok((socket, endpoint))
}

/// Upgrades over the HTTP client that all calls have, and so through the same proxy, with the same certificates.
async fn upgrade(endpoint: &Endpoint) -> Result<Socket, ConnectError> {
    let unreachable = |error| ConnectError::unreachable(endpoint, error);
    let url = endpoint.url.replacen("ws", "http", 1);
    let client = http_client::builder([url.as_str()]).http1_only().build();
    let key = generate_key();
    let request = client.map_err(unreachable)?.get(&url);
    let request = request
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key);
    let response = request.send().await.map_err(unreachable)?;
    check(endpoint, &response, &key)?;
    let upgraded = response.upgrade().await.map_err(unreachable)?;
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits())).await)
}

/// Limits of what the other side may send at once.
pub(super) fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
}

/// Whether the upgrade was accepted, by the one that was asked.
fn check(endpoint: &Endpoint, response: &Response, key: &str) -> Result<(), ConnectError> {
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(refused(response.headers()).map_or_else(
            || ConnectError::NoUpgrade {
                host: endpoint.host.clone(),
                status: response.status().as_u16(),
            },
            ConnectError::Refused,
        ));
    }
    let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT);
    if accept.is_none_or(|accept| accept.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
        return Err(ConnectError::WrongAccept {
            host: endpoint.host.clone(),
        });
    }
    Ok(())
}

/// Lark's own refusal of an upgrade, in headers whose HTTP status nobody has seen.
fn refused(headers: &HeaderMap) -> Option<Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let number = |name: &str| text(name).and_then(|value| value.trim().parse::<i64>().ok());
    let status = number("handshake-status")?;
    let code = match (status, number("handshake-autherrcode")) {
        (AUTH_FAILED, Some(Refusal::TOO_MANY_CONNECTIONS)) => Refusal::TOO_MANY_CONNECTIONS,
        (FORBIDDEN, _) => FORBIDDEN,
        _ => return None,
    };
    let message = text("handshake-msg").unwrap_or_default();
    Some(Refusal::new(code, message))
}

/// Returns an error with its causes, as the operator reads it.
pub(super) fn told(error: &ConnectError) -> Text {
    let (en, zh) = (chain(error), error.chinese());
    match error.remedy() {
        Some([cure, cure_zh]) => both(format!("{en}; {cure}"), format!("{zh}；{cure_zh}")),
        None => both(en, zh),
    }
}
