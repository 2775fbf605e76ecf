//! The intervals that Lark sets for a connection: `ClientConfig` of the discovery and of a pong.

use core::time::Duration;
use std::ops::RangeInclusive;

use serde_json::Value;

/// Intervals of pings and of reconnecting. Only values in their range are taken over: a client that believes a ping interval
/// of 0 sends thousands a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two pings.
    pub ping: Duration,
    /// The longest wait between two attempts to connect.
    pub reconnect: Duration,
    /// The first attempt after a loss waits a random time below this.
    pub nonce: Duration,
}

impl Default for Pace {
    /// Values that the official SDKs use until Lark says otherwise.
    fn default() -> Self {
        Self {
            ping: Duration::from_secs(120),
            reconnect: Duration::from_secs(120),
            nonce: Duration::from_secs(30),
        }
    }
}

impl Pace {
    /// Takes over what a JSON object names; everything else stays as it was. `ReconnectCount` is not read: giving up would
    /// leave a server that lives and is deaf.
    pub fn update(&mut self, json: &[u8]) {
        if let Ok(config) = serde_json::from_slice(json) {
            self.update_from(&config);
        }
    }

    pub(super) fn update_from(&mut self, config: &Value) {
        take(&mut self.ping, config, "PingInterval", 1..=3600);
        take(&mut self.reconnect, config, "ReconnectInterval", 1..=3600);
        take(&mut self.nonce, config, "ReconnectNonce", 0..=600);
    }
}

fn take(current: &mut Duration, config: &Value, name: &str, range: RangeInclusive<i64>) {
    let seconds = config.get(name).and_then(Value::as_i64);
    if let Some(seconds) = seconds.filter(|seconds| range.contains(seconds)) {
        *current = Duration::from_secs(seconds.unsigned_abs());
    }
}
