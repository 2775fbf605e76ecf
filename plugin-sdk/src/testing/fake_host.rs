//! A host in memory: its clock stands still until a test advances it, and its random bytes are the same in every run.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use lark_fixture::{HostFile, Played};

use super::fake_kv::{FakeKv, Write};
use super::fake_lark::FakeLark;
use super::fake_media::FakeMedia;
use super::fake_services::FakeServices;
use super::limits::Limits;
use super::script::Script;
use crate::kv::millis;
use crate::{Authorization, AuthorizedUser, Link, OauthError, OpenapiError, OpenapiRequest, OpenapiResponse};
use crate::{Config, Entry, Failure, Host, HttpError, HttpRequest, HttpResponse, Kv, KvError, Level};
use crate::{MediaContent, MediaDownload, MediaError, MediaSource, MediaUpload};

/// The clock's initial time: 2024-01-01T00:00:00Z.
pub(super) const START_MS: u64 = 1_704_067_200_000;

/// A host in memory, for tests.
///
/// Its key-value store has versions and TTLs like the real one. Its clock stands still until [`advance`](Self::advance)
/// moves it. Its "random" bytes never repeat within a test, and are the same in every run. It also simulates Lark and
/// other services: calls are recorded, and answered as the test sets.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use std::time::Duration;
/// # #[derive(Default)]
/// # struct Greeter;
/// # impl Plugin for Greeter {
/// #     const EVENTS: &'static [&'static str] = &["im.message.receive_v1"];
/// #     fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
/// #         let message: MessageReceive = event.payload()?;
/// #         host.openapi().reply_text(&message.message.message_id, &host.config().require("greeting")?)?;
/// #         host.metrics().add("greeting", &[("language", "zh")]);
/// #         host.metrics().time("greeting", &[], Duration::from_millis(5));
/// #         host.log().info("greeted");
/// #         Ok(Outcome::done())
/// #     }
/// # }
/// use lark_plugin_sdk::testing::FakeHost;
///
/// let host = FakeHost::new().with_config("greeting", "你好");
/// host.set_now_ms(1_767_232_800_000);
/// Greeter.handle(&host, &Event::text_message("ou_anna", "hi"))?;
/// assert_eq!(host.said(), ["你好"]);
/// assert_eq!(host.calls()[0].method, "POST");
/// assert_eq!(host.logged()[0].message, "greeted");
/// assert_eq!(host.counted("greeting", &[("language", "zh")]), 1);
/// assert_eq!(host.timed("greeting", &[]), [Duration::from_millis(5)]);
/// assert_eq!(host.config().get("greeting").as_deref(), Some("你好"));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug)]
pub struct FakeHost {
    config: BTreeMap<String, String>,
    now_ms: Cell<u64>,
    random: Cell<u64>,
    log: RefCell<Vec<LogLine>>,
    pub(super) limits: Limits,
    pub(super) kv: FakeKv,
    counters: RefCell<BTreeMap<Number, u64>>,
    times: RefCell<BTreeMap<Number, Vec<Duration>>>,
    pub(super) lark: FakeLark,
    pub(super) media: FakeMedia,
    pub(super) services: FakeServices,
    /// Of a fixture, in place of what a test sets.
    script: Option<Script>,
    /// Calls of Lark and of other services in their order, as `plugin test` names them.
    called: RefCell<Vec<String>>,
}

/// A line that the plugin logged.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// use lark_plugin_sdk::Level;
///
/// host.log().warn("3 rows have no name");
/// let line = &fake.logged()[0];
/// assert_eq!((line.level, line.message.as_str()), (Level::Warn, "3 rows have no name"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The level.
    pub level: Level,
    /// The text.
    pub message: String,
}

/// A metric's name with its labels, sorted by name.
type Number = (String, Vec<(String, String)>);

fn number(name: &str, labels: impl IntoIterator<Item = (String, String)>) -> Number {
    let mut labels: Vec<_> = labels.into_iter().collect();
    labels.sort();
    (name.to_owned(), labels)
}

