//! Names in filters: validated, and when nothing matches, answered with the closest existing name.

use std::fmt;

use lark_callback_store::Filter;

use super::{Context, OperateError};
use crate::codes::{self, Text, both};

/// States of deliveries.
const STATES: [&str; 7] = ["ready", "running", "retry_wait", "done", "dead", "skipped", "expired"];

/// Maximum number of names listed when none is close.
const KNOWN_TOLD_MAX: usize = 40;

/// Kind of a name in a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// Application.
    Application,
    /// Error of dead letters.
    Error,
    /// Type of events.
    EventType,
    /// Outcome.
    Outcome,
    /// Plugin.
    Plugin,
    /// State of deliveries.
    State,
    /// Person.
    User,
}

impl NameKind {
    /// The kind, as a sentence names it.
    pub(super) fn text(self) -> Text {
        match self {
            Self::Application => both("the application", "应用"),
            Self::Error => both("the error", "错误"),
            Self::EventType => both("the event type", "事件类型"),
            Self::Outcome => both("the outcome", "处理结果"),
            Self::Plugin => both("the plugin", "插件"),
            Self::State => both("the state", "状态"),
            Self::User => both("the user", "用户"),
        }
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.text(), f)
    }
}

/// Suggestion for an unknown name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nearest {
    /// The one name that differs by a typing error.
    One(String),
    /// All existing names, because none is close.
    Known(Vec<String>),
}

impl Nearest {
    /// Returns the suggestion for a name that is none of these.
    pub fn of(name: &str, mut known: Vec<String>) -> Self {
        known.sort_unstable();
        known.dedup();
        let nearest = known
            .iter()
            .map(|known| (strsim::damerau_levenshtein(name, known), known))
            .min();
        match nearest {
            Some((slips, nearest)) if is_slip(name, slips) => Self::One(nearest.clone()),
            _ => {
                known.truncate(KNOWN_TOLD_MAX);
                Self::Known(known)
            }
        }
    }
}

/// Whether so many differences may be a typing error. Of a short name more than half must be right.
fn is_slip(name: &str, slips: usize) -> bool {
    let letters = name.chars().count();
    slips <= (letters / 3).max(2) && 2 * slips < letters
}

pub(super) fn unknown(what: NameKind, name: &str, known: Vec<String>) -> OperateError {
    OperateError::Unknown {
        what,
        name: name.to_owned(),
        nearest: Nearest::of(name, known),
    }
}

/// Validates a filter of a command that does not read payloads, nor the errors of dead letters.
pub(super) fn checked(filter: &Filter) -> Result<Filter, OperateError> {
    if filter.error.is_some() {
        return Err(OperateError::ErrorElsewhere);
    }
    checked_with_error(filter)
}

/// Validates a filter of dead letters.
pub(super) fn checked_with_error(filter: &Filter) -> Result<Filter, OperateError> {
    if filter.is_search() || filter.after.is_some() {
        return Err(OperateError::SearchElsewhere);
    }
    checked_with_search(filter)
}

/// Validates a filter of a change: it is of all that match, and not of a page of them.
pub(super) fn checked_as_whole(filter: &Filter) -> Result<(), OperateError> {
    let pages = [
        filter.limit.is_some(),
        filter.before.is_some(),
        filter.after.is_some(),
        filter.within_ms.is_some(),
    ];
    if pages.contains(&true) {
        return Err(OperateError::Search(both(
            "limit, before, after and within_ms are for pages of a list; a change is of all that the filter matches: leave them out, or \
             give numbers",
            "limit、before、after 和 within_ms 只用于列表分页；更改针对过滤条件匹配的全部：请去掉它们，或指定编号",
        )));
    }
    Ok(())
}

