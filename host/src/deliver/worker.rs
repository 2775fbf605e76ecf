//! Workers: each attempts one delivery of its plugin after the other. Results are recorded concurrently, so that no plugin
//! waits for the disk.

use std::sync::Arc;

use lark_callback_store::{Delivery, Finish, Finished, Hold, Store};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::task::TaskTracker;

use super::plugin_queue::{PluginQueue, Waiting};
use crate::{
    dispatch::{Attempted, Dispatcher},
    moment::Moment,
    telemetry::chain,
};

/// Results that may wait for their commit. They share the write queue with acknowledgements, which fail when it is full, so
/// they may take a quarter of it at most.
const UNRECORDED_MAX: usize = 256;

/// The state shared by all workers.
#[derive(Debug)]
pub(super) struct Crew {
    store: Store,
    dispatcher: Dispatcher,
    /// Milliseconds since 1970.
    now_ms: fn() -> u64,
    unrecorded: Arc<Semaphore>,
    /// Workers, and results being written.
    pub(super) tasks: TaskTracker,
}

/// Releases a worker's place in its queue, and its current delivery, when it panics.
struct Shift {
    crew: Arc<Crew>,
    queue: Arc<PluginQueue>,
    is_over: bool,
    at: Option<Hold>,
}

impl Crew {
    pub(super) fn new(store: Store, dispatcher: Dispatcher, now_ms: fn() -> u64) -> Self {
        Self {
            store,
            dispatcher,
            now_ms,
            unrecorded: Arc::new(Semaphore::new(UNRECORDED_MAX)),
            tasks: TaskTracker::new(),
        }
    }

    /// Queues a delivery, and starts a worker if the plugin may have another.
    pub(super) fn enter(self: &Arc<Self>, queue: &Arc<PluginQueue>, waiting: Waiting) {
        if queue.add(waiting) {
            self.send_worker(queue);
        }
    }

    fn send_worker(self: &Arc<Self>, queue: &Arc<PluginQueue>) {
        let shift = Shift {
            crew: Arc::clone(self),
            queue: Arc::clone(queue),
            is_over: false,
            at: None,
        };
        self.tasks.spawn(shift.work());
    }

    async fn record(self: Arc<Self>, delivery: Delivery, finish: Box<Finish>, _unrecorded: OwnedSemaphorePermit) {
        // Other deliveries wait for it in order, or follow from it.
        let frees_others = delivery.ordering_key.is_some() || !finish.tasks.is_empty();
        match self.store.finish(*finish).await {
            Ok(Finished::Recorded) => {}
            Ok(Finished::LeaseLost) => tracing::warn!(
                delivery.id = delivery.id,
                plugin.name = delivery.plugin,
                "Lost the lease on a delivery while it ran; another server will retry it"
            ),
            Err(error) => tracing::error!(
                delivery.id = delivery.id,
                plugin.name = delivery.plugin,
                error = chain(&error),
                "The result of an attempt could not be saved; the delivery will be retried when its lease expires"
            ),
        }
        if frees_others {
            self.dispatcher.wake();
        }
    }

    /// Releases deliveries that were not begun.
    pub(super) async fn give_back(&self, unbegun: Vec<Hold>) {
        if unbegun.is_empty() {
            return;
        }
        if let Err(error) = self.store.give_back(unbegun).await {
            tracing::warn!(
                error = chain(&error),
                "Could not return claimed deliveries; they will start late, when their lease expires"
            );
        }
    }
}

impl Shift {
    /// Works until the queue is empty.
    async fn work(mut self) {
        loop {
            let next = self.queue.next();
            if next.wants_more {
                self.crew.dispatcher.wake();
            }
            let Some(waiting) = next.waiting else {
                self.is_over = true;
                return;
            };
            let Waiting { delivery, slot, turn } = waiting;
            drop(slot);
            // A delivery whose lease was lost while it waited is attempted elsewhere, or claimed again.
            if self.crew.store.holds(delivery.hold()) {
                self.at = Some(delivery.hold());
                self.attempt(delivery).await;
                self.at = None;
                if let Some(turn) = turn {
                    turn.end();
                }
            }
        }
    }

    async fn attempt(&self, delivery: Delivery) {
        let crew = &self.crew;
        let now = Moment::now((crew.now_ms)());
        match crew.dispatcher.attempt(&delivery, now).await {
            Attempted::NotLoaded | Attempted::BackingOff | Attempted::Doubted => {
                crew.give_back(vec![delivery.hold()]).await
            }
            Attempted::Ended(finish) => {
                // Never closed.
                if let Ok(permit) = Arc::clone(&crew.unrecorded).acquire_owned().await {
                    crew.tasks.spawn(Arc::clone(crew).record(delivery, finish, permit));
                }
            }
        }
    }
}

impl Drop for Shift {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        // Without a runtime the process is shutting down, and a worker that never began was dropped by that shutdown.
        let can_send = self.at.is_some() && Handle::try_current().is_ok();
        if self.queue.lose_worker(can_send) {
            self.crew.send_worker(&self.queue);
        }
        if let Some(hold) = self.at {
            self.crew.store.forget_lease(hold);
            tracing::error!(
                delivery.id = hold.delivery,
                "An attempt was cut off by a server error or by the stop; the delivery will be retried when its lease \
                  expires"
            );
        }
    }
}
