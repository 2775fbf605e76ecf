//! The queue at the edge: deliveries are claimed, attempted and recorded, for each plugin on its own.
//!
//! What this server received itself comes through memory and is held already. Everything else (retries, tasks, what stands in
//! a line, what other servers left behind) waits in the database and is claimed from there.

mod heartbeat;
mod plugin_queue;
mod suspects;
mod unloaded;
mod worker;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use lark_callback_store::{Claim, Delivery, Lost, Store, is_undecided};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    dispatch::{Dispatcher, Inbox, Slot},
    telemetry::{Beat, chain},
};
use plugin_queue::{PluginQueue, Waiting};
use suspects::{Suspects, Turn};
use worker::Crew;

pub use heartbeat::write_heartbeat;

/// What the deliver loop is told.
#[derive(Debug, Clone)]
pub struct DeliverSettings {
    /// Attempts of one plugin at once; a slow plugin takes no more of the machine than this.
    pub attempts_max: usize,
    /// How often the database is asked what is due: the time of retries, and how late the work of a server that is gone is
    /// found.
    pub poll: Duration,
    /// How often leases are extended; three times in the life of one.
    pub heartbeat: Duration,
    /// How long attempts may go on after the stop.
    pub drain: Duration,
}

impl Default for DeliverSettings {
    fn default() -> Self {
        Self {
            attempts_max: 16,
            poll: Duration::from_secs(1),
            heartbeat: Duration::from_secs(6),
            drain: Duration::from_secs(20),
        }
    }
}

impl DeliverSettings {
    /// The settings for leases of this length. They are extended three times in their life, so that one heartbeat that is late
    /// loses nothing.
    pub fn for_leases_of(lease: Duration) -> Self {
        Self {
            heartbeat: lease / 3,
            ..Self::default()
        }
    }
}

/// Of what is fresh, in one turn of the loop; as many rows as one commit has.
const FRESH_MAX: usize = 256;

/// Of events whose takers are found, in one turn.
const UNDECIDED_MAX: usize = 100;

/// Claims what is due and hands it to workers.
#[derive(Debug)]
pub struct Deliverer {
    store: Store,
    dispatcher: Dispatcher,
    settings: DeliverSettings,
    /// Milliseconds since 1970.
    now_ms: fn() -> u64,
    queues: BTreeMap<String, Arc<PluginQueue>>,
    crew: Arc<Crew>,
    suspects: Arc<Suspects>,
    /// Each turn of the loop.
    beat: Arc<Beat>,
}

impl Deliverer {
    /// A deliverer that begins when it is run.
    pub fn new(store: Store, dispatcher: Dispatcher, settings: DeliverSettings, now_ms: fn() -> u64) -> Self {
        Self {
            crew: Arc::new(Crew::new(store.clone(), dispatcher.clone(), now_ms)),
            store,
            dispatcher,
            suspects: Arc::new(Suspects::new(settings.attempts_max)),
            settings,
            now_ms,
            queues: BTreeMap::new(),
            beat: Arc::default(),
        }
    }

    /// Tells whether the loop still turns.
    pub fn beat(&self) -> Arc<Beat> {
        Arc::clone(&self.beat)
    }

    /// Runs until `stop` is cancelled; then what was begun may finish, and the rest is given back.
    pub async fn run(self, inbox: Inbox, stop: CancellationToken) {
        let (store, dispatcher) = (self.store.clone(), self.dispatcher.clone());
        tokio::select! {
            () = heartbeat::beat(store, dispatcher, self.settings.heartbeat, self.now_ms) => {}
            () = self.deliver(inbox, stop) => {}
        }
    }

