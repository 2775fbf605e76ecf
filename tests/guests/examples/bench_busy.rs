//! Takes messages and is not done with them for a long time: the benchmark's plugin whose deliveries wait.
#![allow(clippy::disallowed_methods, reason = "being slow is what this plugin is for")]

use std::{thread::sleep, time::Duration};

use lark_plugin_sdk::prelude::*;

#[derive(Default)]
struct BenchBusy;

impl Plugin for BenchBusy {
    const EVENTS: &'static [&'static str] = &["im.message.receive_v1"];

    fn handle(&self, _host: &dyn Host, _event: &Event) -> Result<Outcome, Failure> {
        sleep(Duration::from_secs(25));
        Ok(Outcome::done())
    }
}

register!(BenchBusy);
