//! Log of a server that `plugin dev` has started: the lines of one plugin, and what the simulated Lark shows.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::screen::Screen;

/// Last lines that are kept for the case that the server ends.
const LAST_LINES: usize = 20;

/// Bytes of a line; a longer one is cut.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// What `dev` says when its demonstration is over and it goes on serving.
const IS_SERVING: &str = "Ctrl-C stops";

/// Followed log; clones share it.
#[derive(Debug, Clone)]
pub(super) struct Log {
    screen: Screen,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    plugin: String,
    last: VecDeque<String>,
}

impl Log {
    pub(super) fn new(screen: Screen) -> Self {
        Self {
            screen,
            shared: Arc::default(),
        }
    }

    /// Shows the lines of this plugin from now on.
    pub(super) fn follow(&self, plugin: &str) {
        plugin.clone_into(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner).plugin);
    }

    /// The last lines, for whoever asks why the server has ended.
    pub(super) fn last(&self) -> String {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.last.iter().map(|line| format!("\n  {line}")).collect()
    }

    /// Reads standard error, lines of JSON, until its end.
    pub(super) fn read_log(&self, stream: impl Read + Send + 'static) {
        let log = self.clone();
        thread::spawn(move || {
            for_each_line(stream, |line| log.take(line));
        });
    }

    fn take(&self, line: &str) {
        let plugin = {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            if shared.last.len() >= LAST_LINES {
                shared.last.pop_front();
            }
            shared.last.push_back(line.to_owned());
            shared.plugin.clone()
        };
        if let Some((text, facts)) = shown(line, &plugin) {
            self.screen.tell("log", &text, &facts);
        }
    }

    /// Reads standard output until its end; sends once when the server serves.
    pub(super) fn read_output(&self, stream: impl Read + Send + 'static, serving: mpsc::Sender<()>) {
        let screen = self.screen;
        thread::spawn(move || {
            let (mut is_serving, mut is_of_lark) = (false, false);
            for_each_line(stream, |line| {
                if !is_serving {
                    is_serving = line.contains(IS_SERVING);
                    if is_serving {
                        // Whoever waited may be gone.
                        let _ = serving.blocking_send(());
                    }
                    return;
                }
                // What the simulated Lark says of one call: a line, and indented ones below it.
                is_of_lark = line.starts_with("[Lark]") || (is_of_lark && line.starts_with(' '));
                if is_of_lark {
                    let text = line.strip_prefix("[Lark] ").unwrap_or(line);
                    screen.tell("Lark", text, &json!({"text": text}));
                }
            });
        });
    }
}

fn for_each_line(stream: impl Read, mut take: impl FnMut(&str)) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => take(String::from_utf8_lossy(&line).trim_end()),
        }
    }
}

/// What is shown of a line: the plugin's own words, and warnings and errors about it.
fn shown(line: &str, plugin: &str) -> Option<(String, Value)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let is_own = text("target") == Some("plugin");
    // A click that every plugin has passed is of none.
    let is_of_nobody = !is_own && text("outcome") == Some("passed") && text("plugin.name") == Some("-");
    if plugin.is_empty() {
        // Nothing was built so far, and what comes is answered without it.
        let is_lost = is_of_nobody || text("outcome") == Some("no_handler");
        let event_type = text("event.type").filter(|_| is_lost)?;
        let shown =
            format!("{event_type} came before the plugin was built, and nobody took it; send it again when it serves");
        return Some((shown, json!({"level": "WARN", "message": "no_handler", "line": line})));
    }
    if text("plugin.name") != Some(plugin) && !is_of_nobody {
        return None;
    }
    let (level, message) = (text("level")?, text("message")?);
    // An event that it did not take looks like one that it handled without a word.
    let is_passed = !is_own && text("outcome") == Some("passed");
    if !is_own && !is_passed && !matches!(level, "WARN" | "ERROR") {
        return None;
    }
    let mut shown = format!("{level} {message}");
    if is_passed {
        shown.push_str(&format!(": passed {}", text("event.type").unwrap_or_default()));
    }
    if let Some(error) = text("error").or(text("reason")) {
        shown.push_str(&format!(": {error}"));
    }
    Some((shown, json!({"level": level, "message": message, "line": line})))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn only_lines_of_this_plugin_are_shown() {
        let line = |target: &str, level: &str, plugin: &str| {
            format!(
                r#"{{"level":"{level}","target":"{target}","message":"it happened","plugin.name":"{plugin}","error":"why"}}"#
            )
        };
        for (line, is_shown) in [
            (line("plugin", "INFO", "a"), true),
            (line("plugin", "INFO", "b"), false),
            (line("lark_callback::dispatch", "INFO", "a"), false),
            (line("lark_callback::dispatch", "WARN", "a"), true),
            ("no JSON".to_owned(), false),
        ] {
            assert_eq!(shown(&line, "a").is_some(), is_shown, "{line}");
            assert!(shown(&line, "").is_none());
        }
        let early = r#"{"level":"INFO","target":"x","message":"Event answered","plugin.name":"-","event.type":"t","outcome":"no_handler"}"#;
        let (text, _) = shown(early, "").unwrap();
        assert_eq!(
            text,
            "t came before the plugin was built, and nobody took it; send it again when it serves"
        );
        assert!(shown(early, "a").is_none());
        let passed = r#"{"level":"INFO","target":"x","message":"Delivered","plugin.name":"a","event.type":"t","outcome":"passed"}"#;
        assert_eq!(shown(passed, "a").unwrap().0, "INFO Delivered: passed t");
        let by_all = passed.replace(r#""plugin.name":"a""#, r#""plugin.name":"-""#);
        assert!(shown(&by_all, "a").is_some());
        let (text, _) = shown(&line("plugin", "INFO", "a"), "a").unwrap();
        assert_eq!(text, "INFO it happened: why");
    }
}
