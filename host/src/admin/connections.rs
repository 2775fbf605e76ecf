//! `GET /api/v1/connections`: the long connections of this server, and whether it is deaf for an application.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{AdminState, json as answer};
use crate::{
    codes::{Text, both, told},
    telemetry::{ConnectionPhase, ConnectionState},
};

/// How long a server may be without a sign of life and without a connection before it is no longer ready: a few attempts.
const DEAF_MAX: Duration = Duration::from_secs(60);

/// Answers with all connections.
pub(super) async fn list(State(state): State<Arc<AdminState>>) -> Response {
    let connections: Vec<_> = state.connections.now().iter().map(shown).collect();
    answer(StatusCode::OK, &json!({ "connections": connections }))
}

fn shown(connection: &ConnectionState) -> Value {
    json!({
        "app_id": &*connection.app_id,
        "number": connection.number,
        "state": connection.phase.word(),
        "since_ms": connection.since_ms,
        "device_id": connection.device_id,
        "last_frame_ms": connection.last_frame_ms,
        "last_push_ms": connection.last_push_ms,
        "next_try_ms": connection.next_try_ms,
        "reason": connection.reason.as_ref().map(Text::en),
        "reason_zh": connection.reason.as_ref().map(Text::zh),
        "connects": connection.connects,
        "failures": connection.failures,
        "pushes": connection.pushes,
        "refused_frames": connection.refused_frames,
    })
}

/// Returns why nothing arrives for applications that receive over a long connection only.
pub fn deaf(connections: &[ConnectionState]) -> Vec<Text> {
    let mut of_apps = BTreeMap::<&str, Vec<&ConnectionState>>::new();
    for connection in connections.iter().filter(|connection| connection.is_only_way) {
        of_apps.entry(&connection.app_id).or_default().push(connection);
    }
    let deaf = of_apps.into_iter().filter_map(|(app_id, connections)| {
        let hears = |connection: &&ConnectionState| {
            let is_young = connection.was_connected && connection.heard_at.elapsed() < DEAF_MAX;
            connection.phase == ConnectionPhase::Connected || is_young
        };
        if connections.iter().any(hears) {
            return None;
        }
        let reason = connections.iter().find_map(|connection| connection.reason.clone());
        let reason = reason.unwrap_or_else(|| both("it is being made", "正在建立"));
        Some(told!(
            "{app_id} has no long connection: {reason}",
            "{app_id} 没有长连接：{reason:#}"
        ))
    });
    deaf.collect()
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tokio::time::{Instant, advance};

    use super::{ConnectionPhase, deaf};
    use crate::telemetry::Connections;

    #[tokio::test(start_paused = true)]
    async fn a_server_is_deaf_a_minute_after_the_last_sign_of_life_however_often_it_is_accepted() {
        let (connections, app) = (Connections::default(), Arc::from("cli_a"));
        let connection = connections.begin(&app, 1, true, 0);
        let enter = |phase| {
            connection.change(|state| {
                if phase == ConnectionPhase::Connected {
                    state.was_connected = true;
                    state.hear(Instant::now(), 0);
                }
                state.phase = phase;
            });
            connections.look(&app);
        };
        assert_eq!(
            deaf(&connections.now()),
            ["cli_a has no long connection: it is being made"]
        );
        enter(ConnectionPhase::Connected);
        advance(Duration::from_secs(45)).await;
        assert_eq!(deaf(&connections.now()).len(), 0);
        for _ in 0..2 {
            enter(ConnectionPhase::Waiting);
            enter(ConnectionPhase::Connecting);
            assert_eq!(deaf(&connections.now()).len(), 0);
            advance(Duration::from_secs(7)).await;
        }
        advance(Duration::from_secs(1)).await;
        assert_eq!(deaf(&connections.now()).len(), 1);
        let times = connections.time_without();
        assert_eq!(times[0].now, Duration::from_secs(60));
    }
}
