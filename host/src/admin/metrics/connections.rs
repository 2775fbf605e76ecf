//! Long connections.

use crate::telemetry::{ConnectionPhase, ConnectionState, TimeWithout, metrics};

use super::Page;

impl Page {
    pub(super) fn connections(&mut self, connections: &[ConnectionState], now_ms: u64) {
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
        self.head(&metrics::LONG_CONNECTION_HEARD);
        let is_open = |state: &ConnectionState| state.phase == ConnectionPhase::Connected;
        for (connection, number) in labelled.iter().filter(|(connection, _)| is_open(connection)) {
            let labels = [("app", &*connection.app_id), ("connection", number.as_str())];
            let seconds = now_ms.saturating_sub(connection.heard_ms) as f64 / 1_000.0;
            self.line(&metrics::LONG_CONNECTION_HEARD, &labels, seconds);
        }
        self.head(&metrics::LONG_CONNECTION_UNFINISHED);
        for (connection, number) in &labelled {
            let labels = [("app", &*connection.app_id), ("connection", number.as_str())];
            self.line(
                &metrics::LONG_CONNECTION_UNFINISHED,
                &labels,
                connection.unfinished as f64,
            );
        }
    }

    pub(super) fn gaps(&mut self, times: &[TimeWithout]) {
        self.head(&metrics::LONG_CONNECTION_GAP);
        for time in times {
            let labels = [("app", &*time.app_id)];
            self.line(&metrics::LONG_CONNECTION_GAP, &labels, time.now.as_secs_f64());
        }
        self.head(&metrics::LONG_CONNECTION_GAPS);
        for time in times {
            let labels = [("app", &*time.app_id)];
            self.line(&metrics::LONG_CONNECTION_GAPS, &labels, time.total.as_secs_f64());
        }
    }
}
