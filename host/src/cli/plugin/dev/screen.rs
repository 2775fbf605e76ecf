//! What `plugin dev` prints: a word and lines for people, or a line of JSON.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use crate::telemetry::{escaped_json, escaped_lines};

/// Standard output; a closed one is ignored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    as_json: bool,
}

impl Screen {
    pub(super) fn new(as_json: bool) -> Self {
        Self { as_json }
    }

    /// Prints one step: its name and a text, or its name with the facts.
    pub(super) fn tell(self, step: &str, text: &str, facts: &Value) {
        let mut out = io::stdout().lock();
        if self.as_json {
            let mut line = json!({"step": step});
            if let (Some(line), Some(facts)) = (line.as_object_mut(), facts.as_object()) {
                line.extend(facts.clone());
            }
            let _ = writeln!(out, "{}", escaped_json(&line.to_string()));
        } else {
            for (at, line) in text.lines().enumerate() {
                let step = if at == 0 { step } else { "" };
                // Escaped, so that a plugin's text cannot move the cursor.
                let _ = writeln!(out, "{step:<10} {}", escaped_lines(line));
            }
        }
        let _ = out.flush();
    }
}
