//! Versions of plugins that have served, and how their calls ended.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::Row;

use super::numbers::millis;

/// First attempts on live traffic, by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LiveCalls {
    /// Answered, passed or done.
    pub succeeded: u64,
    /// Crashed.
    pub trapped: u64,
    /// Over the time budget.
    pub timed_out: u64,
    /// Over a limit: CPU time, memory, or another one.
    pub over_limit: u64,
    /// Failed by the plugin's own word, or with a reply that could not be used.
    pub failed: u64,
}

impl LiveCalls {
    /// All of them.
    pub fn calls(&self) -> u64 {
        self.succeeded + self.failures()
    }

    /// These and others.
    #[must_use]
    pub fn with(self, more: &Self) -> Self {
        Self {
            succeeded: self.succeeded + more.succeeded,
            trapped: self.trapped + more.trapped,
            timed_out: self.timed_out + more.timed_out,
            over_limit: self.over_limit + more.over_limit,
            failed: self.failed + more.failed,
        }
    }

    /// Those that did not end well.
    pub fn failures(&self) -> u64 {
        self.trapped + self.timed_out + self.over_limit + self.failed
    }
}

/// One version, without its bytes and settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PluginVersionRow {
    /// The plugin.
    pub plugin: String,
    /// From 1, in the order in which they first served.
    pub number: u64,
    /// SHA-256 of the component, 64 hex digits.
    pub hash: String,
    /// SHA-256 of the settings, or empty without any.
    pub settings_hash: String,
    /// The author's version.
    pub version: String,
    /// Where it came from.
    pub source: String,
    /// Its description, as JSON.
    #[serde(skip)]
    pub description: String,
    /// Size of the component.
    pub wasm_bytes: u64,
    /// Whether bytes and settings are there, so that it can serve again.
    pub is_kept: bool,
    /// When it began to serve for the first time, in milliseconds since 1970.
    #[serde(rename = "first_served_at_ms")]
    pub first_served_ms: u64,
    /// When it was last known to serve, in milliseconds since 1970.
    #[serde(rename = "last_served_at_ms")]
    pub last_served_ms: u64,
    /// How its calls ended.
    pub calls: LiveCalls,
    /// Whether its probation is over.
    pub is_trusted: bool,
}

/// A version with everything that is needed to serve again.
#[derive(Clone)]
pub struct PluginVersionKept {
    /// The version.
    pub row: PluginVersionRow,
    /// The operator's side.
    pub settings: Option<String>,
    /// Who vouches for the bytes.
    pub signature: Option<Vec<u8>>,
    /// The component.
    pub wasm: Vec<u8>,
}

/// The settings may hold what is secret.
impl fmt::Debug for PluginVersionKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginVersionKept")
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

/// Of a row with all columns in their order.
pub(crate) fn version<R>(row: &R) -> Result<PluginVersionKept, sqlx::Error>
where
    R: Row,
    usize: sqlx::ColumnIndex<R>,
    String: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    Option<String>: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    Option<Vec<u8>>: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    i64: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let number = |column: usize| row.try_get(column).map(millis);
    Ok(PluginVersionKept {
        row: PluginVersionRow {
            plugin: row.try_get(0)?,
            number: number(1)?,
            hash: row.try_get(2)?,
            settings_hash: row.try_get(3)?,
            version: row.try_get(4)?,
            source: row.try_get(5)?,
            description: row.try_get(6)?,
            wasm_bytes: number(7)?,
            is_kept: number(8)? == 1,
            first_served_ms: number(9)?,
            last_served_ms: number(10)?,
            calls: LiveCalls {
                succeeded: number(11)?,
                trapped: number(12)?,
                timed_out: number(13)?,
                over_limit: number(14)?,
                failed: number(15)?,
            },
            is_trusted: number(16)? == 1,
        },
        settings: row.try_get(17)?,
        signature: row.try_get(18)?,
        wasm: Vec::new(),
    })
}
