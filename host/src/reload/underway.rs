//! Reads and loads in progress: each plugin individually, with the results of a turn kept until all of them are ready.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
};

use tokio::{
    task::{AbortHandle, JoinSet},
    time::Instant,
};

use super::{
    load::{Load, Loaded, NewPlugin},
    roster::{Files, Identity, Refusal, Stop},
};

/// Number of a turn, that is, of a group of plugins that became stable together.
pub(super) type TurnNumber = u64;

/// Result of a task for one plugin.
pub(super) enum Done {
    /// Files that were read; none when they changed during the read.
    Read(Option<Files>),
    /// The files changed during the read, and another read was requested.
    ReadTooSoon,
    Loaded(Box<Loaded>),
}

/// Task that ended.
pub(super) struct Ended {
    pub(super) plugin: String,
    pub(super) turn: TurnNumber,
    pub(super) done: Done,
}

/// Change to one plugin, applied when its turn is complete.
pub(super) struct Change {
    pub(super) plugin: String,
    pub(super) new: Option<NewPlugin>,
    pub(super) stop: Option<Stop>,
    /// Refusals to report to the operator.
    pub(super) refusals: Vec<Refusal>,
}

/// All tasks in progress; cancelled when dropped.
#[derive(Default)]
pub(super) struct Underway {
    tasks: JoinSet<(String, u64, Done)>,
    plugins: BTreeMap<String, Doing>,
    turns: BTreeMap<TurnNumber, Turn>,
    last_number: u64,
}

struct Turn {
    /// Time until which plugins that are ready wait for the others.
    until: Instant,
    ready: Vec<Change>,
}

#[derive(Default)]
struct Doing {
    reading: Option<Reading>,
    loading: Option<Loading>,
}

struct Reading {
    number: u64,
    turn: TurnNumber,
    /// The files changed since the read began. A read cannot be cancelled, and two at once are of no use.
    again: bool,
}

struct Loading {
    number: u64,
    turn: TurnNumber,
    wanted: Vec<Identity>,
    task: AbortHandle,
}

impl Underway {
    /// Starts a turn.
    pub(super) fn open(&mut self, until: Instant) -> TurnNumber {
        self.last_number += 1;
        let ready = Vec::new();
        self.turns.insert(self.last_number, Turn { until, ready });
        self.last_number
    }

    /// Starts reading a plugin's files for this turn.
    pub(super) fn read<R>(&mut self, plugin: &str, turn: TurnNumber, read: R)
    where
        R: Future<Output = Option<Files>> + Send + 'static,
    {
        let doing = self.plugins.entry(plugin.to_owned()).or_default();
        if let Some(reading) = &mut doing.reading {
            (reading.again, reading.turn) = (true, turn);
            return;
        }
        self.last_number += 1;
        let (name, number) = (plugin.to_owned(), self.last_number);
        doing.reading = Some(Reading {
            number,
            turn,
            again: false,
        });
        self.tasks.spawn(async move { (name, number, Done::Read(read.await)) });
    }

    /// Adds a load to this turn.
    pub(super) fn load(&mut self, plugin: &str, turn: TurnNumber, wanted: Vec<Identity>, load: Load) {
        self.last_number += 1;
        let (name, number) = (plugin.to_owned(), self.last_number);
        let task = self
            .tasks
            .spawn(async move { (name, number, Done::Loaded(Box::new(load.done().await))) });
        let doing = self.plugins.entry(plugin.to_owned()).or_default();
        doing.loading = Some(Loading {
            number,
            turn,
            wanted,
            task,
        });
    }

    /// Whether exactly these candidates are being loaded, or are loaded and waiting for their turn.
    pub(super) fn has(&self, plugin: &str, wanted: &[Identity]) -> bool {
        let loading = self.plugins.get(plugin).and_then(|doing| doing.loading.as_ref());
        let is_loading = loading.is_some_and(|loading| loading.wanted == wanted);
        let is_loaded = |change: &Change| {
            change.plugin == plugin
                && change
                    .new
                    .as_ref()
                    .is_some_and(|new| wanted.first() == Some(&new.identity))
        };
        is_loading || self.turns.values().any(|turn| turn.ready.iter().any(is_loaded))
    }

