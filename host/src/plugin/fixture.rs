//! Plugins for the tests of this layer, written in the text form of WebAssembly: each is a few instructions of exactly the
//! behaviour that a test is about, in any language's place.

use std::{collections::BTreeMap, future::poll_fn, path::Path, pin::pin, sync::Arc, task::Poll, time::Duration};

use bytes::Bytes;
use lark_protocol::{Event, Kind, Schema};
use tempfile::TempDir;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use lark_callback_store::{Store, StoreSettings};

use crate::{moment::Moment, telemetry::Recorded};

use super::{CallContext, Candidate, Engine, EngineSettings, LoadError, Plugin, Settings, Source};

/// Records what plugins log on this thread.
pub(super) fn recorded() -> Recorded {
    Recorded::down_to(tracing::Level::DEBUG)
}

/// The part of their lines that those of libraries do not have.
pub(super) const OF_PLUGINS: &str = " plugin: ";

/// The part of WASI that the fixtures call.
const WASI: &str = r#"
package test:fixture;

package wasi:io@0.2.0 {
    interface poll {
        resource pollable { block: func(); }
    }
    interface error {
        resource error;
    }
    interface streams {
        use error.{error};
        variant stream-error { last-operation-failed(error), closed }
        resource output-stream {
            blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
        }
    }
}
package wasi:cli@0.2.0 {
    interface exit { exit: func(status: result); }
    interface stdout { use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream; }
    interface stderr { use wasi:io/streams@0.2.0.{output-stream}; get-stderr: func() -> output-stream; }
}
package wasi:clocks@0.2.0 {
    interface wall-clock {
        record datetime { seconds: u64, nanoseconds: u32 }
        now: func() -> datetime;
    }
    interface monotonic-clock {
        use wasi:io/poll@0.2.0.{pollable};
        subscribe-duration: func(when: u64) -> pollable;
    }
}
package wasi:random@0.2.0 {
    interface random { get-random-bytes: func(len: u64) -> list<u8>; }
}
package wasi:sockets@0.2.0 {
    interface network {
        resource network;
        enum ip-address-family { ipv4, ipv6 }
        enum error-code {
            unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict,
            not-in-progress, would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use,
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large,
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure,
        }
    }
    interface instance-network { use network.{network}; instance-network: func() -> network; }
    interface tcp { resource tcp-socket; }
    interface udp { resource udp-socket; }
    interface tcp-create-socket {
        use network.{ip-address-family, error-code};
        use tcp.{tcp-socket};
        create-tcp-socket: func(address-family: ip-address-family) -> result<tcp-socket, error-code>;
    }
    interface udp-create-socket {
        use network.{ip-address-family, error-code};
        use udp.{udp-socket};
        create-udp-socket: func(address-family: ip-address-family) -> result<udp-socket, error-code>;
    }
    interface ip-name-lookup {
        use network.{network, error-code};
        resource resolve-address-stream;
        resolve-addresses: func(network: borrow<network>, name: string) -> result<resolve-address-stream, error-code>;
    }
}
package wasi:http@0.2.0 {
    interface outgoing-handler { handle: func() -> u32; }
}
"#;

/// The interfaces of [`WASI`], with one that plugins do not get.
const WORLD: &str = r#"
package test:all;
world fixture {
    include lark-callback:plugin/plugin@0.1.0;
    import wasi:cli/exit@0.2.0;
    import wasi:cli/stdout@0.2.0;
    import wasi:cli/stderr@0.2.0;
    import wasi:clocks/wall-clock@0.2.0;
    import wasi:clocks/monotonic-clock@0.2.0;
    import wasi:random/random@0.2.0;
    import wasi:sockets/instance-network@0.2.0;
    import wasi:sockets/tcp-create-socket@0.2.0;
    import wasi:sockets/udp-create-socket@0.2.0;
    import wasi:sockets/ip-name-lookup@0.2.0;
    import wasi:http/outgoing-handler@0.2.0;
}
"#;

/// A plugin in the making. Its memory: the description at 256, results at 512, its own data at 1024, and from 8192 on what
/// the host puts there.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    event_types: Vec<&'static str>,
    wants: Vec<(&'static str, &'static str)>,
    /// Imports, globals and functions.
    items: String,
    describe: String,
    handle: String,
    run: String,
    data: String,
    pages: u32,
}

impl Fixture {
    /// A plugin that takes this event type, and answers with what these instructions leave on the stack: the address of a
    /// result, usually [`DONE`], [`PASS`] or [`REPLY`].
    pub(crate) fn new(event_type: &'static str, handle: &str) -> Self {
        Self {
            event_types: vec![event_type],
            wants: Vec::new(),
            items: String::new(),
            describe: "i32.const 256".to_owned(),
            handle: handle.to_owned(),
            run: DONE.to_owned(),
            data: String::new(),
            pages: 1,
        }
    }

    /// A memory of so many pages at first.
    pub(super) fn pages(mut self, pages: u32) -> Self {
        self.pages = pages;
        self
    }