/// Validates a filter: its state exists, and no name contains a character that names cannot have.
pub(super) fn checked_with_search(filter: &Filter) -> Result<Filter, OperateError> {
    if let Some(state) = &filter.state
        && !STATES.contains(&state.as_str())
    {
        return Err(unknown(NameKind::State, state, STATES.map(str::to_owned).to_vec()));
    }
    let names = [
        (NameKind::Application, &filter.app),
        (NameKind::EventType, &filter.event_type),
        (NameKind::Plugin, &filter.plugin),
        (NameKind::Outcome, &filter.outcome),
        (NameKind::Error, &filter.error),
    ];
    for (what, name) in names {
        if name.as_ref().is_some_and(String::is_empty) {
            return Err(OperateError::EmptyName { what });
        }
        if let Some(name) = name.as_ref().filter(|name| name.contains('\0')) {
            return Err(unknown(what, &name.replace('\0', "\u{fffd}"), Vec::new()));
        }
    }
    if let (Some(since_ms), Some(until_ms)) = (filter.since_ms, filter.until_ms)
        && since_ms > until_ms
    {
        return Err(OperateError::Search(both(
            "since is later than until, so nothing lies between them; for events of 1 to 2 hours ago: --since 2h --until 1h",
            "since 晚于 until，两者之间没有内容；例如 1 到 2 小时前的事件：--since 2h --until 1h",
        )));
    }
    Ok(filter.clone())
}

/// Explains an empty result by a name in the filter that does not exist. An event type is only questioned when a known
/// one is close, because Lark may send any of its types later.
pub(super) async fn explain_nothing(context: Context<'_>, filter: &Filter, found: usize) -> Result<(), OperateError> {
    if found > 0 {
        return Ok(());
    }
    if let Some(plugin) = &filter.plugin {
        check_plugin(context, plugin).await?;
    }
    if let Some(outcome) = &filter.outcome
        && codes::outcome(outcome).is_none()
    {
        let known = codes::outcomes().map(str::to_owned).collect();
        return Err(unknown(NameKind::Outcome, outcome, known));
    }
    if let Some(app) = &filter.app {
        let known = context.store.known_apps().await?;
        // Before the first event nothing shows which applications exist.
        if !known.is_empty() && !known.contains(app) {
            return Err(unknown(NameKind::Application, app, known));
        }
    }
    if let Some(event_type) = &filter.event_type {
        let known = context.store.known_event_types().await?;
        if !known.contains(event_type)
            && let nearest @ Nearest::One(_) = Nearest::of(event_type, known)
        {
            return Err(OperateError::Unknown {
                what: NameKind::EventType,
                name: event_type.clone(),
                nearest,
            });
        }
    }
    Ok(())
}

/// Checks that a plugin is loaded, or that something was once delivered to it.
pub(super) async fn check_plugin(context: Context<'_>, plugin: &str) -> Result<(), OperateError> {
    if context.plugins.iter().any(|loaded| loaded == plugin) {
        return Ok(());
    }
    let mut known = context.store.known_plugins().await?;
    if known.iter().any(|known| known == plugin) {
        return Ok(());
    }
    known.extend_from_slice(context.plugins);
    Err(unknown(NameKind::Plugin, plugin, known))
}

/// Checks that a plugin is loaded.
///
/// # Errors
/// [`OperateError::Unknown`], with the name that was probably meant.
pub fn check_loaded(loaded: &[String], plugin: &str) -> Result<(), OperateError> {
    if loaded.iter().any(|loaded| loaded == plugin) {
        return Ok(());
    }
    Err(unknown(NameKind::Plugin, plugin, loaded.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::Nearest;
    use crate::codes;

    #[test]
    fn every_end_of_a_call_can_be_asked_for() {
        for source in [
            include_str!("../plugin/error/call.rs"),
            include_str!("../plugin/error/tasks.rs"),
        ] {
            let (_, code) = source.split_once("pub fn code(").unwrap();
            let (code, _) = code.split_once("\n    }\n").unwrap();
            let words: Vec<&str> = code.split('"').skip(1).step_by(2).collect();
            assert!(words.len() > 3, "{code}");
            for word in words {
                assert!(codes::outcome(word).is_some(), "{word}");
            }
        }
    }

    fn nearest(name: &str) -> Nearest {
        Nearest::of(name, ["moody", "counter", "card-auth"].map(str::to_owned).to_vec())
    }

    #[test]
    fn a_slip_is_told_and_something_else_gets_all_names() {
        assert_eq!(nearest("mody"), Nearest::One("moody".to_owned()));
        assert_eq!(nearest("card_auht"), Nearest::One("card-auth".to_owned()));
        let all = ["card-auth", "counter", "moody"].map(str::to_owned).to_vec();
        for other in ["greeter", "a", "xx", ""] {
            assert_eq!(nearest(other), Nearest::Known(all.clone()), "{other}");
        }
    }
}
