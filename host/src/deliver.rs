//! The queue at the edge: deliveries are claimed, attempted and recorded, for each plugin on its own.
//!
//! What this server received itself comes through memory and is held already. Everything else (retries, tasks, what stands in
//! a line, what other servers left behind) waits in the database and is claimed from there.

mod lane;
mod life;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::{self, JoinSet},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    dispatch::{Arrival, Attempted, Dispatcher, Inbox},
    store::{Claim, Delivery, Finished, Hold, Store},
    telemetry::{Beat, chain},
};
use lane::{Ended, Lane, Place};

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
            heartbeat: Duration::from_secs(10),
            drain: Duration::from_secs(20),
        }
    }
}

/// Claims, attempts, records.
#[derive(Debug)]
pub struct Deliverer {
    store: Store,
    dispatcher: Dispatcher,
    settings: DeliverSettings,
    /// Milliseconds since 1970.
    now_ms: fn() -> u64,
    lanes: BTreeMap<String, Lane>,
    attempts: JoinSet<Ended>,
    /// What each attempt is of, and for whom.
    begun: HashMap<task::Id, (Hold, String)>,
    /// Held, and to be given back: there was no room for them.
    surplus: Vec<Hold>,
    /// Each turn of the loop.
    beat: Arc<Beat>,
}

impl Deliverer {
    /// A deliverer that begins when it is run.
    pub fn new(store: Store, dispatcher: Dispatcher, settings: DeliverSettings, now_ms: fn() -> u64) -> Self {
        Self {
            store,
            dispatcher,
            settings,
            now_ms,
            lanes: BTreeMap::new(),
            attempts: JoinSet::new(),
            begun: HashMap::new(),
            surplus: Vec::new(),
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
            () = life::show(store, dispatcher, self.settings.heartbeat, self.now_ms) => {}
            () = self.deliver(inbox, stop) => {}
        }
    }

