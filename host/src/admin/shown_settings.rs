//! Settings that are in force, for those who look at them.

use std::sync::{Arc, PoisonError, RwLock};

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::Value;

use super::{AdminState, json};

/// Settings in force with their origins, without secrets, as the API answers them; clones share them.
#[derive(Debug, Clone)]
pub struct ShownSettings(Arc<RwLock<Arc<Value>>>);

impl ShownSettings {
    /// Begins with those of the start.
    pub fn new(settings: Value) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(settings))))
    }

    /// Those in force now.
    pub fn now(&self) -> Arc<Value> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces them after they were read again.
    pub fn replace(&self, settings: Value) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

/// Lists the settings that are in force.
pub(super) async fn show(State(state): State<Arc<AdminState>>) -> Response {
    json(StatusCode::OK, &state.shown_settings.now())
}