    /// Cancels the load of a plugin, and takes back changes waiting for their turn.
    pub(super) fn take_back(&mut self, plugin: &str) -> Vec<Change> {
        if let Some(loading) = self.plugins.get_mut(plugin).and_then(|doing| doing.loading.take()) {
            loading.task.abort();
        }
        let mut taken = Vec::new();
        for turn in self.turns.values_mut() {
            taken.extend(turn.ready.extract_if(.., |change| change.plugin == plugin));
        }
        taken
    }

    /// Adds a change, to be applied when its turn is complete.
    pub(super) fn ready(&mut self, turn: TurnNumber, change: Change) {
        let ready = Vec::new();
        // A late change reopens its turn, which is then complete at once.
        let until = Instant::now();
        self.turns
            .entry(turn)
            .or_insert(Turn { until, ready })
            .ready
            .push(change);
    }

    /// Waits for the next task to end; forever if there is none. Returns nothing when the result is no longer needed.
    pub(super) async fn next(&mut self) -> Option<Ended> {
        let Some(joined) = self.tasks.join_next().await else {
            return std::future::pending().await;
        };
        // Both kinds of task turn a panic into a result, so only cancelled ones fail here.
        let (plugin, number, done) = joined.ok()?;
        let doing = self.plugins.get_mut(&plugin)?;
        let turn = match &done {
            Done::Read(_) => {
                let reading = doing.reading.take_if(|reading| reading.number == number)?;
                if reading.again {
                    return Some(Ended {
                        plugin,
                        turn: reading.turn,
                        done: Done::ReadTooSoon,
                    });
                }
                reading.turn
            }
            Done::ReadTooSoon => return None,
            Done::Loaded(_) => doing.loading.take_if(|loading| loading.number == number)?.turn,
        };
        Some(Ended { plugin, turn, done })
    }

    /// Plugins for which a component is being loaded, or is loaded and waits for its turn.
    pub(super) fn loading(&self) -> BTreeSet<&str> {
        let loading = self.plugins.iter().filter(|(_, doing)| doing.loading.is_some());
        let ready = self.turns.values().flat_map(|turn| &turn.ready);
        let loaded = ready.filter(|change| change.new.is_some());
        loading
            .map(|(name, _)| name.as_str())
            .chain(loaded.map(|change| change.plugin.as_str()))
            .collect()
    }

    /// Whether a task is in progress for this plugin, or a change waits for its turn.
    pub(super) fn is_busy_with(&self, plugin: &str) -> bool {
        let is_doing = |doing: &Doing| doing.reading.is_some() || doing.loading.is_some();
        self.plugins.get(plugin).is_some_and(is_doing)
            || self
                .turns
                .values()
                .any(|turn| turn.ready.iter().any(|change| change.plugin == plugin))
    }

    /// Takes the changes of all complete turns: those without tasks in progress, and those past their time limit.
    pub(super) fn over(&mut self, now: Instant) -> Vec<Change> {
        self.plugins
            .retain(|_, doing| doing.reading.is_some() || doing.loading.is_some());
        let mut busy = BTreeSet::new();
        for doing in self.plugins.values() {
            busy.extend(doing.reading.as_ref().map(|reading| reading.turn));
            busy.extend(doing.loading.as_ref().map(|loading| loading.turn));
        }
        let mut changes = Vec::new();
        self.turns.retain(|number, turn| {
            let is_busy = busy.contains(number);
            if !is_busy || turn.until <= now {
                changes.append(&mut turn.ready);
            }
            is_busy
        });
        changes
    }

    /// Time at which the next turn with a waiting change reaches its limit; none without such a turn.
    pub(super) fn next_over(&self) -> Option<Instant> {
        let waiting = self.turns.values().filter(|turn| !turn.ready.is_empty());
        waiting.map(|turn| turn.until).min()
    }
}
