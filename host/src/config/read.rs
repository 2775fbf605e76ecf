//! Conversion of values into settings, collecting all problems.

use crate::codes::{Text, same, told};
use std::{collections::HashSet, sync::Arc, time::Duration};

use lark_callback_store::Retention;
use lark_protocol::Window;

use super::{AllShown, Config, ConfigError, Loaded, memory, names, settings, source::Values};
use crate::{
    deliver::DeliverSettings,
    dispatch::DispatchSettings,
    http::RequestLimits,
    listen::{Inherited, Patience, ServerSettings},
    plugin::Variables,
    sweep::SweepSettings,
    vault::Vault,
};

/// Default maximum age of a signed request when no receipts detect replays: long enough for Lark's first two resends,
/// after 15 s and 5 min.
const WINDOW_WITHOUT_RECEIPTS_SECONDS: u64 = 600;

/// Less memory than this would not fit even a few calls.
const PLUGIN_MEMORY_BYTES_MIN: u64 = 16 << 20;

/// Words accepted for a switch.
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

pub(super) const HOME_NOT_MEANT_ZH: &str = "以 ~ 开头，只有 shell 会把它替换为主目录；请写完整路径";

/// Whether the path would create a folder named `~` although a home directory is meant.
pub(super) fn is_home(path: &str) -> bool {
    path == "~" || path.starts_with("~/")
}

/// Reader that converts values into settings and collects their problems.
pub(super) struct Reader<'a> {
    pub(super) values: &'a Values,
    pub(super) problems: Vec<Text>,
    pub(super) notices: Vec<Text>,
    /// An application has no Encrypt Key, and only because the server is on loopback this is no problem.
    pub(super) is_unsigned_for_loopback: bool,
}

impl Config {
    /// Validates all values.
    ///
    /// # Errors
    /// With every problem that was found.
    pub fn from_values(values: &Values) -> Result<Loaded, ConfigError> {
        let mut read = Reader::new(values);
        match read.enabled() {
            // Whether the server should run is unknown; that is reported together with the problems.
            None => return read.finish().map(|()| Loaded::Disabled { problems: Vec::new() }),
            Some(false) => {
                let problems = values.problems.clone();
                return Ok(Loaded::Disabled { problems });
            }
            Some(true) => {}
        }
        let mut config = read.config();
        read.finish()?;
        config.shown = AllShown::from_values(values).settings.into();
        Ok(Loaded::Enabled(Box::new(config)))
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(values: &'a Values) -> Self {
        let homes = values
            .by_name
            .iter()
            .filter(|(name, value)| names::is_path(name) && is_home(value.text.trim()))
            .map(|(name, value)| {
                told!(
                    "{name} ({}) {HOME_NOT_MEANT}",
                    "{name}（{:#}）{HOME_NOT_MEANT_ZH}",
                    value.origin
                )
            });
        Self {
            values,
            problems: values.problems.iter().cloned().chain(homes).collect(),
            notices: values.notices.clone(),
            is_unsigned_for_loopback: false,
        }
    }

    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        // Several settings may be read from the same value, so problems are deduplicated.
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
        self.number_or(
            &settings::CALLBACK_PLUGIN_MEMORY_BYTES_MAX,
            memory::plugin_memory_bytes().max(PLUGIN_MEMORY_BYTES_MIN),
        )
    }

    /// Lifetime of receipts: at least as long as a replayed request would be accepted.
    fn receipt_ttl(&mut self) -> Duration {
        let window = self.window();
        let receipt_ttl = Duration::from_secs(3600 * self.number::<u64>(&settings::CALLBACK_RECEIPT_HOURS));
        // A request with a timestamp in the future is accepted until its time has come and the past window after it has
        // ended.
        let lifetime = window.past_seconds.saturating_add(window.future_seconds).unsigned_abs();
        if receipt_ttl.as_secs() < lifetime {
            self.problems.push(told!("CALLBACK_RECEIPT_HOURS is shorter than CALLBACK_WINDOW_PAST_SECONDS and CALLBACK_WINDOW_FUTURE_SECONDS \
                 together ({lifetime} s): a captured request could run a second time after its receipt is gone", "CALLBACK_RECEIPT_HOURS 短于 CALLBACK_WINDOW_PAST_SECONDS 与 CALLBACK_WINDOW_FUTURE_SECONDS 之和（{lifetime} 秒）：被截获的请求在回执删除后可能再次执行"
            ));
        }
        receipt_ttl
    }

