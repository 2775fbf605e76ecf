//! Dead letters by plugin and error: how many of each there are, since when and until when.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;

use super::{
    dead::dead_where,
    filter::{Filter, below, bind_filter},
    step::{OVER_MAX, Step},
};
use crate::{
    backend::on_backend,
    error::StoreError,
    rows::{alike::alike, numbers::millis},
    store::{Store, question::Timed as _},
};

/// Letters that are looked at, the newest first; a list of groups that took longer nobody waits for.
const LETTERS_MAX: u64 = 100_000;

/// Letters of the first statement, and at most: each is looked up with its event and its last attempt.
const LETTERS: Step = Step::new(50, 1_000);

/// Groups that are told; others are counted.
const GROUPS_MAX: usize = 500;

/// Types or tasks that are named of a group.
const NAMES_MAX: usize = 5;

/// Dead letters that failed in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeadGroup {
    /// For whom.
    pub plugin: String,
    /// A word for how the last attempt ended.
    pub outcome: Option<String>,
    /// The error of the last attempt, with `…` for what differs: a filter for it.
    pub error: String,
    /// How many there are.
    pub count: u64,
    /// When the first was given up, in milliseconds since 1970.
    pub first_at_ms: u64,
    /// When the last was given up, in milliseconds since 1970.
    pub last_at_ms: u64,
    /// The number of the first.
    pub first: i64,
    /// The number of the last.
    pub last: i64,
    /// The error of the last as it is.
    pub example: Option<String>,
    /// Names of types and tasks, some of them.
    pub names: Vec<String>,
}

/// Groups of dead letters, the largest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeadGroups {
    /// The groups.
    pub groups: Vec<DeadGroup>,
    /// Letters that were looked at.
    pub looked_at: u64,
    /// Whether there are older letters that were not looked at, or more groups than are told.
    pub is_more: bool,
}

const LETTERS_OF: &str = dead_where!(
    "d.id, coalesce(e.event_type, d.task_name, ''), d.plugin, d.finished_at_ms,
     (select a.outcome from attempts a where a.delivery = d.id order by a.started_at_ms desc limit 1),
     (select a.error from attempts a where a.delivery = d.id order by a.started_at_ms desc limit 1)",
    "and d.id < $8 order by d.id desc limit $9"
);

type Letter = (i64, String, String, Option<i64>, Option<String>, Option<String>);

impl Store {
    /// Dead letters by plugin and error, the largest group first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn dead_groups(&self, filter: &Filter) -> Result<DeadGroups, StoreError> {
        let until = Instant::now() + filter.look_max();
        let mut groups = HashMap::<(String, Option<String>, String), DeadGroup>::new();
        let mut found = DeadGroups::default();
        let mut before = filter.before;
        let wanted = filter.error.as_deref().map(alike);
        let mut step = LETTERS;
        loop {
            let begun = Instant::now();
            let end = (found.looked_at > 0).then_some(until + OVER_MAX);
            let letters: Option<Vec<Letter>> = self
                .ask_in_time(async {
                    on_backend!(&*self.questions, readers => {
                        let mut connection = readers.acquire().await?;
                        connection.end_at(end).await?;
                        bind_filter!(sqlx::query_as(LETTERS_OF), filter, below(before))
                            .bind(step.numbers())
                            .fetch_all(&mut *connection)
                            .await
                    })
                })
                .await
                .map_err(StoreError::database("grouping dead letters"))?;
            let Some(letters) = letters else {
                found.is_more = true;
                break;
            };
            found.looked_at += letters.len() as u64;
            let is_last = (letters.len() as u64) < step.numbers().unsigned_abs();
            step.took(step.numbers(), begun.elapsed());
            before = letters.last().map(|letter| letter.0);
            for letter in letters {
                count(&mut groups, wanted.as_deref(), letter);
            }
            if is_last {
                break;
            }
            if found.looked_at >= LETTERS_MAX || Instant::now() >= until {
                found.is_more = true;
                break;
            }
        }
        found.groups = groups.into_values().collect();
        found
            .groups
            .sort_by_key(|group| std::cmp::Reverse((group.count, group.last)));
        found.is_more |= found.groups.len() > GROUPS_MAX;
        found.groups.truncate(GROUPS_MAX);
        Ok(found)
    }
}

/// Adds a letter that is older than all before it.
fn count(groups: &mut HashMap<(String, Option<String>, String), DeadGroup>, wanted: Option<&str>, letter: Letter) {
    let (id, name, plugin, finished, outcome, error) = letter;
    let at_ms = finished.map(millis).unwrap_or_default();
    let shape = alike(error.as_deref().unwrap_or_default());
    if wanted.is_some_and(|wanted| wanted != shape) {
        return;
    }
    let group = groups
        .entry((plugin.clone(), outcome.clone(), shape.clone()))
        .or_insert_with(|| DeadGroup {
            plugin,
            outcome,
            error: shape,
            count: 0,
            first_at_ms: at_ms,
            last_at_ms: at_ms,
            first: id,
            last: id,
            example: error,
            names: Vec::new(),
        });
    group.count += 1;
    group.first = group.first.min(id);
    group.first_at_ms = group.first_at_ms.min(at_ms);
    group.last_at_ms = group.last_at_ms.max(at_ms);
    if !name.is_empty() && group.names.len() < NAMES_MAX && !group.names.contains(&name) {
        group.names.push(name);
    }
}
