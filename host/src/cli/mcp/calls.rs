//! Calls of tools: a bounded number at once, each of which can be cancelled until it changes something.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value, json};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
    time::timeout,
};

use super::{
    Answers,
    bounded::bounded,
    message::{Failure, INVALID_PARAMS, INVALID_REQUEST, answer, complete},
    tools::{Call, Tools},
};

/// Calls at once. Each is a request to the server, or a database that is opened.
const CALLS_MAX: u32 = 4;

/// Calls that run, by the id of their request.
type Running = Arc<Mutex<HashMap<String, Option<AbortHandle>>>>;

/// Calls of one session.
pub(super) struct Calls {
    tools: Arc<Tools>,
    answers: Answers,
    running: Running,
    places: Arc<Semaphore>,
}

impl Calls {
    pub(super) fn new(tools: Tools, answers: Answers) -> Self {
        Self {
            tools: Arc::new(tools),
            answers,
            running: Arc::default(),
            places: Arc::new(Semaphore::new(CALLS_MAX as usize)),
        }
    }

    /// Begins a call; it is answered when it is done. Waits while as many run as may.
    pub(super) async fn begin(
        &self,
        id: &Value,
        mut params: Map<String, Value>,
        is_stateless: bool,
    ) -> Result<(), Failure> {
        let Some(Value::String(name)) = params.remove("name") else {
            return Err(Failure::new(INVALID_PARAMS, "`name` must be a text"));
        };
        let arguments = params.remove("arguments").unwrap_or_else(|| json!({}));
        let call = Call::of(&name, arguments)
            .ok_or_else(|| Failure::new(INVALID_PARAMS, format!("there is no tool `{}`", name.escape_debug())))?;
        let key = id.to_string();
        if self.lock().contains_key(&key) {
            return Err(Failure::new(INVALID_REQUEST, "a request with this id is still running"));
        }
        // Never closed.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        self.run(id.clone(), key, call, (place, is_stateless));
        Ok(())
    }

    fn run(
        &self,
        id: Value,
        key: String,
        call: Result<Call, String>,
        (place, is_stateless): (Option<OwnedSemaphorePermit>, bool),
    ) {
        let can_be_cancelled = !call.as_ref().is_ok_and(|call| self.tools.changes(call));
        let (tools, answers) = (Arc::clone(&self.tools), self.answers.clone());
        let running = Arc::clone(&self.running);
        let key_of_task = key.clone();
        // Under the lock, so that the call does not end before it is known.
        let mut known = self.lock();
        let task = tokio::spawn(async move {
            let done = match call {
                Ok(call) => tools.call(call).await,
                Err(wrong) => Err(wrong),
            };
            let was_known = running
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&key_of_task);
            if was_known.is_some() {
                let (text, is_error) = match done {
                    Ok(answer) => (bounded(&answer), false),
                    Err(text) => (text, true),
                };
                let result = json!({"content": [{"type": "text", "text": text}], "isError": is_error});
                let result = if is_stateless { complete(result) } else { result };
                // Nobody reads any more; the input will end, too.
                let _ = answers.send(answer(&id, Ok(result)));
            }
            drop(place);
        });
        known.insert(key, can_be_cancelled.then(|| task.abort_handle()));
    }

    /// Ends a call without an answer. One that changes something goes on, and is answered.
    pub(super) fn cancel(&self, id: Option<&Value>) {
        let Some(key) = id.map(Value::to_string) else { return };
        let mut running = self.lock();
        if let Some(Some(call)) = running.get(&key) {
            call.abort();
            running.remove(&key);
        }
    }

    /// Waits until no call runs any more, but not longer than this.
    pub(super) async fn finish(&self, max: Duration) {
        // Nobody else takes one now.
        let _ = timeout(max, self.places.acquire_many(CALLS_MAX)).await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Option<AbortHandle>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
