//! Other servers on the same database: deliveries they have made ready, and plugins they have published.

use std::sync::Arc;

use lark_callback_store::{Hint, Store};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    dispatch::Dispatcher,
    replicas::{Replica, Statuses},
};

/// Starts following the other servers on the same database; does nothing on a SQLite file, which has none.
pub(super) fn follow_other_servers(
    store: &Store,
    dispatcher: &Dispatcher,
    replica: Replica,
    plugin_orders: &Arc<Notify>,
    statuses: Statuses,
    stop: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    if !store.is_shared() {
        return Vec::new();
    }
    let published = Arc::new(Notify::new());
    let ordered = Arc::clone(plugin_orders);
    let (store, dispatcher, hinted, stopped) =
        (store.clone(), dispatcher.clone(), Arc::clone(&published), stop.clone());
    let hear = async move {
        let heard = store.hear(|hint| match hint {
            Hint::Ready => dispatcher.wake(),
            Hint::Plugins => {
                hinted.notify_one();
                ordered.notify_one();
            }
        });
        tokio::select! {
            () = heard => {}
            () = stopped.cancelled() => {}
        }
    };
    vec![
        tokio::spawn(hear),
        tokio::spawn(replica.run(statuses, published, stop.clone())),
    ]
}
