//! The last log lines of each plugin, kept in memory for whoever looks.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{SystemTime, UNIX_EPOCH},
};

/// Lines of one plugin that are kept.
const LINES_MAX: usize = 200;

/// Bytes of the lines of one plugin that are kept: its longest lines have 16 KiB.
const BYTES_MAX: usize = 128 << 10;

/// The last log lines of all plugins; clones share them, and they survive the replacement of a plugin.
#[derive(Debug, Clone, Default)]
pub struct PluginLogs(Arc<RwLock<BTreeMap<Arc<str>, Arc<PluginLog>>>>);

/// The last log lines of one plugin.
#[derive(Debug, Default)]
pub struct PluginLog(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<PluginLine>,
    bytes: usize,
    /// Number of the line that comes next.
    next: u64,
}

/// Log line of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginLine {
    /// Counts the lines of the plugin since the server started.
    pub number: u64,
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// `DEBUG`, `INFO`, `WARN` or `ERROR`; `CALL` for a call of Lark that the host made.
    pub level: &'static str,
    /// Event or task that was handled.
    pub event_id: Arc<str>,
    /// Text, on one line.
    pub text: String,
}

impl PluginLogs {
    /// The log of a plugin, which is kept from then on.
    pub fn of(&self, plugin: &Arc<str>) -> Arc<PluginLog> {
        if let Some(log) = self.known(plugin) {
            return log;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(Arc::clone(plugin)).or_default())
    }

    /// The log of a plugin, if it has ever been loaded.
    pub fn known(&self, plugin: &str) -> Option<Arc<PluginLog>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(plugin).map(Arc::clone)
    }

    /// The lines about one event or task that are still kept, each with its plugin; the oldest first.
    pub fn of_event(&self, event_id: &str) -> Vec<(Arc<str>, PluginLine)> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut found: Vec<_> = all
            .into_iter()
            .flat_map(|(plugin, log)| {
                let lines = log.of_event(event_id).into_iter();
                lines.map(move |line| (Arc::clone(&plugin), line))
            })
            .collect();
        found.sort_by_key(|(_, line)| line.at_ms);
        found
    }

    /// Whether lines that a plugin wrote from a moment on may have made room for others.
    pub fn is_cut(&self, plugin: &str, from_ms: u64) -> bool {
        self.known(plugin).is_some_and(|log| {
            let lines = log.lock();
            let first = lines.kept.front();
            first.is_some_and(|first| first.number > 0 && first.at_ms >= from_ms)
        })
    }
}

impl PluginLog {
    /// Keeps a line; the oldest ones make room for it.
    pub(crate) fn add(&self, level: &'static str, event_id: &Arc<str>, text: &str) {
        let at_ms = now_ms();
        let mut lines = self.lock();
        lines.bytes += text.len();
        let mut buffer = String::new();
        while lines.kept.len() >= LINES_MAX || lines.bytes > BYTES_MAX {
            let Some(oldest) = lines.kept.pop_front() else { break };
            lines.bytes = lines.bytes.saturating_sub(oldest.text.len());
            // Its memory holds the next one: a plugin that logs steadily asks for no more.
            buffer = oldest.text;
        }
        buffer.clear();
        buffer.push_str(text);
        let number = lines.next;
        lines.next += 1;
        lines.kept.push_back(PluginLine {
            number,
            at_ms,
            level,
            event_id: Arc::clone(event_id),
            text: buffer,
        });
    }

    /// The lines from a number on that are still kept.
    pub fn since(&self, number: u64) -> Vec<PluginLine> {
        self.those(|line| line.number >= number)
    }

    fn of_event(&self, event_id: &str) -> Vec<PluginLine> {
        self.those(|line| *line.event_id == *event_id)
    }

    fn those(&self, is_one: impl Fn(&PluginLine) -> bool) -> Vec<PluginLine> {
        self.lock().kept.iter().filter(|line| is_one(line)).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "the time of a line, as in the log itself")]
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{BYTES_MAX, LINES_MAX, PluginLogs};

    #[test]
    fn the_last_lines_are_kept_and_no_more_than_a_number_and_a_size() {
        let logs = PluginLogs::default();
        let (plugin, event): (Arc<str>, Arc<str>) = ("a".into(), "e".into());
        let log = logs.of(&plugin);
        for number in 0..LINES_MAX + 5 {
            log.add("INFO", &event, &format!("line {number}"));
        }
        let kept = logs.known("a").unwrap().since(0);
        assert_eq!((kept.len(), kept[0].text.as_str()), (LINES_MAX, "line 5"));
        let first_ms = kept[0].at_ms;
        assert!(logs.is_cut("a", first_ms) && !logs.is_cut("a", first_ms + 1) && !logs.is_cut("b", 0));
        let last = kept.last().unwrap().number;
        assert_eq!(log.since(last).len(), 1);
        assert!(log.since(last + 1).is_empty());
        for _ in 0..20 {
            log.add("WARN", &event, &"x".repeat(16 << 10));
        }
        let bytes: usize = log.since(0).iter().map(|line| line.text.len()).sum();
        assert!(bytes <= BYTES_MAX && bytes > BYTES_MAX / 2, "{bytes}");
        assert!(logs.known("b").is_none());
    }

    #[test]
    fn the_lines_about_an_event_are_found_whichever_plugin_wrote_them() {
        let logs = PluginLogs::default();
        let (one, other): (Arc<str>, Arc<str>) = ("one".into(), "other".into());
        for (plugin, event, text) in [("a", &one, "1"), ("b", &one, "2"), ("a", &other, "3")] {
            logs.of(&plugin.into()).add("INFO", event, text);
        }
        let found = logs.of_event("one");
        let found: Vec<_> = found.iter().map(|(plugin, line)| (&**plugin, &*line.text)).collect();
        assert_eq!(found, [("a", "1"), ("b", "2")]);
        assert!(logs.of_event("none").is_empty());
    }
}
