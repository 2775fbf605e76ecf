//! What a job is asked to do.

use lark_callback_store::Filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operate::{OperateError, events, names, selection::Change};

/// Numbers that one request may name; more are meant by a filter.
const NUMBERS_MAX: usize = 10_000;

/// Action on each of the items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Process events again, with new deliveries.
    #[default]
    Replay,
    /// Retry deliveries now, whether they are waiting, dead or expired.
    Retry,
    /// Drop deliveries that wait or are dead.
    Drop,
    /// Retry dead letters.
    RetryDead,
    /// Drop dead letters.
    DropDead,
}

impl Action {
    /// Whether its items are events; otherwise they are deliveries.
    pub fn is_of_events(self) -> bool {
        self == Self::Replay
    }

    /// Whether its items are dead letters.
    pub fn is_of_dead(self) -> bool {
        matches!(self, Self::RetryDead | Self::DropDead)
    }

    /// The change that it makes to deliveries.
    pub(super) fn change(self) -> Change {
        match self {
            Self::RetryDead => Change::Retry,
            Self::DropDead => Change::Drop,
            Self::Drop => Change::Discard,
            Self::Retry | Self::Replay => Change::RetryNow,
        }
    }
}

/// Action with the items that it is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JobRequest {
    /// What is done.
    pub action: Action,
    /// Numbers of events or deliveries; when given, the filter is ignored.
    pub ids: Vec<i64>,
    /// Filter over them.
    pub filter: Filter,
    /// For replays: the plugin; absent: those that received the events before.
    pub plugin: Option<String>,
    /// Allows a plugin that is not loaded; its deliveries wait.
    pub force: bool,
    /// Whether an empty filter selects all.
    pub all: bool,
}

impl JobRequest {
    pub(super) fn checked(mut self) -> Result<Self, OperateError> {
        names::checked_as_whole(&self.filter)?;
        if self.ids.len() > NUMBERS_MAX {
            return Err(OperateError::TooManyNumbers {
                numbers_max: NUMBERS_MAX,
            });
        }
        if !self.ids.is_empty() {
            self.filter = Filter::default();
            self.ids.sort_unstable();
            self.ids.dedup();
            return Ok(self);
        }
        if !self.all && self.filter == Filter::default() {
            return Err(OperateError::NothingSelected);
        }
        if self.action.is_of_events() {
            names::checked_with_search(&self.filter)?;
            events::check(&self.filter)?;
        } else if self.action.is_of_dead() {
            names::checked_with_error(&self.filter)?;
            if self.filter.state.is_some() {
                return Err(OperateError::StateOfDead);
            }
        } else {
            names::checked(&self.filter)?;
        }
        Ok(self)
    }
}
