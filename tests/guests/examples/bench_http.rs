//! Sends so many HTTP requests for a click as it says (`{"url": "http://…", "times": 5}`) and reads the responses: for the
//! benchmark, which makes the same requests without a plugin.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct BenchHttp;

#[derive(Deserialize)]
struct Value<'a> {
    url: &'a str,
    times: usize,
    body: &'a str,
}

impl Plugin for BenchHttp {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let value: Value<'_> = event.payload()?;
        for _ in 0..value.times {
            let response = host
                .http()
                .post(value.url)
                .header("content-type", "application/json")
                .body(value.body)
                .send()?
                .success()?;
            if response.bytes()?.is_empty() {
                return Err(Failure::permanent("the service said nothing"));
            }
        }
        Ok(Outcome::done())
    }
}

register!(BenchHttp);
