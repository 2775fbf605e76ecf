//! What is being read and loaded: each plugin on its own, and those that belong together kept until all of them are ready.

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

/// The number of a turn: the plugins whose files came to rest together.
pub(super) type TurnNumber = u64;

/// What was done for one plugin.
pub(super) enum Done {
    /// Its files; nothing when they changed while they were read.
    Read(Option<Files>),
    /// They were asked for once more while they were read.
    ReadTooSoon,
    Loaded(Loaded),
}

/// Something that ended.
pub(super) struct Ended {
    pub(super) plugin: String,
    pub(super) turn: TurnNumber,
    pub(super) done: Done,
}

/// What is to change for one plugin when its turn is over.
pub(super) struct Change {
    pub(super) plugin: String,
    pub(super) new: Option<NewPlugin>,
    pub(super) stop: Option<Stop>,
    /// To be told to the operator.
    pub(super) refusals: Vec<Refusal>,
}

/// All that is under way; it ends when dropped.
#[derive(Default)]
pub(super) struct Underway {
    tasks: JoinSet<(String, u64, Done)>,
    plugins: BTreeMap<String, Doing>,
    turns: BTreeMap<TurnNumber, Turn>,
    last_number: u64,
}

struct Turn {
    /// So long those that are ready wait for the others.
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
    /// Its files changed since it began. A read cannot be broken off, and two at once are of no use.
    again: bool,
}

struct Loading {
    number: u64,
    turn: TurnNumber,
    wanted: Vec<Identity>,
    task: AbortHandle,
}

impl Underway {
    /// Begins a turn.
    pub(super) fn open(&mut self, until: Instant) -> TurnNumber {
        self.last_number += 1;
        let ready = Vec::new();
        self.turns.insert(self.last_number, Turn { until, ready });
        self.last_number
    }

    /// Has the files of a plugin read for this turn.
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

    /// Takes a loading for this turn over.
    pub(super) fn load(&mut self, plugin: &str, turn: TurnNumber, wanted: Vec<Identity>, load: Load) {
        self.last_number += 1;
        let (name, number) = (plugin.to_owned(), self.last_number);
        let task = self
            .tasks
            .spawn(async move { (name, number, Done::Loaded(load.done().await)) });
        let doing = self.plugins.entry(plugin.to_owned()).or_default();
        doing.loading = Some(Loading {
            number,
            turn,
            wanted,
            task,
        });
    }

    /// Whether exactly this is being loaded, or is loaded and waits for its turn.
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

    /// Breaks off what is loaded for a plugin, and takes back what waits for its turn.
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

    /// Something is ready, and changes when its turn is over.
    pub(super) fn ready(&mut self, turn: TurnNumber, change: Change) {
        let ready = Vec::new();
        // A turn that is over is opened again for who comes late, and is over at once.
        let until = Instant::now();
        self.turns
            .entry(turn)
            .or_insert(Turn { until, ready })
            .ready
            .push(change);
    }

    /// Waits for the next end; for ever when nothing is under way. Nothing: what ended is of no interest any more.
    pub(super) async fn next(&mut self) -> Option<Ended> {
        let Some(joined) = self.tasks.join_next().await else {
            return std::future::pending().await;
        };
        // Both kinds of task turn a panic into a result, so that only those fail here that were broken off.
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

    /// Whether something is under way for this plugin, or waits for its turn.
    pub(super) fn is_busy_with(&self, plugin: &str) -> bool {
        let is_doing = |doing: &Doing| doing.reading.is_some() || doing.loading.is_some();
        self.plugins.get(plugin).is_some_and(is_doing)
            || self
                .turns
                .values()
                .any(|turn| turn.ready.iter().any(|change| change.plugin == plugin))
    }

    /// The changes of all turns that are over: those in which nothing is under way any more, and those that waited long
    /// enough.
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

    /// When the next turn has waited long enough with something that is ready; nothing while none has.
    pub(super) fn next_over(&self) -> Option<Instant> {
        let waiting = self.turns.values().filter(|turn| !turn.ready.is_empty());
        waiting.map(|turn| turn.until).min()
    }
}
