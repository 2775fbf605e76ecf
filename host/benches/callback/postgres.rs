//! A database on a PostgreSQL of the benchmark's own, and what CPU time that takes.

use std::{fs, path::PathBuf, time::Duration};

use test_guests::postgres::Cluster;

use crate::server::cpu_of;

/// A new and empty database.
pub(crate) struct Postgres {
    cluster: &'static Cluster,
    url: String,
}

impl Postgres {
    /// None when there is no PostgreSQL on this machine.
    pub(crate) fn new() -> Option<Self> {
        let cluster = Cluster::shared()?;
        Some(Self {
            cluster,
            url: cluster.database(),
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The result of a statement.
    pub(crate) fn ask(&self, statement: &str) -> String {
        self.cluster.ask(&self.url, statement)
    }

    /// Of all its processes that live; those that have ended are counted by the first.
    pub(crate) fn cpu(&self) -> Duration {
        let folder = self.url.split_once("host=").map_or("", |(_, folder)| folder);
        let pids = fs::read_to_string(PathBuf::from(folder).join("data/postmaster.pid")).expect("it runs");
        let first = pids.lines().next().unwrap_or_default();
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).expect("it runs");
        let processes = children.split_whitespace().chain([first]);
        processes.filter_map(cpu_of).sum()
    }
}