impl Default for FakeHost {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeHost {
    /// Creates an empty host whose clock is at 2024-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self {
            config: BTreeMap::new(),
            now_ms: Cell::new(START_MS),
            random: Cell::new(0),
            log: RefCell::default(),
            limits: Limits::default(),
            kv: FakeKv::default(),
            counters: RefCell::default(),
            times: RefCell::default(),
            lark: FakeLark::default(),
            media: FakeMedia::default(),
            services: FakeServices::default(),
            script: None,
            called: RefCell::default(),
        }
    }

    /// Holds and answers what the file of a fixture says, and for the rest what it would in the sandbox.
    pub(super) fn follow(&mut self, file: &HostFile, is_callback: bool) {
        self.script = Some(Script::new(Played::begin(file), is_callback));
        for (key, value) in file.stored() {
            self.kv.put(key, &value);
        }
    }

    /// Answers of the fixture that no call was for.
    pub(super) fn unasked(&self) -> Vec<String> {
        self.script.as_ref().map_or_else(Vec::new, Script::unasked)
    }

    pub(super) fn called(&self) -> Vec<String> {
        self.called.borrow().clone()
    }

    /// Sets a key under `[config]`.
    #[must_use]
    pub fn with_config(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.insert(key.into(), value.into());
        self
    }

    /// Sets a limit under `[limits]` that the operator has changed: `kv_value_bytes_max`, `kv_bytes_max`, `tasks_max`,
    /// `task_bytes_max` or `task_delay_ms_max`. The others, and those by default, are the server's.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// let host = FakeHost::new();
    /// let text = vec![b'a'; 300 << 10];
    /// assert!(host.kv().set("text", &text, None).is_err()); // as on a server
    /// let host = host.with_limit("kv_value_bytes_max", 1 << 20);
    /// assert!(host.kv().set("text", &text, None).is_ok());
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such limit.
    #[allow(clippy::panic, reason = "a test that names what is not there has failed")]
    #[must_use]
    #[track_caller]
    pub fn with_limit(mut self, name: &str, value: u64) -> Self {
        if let Err(known) = self.limits.set(name, value) {
            panic!("there is no limit {name} here, but {known}");
        }
        self
    }

    /// Advances the clock.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use std::time::Duration;
    /// let host = FakeHost::new();
    /// let hour = Duration::from_secs(3600);
    /// host.kv().set("code/ou_anna", b"4711", Some(hour))?;
    /// host.advance(hour);
    /// assert!(host.kv().get("code/ou_anna")?.is_none());
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn advance(&self, by: Duration) {
        self.now_ms.set(self.now_ms.get().saturating_add(millis(by)));
    }

    /// Sets the clock, in milliseconds since 1970.
    pub fn set_now_ms(&self, now_ms: u64) {
        self.now_ms.set(now_ms);
    }

    /// Returns the lines that the plugin has logged so far.
    pub fn logged(&self) -> Vec<LogLine> {
        self.log.borrow().clone()
    }

    /// Returns the value of a counter.
    pub fn counted(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.counters
            .borrow()
            .get(&number(name, labels))
            .copied()
            .unwrap_or_default()
    }

    /// Returns the durations recorded in a histogram, in order.
    pub fn timed(&self, name: &str, labels: &[(&str, &str)]) -> Vec<Duration> {
        let labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.times
            .borrow()
            .get(&number(name, labels))
            .cloned()
            .unwrap_or_default()
    }

    /// The key-value store, as in a handler; for checking what was stored.
    pub fn kv(&self) -> Kv<'_> {
        Kv::new(self)
    }

    /// The configuration, as in a handler.
    pub fn config(&self) -> Config<'_> {
        (self as &dyn Host).config()
    }

    fn write<'a>(&'a self, key: &'a str, value: &'a [u8], ttl_ms: Option<u64>) -> Write<'a> {
        Write {
            key,
            value,
            expires_at_ms: ttl_ms.map(|ttl_ms| self.now_ms().saturating_add(ttl_ms)),
            now_ms: self.now_ms(),
            limits: &self.limits,
        }
    }
}

