//! Plugins for the tests of this layer, written in the text form of WebAssembly: each is a few instructions of exactly the
//! behaviour that a test is about, in any language's place.

mod component;

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use bytes::Bytes;
use lark_protocol::{Event, Kind, Schema};
use tempfile::TempDir;

use lark_callback_store::{Store, StoreSettings};

pub(super) use self::component::{DONE, PASS, PERMANENT, RETRY};
pub(crate) use self::component::{Fixture, REPLY};
use crate::{moment::Moment, telemetry::Recorded};

use super::{Bound, CallContext, Candidate, Engine, EngineSettings, LoadError, Plugin, Settings, Source};

/// Records what plugins log on this thread.
pub(super) fn recorded() -> Recorded {
    Recorded::down_to(tracing::Level::DEBUG)
}

/// The part of their lines that those of libraries do not have.
pub(super) const OF_PLUGINS: &str = " plugin: ";

/// An engine with a database of its own.
pub(crate) struct Host {
    pub(crate) engine: Engine,
    _folder: TempDir,
}

impl Host {
    pub(crate) async fn start() -> Self {
        Self::with(EngineSettings {
            instances_max: 8,
            ..EngineSettings::default()
        })
        .await
    }

    pub(super) async fn with(settings: EngineSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreSettings::at(folder.path().join("test.db")))
            .await
            .unwrap();
        Self {
            engine: Engine::start(settings, store).unwrap(),
            _folder: folder,
        }
    }

    pub(super) async fn load(&self, name: &str, fixture: &Fixture) -> Plugin {
        self.load_with(name, fixture, "").await.unwrap()
    }

    pub(super) async fn load_with(&self, name: &str, fixture: &Fixture, toml: &str) -> Result<Plugin, LoadError> {
        self.load_bytes(name, fixture.build(), toml).await
    }

    pub(super) async fn load_bytes(&self, name: &str, wasm: Bytes, toml: &str) -> Result<Plugin, LoadError> {
        let source = Source::File(format!("plugins/{name}.wasm").into());
        let settings = Settings::parse(toml).unwrap();
        self.engine
            .load(Candidate {
                name: name.to_owned(),
                source,
                wasm,
                hash: None,
                settings,
            })
            .await
    }
}

/// A card click.
pub(super) fn click() -> Arc<Event> {
    Arc::new(Event {
        id: "evt-1".into(),
        event_type: "card.action.trigger".into(),
        kind: Kind::Callback,
        schema: Schema::V2,
        app_id: "cli_1".into(),
        tenant_key: "tenant".into(),
        create_time_ms: 1_700_000_000_000,
        payload: "{}".into(),
        message_id: None,
    })
}

/// Now, with time enough for anything that ends.
pub(super) fn context() -> CallContext {
    within(Duration::from_secs(60))
}

/// Now, with this much time.
pub(super) fn within(time: Duration) -> CallContext {
    let begun = Moment::now(1_700_000_000_000);
    CallContext {
        delivery: 0,
        attempt: 1,
        begun,
        deadline: begun.at + time,
        bound: Bound::Callback,
    }
}

/// Polls once, tells whether it waits then, and drops it.
pub(super) async fn starts_waiting(work: impl Future) -> bool {
    let mut work = pin!(work);
    poll_fn(|task| Poll::Ready(work.as_mut().poll(task).is_pending())).await
}