    fn config(&mut self) -> Config {
        let host = self.host(&settings::CALLBACK_SERVER_HOST);
        let apps = self.apps();
        self.check_store_apps(&apps);
        self.check_encrypt_keys(&apps, &host);
        let receipts = self.receipts();
        let receipt_ttl = self.receipt_ttl();
        let openapi = self.openapi(&apps);
        let mut store = self.store();
        store.queue_rows_max = self.number(&settings::CALLBACK_QUEUE_ROWS_MAX);
        let deliver = DeliverSettings::for_leases_of(Duration::from_millis(store.lease_ms));
        let compile = self.compile(&store);
        let port = self.number(&settings::CALLBACK_SERVER_PORT);
        let admin = self.admin_of_server();
        let admin = self.apart(admin, &host, port);
        let alerts = self.alerts(&apps, &store);
        let config = Config {
            host,
            port,
            socket_mode: self.mode(&settings::CALLBACK_SERVER_SOCKET_MODE),
            inherited: Inherited::default(),
            levels: None,
            is_unsigned_for_loopback: self.is_unsigned_for_loopback,
            stop_delay: self.millis(&settings::CALLBACK_STOP_DELAY_MS),
            long_connections: self.number(&settings::LARK_LONG_CONNECTIONS),
            path: self.callback_path(),
            public_url: self.public_url(),
            apps,
            store,
            admin,
            plugins_dir: self.plugins_dir(),
            variables: self.variables(),
            settle_ms: self.number(&settings::CALLBACK_SETTLE_MS),
            plugin_keys: self.plugin_keys(),
            instances_max: self.number(&settings::CALLBACK_INSTANCES_MAX),
            plugin_memory_bytes_max: self.plugin_memory(),
            compile,
            own_roots: self.own_roots(),
            openapi,
            server: self.server(),
            request: self.request(),
            proxies: self.proxies(),
            dispatch: DispatchSettings {
                budget: self.millis(&settings::CALLBACK_BUDGET_MS),
                redirect_budget: self.millis(&settings::CALLBACK_REDIRECT_BUDGET_MS),
                update_delay: self.millis(&settings::CALLBACK_UPDATE_DELAY_MS),
                has_receipts: receipts,
                receipt_ttl,
                retry_after: self.retry_after(),
                ..DispatchSettings::default()
            },
            deliver,
            replica: self.replica(),
            sweep: self.sweep(),
            traces: self.traces(),
            alerts,
            log: self.log(),
            vault: self.vault(),
            notices: Vec::new(),
            shown: Arc::default(),
        };
        Config {
            notices: std::mem::take(&mut self.notices),
            ..config
        }
    }

    fn server(&mut self) -> ServerSettings {
        ServerSettings {
            connections_max: self.number(&settings::CALLBACK_CONNECTIONS_MAX),
            patience: Patience {
                idle: self.millis(&settings::CALLBACK_IDLE_MS_MAX),
                header: self.millis(&settings::CALLBACK_HEADER_READ_MS_MAX),
            },
            drain: self.millis(&settings::CALLBACK_DRAIN_MS_MAX),
            ..ServerSettings::default()
        }
    }

    /// Whether the server should run; none when that is unknown, because the switch may be set in a source that could
    /// not be read.
    fn enabled(&mut self) -> Option<bool> {
        let name = settings::CALLBACK_SERVER_ENABLED.name;
        match self.value(name).filter(|value| !value.text.trim().is_empty()) {
            None => self.problems.is_empty().then_some(false),
            value => self.choice_of(name, value, &SWITCH),
        }
    }

    /// Variables that plugins may be given; the server's own are known by name, to say so.
    pub(super) fn variables(&self) -> Arc<Variables> {
        let own = settings::all().map(|setting| setting.name);
        let own = own.flat_map(|name| [name.to_owned(), format!("{name}_FILE")]);
        Arc::new(Variables {
            values: self.values.others.0.clone(),
            own: own.collect(),
        })
    }

