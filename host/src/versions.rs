//! Versions of plugins: kept when they serve, ordered back, and judged on live traffic.
//!
//! Whatever begins to serve is written into the database with its settings. Orders of the operator are read from there, so
//! that they hold for every server that shares it and survive a restart. A new version is on probation: if it fails clearly
//! more than the one before, it is sent back (see [`probation`]).

mod facts;
mod orders;
pub mod probation;
mod record;
mod send_back;
mod stored;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use lark_callback_store::{LiveCalls, PluginOrder, PluginReturn, PluginVersionRow, Store};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    plugin::{Plugin, TrustedKeys},
    reload::{AllOrders, ServedBoard},
    vault::Vault,
};

/// Intervals of this room.
#[derive(Debug, Clone)]
pub struct VersionSettings {
    /// At which the database is asked for orders; those of this server and notifications of others arrive sooner.
    pub poll: Duration,
    /// At which versions on probation are judged.
    pub judge: Duration,
    /// At which the calls of the others are written.
    pub count: Duration,
    /// Keys of which one must have signed what serves again, if there are any.
    pub keys: TrustedKeys,
    /// Encrypts the settings that are kept.
    pub vault: Option<Vault>,
}

impl Default for VersionSettings {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(2),
            judge: Duration::from_secs(1),
            count: Duration::from_secs(30),
            keys: TrustedKeys::default(),
            vault: None,
        }
    }
}

/// Time for the last counts at the stop.
const LAST_COUNT_MAX: Duration = Duration::from_secs(1);

/// The versions that serve here, and the orders for them.
#[derive(Debug)]
pub struct Versions {
    store: Store,
    settings: VersionSettings,
    /// Milliseconds since 1970.
    now_ms: fn() -> u64,
    served: Arc<ServedBoard>,
    orders: watch::Sender<AllOrders>,
    known: (Vec<PluginOrder>, Vec<PluginReturn>),
    serving: BTreeMap<String, Serving>,
    /// Versions that serve what canaries do not get.
    rests: BTreeMap<String, Serving>,
    facts: BTreeMap<String, facts::Facts>,
    /// Whether the orders have to be told again although the database has no others.
    has_new_facts: bool,
    /// Whether the last access to the database succeeded, so that an outage is logged once.
    is_well: bool,
    counted_at: Instant,
}

/// Version that serves here.
#[derive(Debug)]
struct Serving {
    plugin: Arc<Plugin>,
    /// In the history.
    number: u64,
    /// Calls that are in the database already.
    written: LiveCalls,
    /// The version before, while this one is on probation.
    before: Option<PluginVersionRow>,
    /// When its probation ends at the latest, in milliseconds since 1970.
    probation_ends_ms: u64,
}

impl Versions {
    /// Starts with no orders known.
    pub fn new(store: Store, served: Arc<ServedBoard>, settings: VersionSettings, now_ms: fn() -> u64) -> Self {
        Self {
            store,
            settings,
            now_ms,
            served,
            orders: watch::channel(AllOrders::default()).0,
            known: (Vec::new(), Vec::new()),
            serving: BTreeMap::new(),
            rests: BTreeMap::new(),
            facts: BTreeMap::new(),
            has_new_facts: false,
            is_well: true,
            counted_at: Instant::now(),
        }
    }

    /// The orders; receivers are notified of changes.
    pub fn orders(&self) -> watch::Receiver<AllOrders> {
        self.orders.subscribe()
    }

    /// Runs until `stop` is cancelled; `hinted` is notified when an order was given. A database that is silent delays no stop.
    pub async fn run(mut self, hinted: Arc<Notify>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.follow(&hinted) => {}
        }
        // What is not written by then is only counts.
        let _ = timeout(LAST_COUNT_MAX, self.count(true)).await;
    }

    async fn follow(&mut self, hinted: &Notify) {
        let mut polls = interval(self.settings.poll);
        let mut looks = interval(self.settings.judge);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let served = Arc::clone(&self.served);
        loop {
            tokio::select! {
                // What a server has for itself nobody else changes.
                _ = polls.tick(), if self.store.is_shared() || !self.is_well => self.look().await,
                () = hinted.notified() => self.look().await,
                () = served.changed() => self.record().await,
                _ = looks.tick() => self.count(false).await,
            }
        }
    }
}
