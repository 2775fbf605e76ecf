//! From values to settings, with every problem noted on the way.

use std::{collections::HashSet, fmt::Display, path::PathBuf, str::FromStr, time::Duration};

use lark_callback_store::Retention;
use lark_protocol::{BODY_BYTES_MAX, Window};

use super::{
    Config, ConfigError, Loaded, memory, names,
    source::{Value, Values},
};
use crate::{
    deliver::DeliverSettings,
    dispatch::DispatchSettings,
    http::RequestLimits,
    listen::{Patience, ServerSettings},
    sweep::SweepSettings,
    telemetry::{LogFormat, LogSettings},
    vault::Vault,
};

/// How old a signed request may be when nothing remembers that it was handled already: long enough for what Lark sends again
/// after 15 s and after 5 min.
const WINDOW_WITHOUT_RECEIPTS_SECONDS: u64 = 600;

/// Below this not even a few calls fit.
const PLUGIN_MEMORY_BYTES_MIN: u64 = 16 << 20;

/// The words of everything that is on or off.
pub(super) const SWITCH: [(&str, bool); 8] = [
    ("on", true),
    ("off", false),
    ("true", true),
    ("false", false),
    ("yes", true),
    ("no", false),
    ("1", true),
    ("0", false),
];

pub(super) const HOME_NOT_MEANT: &str =
    "begins with ~, which only a shell replaces by the home folder; write the whole path";

/// Whether a path would be a folder named `~` where somebody's home is meant.
pub(super) fn is_home(path: &str) -> bool {
    path == "~" || path.starts_with("~/")
}

/// Takes settings out of the values and keeps what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) values: &'a Values,
    pub(super) problems: Vec<String>,
    pub(super) notices: Vec<String>,
}