    fn receipts(&mut self) -> bool {
        let receipts = self.switch(&settings::CALLBACK_RECEIPTS);
        if !receipts {
            let past_seconds = self.window().callback_past_seconds;
            self.notices.push(told!("CALLBACK_RECEIPTS=off: whoever captures a click or a preview can have it handled again while its timestamp \
                 is accepted, {past_seconds} s (CALLBACK_WINDOW_PAST_SECONDS)", "CALLBACK_RECEIPTS=off：截获点击或链接预览的人，可以在其时间戳有效的 {past_seconds} 秒内（CALLBACK_WINDOW_PAST_SECONDS）使其再次被处理"
            ));
        }
        receipts
    }

    fn request(&mut self) -> RequestLimits {
        RequestLimits {
            body_bytes_max: self.number(&settings::CALLBACK_BODY_BYTES_MAX),
            bodies_bytes_max: self.number(&settings::CALLBACK_BODIES_BYTES_MAX),
            body_read: self.millis(&settings::CALLBACK_BODY_READ_MS_MAX),
        }
    }

    pub(super) fn window(&mut self) -> Window {
        let is_without_receipts = !self.switch(&settings::CALLBACK_RECEIPTS);
        let is_set = self.text(settings::CALLBACK_WINDOW_PAST_SECONDS.name).is_some();
        let past = self.number::<u64>(&settings::CALLBACK_WINDOW_PAST_SECONDS);
        // Events keep their receipts, so Lark's resends over hours are accepted.
        let callback_past = if is_without_receipts && !is_set {
            WINDOW_WITHOUT_RECEIPTS_SECONDS
        } else {
            past
        };
        let future = self.number::<u64>(&settings::CALLBACK_WINDOW_FUTURE_SECONDS);
        Window {
            past_seconds: i64::try_from(past).unwrap_or(i64::MAX),
            callback_past_seconds: i64::try_from(callback_past).unwrap_or(i64::MAX),
            future_seconds: i64::try_from(future).unwrap_or(i64::MAX),
        }
    }

    /// Comma-separated seconds.
    fn retry_after(&mut self) -> Vec<Duration> {
        let setting = &settings::CALLBACK_RETRY_SECONDS;
        let seconds = self.text_of(setting).split(',').map(|text| text.trim().parse::<u32>());
        match seconds.collect::<Result<Vec<_>, _>>() {
            Ok(seconds) if seconds.len() <= 20 => seconds
                .into_iter()
                .map(|seconds| Duration::from_secs(seconds.into()))
                .collect(),
            _ => {
                let what = told!(
                    "must be up to 20 numbers of seconds with commas between: 2,10,60",
                    "必须是最多 20 个秒数，用逗号分隔：2,10,60"
                );
                if let Some(value) = self.value(setting.name) {
                    self.problem(setting.name, value, &what);
                }
                Vec::new()
            }
        }
    }

    pub(super) fn sweep(&mut self) -> SweepSettings {
        let retention = Retention {
            payloads: self.days(&settings::CALLBACK_PAYLOAD_DAYS),
            events: self.days(&settings::CALLBACK_EVENT_DAYS),
            dead: self.days(&settings::CALLBACK_DEAD_DAYS),
            audit: self.days(&settings::CALLBACK_AUDIT_DAYS),
        };
        if retention.payloads > retention.events {
            self.problems.push(told!(
                "CALLBACK_PAYLOAD_DAYS is longer than CALLBACK_EVENT_DAYS: an event cannot be deleted before its \
                 payload",
                "CALLBACK_PAYLOAD_DAYS 长于 CALLBACK_EVENT_DAYS：事件不能先于其内容删除"
            ));
        }
        let bytes_max = self.number::<u64>(&settings::CALLBACK_DATABASE_BYTES_MAX);
        SweepSettings {
            retention,
            database_bytes_max: (bytes_max > 0).then_some(bytes_max),
        }
    }

    /// Built at startup, so that an invalid key is found before the first token is stored.
    fn vault(&mut self) -> Option<Vault> {
        let keys = self.app_value("", "config_encryption_key")?;
        Vault::from_keys(&keys)
            .map_err(|error| self.problems.push(same(error.to_string())))
            .ok()
    }
}
