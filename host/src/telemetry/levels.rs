//! Levels of the log by target: from the settings, or what the operator asked for while the server runs.

use std::{
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::Level;
use tracing_subscriber::{
    Registry,
    filter::{LevelFilter, Targets},
    reload,
};

use super::repeats::SUMMARIES;

/// Length of levels that are taken from an operator; dozens of targets fit.
const LEVELS_BYTES_MAX: usize = 1_024;

/// The levels of the running log; clones share everything.
#[derive(Debug, Clone)]
pub struct Levels(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    filter: reload::Handle<Targets, Registry>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// As the settings say.
    configured: String,
    /// As the operator asked for, until the process ends or the setting changes.
    asked: Option<String>,
}

/// Levels at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelsNow {
    /// In effect.
    pub levels: String,
    /// As the settings say.
    pub configured: String,
    /// Whether the operator changed them, so that a restart ends them.
    pub is_changed: bool,
}

/// The text is no level and no list of `target=level`.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is no level; write for example `debug` or `info,lark_callback=debug`", .0.escape_debug())]
pub struct NoLevel(String);

/// Parses levels by target.
pub(super) fn targets(levels: &str) -> Option<Targets> {
    // A single word could be a target, which would silence everything else; more likely it is a misspelt level.
    let is_clear = |part: &str| part.is_empty() || part.contains('=') || LevelFilter::from_str(part).is_ok();
    let is_clear = levels.split(',').all(|part| is_clear(part.trim()));
    let targets = is_clear.then(|| Targets::from_str(levels).ok()).flatten()?;
    // Lines of a target that is shown are left out when they repeat, so their summary is shown, too.
    Some(targets.with_target(SUMMARIES, LevelFilter::WARN))
}

impl Levels {
    pub(super) fn new(filter: reload::Handle<Targets, Registry>, configured: &str) -> Self {
        let state = State {
            configured: configured.to_owned(),
            asked: None,
        };
        Self(Arc::new(Shared {
            filter,
            state: Mutex::new(state),
        }))
    }

    /// Takes the setting, after the settings were read again. What the operator asked for stays unless the setting has
    /// changed: log rotation sends SIGHUP, too.
    pub(super) fn configure(&self, configured: &str, targets: Targets) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.asked.is_some() && state.configured == configured {
            return;
        }
        configured.clone_into(&mut state.configured);
        state.asked = None;
        self.apply(targets);
    }

    /// Changes the levels until the process ends; `None` goes back to the setting.
    ///
    /// # Errors
    /// When the text is not understood; nothing is changed then.
    pub fn ask(&self, asked: Option<&str>) -> Result<LevelsNow, NoLevel> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let levels = asked.map_or_else(|| state.configured.clone(), |levels| levels.trim().to_owned());
        if asked.is_some() && (levels.is_empty() || levels.len() > LEVELS_BYTES_MAX) {
            return Err(NoLevel(super::shortened(levels, LEVELS_BYTES_MAX)));
        }
        let new = targets(&levels).ok_or_else(|| NoLevel(levels.clone()))?;
        let before = state.now();
        state.asked = asked.map(|_| levels);
        let now = state.now();
        if before.levels != now.levels {
            // On that side of the change on which it is shown.
            let is_shown =
                targets(&before.levels).is_some_and(|before| before.would_enable(module_path!(), &Level::INFO));
            if is_shown {
                log_change(&before, &now);
            }
            self.apply(new);
            if !is_shown {
                log_change(&before, &now);
            }
        }
        Ok(now)
    }

    /// The levels at this moment.
    pub fn now(&self) -> LevelsNow {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).now()
    }

    fn apply(&self, targets: Targets) {
        // Fails only when the subscriber is gone, and then nobody could read a line about it.
        let _ = self.0.filter.reload(targets);
    }
}

impl State {
    fn now(&self) -> LevelsNow {
        LevelsNow {
            levels: self.asked.as_ref().unwrap_or(&self.configured).clone(),
            configured: self.configured.clone(),
            is_changed: self.asked.is_some(),
        }
    }
}

fn log_change(before: &LevelsNow, now: &LevelsNow) {
    let until = if now.is_changed {
        "until the next restart"
    } else {
        "as the settings say"
    };
    tracing::info!(
        levels = now.levels,
        levels.before = before.levels,
        "Log levels changed by the operator, {until}"
    );
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::{Registry, filter::Targets, reload};

    use super::{LEVELS_BYTES_MAX, Level, Levels, SUMMARIES, targets};

    fn levels() -> (Levels, reload::Layer<Targets, Registry>) {
        let (layer, filter) = reload::Layer::new(targets("info").unwrap());
        (Levels::new(filter, "info"), layer)
    }

    #[test]
    fn what_the_operator_asks_for_outlives_a_reload_that_changes_nothing() {
        let (levels, _layer) = levels();
        assert!(levels.ask(Some("debug")).unwrap().is_changed);
        levels.configure("info", targets("info").unwrap());
        assert_eq!(levels.now().levels, "debug");
        levels.configure("warn", targets("warn").unwrap());
        assert_eq!((levels.now().levels.as_str(), levels.now().is_changed), ("warn", false));
    }

    #[test]
    fn levels_that_are_not_understood_change_nothing() {
        let (levels, _layer) = levels();
        for wrong in ["", "loud", "lark_callback=loud", &"x=debug,".repeat(LEVELS_BYTES_MAX)] {
            assert!(levels.ask(Some(wrong)).is_err(), "{wrong}");
        }
        assert_eq!(levels.now().levels, "info");
        levels.ask(Some("warn,plugin=debug")).unwrap();
        assert_eq!(levels.ask(None).unwrap().levels, "info");
    }

    #[test]
    fn the_summary_of_lines_that_are_shown_is_shown() {
        for levels in ["error,plugin=debug", "off,lark_callback::deliver=warn", "debug"] {
            let targets = targets(levels).unwrap();
            assert!(targets.would_enable(SUMMARIES, &Level::WARN), "{levels}");
        }
    }
}
