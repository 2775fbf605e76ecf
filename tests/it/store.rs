//! The database as it fails, is slow, is shared with other programs, or is reached by another way.

mod databases;
mod faults;
mod snapshots;
mod upgrade;
