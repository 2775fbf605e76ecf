//! Long connections.

use crate::telemetry::{ConnectionPhase, ConnectionState, metrics};

use super::Page;

impl Page {
    pub(super) fn connections(&mut self, connections: &[ConnectionState]) {
        let labelled: Vec<_> = connections
            .iter()
            .map(|connection| (connection, connection.number.to_string()))
            .collect();
        self.head(&metrics::LONG_CONNECTION);
        for (connection, number) in &labelled {
            for phase in ConnectionPhase::ALL {
                let is_in = f64::from(u8::from(connection.phase == phase));
                let labels = [
                    ("app", &*connection.app_id),
                    ("connection", number.as_str()),
                    ("state", phase.word()),
                ];
                self.line(&metrics::LONG_CONNECTION, &labels, is_in);
            }
        }
        self.head(&metrics::LONG_CONNECTION_CONNECTS);
        for (connection, number) in &labelled {
            for (result, count) in [("made", connection.connects), ("failed", connection.failures)] {
                let labels = [
                    ("app", &*connection.app_id),
                    ("connection", number.as_str()),
                    ("result", result),
                ];
                self.line(&metrics::LONG_CONNECTION_CONNECTS, &labels, count as f64);
            }
        }
        self.head(&metrics::LONG_CONNECTION_PUSHES);
        for (connection, number) in &labelled {
            for (result, count) in &connection.pushes {
                let labels = [
                    ("app", &*connection.app_id),
                    ("connection", number.as_str()),
                    ("result", *result),
                ];
                self.line(&metrics::LONG_CONNECTION_PUSHES, &labels, *count as f64);
            }
        }
        self.head(&metrics::LONG_CONNECTION_REFUSED_FRAMES);
        for (connection, number) in &labelled {
            for (reason, count) in &connection.refused_frames {
                let labels = [
                    ("app", &*connection.app_id),
                    ("connection", number.as_str()),
                    ("reason", *reason),
                ];
                self.line(&metrics::LONG_CONNECTION_REFUSED_FRAMES, &labels, *count as f64);
            }
        }
    }
}
