//! The names of all settings.

/// Settings that anybody may read.
const OPEN: &[&str] = &[
    "CALLBACK_ADMIN",
    "CALLBACK_ADMIN_HOST",
    "CALLBACK_ADMIN_PORT",
    "CALLBACK_SERVER_ENABLED",
    "CALLBACK_SERVER_HOST",
    "CALLBACK_SERVER_PORT",
    "CALLBACK_CACHE_BYTES_MAX",
    "CALLBACK_CACHE_DIR",
    "CALLBACK_COMPILE_BYTES_MAX",
    "CALLBACK_COMPILE_SECONDS_MAX",
    "CALLBACK_PLUGINS_DIR",
    "CALLBACK_BUDGET_MS",
    "CALLBACK_REDIRECT_BUDGET_MS",
    "CALLBACK_PATH",
    "CALLBACK_UPDATE_DELAY_MS",
    "CALLBACK_BODY_BYTES_MAX",
    "CALLBACK_BODIES_BYTES_MAX",
    "CALLBACK_BODY_READ_MS_MAX",
    "CALLBACK_HEADER_READ_MS_MAX",
    "CALLBACK_IDLE_MS_MAX",
    "CALLBACK_CONNECTIONS_MAX",
    "CALLBACK_DRAIN_MS_MAX",
    "CALLBACK_INSTANCES_MAX",
    "CALLBACK_PLUGIN_MEMORY_BYTES_MAX",
    "CALLBACK_RECEIPTS",
    "CALLBACK_RECEIPT_HOURS",
    "CALLBACK_RETRY_SECONDS",
    "CALLBACK_LEASE_MS",
    "CALLBACK_QUEUE_ROWS_MAX",
    "CALLBACK_PAYLOAD_DAYS",
    "CALLBACK_EVENT_DAYS",
    "CALLBACK_DEAD_DAYS",
    "CALLBACK_DATABASE_BYTES_MAX",
    "CALLBACK_WINDOW_PAST_SECONDS",
    "CALLBACK_WINDOW_FUTURE_SECONDS",
    "LARK_APP_ID",
    "LARK_APP_DISTRIBUTION",
    "LARK_ENCRYPT_KEY_REQUIRED",
    "LARK_LEGACY_CARDS",
    "LARK_APP_NAME",
    "LARK_ACCOUNTS_BASE_URL",
    "LARK_API_BASE_URL",
    "LARK_OAUTH_TOKEN_ENDPOINT",
    "LOG_FILE",
    "LOG_FORMAT",
    "OAUTH_REDIRECT_URI",
    "OAUTH_OFFLINE_ACCESS",
    "RUST_LOG",
    "TOKEN_DB_PATH",
    "POSTGRES_HOST",
    "POSTGRES_PORT",
    "POSTGRES_DB",
    "POSTGRES_USER",
    "POSTGRES_SSLMODE",
    "POSTGRES_SSLROOTCERT",
    "POSTGRES_SSLCERT",
    "POSTGRES_SSLKEY",
    "DATABASE_LISTEN",
    "CALLBACK_PLUGINS_SHARED",
    "DATABASE_START_SECONDS_MAX",
];

/// Settings that nobody may read; each can be given as the path of a file in `NAME_FILE`.
const SECRET: [&str; 9] = [
    "CALLBACK_ADMIN_TOKEN",
    "LARK_APP_SECRET",
    "LARK_VERIFICATION_TOKEN",
    "LARK_VERIFICATION_TOKEN_PREVIOUS",
    "LARK_ENCRYPT_KEY",
    "LARK_ENCRYPT_KEY_PREVIOUS",
    "LARK_CONFIG_ENCRYPTION_KEY",
    "DATABASE_URL",
    "POSTGRES_PASSWORD",
];

/// The keys of one `[apps.NAME]`; the same as of the environment in small letters, without `LARK_`.
pub(super) const APP: [&str; 15] = [
    "app_id",
    "app_secret",
    "app_distribution",
    "legacy_cards",
    "path",
    "app_name",
    "oauth_redirect_uri",
    "oauth_offline_access",
    "verification_token",
    "verification_token_previous",
    "encrypt_key",
    "encrypt_key_previous",
    "encrypt_key_required",
    "api_base_url",
    "accounts_base_url",
];

pub(super) fn is_known(name: &str) -> bool {
    OPEN.contains(&name) || is_secret(name)
}

/// Whether the environment may have it: a setting, or a secret's file.
pub(super) fn is_variable(name: &str) -> bool {
    is_known(name) || is_secret_file(name)
}

pub(super) fn is_secret(name: &str) -> bool {
    SECRET.contains(&name)
}

/// Whether a line of a `.env` file concerns this server.
pub(super) fn is_ours(name: &str) -> bool {
    is_variable(name) || looks_like_ours(name)
}

/// Whether it is the path of a secret's file.
pub(super) fn is_secret_file(name: &str) -> bool {
    name.strip_suffix("_FILE").is_some_and(is_secret)
}

/// Whether a variable of the environment is likely meant for this server.
pub(super) fn looks_like_ours(name: &str) -> bool {
    name.starts_with("LARK_") || name.starts_with("CALLBACK_")
}

/// Whether it is the path of a file or a folder.
pub(super) fn is_path(name: &str) -> bool {
    is_secret_file(name)
        || [
            "CALLBACK_CACHE_DIR",
            "CALLBACK_PLUGINS_DIR",
            "LOG_FILE",
            "POSTGRES_SSLCERT",
            "POSTGRES_SSLKEY",
            "POSTGRES_SSLROOTCERT",
            "TOKEN_DB_PATH",
        ]
        .contains(&name)
}

/// Whether a variable is one of ours that is misspelt, by its prefix or because it is nearly a known one.
pub(super) fn may_be_meant(name: &str) -> bool {
    /// Shorter names are too near to those of others.
    const CHARS_MIN: usize = 8;
    looks_like_ours(name)
        || (name.len() >= CHARS_MIN && nearest(&name.to_ascii_uppercase()).is_some_and(|(_, slips)| slips <= 2))
}

/// The known name with the fewest slips, and how many they are.
pub(super) fn nearest(name: &str) -> Option<(&'static str, usize)> {
    nearest_of(name, OPEN)
        .into_iter()
        .chain(nearest_of(name, &SECRET))
        .min_by_key(|(_, slips)| *slips)
}

/// The same among `names`.
pub(super) fn nearest_of(name: &str, names: &[&'static str]) -> Option<(&'static str, usize)> {
    names
        .iter()
        .map(|known| (*known, slips(name, known)))
        .min_by_key(|(_, slips)| *slips)
}

/// How many letters differ, are missing, too many or in the wrong order.
pub(super) fn slips(name: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(name, other)
}
