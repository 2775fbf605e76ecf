//! Plugins that are called in this process: how they are compiled, and the click that they are called with.

use std::sync::Arc;

use lark_callback::plugin::{CompileSettings, EngineSettings};
use lark_protocol::{Event, Kind, Schema};

/// This process is the benchmark; plugins are compiled by the program.
pub(crate) fn settings() -> EngineSettings {
    EngineSettings {
        compile: CompileSettings {
            program: Some(env!("CARGO_BIN_EXE_lark-callback").into()),
            ..CompileSettings::default()
        },
        ..EngineSettings::default()
    }
}

pub(crate) fn click(payload: &str) -> Arc<Event> {
    Arc::new(Event {
        id: "f7984f25108f8137722bb63c1ee927e6".into(),
        event_type: "card.action.trigger".into(),
        kind: Kind::Callback,
        schema: Schema::V2,
        app_id: "cli_a5fbd91e2afc100e".into(),
        tenant_key: "2ed263bf32cf1651".into(),
        create_time_ms: 1_700_000_000_000,
        payload: payload.into(),
        message_id: None,
    })
}
