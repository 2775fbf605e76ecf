//! Names of settings: the known ones, and suggestions for misspelt ones.

use super::{setting::Setting, settings};

/// Keys of `[apps.NAME]`.
pub(super) fn app_keys() -> impl Iterator<Item = &'static str> {
    settings::all().filter_map(Setting::app_key)
}

fn named(name: &str) -> Option<&'static Setting> {
    settings::all().find(|setting| setting.name == name)
}

pub(super) fn is_known(name: &str) -> bool {
    named(name).is_some()
}

/// Whether the environment may contain it: a setting, or the file of a secret.
pub(super) fn is_variable(name: &str) -> bool {
    is_known(name) || is_secret_file(name)
}

/// Whether an empty value is no absent one: without it something is not checked, or not sealed.
pub(super) fn protects(name: &str) -> bool {
    is_secret(name) || is_secret_file(name) || name == settings::CALLBACK_PLUGIN_KEYS.name
}

pub(super) fn is_secret(name: &str) -> bool {
    named(name).is_some_and(Setting::is_secret)
}

/// Whether a line of a `.env` file concerns this server.
pub(super) fn is_ours(name: &str) -> bool {
    is_variable(name) || looks_like_ours(name)
}

/// Whether it names the file of a secret.
pub(super) fn is_secret_file(name: &str) -> bool {
    name.strip_suffix("_FILE").is_some_and(is_secret)
}

/// Whether an environment variable is probably meant for this server.
pub(super) fn looks_like_ours(name: &str) -> bool {
    name.starts_with("LARK_") || name.starts_with("CALLBACK_")
}

/// Whether its value is the path of a file or a folder.
pub(super) fn is_path(name: &str) -> bool {
    is_secret_file(name) || named(name).is_some_and(Setting::is_path)
}

/// Whether a variable is a misspelt setting, judging by its prefix or its similarity to a known one.
pub(super) fn may_be_meant(name: &str) -> bool {
    /// Shorter names are too similar to those of other programs.
    const CHARS_MIN: usize = 8;
    looks_like_ours(name)
        || other_word(name).is_some()
        || (name.len() >= CHARS_MIN && nearest(&name.to_ascii_uppercase()).is_some_and(|(_, slips)| slips <= 2))
}

/// The setting that other programs call so, as a known name with a distance that is told and is no problem.
pub(super) fn other_word(name: &str) -> Option<(&'static str, usize)> {
    let setting = match name.to_ascii_uppercase().strip_prefix("POSTGRES_")? {
        "HOSTNAME" | "SERVER" | "ADDR" | "ADDRESS" => settings::POSTGRES_HOST.name,
        "DATABASE" | "DBNAME" | "DB_NAME" | "NAME" => settings::POSTGRES_DB.name,
        "USERNAME" | "ROLE" | "LOGIN" => settings::POSTGRES_USER.name,
        "PASS" | "PWD" | "PASSWD" => settings::POSTGRES_PASSWORD.name,
        "URL" | "URI" | "DSN" => settings::DATABASE_URL.name,
        _ => return None,
    };
    Some((setting, 3))
}

/// Closest known name, and its edit distance.
pub(super) fn nearest(name: &str) -> Option<(&'static str, usize)> {
    nearest_of(name, settings::all().map(|setting| setting.name))
}

/// Closest name among `names`, and its edit distance.
pub(super) fn nearest_of(name: &str, names: impl Iterator<Item = &'static str>) -> Option<(&'static str, usize)> {
    names
        .map(|known| (known, slips(name, known)))
        .min_by_key(|(_, slips)| *slips)
}

/// Edit distance: letters that differ, are missing, superfluous or swapped.
pub(super) fn slips(name: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(name, other)
}
