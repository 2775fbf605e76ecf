//! `metrics`: numbers of the plugin's own for the operator's monitoring.

use std::sync::Arc;

use super::{CallState, Reach};
use crate::{
    plugin::{
        bindings::lark_callback::plugin::{
            log::{Host as _, Level},
            metrics::Host,
        },
        witness::HostCall,
    },
    telemetry::{MetricError, Series},
};

/// The limit of counts in one call; a usual click makes one, or a dozen.
const COUNTS_MAX: u32 = 1_000;

impl Host for CallState {
    fn add(&mut self, name: String, labels: Vec<(String, String)>, amount: u64) -> wasmtime::Result<()> {
        self.shows_number("add", &name, amount);
        let Some(series) = self.series(name, labels)? else {
            return Ok(());
        };
        let added = self.scope.reachable.metrics.add(series, amount);
        self.shown(added)
    }

    fn time(&mut self, name: String, labels: Vec<(String, String)>, ms: u64) -> wasmtime::Result<()> {
        self.shows_number("time", &name, ms);
        let Some(series) = self.series(name, labels)? else {
            return Ok(());
        };
        let timed = self.scope.reachable.metrics.time(series, ms);
        self.shown(timed)
    }
}

impl CallState {
    fn shows_number(&self, function: &str, name: &str, number: u64) {
        self.shows(|| HostCall {
            what: format!("metrics {function} {name}"),
            sent: Some(number.to_string()),
            result: "taken".to_owned(),
        });
    }

    /// Nothing is counted while the plugin only describes itself, nor what one call counts without end.
    fn series(&mut self, name: String, labels: Vec<(String, String)>) -> wasmtime::Result<Option<Series>> {
        if self.reach == Reach::Nothing || self.counts > COUNTS_MAX {
            return Ok(None);
        }
        self.counts += 1;
        if self.counts > COUNTS_MAX {
            let text = format!("a number was not counted: one call counts at most {COUNTS_MAX} times");
            self.write(Level::Warn, text)?;
            return Ok(None);
        }
        Ok(Some(Series {
            name,
            plugin: Arc::clone(&self.scope.plugin),
            labels,
        }))
    }

    /// A number that is not shown is no reason to fail; the author finds it in the plugin's log.
    fn shown(&mut self, counted: Result<(), MetricError>) -> wasmtime::Result<()> {
        match counted {
            Ok(()) => Ok(()),
            Err(error) => self.write(Level::Warn, format!("a number was not counted: {error}")),
        }
    }
}