impl Host for FakeHost {
    fn write_log(&self, level: Level, message: &str) {
        self.log.borrow_mut().push(LogLine {
            level,
            message: message.to_owned(),
        });
    }

    fn config_value(&self, key: &str) -> Option<String> {
        self.config.get(key).cloned()
    }

    fn kv_get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        self.kv.get(key, self.now_ms())
    }

    fn kv_set(&self, key: &str, value: &[u8], ttl_ms: Option<u64>) -> Result<u64, KvError> {
        self.kv.set(&self.write(key, value, ttl_ms))
    }

    fn kv_compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: &[u8],
        ttl_ms: Option<u64>,
    ) -> Result<Option<u64>, KvError> {
        self.kv.compare_and_set(expected, &self.write(key, value, ttl_ms))
    }

    fn kv_delete(&self, key: &str) -> Result<bool, KvError> {
        self.kv.delete(key, self.now_ms())
    }

    fn kv_list_keys(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, KvError> {
        self.kv.list(prefix, after, limit, self.now_ms())
    }

    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    fn openapi_call(&self, request: &OpenapiRequest) -> Result<OpenapiResponse, OpenapiError> {
        let query: Vec<_> = request
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let call = format!("openapi {} {}{mark}{}", request.method, request.path, query.join("&"));
        self.called.borrow_mut().push(call);
        if let Some(body) = &request.body {
            let checked = lark_card::message::check(request.method, &request.path, body);
            checked.map_err(|refused| OpenapiError::Refused(refused.to_string()))?;
        }
        match &self.script {
            Some(script) => {
                self.lark.record(request);
                script.openapi(request)
            }
            None => self.lark.call(request),
        }
    }

    fn media_begin_upload(
        &self,
        content: &MediaContent,
        size: u64,
        _tenant_key: Option<&str>,
    ) -> Result<MediaUpload, MediaError> {
        let key = self.script.as_ref().map(|script| script.uploaded(content));
        self.media.begin_upload(content, size, key)
    }

    fn media_open_download(
        &self,
        source: &MediaSource,
        _tenant_key: Option<&str>,
    ) -> Result<MediaDownload, MediaError> {
        let found = self.script.as_ref().map(|script| script.downloaded(source));
        self.media.open_download(source, found)
    }

    fn http_send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        self.called
            .borrow_mut()
            .push(format!("http {} {}", request.method, request.url));
        match &self.script {
            Some(script) => {
                let (status, text) = script.http(request);
                self.services.answered(request, status, text)
            }
            None => self.services.send(request),
        }
    }

    fn oauth_begin(&self, scopes: &[String]) -> Result<Link, OauthError> {
        self.called.borrow_mut().push("oauth begin".to_owned());
        self.lark.begin(scopes)
    }

    fn oauth_exchange(&self, code: &str, ticket: &str, open_id: &str) -> Result<AuthorizedUser, OauthError> {
        self.lark.exchange(code, ticket, open_id, self.now_ms())
    }

    fn oauth_status(&self, open_id: &str) -> Result<Option<Authorization>, OauthError> {
        Ok(self.lark.status(open_id))
    }

    fn oauth_forget(&self, open_id: &str) -> Result<bool, OauthError> {
        Ok(self.lark.forget(open_id))
    }

    fn metrics_add(&self, name: &str, labels: &[(String, String)], amount: u64) {
        let mut counters = self.counters.borrow_mut();
        *counters.entry(number(name, labels.iter().cloned())).or_default() += amount;
    }

    fn metrics_time(&self, name: &str, labels: &[(String, String)], ms: u64) {
        let mut times = self.times.borrow_mut();
        let times = times.entry(number(name, labels.iter().cloned())).or_default();
        times.push(Duration::from_millis(ms));
    }

    /// The splitmix64 sequence: no value repeats, and every run is the same.
    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Failure> {
        for chunk in bytes.chunks_mut(8) {
            let state = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.random.set(state);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            for (byte, random) in chunk.iter_mut().zip((mixed ^ (mixed >> 31)).to_le_bytes()) {
                *byte = random;
            }
        }
        Ok(())
    }
}
