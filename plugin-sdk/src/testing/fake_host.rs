//! A host in memory: its clock stands still until a test advances it, and its random bytes are the same in every run.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::fake_lark::FakeLark;
use super::fake_media::FakeMedia;
use super::fake_services::FakeServices;
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
#[derive(Debug)]
pub struct FakeHost {
    config: BTreeMap<String, String>,
    now_ms: Cell<u64>,
    random: Cell<u64>,
    log: RefCell<Vec<LogLine>>,
    kv: RefCell<BTreeMap<String, Stored>>,
    last_version: Cell<u64>,
    intruder: RefCell<Option<(String, Vec<u8>)>>,
    kv_is_down: Cell<bool>,
    counters: RefCell<BTreeMap<Number, u64>>,
    times: RefCell<BTreeMap<Number, Vec<Duration>>>,
    pub(super) lark: FakeLark,
    pub(super) media: FakeMedia,
    pub(super) services: FakeServices,
    script: Script,
    /// Calls of Lark and of other services in their order, as `plugin test` names them.
    called: RefCell<Vec<String>>,
}

/// A line that the plugin logged.
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

#[derive(Debug)]
struct Stored {
    entry: Entry,
    expires_at_ms: Option<u64>,
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
            kv: RefCell::default(),
            last_version: Cell::new(0),
            intruder: RefCell::default(),
            kv_is_down: Cell::new(false),
            counters: RefCell::default(),
            times: RefCell::default(),
            lark: FakeLark::default(),
            media: FakeMedia::default(),
            services: FakeServices::default(),
            script: Script::default(),
            called: RefCell::default(),
        }
    }

    /// Answers as the file of a fixture says, and for the rest as the sandbox does.
    pub(super) fn follow(&mut self, lark: &Value, http: &Value) {
        self.script.is_on = true;
        self.script.lark.set(lark);
        self.script.http.set(http);
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

    /// Simulates a concurrent write: changes this key just before the next conditional write to it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// let host = FakeHost::new();
    /// host.kv().set_json("clicks", &1, None)?;
    /// host.write_in_between("clicks", "7");
    /// let next = |count: Option<u64>| Some(count.unwrap_or(0) + 1);
    /// assert_eq!(host.kv().update_json("clicks", None, next)?, Some(8)); // not 2: no click is lost
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn write_in_between(&self, key: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.intruder.replace(Some((key.into(), value.into())));
    }

    /// Makes the key-value store unavailable while true.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// let host = FakeHost::new();
    /// host.set_kv_down(true);
    /// assert!(host.kv().get("clicks").is_err());
    /// host.set_kv_down(false);
    /// assert!(host.kv().get("clicks").is_ok());
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn set_kv_down(&self, is_down: bool) {
        self.kv_is_down.set(is_down);
    }

    fn check_kv(&self) -> Result<(), KvError> {
        if self.kv_is_down.get() {
            Err(KvError::Unavailable("the test took it away".to_owned()))
        } else {
            Ok(())
        }
    }

    fn store(&self, key: &str, value: &[u8], ttl_ms: Option<u64>) -> u64 {
        let version = self.last_version.get() + 1;
        self.last_version.set(version);
        let expires_at_ms = ttl_ms.map(|ttl_ms| self.now_ms().saturating_add(ttl_ms));
        let entry = Entry {
            value: value.to_vec(),
            version,
        };
        self.kv
            .borrow_mut()
            .insert(key.to_owned(), Stored { entry, expires_at_ms });
        version
    }
}

impl Stored {
    fn is_alive(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_none_or(|expires_at_ms| now_ms < expires_at_ms)
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
        self.check_kv()?;
        let kv = self.kv.borrow();
        Ok(kv
            .get(key)
            .filter(|stored| stored.is_alive(self.now_ms()))
            .map(|stored| stored.entry.clone()))
    }

    fn kv_set(&self, key: &str, value: &[u8], ttl_ms: Option<u64>) -> Result<u64, KvError> {
        self.check_kv()?;
        Ok(self.store(key, value, ttl_ms))
    }

    fn kv_compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: &[u8],
        ttl_ms: Option<u64>,
    ) -> Result<Option<u64>, KvError> {
        if let Some((key, value)) = self.intruder.borrow_mut().take_if(|(intruded, _)| intruded == key) {
            self.store(&key, &value, None);
        }
        let current = self.kv_get(key)?.map(|entry| entry.version);
        Ok((current == expected).then(|| self.store(key, value, ttl_ms)))
    }

    fn kv_delete(&self, key: &str) -> Result<bool, KvError> {
        let was_there = self.kv_get(key)?.is_some();
        self.kv.borrow_mut().remove(key);
        Ok(was_there)
    }

    fn kv_list_keys(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, KvError> {
        self.check_kv()?;
        let now_ms = self.now_ms();
        let kv = self.kv.borrow();
        let alive = kv
            .iter()
            .filter(|(_, stored)| stored.is_alive(now_ms))
            .map(|(key, _)| key);
        let wanted = alive.filter(|key| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
        Ok(wanted.take(limit as usize).cloned().collect())
    }

    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    fn openapi_call(&self, request: &OpenapiRequest) -> Result<OpenapiResponse, OpenapiError> {
        let call = format!("openapi {} {}", request.method, request.path);
        self.called.borrow_mut().push(call);
        match self.script.lark.next(request.method, &request.path) {
            Some((status, body)) => self.lark.answered(request, status, &body),
            None => self.lark.call(request),
        }
    }

    fn media_begin_upload(
        &self,
        content: &MediaContent,
        size: u64,
        _tenant_key: Option<&str>,
    ) -> Result<MediaUpload, MediaError> {
        self.media.begin_upload(content, size)
    }

    fn media_open_download(
        &self,
        source: &MediaSource,
        _tenant_key: Option<&str>,
    ) -> Result<MediaDownload, MediaError> {
        self.media.open_download(source)
    }

    fn http_send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let place = request.url.split(['?', '#']).next().unwrap_or_default();
        self.called
            .borrow_mut()
            .push(format!("http {} {place}", request.method));
        match self.script.http.next(request.method, place) {
            Some((status, body)) => self.services.answered(request, status, &body),
            None if self.script.is_on => {
                let said = format!("no answer for `{} {place}` under \"http\"", request.method);
                self.services.answered(request, 404, &said.into())
            }
            None => self.services.send(request),
        }
    }

    fn oauth_begin(&self, scopes: &[String]) -> Result<Link, OauthError> {
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
