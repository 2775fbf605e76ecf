//! How a database is found by somebody who only looks at it.

use std::time::Duration;

/// Most secrets that are handed out for a trial of the key. All users of a company would take long, and the keys that were
/// ever used show in the first.
pub(crate) const SEALED_MAX: i64 = 500;

/// State of a database, read without changing anything.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The file or the server.
    pub database: String,
    /// Version of SQLite or PostgreSQL.
    pub version: String,
    /// Encoding of its texts.
    pub encoding: String,
    /// Migrations that this version of the server knows and that were not made.
    pub missing: Vec<i64>,
    /// Migrations that were made and that this version does not know: a newer one has used the database.
    pub unknown: Vec<i64>,
    /// Bytes in use.
    pub bytes: u64,
    /// How long a commit takes, on a PostgreSQL: the middle one of a few that store nothing. A SQLite file is measured by
    /// its disk.
    pub commit: Option<Duration>,
    /// Secrets that were stored encrypted, some of them when there are many.
    pub sealed: Vec<SealedSecret>,
}

/// A secret as it is stored.
#[derive(Clone)]
pub struct SealedSecret {
    /// `cli_…`.
    pub app: String,
    /// The user whose tokens it holds; none for the ticket of a store application.
    pub open_id: Option<String>,
    /// The encrypted bytes.
    pub sealed: Vec<u8>,
}

impl std::fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedSecret")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// The rows of [`SealedSecret`], of users and of store applications.
pub(crate) const SEALED: &str =
    "select app, open_id, sealed from (select app, open_id, sealed from user_tokens limit $1) as users
    union all select app, null, sealed from app_tickets";

/// Migrations that are known and not made, and the other way round.
pub(crate) fn compare(known: &[i64], made: &[i64]) -> (Vec<i64>, Vec<i64>) {
    let without = |some: &[i64], others: &[i64]| some.iter().copied().filter(|one| !others.contains(one)).collect();
    (without(known, made), without(made, known))
}
