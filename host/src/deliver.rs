//! The delivery queue: deliveries are claimed, attempted and recorded, separately for each plugin.
//!
//! Deliveries of events that this server received come through memory, with a lease already. Everything else (retries, tasks,
//! ordered deliveries, expired leases of other servers) waits in the database and is claimed from there.

mod heartbeat;
mod paused;
mod plugin_queue;
mod scheduler;
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

/// How long attempts may continue after the stop.
pub const DRAIN_MAX: Duration = Duration::from_secs(20);

/// The settings of the deliver loop.
#[derive(Debug, Clone)]
pub struct DeliverSettings {
    /// Concurrent attempts of one plugin; a slow plugin takes no more of the machine than this.
    pub attempts_max: usize,
    /// The interval for polling the database for due deliveries: it bounds how late retries, and the work of a server that
    /// died, begin.
    pub poll: Duration,
    /// The heartbeat interval, at which leases are extended; a third of a lease.
    pub heartbeat: Duration,
    /// How long attempts may continue after the stop.
    pub drain: Duration,
}

impl Default for DeliverSettings {
    fn default() -> Self {
        Self {
            attempts_max: 16,
            poll: Duration::from_secs(1),
            heartbeat: Duration::from_secs(6),
            drain: DRAIN_MAX,
        }
    }
}

impl DeliverSettings {
    /// Returns the settings for leases of this length. They are extended three times in their life, so that one late heartbeat
    /// loses nothing.
    pub fn for_leases_of(lease: Duration) -> Self {
        Self {
            heartbeat: lease / 3,
            ..Self::default()
        }
    }
}

/// Fresh deliveries taken in one turn of the loop; as many as the rows of one commit.
const FRESH_MAX: usize = 256;

/// Undecided events that are routed in one turn.
const UNDECIDED_MAX: usize = 100;

/// The deliver loop: claims what is due and hands it to workers.
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
    /// Counts the turns of the loop.
    beat: Arc<Beat>,
}

impl Deliverer {
    /// Creates a deliverer, which starts in `run`.
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

    /// Returns the liveness signal of the loop.
    pub fn beat(&self) -> Arc<Beat> {
        Arc::clone(&self.beat)
    }

    /// Runs until `stop` is cancelled, then drains: running attempts may finish, and the rest is released.
    pub async fn run(self, inbox: Inbox, stop: CancellationToken) {
        let (store, dispatcher) = (self.store.clone(), self.dispatcher.clone());
        // What is due during the stop is made up for at the next start.
        let stopped = stop.clone();
        let scheduling = scheduler::run(store.clone(), dispatcher.clone(), self.now_ms);
        let scheduling = async move {
            tokio::select! {
                () = scheduling => {}
                () = stopped.cancelled() => std::future::pending().await,
            }
        };
        tokio::select! {
            () = heartbeat::beat(store, dispatcher, self.settings.heartbeat, self.now_ms) => {}
            () = scheduling => {}
            () = self.deliver(inbox, stop) => {}
        }
    }

    async fn deliver(mut self, mut inbox: Inbox, stop: CancellationToken) {
        let mut polls = interval(self.settings.poll);
        let mut fresh = Vec::with_capacity(FRESH_MAX);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // Unbiased: under constant load there is always something fresh and always something due, and neither may starve.
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

    /// Queues a delivery that this server holds.
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

    /// Claims due deliveries, for each loaded plugin as many as it has room for.
    async fn claim_due(&mut self) {
        let mut loaded = self.dispatcher.awake();
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

    /// Routes the events that arrived while plugins were loading.
    async fn decide(&mut self, undecided: Vec<String>, now_ms: u64) {
        self.dispatcher.have_undecided(!undecided.is_empty());
        if undecided.is_empty() || !self.dispatcher.knows_takers() {
            return;
        }
        // Nothing is attempted here, so deliveries lost in a crash are treated like the others.
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
            // Run again, for their plugins and for what is left or arrived meanwhile.
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

    /// Claims deliveries lost in a crash, separately from the rest: one of them may crash this server, too.
    async fn claim_lost(&mut self) {
        let now_ms = (self.now_ms)();
        let due = match self.store.due_lost(now_ms).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "Could not read which deliveries that a crash interrupted are due; retrying"
                );
                return;
            }
        };
        let loaded = self.dispatcher.awake();
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
                Err(error) => tracing::warn!(
                    error = chain(&error),
                    "Could not claim deliveries that a crash interrupted; retrying"
                ),
            }
        }
    }

    /// Lets attempts finish for a while; what was not begun, or did not finish, is released.
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
