//! The stop, stage by stage.

use std::time::Duration;

use lark_callback_store::Store;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{dispatch::Dispatcher, tokens::Tokens};

/// Maximum time for calls to finish during shutdown. They are stored as deliveries, so nothing is lost.
pub(super) const DRAIN_MAX: Duration = Duration::from_secs(20);

/// One stage of the stop; each begins when the one before it has ended.
#[derive(Debug)]
pub(super) enum Stage {
    /// Tells these tasks to stop, and waits until they have.
    End(CancellationToken, Vec<JoinHandle<()>>),
    /// Waits for calls that go on after their answer.
    DrainCalls(Dispatcher),
    /// Waits for refreshes of tokens: one that is cut off costs a user another authorization.
    DrainTokens(Tokens),
    /// Commits what waits, and closes the database.
    CloseStore(Store),
}

impl Stage {
    pub(super) async fn run(self) {
        match self {
            Self::End(stop, tasks) => {
                stop.cancel();
                for task in tasks {
                    // A panic has been logged already.
                    let _ = task.await;
                }
            }
            Self::DrainCalls(dispatcher) => {
                if timeout(DRAIN_MAX, dispatcher.drain()).await.is_err() {
                    tracing::warn!(
                        "Calls that were still running after their time limit were cancelled by the stop; they will be retried at the next \
                         start"
                    );
                }
            }
            Self::DrainTokens(tokens) => tokens.drain().await,
            Self::CloseStore(store) => store.close().await,
        }
    }
}
