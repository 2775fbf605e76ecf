//! Settings that are in force, for those who look at them.

use std::sync::{Arc, PoisonError, RwLock};

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{AdminState, json as answer};
use crate::codes::Text;

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

    /// Notes that they were read again and cannot be used, so that those from before stay in force. The next that can be used
    /// take this note away.
    pub fn refuse(&self, at_ms: u64, why: &Text) {
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut noted = Value::clone(&shown);
        if let Some(fields) = noted.as_object_mut() {
            let refused = json!({"at_ms": at_ms, "reason": why.en(), "reason_zh": why.zh()});
            fields.insert("refused".to_owned(), refused);
        }
        *shown = Arc::new(noted);
    }

    /// Replaces them after they were read again.
    pub fn replace(&self, settings: Value) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

/// Lists the settings that are in force.
pub(super) async fn show(State(state): State<Arc<AdminState>>) -> Response {
    answer(StatusCode::OK, &state.shown_settings.now())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ShownSettings;
    use crate::codes::both;

    #[test]
    fn a_refused_reload_is_told_until_one_succeeds() {
        let shown = ShownSettings::new(json!({"read_at_ms": 1, "settings": []}));
        shown.refuse(5, &both("wrong", "有误"));
        let told = json!({"at_ms": 5, "reason": "wrong", "reason_zh": "有误"});
        assert_eq!(*shown.now(), json!({"read_at_ms": 1, "settings": [], "refused": told}));
        shown.replace(json!({"read_at_ms": 9, "settings": []}));
        assert_eq!(shown.now().get("refused"), None);
    }
}
