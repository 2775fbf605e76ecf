//! `metrics`: numbers of the plugin's own for the operator's monitoring.

use std::sync::Arc;

use super::{CallState, Reach};
use crate::{
    plugin::bindings::lark_callback::plugin::{
        log::{Host as _, Level},
        metrics::Host,
    },
    telemetry::{MetricError, Series},
};

impl Host for CallState {
    fn add(&mut self, name: String, labels: Vec<(String, String)>, amount: u64) -> wasmtime::Result<()> {
        let Some(series) = self.series(name, labels) else {
            return Ok(());
        };
        let added = self.scope.metrics.add(series, amount);
        self.shown(added)
    }

    fn time(&mut self, name: String, labels: Vec<(String, String)>, ms: u64) -> wasmtime::Result<()> {
        let Some(series) = self.series(name, labels) else {
            return Ok(());
        };
        let timed = self.scope.metrics.time(series, ms);
        self.shown(timed)
    }
}

impl CallState {
    /// Nothing is counted while the plugin only describes itself.
    fn series(&self, name: String, labels: Vec<(String, String)>) -> Option<Series> {
        match self.reach {
            Reach::Granted => Some(Series {
                name,
                plugin: Arc::clone(&self.scope.plugin),
                labels,
            }),
            Reach::Nothing => None,
        }
    }

    /// A number that is not shown is no reason to fail; the author finds it in the plugin's log.
    fn shown(&mut self, counted: Result<(), MetricError>) -> wasmtime::Result<()> {
        match counted {
            Ok(()) => Ok(()),
            Err(error) => self.write(Level::Warn, format!("a number was not counted: {error}")),
        }
    }
}