    async fn deliver(mut self, mut inbox: Inbox, stop: CancellationToken) {
        let mut polls = interval(self.settings.poll);
        let mut fresh = Vec::with_capacity(FRESH_MAX);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // In no order of its own: under a load without a pause there is always something fresh, and always something due.
            tokio::select! {
                () = stop.cancelled() => break,
                _ = polls.tick() => {
                    self.claim_due().await;
                    self.claim_lost().await;
                }
                () = self.suspects.ended() => self.claim_lost().await,
                1.. = inbox.fresh.recv_many(&mut fresh, FRESH_MAX) => {
                    for fresh in fresh.drain(..) {
                        self.enter(fresh.delivery, Some(fresh.slot), None);
                    }
                }
                () = inbox.wake.notified() => self.claim_due().await,
            }
            self.beat.beat();
        }
        self.drain(inbox).await;
    }

    /// Hands over a delivery that this server holds.
    fn enter(&mut self, delivery: Delivery, slot: Option<Slot>, turn: Option<Turn>) {
        let queue = self.queue(&delivery.plugin);
        let waiting = Waiting { delivery, slot, turn };
        self.crew.enter(&queue, waiting);
    }

    fn queue(&mut self, plugin: &str) -> Arc<PluginQueue> {
        if let Some(queue) = self.queues.get(plugin) {
            return Arc::clone(queue);
        }
        let queue = Arc::new(PluginQueue::new(self.settings.attempts_max));
        self.queues.insert(plugin.to_owned(), Arc::clone(&queue));
        queue
    }

    /// Claims what is due, for each plugin that is loaded as much as it has room for.
    async fn claim_due(&mut self) {
        let mut loaded = self.dispatcher.plugins();
        loaded.retain(|plugin| !self.queue(plugin).defer_if_full());
        if loaded.is_empty() && !self.dispatcher.has_undecided() {
            return;
        }
        let now_ms = (self.now_ms)();
        let due = match self.store.due(now_ms).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "Could not read which deliveries are due; retrying"
                );
                return;
            }
        };
        let (undecided, mut due): (Vec<_>, Vec<_>) = due.into_iter().partition(|plugin| is_undecided(plugin));
        self.decide(undecided, now_ms).await;
        due.retain(|plugin| loaded.contains(plugin));
        for plugin in due {
            self.claim(plugin, now_ms).await;
        }
    }

    /// Gives the events that came while plugins were loading to those that take them.
    async fn decide(&mut self, undecided: Vec<String>, now_ms: u64) {
        self.dispatcher.have_undecided(!undecided.is_empty());
        if undecided.is_empty() || !self.dispatcher.knows_takers() {
            return;
        }
        // Nothing is attempted here, so those of a server that was killed are treated as the others.
        let all = [Lost::Never, Lost::Once, Lost::Again];
        let claims = undecided
            .into_iter()
            .flat_map(|name| all.map(|lost| (name.clone(), lost)));
        for (name, lost) in claims {
            let claimed = match self.store.claim(self.claim_of(name, UNDECIDED_MAX, lost, now_ms)).await {
                Ok(claimed) => claimed,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "Could not claim deliveries; retrying");
                    return;
                }
            };
            // Once more, for their plugins and for what is left or came meanwhile.
            if !claimed.is_empty() && self.dispatcher.decide(claimed, now_ms).await {
                self.dispatcher.wake();
            }
        }
    }

    fn claim_of(&self, plugin: String, limit: usize, lost: Lost, now_ms: u64) -> Claim {
        Claim {
            plugin,
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            lost,
            leaves_expired: self.store.doubts_clock(),
            now_ms,
        }
    }

    async fn claim(&mut self, plugin: String, now_ms: u64) {
        let queue = self.queue(&plugin);
        let room = queue.next_claim();
        let claim = self.claim_of(plugin, room, Lost::Never, now_ms);
        match self.store.claim(claim).await {
            Ok(claimed) => {
                if claimed.len() == room {
                    queue.may_have_more();
                }
                for delivery in claimed {
                    self.enter(delivery, None, None);
                }
            }
            Err(error) => tracing::warn!(error = chain(&error), "Could not claim deliveries; retrying"),
        }
    }

    /// Claims what was lost when a server was killed, apart from the rest: one of them may kill this one too.
    async fn claim_lost(&mut self) {
        let now_ms = (self.now_ms)();
        let due = match self.store.due_lost(now_ms).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "Could not read which lost deliveries are due; retrying"
                );
                return;
            }
        };
        let loaded = self.dispatcher.plugins();
        for (plugin, lost) in self.suspects.in_turn(due) {
            let room = self.suspects.room(lost) as usize;
            if room == 0 || !loaded.contains(&plugin) {
                continue;
            }
            let claim = self.claim_of(plugin, room, lost, now_ms);
            match self.store.claim(claim).await {
                Ok(claimed) => {
                    for delivery in claimed {
                        let turn = self.suspects.begin(lost);
                        self.enter(delivery, None, Some(turn));
                    }
                }
                Err(error) => tracing::warn!(error = chain(&error), "Could not claim lost deliveries; retrying"),
            }
        }
    }

    /// Lets attempts finish for a while; what was not begun, or did not finish, is given back.
    async fn drain(self, mut inbox: Inbox) {
        inbox.fresh.close();
        let mut unbegun = Vec::new();
        while let Some(fresh) = inbox.fresh.recv().await {
            unbegun.push(fresh.delivery.hold());
        }
        for queue in self.queues.values() {
            unbegun.extend(queue.leave().iter().map(|waiting| waiting.delivery.hold()));
        }
        self.crew.give_back(unbegun).await;
        self.crew.tasks.close();
        if timeout(self.settings.drain, self.crew.tasks.wait()).await.is_err() {
            tracing::warn!(
                attempts = self.crew.tasks.len(),
                "Attempts were still running at the end of the drain time; the deliveries will be retried"
            );
        }
    }
}
