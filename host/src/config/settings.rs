//! All settings, declared once: source for reading them, for `--help` and the manual, and for suggestions for misspelt
//! names.

mod page;

use super::setting::{
    Kind::{Number, NumberAs, Path, Secret, Switch, Text, Unset, UnsetPath, Words},
    Of, Setting, Taken,
};

pub use page::{help, page};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// Group of related settings.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Heading in the manual.
    pub title: &'static str,
    /// Settings in the order of the manual.
    pub settings: &'static [Setting],
}

macro_rules! settings {
    ($($title:literal { $($name:ident: $kind:expr $(; app $key:literal)? $(; taken $taken:ident)? => $text:literal;)* })*) => {
        $($(
            #[doc = $text]
            pub(super) const $name: Setting = {
                #[allow(unused_mut, unused_assignments, reason = "most settings are the server's, and taken at the start")]
                let (mut of, mut taken) = (Of::Server, Taken::AtStart);
                $(of = Of::App($key);)?
                $(taken = Taken::$taken;)?
                Setting { name: stringify!($name), kind: $kind, of, taken, text: $text }
            };
        )*)*

        /// All groups of settings.
        pub const SECTIONS: &[Section] = &[$(Section { title: $title, settings: &[$($name),*] }),*];
    };
}

settings! {
    "Listening" {
        CALLBACK_SERVER_ENABLED: Switch(false) =>
            "must be `on` for the server to run. With `off`, or not set, it exits with a warning and code 0; not set \
             is a problem if any of the settings cannot be read or is misspelt";
        CALLBACK_SERVER_HOST: Text("0.0.0.0") => "address to listen on; an IPv6 address with or without brackets, or \
            `unix:/run/lark-callback/callback.sock` for a Unix socket. A socket handed over by systemd is used instead";
        CALLBACK_SERVER_PORT: Number(8_080, 0, 65_535) => "port to listen on; 0 takes a free one";
        CALLBACK_SERVER_SOCKET_MODE: Text("0660") => "permissions of the file of a Unix socket, in octal digits";
        CALLBACK_TRUSTED_PROXIES: Unset("none") =>
            "addresses and networks of your reverse proxies, with commas (`10.0.0.0/8,::1`), and `unix` for whoever comes \
             over a Unix socket: their `X-Forwarded-For` says who the sender is in log lines";
        CALLBACK_PATH: Text("/callback"); app "path"; taken Running =>
            "the path of callbacks, as entered in the console; applications of `[apps.NAME]` are at `CALLBACK_PATH/NAME` unless they have a `path`";
        CALLBACK_PUBLIC_URL: Unset("none") =>
            "where Lark reaches this server from outside: `https://bot.example.com`, without `CALLBACK_PATH`. `doctor` sends its probes there; the server itself does not use it";
    }
    "The application" {
        LARK_APP_ID: Unset("required"); app "app_id"; taken Running => "`cli_…`, shown in the console under Credentials & Basic Info";
        LARK_APP_SECRET: Secret("required"); app "app_secret"; taken Running => "shown in the console under Credentials & Basic Info";
        LARK_APP_NAME: Unset("none"); app "app_name"; taken Running => "the name that people know the application by; shown on the \
            page after an authorization";
        LARK_APP_DISTRIBUTION: Words(&["internal", "store"]); app "app_distribution"; taken Running =>
            "`store` for an application of the app directory: its tokens are for one tenant each, and need tickets that Lark sends";
        LARK_TRANSPORT: Words(&["webhook", "long-connection", "both"]); app "transport"; taken Running =>
            "how Lark pushes: `webhook` to a public address, `long-connection` over a WebSocket that the server opens, for which \
             neither public address nor Verification Token nor Encrypt Key is needed; `both` while moving over, and for events one \
             way and callbacks the other";
        LARK_LONG_CONNECTIONS: Number(1, 1, 5) =>
            "long connections of each application and server; with 2 there is no gap when one is lost. Lark allows 50 in all";
        LARK_VERIFICATION_TOKEN: Secret("required"); app "verification_token"; taken Running => "shown in the console under Encryption Strategy";
        LARK_VERIFICATION_TOKEN_PREVIOUS: Secret("none"); app "verification_token_previous"; taken Running =>
            "tokens still accepted while you change them, one a line";
        LARK_ENCRYPT_KEY: Secret("required"); app "encrypt_key"; taken Running =>
            "shown in the console under Encryption Strategy; signs and encrypts callbacks";
        LARK_ENCRYPT_KEY_PREVIOUS: Secret("none"); app "encrypt_key_previous"; taken Running =>
            "keys still accepted while you change them, one a line";
        LARK_ENCRYPT_KEY_REQUIRED: Switch(true); app "encrypt_key_required"; taken Running =>
            "`off`: the application has no Encrypt Key, and the Verification Token alone protects callbacks, with a warning at start. Otherwise the server starts without a key on a loopback address only";
        LARK_LEGACY_CARDS: Switch(true); app "legacy_cards"; taken Running =>
            "`off`: flat v1 cards (the old card callback) are refused; Lark signs them with the Verification Token alone, even when there is an Encrypt Key";
        LARK_API_BASE_URL: Text("https://open.feishu.cn"); app "api_base_url"; taken Running =>
            "`https://open.larksuite.com` for Lark; `http://` on loopback only; without user, password and query";
        LARK_ACCOUNTS_BASE_URL: Unset("that of the same service"); app "accounts_base_url"; taken Running =>
            "`https://accounts.feishu.cn`, `https://accounts.larksuite.com`; needed beside an API address that is neither Feishu's nor Lark's";
    }
    "Authorization by users" {
        OAUTH_REDIRECT_URI: Unset("none"); app "oauth_redirect_uri"; taken Running =>
            "where the authorize page sends the user back to, as it is registered in the console; card authorization needs it. An application of `[apps.NAME]` uses the same with `/NAME`";
        OAUTH_OFFLINE_ACCESS: Switch(true); app "oauth_offline_access"; taken Running =>
            "`off`: `offline_access` is not requested unless a request names it; without it an authorization ends after two hours";
        LARK_OAUTH_TOKEN_ENDPOINT: Words(&["v2", "v3"]) =>
            "where users' codes are exchanged: `v2` of the API or `v3` of the accounts address; users report that `v3` refuses valid PKCE (20049), so leave it at `v2`";
        LARK_CONFIG_ENCRYPTION_KEY: Secret("none") =>
            "encrypts secrets at rest: 32 bytes in base64, several with commas; checked at start, and required by a store application";
    }
    "The database" {
        TOKEN_DB_PATH: Path("data/config.db") =>
            "the SQLite database; `DATABASE_URL=sqlite:PATH` is the same (`sqlite:///abs/path.db`, also with `?mode=rwc`)";
        DATABASE_URL: Secret("none") =>
            "`postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full` for several servers on one PostgreSQL 14+; wins over `TOKEN_DB_PATH` and `POSTGRES_…`";
        POSTGRES_HOST: Unset("none") => "a PostgreSQL server, in place of `DATABASE_URL`";
        POSTGRES_PORT: Number(5_432, 1, 65_535) => "its port";
        POSTGRES_DB: Text("postgres") => "the database";
        POSTGRES_USER: Text("postgres") => "the role";
        POSTGRES_PASSWORD: Secret("none") => "its password";
        POSTGRES_SSLMODE: Unset("prefer") => "TLS as in libpq: `disable`, `prefer`, `require`, `verify-ca`, \
            `verify-full`";
        POSTGRES_SSLROOTCERT: UnsetPath("none") => "file with the certificate of the authority";
        POSTGRES_SSLCERT: UnsetPath("none") => "file with this server's own certificate";
        POSTGRES_SSLKEY: UnsetPath("none") => "file with the key of this server's certificate";
        DATABASE_LISTEN: Switch(true) =>
            "`off`: servers learn of each other's work by polling, within 1 s; behind a PgBouncer that pools \
             transactions this is so by itself";
        DATABASE_START_SECONDS_MAX: Number(30, 0, 3_600) => "how long a start waits for PostgreSQL; then exit code 4";
        DATABASE_MIGRATION_COPY: Switch(true) =>
            "a SQLite database is copied beside itself before a new version changes its schema, as \
             `config.db.before-migration-N`; the last copy is kept. `off`: it is not";
        CALLBACK_QUEUE_ROWS_MAX: Number(8_192, 1, MIB) => "writes that may wait for the database; more are refused with 503";
        CALLBACK_DATABASE_BYTES_MAX: Number(0, 0, 1_024 * TIB) =>
            "0: no limit; otherwise a warning at 85 %, and at 99 % nothing new is accepted (503)";
    }
    "Deliveries and retention" {
        CALLBACK_RETRY_SECONDS: Text("2,10,60,300,1800,7200,21600") =>
            "delays before each retry of a delivery, up to 20 numbers of seconds; up to 20 % jitter is added";
        CALLBACK_LEASE_MS: Number(20_000, 300, 600_000) => "how long a server keeps a delivery without a heartbeat";
        CALLBACK_PAYLOAD_DAYS: Number(7, 1, 3_650) => "retention of the payloads of events and callbacks";
        CALLBACK_EVENT_DAYS: Number(30, 1, 3_650) => "retention of events and callbacks without payload: that they \
            came, and how they ended";
        CALLBACK_DEAD_DAYS: Number(30, 1, 3_650) => "retention of dead letters";
        CALLBACK_AUDIT_DAYS: Number(365, 1, 3_650) => "retention of the record of operators' changes";
        CALLBACK_RECEIPTS: Switch(true) =>
            "`off`: duplicates of clicks and previews are recognised only while the first one still runs, and their \
             timestamps may be only 600 s old unless `CALLBACK_WINDOW_PAST_SECONDS` is set. Duplicates of events are \
             always recognised";
        CALLBACK_RECEIPT_HOURS: Number(24, 1, 720) => "how long a duplicate is recognised; at least \
            `CALLBACK_WINDOW_PAST_SECONDS` and `CALLBACK_WINDOW_FUTURE_SECONDS` together";
        CALLBACK_WINDOW_PAST_SECONDS: Number(28_800, 1, 604_800) =>
            "how old a signed timestamp may be; Lark repeats for 7.1 h. With `CALLBACK_RECEIPTS=off`, 600 for clicks \
             and previews";
        CALLBACK_WINDOW_FUTURE_SECONDS: Number(300, 1, 86_400) => "how far ahead a signed timestamp may be";
    }
    "Time and size of a request" {
        CALLBACK_BUDGET_MS: Number(2_400, 100, 3_000) =>
            "time from arrival to answer, including plugins and commits: Lark's 3000 minus 600 for the network";
        CALLBACK_REDIRECT_BUDGET_MS: Number(15_000, 1_000, 60_000) =>
            "the same for a browser that comes back from the authorize page";
        CALLBACK_UPDATE_DELAY_MS: Number(500, 0, 60_000) =>
            "delay between the answer to a click and the update of its card by a late reply; raise it if a proxy \
             holds answers back";
        CALLBACK_BODY_BYTES_MAX: Number(MIB, KIB, MIB) => "larger: 413; with an Encrypt Key, unsigned bodies over 8 KiB: 401";
        CALLBACK_BODIES_BYTES_MAX: Number(64 * MIB, MIB, TIB) =>
            "all bodies being read together, not counting the first 16 KiB of each; beyond that 503";
        CALLBACK_HEADER_READ_MS_MAX: Number(5_000, 100, 60_000) => "a slower sender of a header is cut off";
        CALLBACK_BODY_READ_MS_MAX: Number(5_000, 100, 60_000) => "a slower sender of a body is cut off";
        CALLBACK_IDLE_MS_MAX: Number(75_000, 1_000, 3_600_000) =>
            "time between two requests on a connection; must be longer than your proxy's keep-alive";
        CALLBACK_CONNECTIONS_MAX: Number(4_096, 1, 1_000_000) =>
            "open connections; beyond that, the one idle longest is closed for a new one";
        CALLBACK_STOP_DELAY_MS: Number(0, 0, 600_000) =>
            "time between SIGTERM, when `/readyz` begins to answer 503, and the moment at which no more connections are \
             accepted: what your load balancer needs to notice";
        CALLBACK_DRAIN_MS_MAX: Number(4_000, 0, 600_000) => "time for open requests to end after SIGTERM";
    }
    "Plugins" {
        CALLBACK_PLUGINS_DIR: Path("plugins") =>
            "folder of the plugins; if it does not exist, it is created with a warning, unless a folder with almost \
             the same name or path exists: that is a problem";
        CALLBACK_PLUGINS_SHARED: Switch(false) =>
            "`on`: the plugins in this server's folder are published for all servers on the same PostgreSQL";
        CALLBACK_SETTLE_MS: Number(150, 10, 10_000) =>
            "how long a plugin's file must stay unchanged before it is read; raise it where files are copied over a slow \
             network";
        CALLBACK_PLUGIN_KEYS: Unset("nothing has to be signed") =>
            "Ed25519 public keys in base64 or hexadecimal, separated by commas: a plugin is only loaded if one of them has \
             signed it (`NAME.wasm.sig` beside it)";
        CALLBACK_CACHE_DIR: UnsetPath("`cache` beside the database") =>
            "where compiled plugins are kept for the next start; only the server's user may access the folder. \
             `off`: nowhere";
        CALLBACK_CACHE_BYTES_MAX: Number(GIB, MIB, TIB) => "the entry used longest ago is deleted first";
        CALLBACK_COMPILE_SECONDS_MAX: Number(120, 1, 3_600) =>
            "CPU time for compiling one plugin; elapsed time may be three times as long";
        CALLBACK_COMPILE_BYTES_MAX: Number(GIB, 256 * MIB, TIB) => "memory for compiling one plugin, in a process of \
            its own";
        CALLBACK_INSTANCES_MAX: Number(256, 1, 4_096) =>
            "plugin calls at once; the calls of one plugin leave as many free as they take";
        CALLBACK_PLUGIN_MEMORY_BYTES_MAX: NumberAs("half of the container's or machine's", 16 * MIB, 1_024 * TIB) =>
            "memory of all plugin calls together, shared in the same way";
        CALLBACK_ROOT_CERTIFICATES: UnsetPath("none") =>
            "file with certificates in PEM of a CA of your own: plugins' HTTP requests trust it besides the system's";
    }
    "The operator" {
        CALLBACK_ADMIN: Switch(true) => "`off`: no listener for the operator";
        CALLBACK_ADMIN_HOST: Text("127.0.0.1") => "address of the operator's listener, or `unix:PATH`";
        CALLBACK_ADMIN_PORT: Number(8_081, 0, 65_535) =>
            "its port; the server starts without the listener when the default is taken, and not at all when a port that is set is taken";
        CALLBACK_ADMIN_SOCKET_MODE: Text("0600") => "permissions of the file of its Unix socket: whoever may write to it commands \
            the server";
        CALLBACK_ADMIN_TOKEN: Secret("none") => "token that requests to the operator's listener must send; required \
            on any address other than loopback";
        CALLBACK_CONSOLE: Switch(true) => "`off`: the operator's listener has no pages for a browser";
        CALLBACK_ADMIN_VIEWER_TOKEN: Secret("none") => "second token, for those who may look and change nothing";
        CALLBACK_VIEWER_PAYLOADS: Switch(false) => "`on`: viewers see payloads, replies, values, and log lines and errors of plugins, too";
        CALLBACK_OPERATOR: Unset("the name of the user of the machine") => "name under which the commands of this machine are recorded \
            in the audit";
        LOG_FORMAT: Words(&["auto", "text", "json"]) => "`auto`: text on a terminal, JSON otherwise";
        LOG_FILE: UnsetPath("standard error"); taken Running => "file that log lines are appended to; a new file is \
            readable by its owner only, and SIGHUP reopens it";
        LOG_FILE_BYTES_MAX: Number(0, 0, TIB); taken Running => "size at which date and time are added to \
            the name of the file and a new one is begun, at least 4096; 0: never, for logrotate";
        LOG_FILE_HOURS_MAX: Number(0, 0, 8_784); taken Running => "age at which the same is done, by the clock of `TZ`: 24 ends at \
            midnight, 1 at each full hour; 0: never";
        LOG_FILES_MAX: Number(14, 1, 10_000); taken Running => "renamed log files that are kept; the oldest is deleted first";
        LOG_COLLAPSE: Switch(true); taken Running => "a warning or an error that is repeated is written five times, and then summed up: \
            `repeated N times in M s`; `off`: each one is written";
        RUST_LOG: Unset("info"); taken Running => "levels by target: `info,lark_callback=debug`";
    }
    "Traces" {
        OTEL_EXPORTER_OTLP_ENDPOINT: Unset("none") =>
            "the collector that traces go to, by OTLP over HTTP, for example `http://127.0.0.1:4318`; `/v1/traces` is appended";
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Unset("that of the collector") => "the whole URL for traces, in place of the collector's";
        OTEL_EXPORTER_OTLP_HEADERS: Secret("none") => "what the collector wants to be sent: `name=value`, several with commas";
        OTEL_SERVICE_NAME: Text("lark-callback") => "the name of this service in traces";
        OTEL_TRACES_SAMPLER: Words(&[
            "parentbased_traceidratio", "parentbased_always_on", "parentbased_always_off", "traceidratio", "always_on", "always_off",
        ]) => "which traces are recorded; with `parentbased_…` a caller that sends `traceparent` decides for its own";
        OTEL_TRACES_SAMPLER_ARG: Text("1.0") => "the part of traces that `…traceidratio` records, from 0 to 1";
    }
    "Alerts into a chat" {
        CALLBACK_ALERT_CHAT: Unset("none") =>
            "the chat (`oc_…`) or person (`ou_…`) that the server itself sends cards to when something needs attention; the bot must be in the chat";
        CALLBACK_ALERT_APP: Unset("the application from the environment") =>
            "the name of the application of `[apps.NAME]` that sends them";
        CALLBACK_ALERT_LANGUAGE: Words(&["zh", "en"]) => "the language of the cards";
        CALLBACK_ALERT_SECONDS: Number(30, 1, 3_600) => "time between two looks at what there is to alert about";
        CALLBACK_ALERT_GAP_SECONDS: Number(300, 1, 86_400) => "minimum time between two messages about the same";
        CALLBACK_ALERT_DEAD_LETTERS: Number(1, 0, 1_000_000) => "alert at so many new dead letters; 0: never";
        CALLBACK_ALERT_LAG_SECONDS: Number(300, 0, 86_400) =>
            "alert when the oldest delivery has been due for so long, paused plugins left aside; 0: never";
        CALLBACK_ALERT_REFUSALS: Number(100, 0, 1_000_000) =>
            "alert at so many requests within ten minutes that could not be verified; 0: never";
        CALLBACK_ALERT_SILENCE_HOURS: Number(0, 0, 720) => "alert after so many hours without any event or callback; 0: never";
        CALLBACK_ALERT_DATABASE_PERCENT: Number(85, 0, 99) =>
            "alert when the database reaches this part of `CALLBACK_DATABASE_BYTES_MAX`, or the disk of a SQLite database is 95 % full; 0: never";
        CALLBACK_ALERT_PLUGINS: Switch(true) => "alert when a plugin file cannot be used, or a new version is sent back";
        CALLBACK_ALERT_SERVERS: Switch(true) =>
            "alert when one of several servers on a PostgreSQL does not report any more";
    }
}

/// All settings.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}
