//! State of alerts in the database: the ledger, and the report of each server.

use std::collections::BTreeMap;

use lark_callback_store::{KvError, KvScope, Store, StoreError};

use super::{ledger::Ledger, own::Own};

/// In the place of a plugin; no plugin has a name that begins so.
const OWNER: &str = "*alerts";

const LEDGER: &str = "ledger";

/// Reports of servers are under this prefix.
const SERVERS: &str = "server/";

/// Servers that are listed.
const SERVERS_MAX: u32 = 200;

/// A report is forgotten after this long, whatever happens.
const REPORT_MS: u64 = 86_400_000;

const BYTES_MAX: u64 = 1 << 20;

/// Reason why the journal could not be read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum JournalError {
    /// Its keys and values.
    #[error(transparent)]
    Kv(#[from] KvError),
    /// Anything else in the database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Access at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Journal<'a> {
    pub(super) store: &'a Store,
    pub(super) now_ms: u64,
}

impl Journal<'_> {
    fn scope(&self) -> KvScope<'static> {
        KvScope {
            plugin: OWNER,
            now_ms: self.now_ms,
            bytes_max: BYTES_MAX,
        }
    }

    /// The ledger, twice: to be changed, and to be compared with. One that cannot be read is begun anew.
    pub(super) async fn ledger(&self) -> Result<(Ledger, Ledger), JournalError> {
        let found = self.store.kv_get(&self.scope(), LEDGER).await?;
        let ledger = found.and_then(|entry| serde_json::from_slice::<Ledger>(&entry.value).ok());
        let ledger = ledger.unwrap_or_default();
        Ok((ledger.clone(), ledger))
    }

    pub(super) async fn keep(&self, ledger: &Ledger) -> Result<(), JournalError> {
        let value = serde_json::to_vec(ledger).unwrap_or_default();
        self.store.kv_set(&self.scope(), LEDGER, value, None).await?;
        Ok(())
    }

    /// Writes down what only this server knows.
    pub(super) async fn report(&self, server: &str, own: &Own) -> Result<(), JournalError> {
        let value = serde_json::to_vec(own).unwrap_or_default();
        let expires_at_ms = Some(self.now_ms.saturating_add(REPORT_MS));
        let key = format!("{SERVERS}{server}");
        self.store.kv_set(&self.scope(), &key, value, expires_at_ms).await?;
        Ok(())
    }

    /// Forgets a server.
    pub(super) async fn leave(&self, server: &str) -> Result<(), JournalError> {
        if self.store.is_shared() {
            self.store
                .kv_delete(&self.scope(), &format!("{SERVERS}{server}"))
                .await?;
        }
        Ok(())
    }

    /// The last report of each server.
    pub(super) async fn reports(&self) -> Result<BTreeMap<String, Own>, JournalError> {
        let mut reports = BTreeMap::new();
        for key in self.store.kv_list(&self.scope(), SERVERS, None, SERVERS_MAX).await? {
            let Some(entry) = self.store.kv_get(&self.scope(), &key).await? else {
                continue;
            };
            // A server of another version may report something else.
            if let (Some(server), Ok(own)) = (key.strip_prefix(SERVERS), serde_json::from_slice(&entry.value)) {
                reports.insert(server.to_owned(), own);
            }
        }
        Ok(reports)
    }
}
