//! Lark's rejections, and their codes.

use serde_json::{Value, json};

use super::{Reply, Seen};

/// One request that Lark did not take.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    pub(super) code: i64,
    why: String,
    at: String,
    /// Whether a server is to take it calmly: a limit or a lock, which pass.
    pub(super) is_expected: bool,
    /// The scope that was missing.
    violation: Option<Value>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: i64, why: impl Into<String>) -> Self {
        Self {
            status,
            code,
            why: why.into(),
            at: String::new(),
            is_expected: false,
            violation: None,
        }
    }

    /// One that passes, and that everybody may meet.
    pub(super) fn expected(status: u16, code: i64, why: &str) -> Self {
        Self {
            is_expected: true,
            ..Self::new(status, code, why)
        }
    }

    /// Tells which scope was missing.
    pub(super) fn violating(self, violation: Value) -> Self {
        Self {
            violation: Some(violation),
            ..self
        }
    }

    pub(super) fn at(mut self, seen: &Seen) -> Self {
        self.at = format!("{} {}", seen.method, seen.path);
        self
    }

    /// The token endpoints have no `msg`.
    pub(super) fn reply(&self, seen: &Seen) -> Reply {
        let body = if seen.path.ends_with("/token") {
            json!({"code": self.code, "error": "invalid_grant", "error_description": self.why})
        } else if let Some(violation) = &self.violation {
            json!({"code": self.code, "msg": self.why, "error": {"permission_violations": [violation]}})
        } else {
            json!({"code": self.code, "msg": self.why})
        };
        Reply::json(self.status, &body)
    }
}
