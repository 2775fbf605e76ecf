//! How many questions of the operator are put to the database at once, and how long each may take.

use std::time::Duration;

/// For a question of the operator. A PostgreSQL breaks off after 5 s what a session of ours asks. In SQLite a question holds a
/// snapshot, and the write-ahead log grows meanwhile.
pub(crate) const QUESTION_MAX: Duration = Duration::from_secs(10);

/// Questions of the operator that are put to the database at once. Others wait for their turn.
pub(crate) const QUESTIONS_MAX: u32 = 2;