impl Config {
    /// Checks all values.
    ///
    /// # Errors
    /// With every problem that was found.
    pub fn from_values(values: &Values) -> Result<Loaded, ConfigError> {
        let mut read = Reader::new(values);
        match read.is_enabled() {
            // Nobody knows whether it was to run; that is told with all that is wrong.
            None => return read.finish().map(|()| Loaded::Disabled { problems: Vec::new() }),
            Some(false) => {
                let problems = values.problems.clone();
                return Ok(Loaded::Disabled { problems });
            }
            Some(true) => {}
        }
        let config = read.config();
        read.finish()?;
        Ok(Loaded::Enabled(Box::new(config)))
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(values: &'a Values) -> Self {
        let homes = values
            .by_name
            .iter()
            .filter(|(name, value)| names::is_path(name) && is_home(value.text.trim()))
            .map(|(name, value)| format!("{name} ({}) {HOME_NOT_MEANT}", value.origin));
        Self {
            values,
            problems: values.problems.iter().cloned().chain(homes).collect(),
            notices: values.notices.clone(),
        }
    }

    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        // Several settings are read from the same value.
        let mut seen = HashSet::new();
        self.problems.retain(|problem| seen.insert(problem.clone()));
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigError {
                problems: self.problems,
                notices: self.values.notices.clone(),
            })
        }
    }

    fn plugin_memory(&mut self) -> u64 {
        self.number(
            "CALLBACK_PLUGIN_MEMORY_BYTES_MAX",
            memory::plugin_memory_bytes().max(PLUGIN_MEMORY_BYTES_MIN),
            PLUGIN_MEMORY_BYTES_MIN..=1 << 50,
        )
    }

    /// How long a repeat is recognised: at least as long as one is accepted.
    fn receipt_ttl(&mut self) -> Duration {
        let window = self.window();
        let receipt_ttl = Duration::from_secs(3600 * self.number("CALLBACK_RECEIPT_HOURS", 24, 1..=720));
        // A request that is dated ahead can be sent again until its time has come and then the window into the past is over.
        let lifetime = window.past_seconds.saturating_add(window.future_seconds).unsigned_abs();
        if receipt_ttl.as_secs() < lifetime {
            self.problems.push(format!(
                "CALLBACK_RECEIPT_HOURS is shorter than CALLBACK_WINDOW_PAST_SECONDS and CALLBACK_WINDOW_FUTURE_SECONDS \
                 together ({lifetime} s): a captured request could run a second time after its receipt is gone"
            ));
        }
        receipt_ttl
    }

    fn config(&mut self) -> Config {
        let host = self.host("CALLBACK_SERVER_HOST", "0.0.0.0");
        let apps = self.apps();
        self.check_store_apps(&apps);
        self.check_encrypt_keys(&apps, &host);
        let receipts = self.receipts();
        let receipt_ttl = self.receipt_ttl();
        let openapi = self.openapi(&apps);
        let patience = Patience {
            idle: self.millis("CALLBACK_IDLE_MS_MAX", 75_000, 1_000..=3_600_000),
            header: self.millis("CALLBACK_HEADER_READ_MS_MAX", 5_000, 100..=60_000),
        };
        let mut store = self.store();
        store.queue_rows_max = self.number("CALLBACK_QUEUE_ROWS_MAX", store.queue_rows_max, 1..=1 << 20);
        let deliver = DeliverSettings::for_leases_of(Duration::from_millis(store.lease_ms));
        let compile = self.compile(&store);
        let config = Config {
            host,
            port: self.number("CALLBACK_SERVER_PORT", 8_080, 0..=u16::MAX),
            path: self.callback_path(),
            apps,
            store,
            admin: self.admin(),
            plugins_dir: self.plugins_dir(),
            instances_max: self.number("CALLBACK_INSTANCES_MAX", 256, 1..=4_096),
            plugin_memory_bytes_max: self.plugin_memory(),
            compile,
            openapi,
            server: ServerSettings {
                connections_max: self.number("CALLBACK_CONNECTIONS_MAX", 4_096, 1..=1_000_000),
                patience,
                drain: self.millis("CALLBACK_DRAIN_MS_MAX", 4_000, 0..=600_000),
                ..ServerSettings::default()
            },
            request: self.request(),
            dispatch: DispatchSettings {
                budget: self.millis("CALLBACK_BUDGET_MS", 2_400, 100..=3_000),
                redirect_budget: self.millis("CALLBACK_REDIRECT_BUDGET_MS", 15_000, 1_000..=60_000),
                update_delay: self.millis("CALLBACK_UPDATE_DELAY_MS", 500, 0..=60_000),
                has_receipts: receipts,
                receipt_ttl,
                retry_after: self.retry_after(),
                ..DispatchSettings::default()
            },
            deliver,
            replica: self.replica(),
            sweep: self.sweep(),
            log: self.log(),
            vault: self.vault(),
            notices: Vec::new(),
        };
        Config {
            notices: std::mem::take(&mut self.notices),
            ..config
        }
    }

    /// Whether the server is to run; none when that cannot be told. Where the switch is not set and something cannot be read,
    /// it may be set there.
    fn is_enabled(&mut self) -> Option<bool> {
        let name = "CALLBACK_SERVER_ENABLED";
        match self.value(name).filter(|value| !value.text.trim().is_empty()) {
            None => self.problems.is_empty().then_some(false),
            value => self.choice_of(name, value, &SWITCH),
        }
    }

    fn receipts(&mut self) -> bool {
        let receipts = self.choice("CALLBACK_RECEIPTS", true, &SWITCH);
        if !receipts {
            let past_seconds = self.window().callback_past_seconds;
            self.notices.push(format!(
                "CALLBACK_RECEIPTS=off: whoever captures a click or a preview can have it handled again while its timestamp \
                 is accepted, {past_seconds} s (CALLBACK_WINDOW_PAST_SECONDS)"
            ));
        }
        receipts
    }

    fn request(&mut self) -> RequestLimits {
        RequestLimits {
            body_bytes_max: self.number("CALLBACK_BODY_BYTES_MAX", BODY_BYTES_MAX, 1_024..=BODY_BYTES_MAX),
            bodies_bytes_max: self.number(
                "CALLBACK_BODIES_BYTES_MAX",
                RequestLimits::default().bodies_bytes_max,
                BODY_BYTES_MAX..=1 << 40,
            ),
            body_read: self.millis("CALLBACK_BODY_READ_MS_MAX", 5_000, 100..=60_000),
        }
    }

    pub(super) fn window(&mut self) -> Window {
        let default = Window::default();
        let is_without_receipts = !self.choice("CALLBACK_RECEIPTS", true, &SWITCH);
        let is_set = self.text("CALLBACK_WINDOW_PAST_SECONDS").is_some();
        let past = self.number(
            "CALLBACK_WINDOW_PAST_SECONDS",
            default.past_seconds.unsigned_abs(),
            1..=7 * 86_400,
        );
        // Events keep their receipts, so those that Lark sends again for hours are taken.
        let callback_past = if is_without_receipts && !is_set {
            WINDOW_WITHOUT_RECEIPTS_SECONDS
        } else {
            past
        };
        let future = self.number(
            "CALLBACK_WINDOW_FUTURE_SECONDS",
            default.future_seconds.unsigned_abs(),
            1..=86_400,
        );
        Window {
            past_seconds: i64::try_from(past).unwrap_or(i64::MAX),
            callback_past_seconds: i64::try_from(callback_past).unwrap_or(i64::MAX),
            future_seconds: i64::try_from(future).unwrap_or(i64::MAX),
        }
    }

    /// Seconds with commas between; what is not said keeps the default.
    fn retry_after(&mut self) -> Vec<Duration> {
        let default = DispatchSettings::default().retry_after;
        let Some(value) = self.value("CALLBACK_RETRY_SECONDS") else {
            return default;
        };
        let seconds = value.text.split(',').map(|text| text.trim().parse::<u32>());
        match seconds.collect::<Result<Vec<_>, _>>() {
            Ok(seconds) if seconds.len() <= 20 => seconds
                .into_iter()
                .map(|seconds| Duration::from_secs(seconds.into()))
                .collect(),
            _ => {
                self.problem(
                    "CALLBACK_RETRY_SECONDS",
                    value,
                    "must be up to 20 numbers of seconds with commas between: 2,10,60",
                );
                default
            }
        }
    }

    pub(super) fn sweep(&mut self) -> SweepSettings {
        let mut days = |name, default| Duration::from_hours(24 * self.number(name, default, 1..=3_650));
        let retention = Retention {
            payloads: days("CALLBACK_PAYLOAD_DAYS", 7),
            events: days("CALLBACK_EVENT_DAYS", 30),
            dead: days("CALLBACK_DEAD_DAYS", 30),
        };
        if retention.payloads > retention.events {
            self.problems.push(
                "CALLBACK_PAYLOAD_DAYS is longer than CALLBACK_EVENT_DAYS: an event cannot go before what it said"
                    .into(),
            );
        }
        let bytes_max = self.number("CALLBACK_DATABASE_BYTES_MAX", 0, 0..=1 << 50);
        SweepSettings {
            retention,
            database_bytes_max: (bytes_max > 0).then_some(bytes_max),
        }
    }

    fn log(&mut self) -> LogSettings {
        let formats = [
            ("auto", LogFormat::Auto),
            ("text", LogFormat::Text),
            ("json", LogFormat::Json),
        ];
        LogSettings {
            format: self.choice("LOG_FORMAT", LogFormat::Auto, &formats),
            file: self.text("LOG_FILE").map(PathBuf::from),
            filter: self.text("RUST_LOG").map(str::to_owned),
        }
    }

    /// Built now, so that a wrong key is found at start and not when the first token is stored.
    fn vault(&mut self) -> Option<Vault> {
        let keys = self.app_value("", "config_encryption_key")?;
        Vault::from_keys(&keys)
            .map_err(|error| self.problems.push(error.to_string()))
            .ok()
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.values.by_name.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.value(name)
            .map(|value| value.text.trim())
            .filter(|text| !text.is_empty())
    }

    fn millis(&mut self, name: &str, default: u64, range: std::ops::RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.number(name, default, range))
    }

    pub(super) fn number<T>(&mut self, name: &str, default: T, range: std::ops::RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let Some(value) = self.value(name) else { return default };
        match value.text.trim().parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let (low, high) = (range.start(), range.end());
                self.problem(name, value, &format!("must be a whole number from {low} to {high}"));
                default
            }
        }
    }

    pub(super) fn choice<T: Copy>(&mut self, name: &str, default: T, choices: &[(&str, T)]) -> T {
        self.choice_of(name, self.value(name), choices).unwrap_or(default)
    }

    /// The choice that a value is; none when there is no value, or none of the words, which is a problem.
    pub(super) fn choice_of<T: Copy>(&mut self, name: &str, value: Option<&Value>, choices: &[(&str, T)]) -> Option<T> {
        let value = value?;
        let wanted = value.text.trim();
        let chosen = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(wanted));
        if chosen.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            self.problem(name, value, &format!("must be one of: {}", words.join(", ")));
        }
        chosen.map(|(_, choice)| *choice)
    }

    /// An absolute http(s) URL without a fragment.
    pub(super) fn url_of(&mut self, name: &str, value: &Value) -> Option<String> {
        let text = value.text.trim();
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let valid = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
            && text.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
        if !valid {
            self.problem(
                name,
                value,
                "must be a whole URL: https://host/path, without a fragment",
            );
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn problem(&mut self, name: &str, value: &Value, what: &str) {
        let problem = format!("{name} ({}) {what}", value.origin);
        // A setting that all applications share is read for each of them.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