    async fn deliver(mut self, mut inbox: Inbox, stop: CancellationToken) {
        let mut polls = interval(self.settings.poll);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = self.attempts.join_next_with_id() => {
                    if self.ended(ended) {
                        self.claim_due().await;
                    }
                }
                Some(delivery) = inbox.fresh.recv() => self.enter(delivery),
                () = inbox.wake.notified() => self.claim_due().await,
                _ = polls.tick() => self.claim_due().await,
            }
            self.give_back_surplus().await;
            self.beat.beat();
        }
        self.drain(inbox).await;
    }

    /// Begins a delivery that this server holds, at once or when there is room for it.
    fn enter(&mut self, delivery: Delivery) {
        let lane = self.lanes.entry(delivery.plugin.clone()).or_default();
        match lane.place(self.settings.attempts_max) {
            Place::Now => {
                self.begin(delivery);
            }
            Place::Waiting => lane.wait(delivery),
            Place::Elsewhere => {
                lane.has_more = true;
                self.surplus.push(delivery.hold());
            }
        }
    }

    /// Begins an attempt, unless it was lost while it waited here: then somebody else makes it, or this server once more.
    fn begin(&mut self, delivery: Delivery) -> bool {
        let (hold, plugin) = (delivery.hold(), delivery.plugin.clone());
        if !self.store.holds(hold) {
            return false;
        }
        self.lanes.entry(plugin.clone()).or_default().running += 1;
        let (store, dispatcher, now_ms) = (self.store.clone(), self.dispatcher.clone(), self.now_ms);
        let attempt = self.attempts.spawn(attempt(store, dispatcher, now_ms, delivery));
        self.begun.insert(attempt.id(), (hold, plugin));
        true
    }

    /// Takes note of an attempt that ended, and tells whether there may be something to claim now.
    fn ended(&mut self, ended: Result<(task::Id, Ended), task::JoinError>) -> bool {
        let (id, ended) = match ended {
            Ok((id, ended)) => (id, ended),
            Err(error) => {
                tracing::error!(%error, "An attempt ended by a fault of the server; please report this");
                if let Some((hold, _)) = self.begun.get(&error.id()) {
                    self.store.let_go(*hold);
                }
                (error.id(), Ended::default())
            }
        };
        self.surplus.extend(ended.unbegun);
        let Some((_, plugin)) = self.begun.remove(&id) else {
            return ended.frees_others;
        };
        let lane = self.lanes.entry(plugin.clone()).or_default();
        lane.running = lane.running.saturating_sub(1);
        while let Some(next) = self.next_of(&plugin) {
            if self.begin(next) {
                break;
            }
        }
        let lane = self.lanes.entry(plugin).or_default();
        ended.frees_others || lane.has_more && lane.room(self.settings.attempts_max) > 0
    }

    fn next_of(&mut self, plugin: &str) -> Option<Delivery> {
        self.lanes.get_mut(plugin)?.next(self.settings.attempts_max)
    }

    /// Claims what is due, for each plugin that is loaded as much as it has room for.
    async fn claim_due(&mut self) {
        let now_ms = (self.now_ms)();
        let due = match self.store.due(now_ms).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(error = chain(&error), "What is due could not be read; tried again");
                return;
            }
        };
        let loaded = self.dispatcher.plugins();
        for plugin in due.into_iter().filter(|plugin| loaded.contains(plugin)) {
            self.claim(plugin, now_ms).await;
        }
    }

    async fn claim(&mut self, plugin: String, now_ms: u64) {
        let lane = self.lanes.entry(plugin.clone()).or_default();
        let room = lane.room(self.settings.attempts_max);
        if room == 0 {
            lane.has_more = true;
            return;
        }
        let claim = Claim {
            plugin,
            limit: u32::try_from(room).unwrap_or(u32::MAX),
            now_ms,
        };
        match self.store.claim(claim).await {
            Ok(claimed) => {
                lane.has_more = claimed.len() == room;
                claimed.into_iter().for_each(|delivery| self.enter(delivery));
            }
            Err(error) => tracing::warn!(error = chain(&error), "Nothing could be claimed; tried again"),
        }
    }

    async fn give_back_surplus(&mut self) {
        if self.surplus.is_empty() {
            return;
        }
        if let Err(error) = self.store.give_back(std::mem::take(&mut self.surplus)).await {
            tracing::warn!(
                error = chain(&error),
                "Deliveries begin late: when their leases have run out"
            );
        }
    }

    /// Lets attempts finish for a while; what was not begun, or did not finish, is given back.
    async fn drain(mut self, mut inbox: Inbox) {
        inbox.fresh.close();
        while let Some(delivery) = inbox.fresh.recv().await {
            self.surplus.push(delivery.hold());
        }
        for lane in self.lanes.values_mut() {
            self.surplus.extend(lane.leave().map(|delivery| delivery.hold()));
        }
        self.give_back_surplus().await;
        let all = async { while self.attempts.join_next().await.is_some() {} };
        if timeout(self.settings.drain, all).await.is_err() {
            tracing::warn!(
                attempts = self.attempts.len(),
                "Attempts were not done when the time to finish them was over; they are made again"
            );
        }
    }
}

/// One attempt, recorded.
async fn attempt(store: Store, dispatcher: Dispatcher, now_ms: fn() -> u64, delivery: Delivery) -> Ended {
    let mut ended = Ended {
        frees_others: delivery.ordering_key.is_some(),
        unbegun: None,
    };
    let now = Arrival {
        at: Instant::now(),
        now_ms: now_ms(),
    };
    match dispatcher.attempt(&delivery, now).await {
        Attempted::NotLoaded => ended.unbegun = Some(delivery.hold()),
        Attempted::Ended(finish) => {
            ended.frees_others |= !finish.tasks.is_empty();
            match store.finish(*finish).await {
                Ok(Finished::Recorded) => {}
                Ok(Finished::LeaseLost) => tracing::warn!(
                    delivery = delivery.id,
                    plugin.name = delivery.plugin,
                    "The lease on a delivery was lost before it was done; another server makes it again"
                ),
                Err(error) => tracing::error!(
                    delivery = delivery.id,
                    plugin.name = delivery.plugin,
                    error = chain(&error),
                    "The end of an attempt was not stored; it is made again when its lease has run out"
                ),
            }
        }
    }
    ended
}