    pub(crate) fn event_types(mut self, event_types: &[&'static str]) -> Self {
        self.event_types = event_types.to_vec();
        self
    }

    pub(crate) fn want(mut self, kind: &'static str, value: &'static str) -> Self {
        self.wants.push((kind, value));
        self
    }

    pub(crate) fn describe(mut self, instructions: &str) -> Self {
        self.describe = instructions.to_owned();
        self
    }

    pub(super) fn run(mut self, instructions: &str) -> Self {
        self.run = instructions.to_owned();
        self
    }

    /// Imports, globals and functions; imports come first.
    pub(super) fn item(mut self, item: &str) -> Self {
        self.items.push_str(item);
        self
    }

    /// Text at an address from 1024 on.
    pub(crate) fn text(mut self, address: u32, text: &str) -> Self {
        self.data.push_str(&segment(address, text.as_bytes()));
        self
    }

    /// The component.
    pub(crate) fn build(&self) -> Bytes {
        let mut module = wat::parse_str(self.module()).unwrap();
        let mut resolve = Resolve::default();
        resolve
            .push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit"))
            .unwrap();
        resolve.push_str("wasi.wit", WASI).unwrap();
        let package = resolve.push_str("world.wit", WORLD).unwrap();
        let world = resolve.select_world(&[package], Some("fixture")).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default()
            .module(&module)
            .unwrap()
            .encode()
            .unwrap()
            .into()
    }

    fn module(&self) -> String {
        let Self {
            items,
            describe,
            handle,
            run,
            data,
            pages,
            ..
        } = self;
        format!(
            r#"(module
                {items}
                (memory (export "memory") {pages})
                (global $free (mut i32) (i32.const 8192))
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                    (global.get $free)
                    (global.set $free (i32.add (global.get $free) (local.get 3))))
                (func (export "lark-callback:plugin/handler@0.1.0#describe") (result i32) {describe})
                (func (export "lark-callback:plugin/handler@0.1.0#handle") (param $event i32) (result i32) {handle})
                (func (export "lark-callback:plugin/handler@0.1.0#run")
                    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {run})
                {} {data})"#,
            self.memory()
        )
    }

    /// The description and the results, laid out as the canonical ABI has them.
    fn memory(&self) -> String {
        let mut texts = BTreeMap::new();
        let mut next = 2048_u32;
        let mut text = |text: &str| {
            let address = next;
            next += u32::try_from(text.len()).unwrap();
            texts.insert(address, text.to_owned());
            [address, u32::try_from(text.len()).unwrap()]
        };
        let name = text("fixture");
        let version = text("1.2.3");
        let types: Vec<[u32; 2]> = self.event_types.iter().map(|event_type| text(event_type)).collect();
        let wants: Vec<[[u32; 2]; 3]> = self
            .wants
            .iter()
            .map(|(kind, value)| [text(kind), text(value), text("it needs it")])
            .collect();
        let (type_count, want_count) = (u32::try_from(types.len()).unwrap(), u32::try_from(wants.len()).unwrap());
        let description = [name, version, [1536, type_count], [1792, want_count], [0, 0], [0, 0]];
        // A result has its case at 0, and the outcome from 8 on: the reply's case and text, then the tasks.
        let done = [[0, 0], [1, 0], [0, 0], [0, 0]];
        let pass = [[0, 0], [0, 0], [0, 0], [0, 0]];
        let reply = [[0, 0], [2, 1024], [8, 0], [0, 0]];
        let retry = [[1, 0], [0, 0], [1024, 8], [1, 0], [90, 0]];
        let permanent = [[1, 0], [1, 0], [1024, 8]];
        let mut data: String = texts
            .iter()
            .map(|(address, text)| segment(*address, text.as_bytes()))
            .collect();
        data.push_str(&words(256, &description));
        data.push_str(&words(1536, &types));
        data.push_str(&words(1792, wants.as_flattened()));
        for (address, result) in [
            (512, &done[..]),
            (576, &pass),
            (640, &reply),
            (704, &retry),
            (768, &permanent),
        ] {
            data.push_str(&words(address, result));
        }
        data
    }
}

/// Handled, without a reply.
pub(super) const DONE: &str = "i32.const 512";
/// Not its event.
pub(super) const PASS: &str = "i32.const 576";
/// Replies with the eight bytes at 1024.
pub(crate) const REPLY: &str = "i32.const 640";
/// Asks for another try in 90 ms, with the eight bytes at 1024.
pub(super) const RETRY: &str = "i32.const 704";
/// Fails for good, with the eight bytes at 1024.
pub(super) const PERMANENT: &str = "i32.const 768";

fn segment(address: u32, bytes: &[u8]) -> String {
    let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(data (i32.const {address}) \"{escaped}\")\n")
}

fn words(address: u32, words: &[[u32; 2]]) -> String {
    let bytes: Vec<u8> = words
        .as_flattened()
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    segment(address, &bytes)
}

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
    }
}

/// Polls once, tells whether it waits then, and drops it.
pub(super) async fn starts_waiting(work: impl Future) -> bool {
    let mut work = pin!(work);
    poll_fn(|task| Poll::Ready(work.as_mut().poll(task).is_pending())).await
}
