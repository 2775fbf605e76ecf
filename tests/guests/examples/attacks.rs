//! Takes what belongs to others, in the way that its settings say (`attack = "spin"`), for clicks that ask for it
//! (`{"attack": "spin"}`): the neighbour in the benchmark of neighbours.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

/// A call that takes no turns, of which many take all of a CPU.
const SHORT: Duration = Duration::from_micros(900);

#[derive(Default)]
struct Attacks;

#[derive(Deserialize)]
struct Value {
    attack: String,
}

impl Plugin for Attacks {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let wanted = click.action.value_as::<Value>().map(|value| value.attack);
        let attack = host.config().get("attack");
        if wanted.is_none() || wanted != attack {
            return Ok(Outcome::pass());
        }
        match attack.unwrap_or_default().as_str() {
            "spin" => while black_box(true) {},
            "many" => {
                let end = Instant::now() + SHORT;
                while Instant::now() < end {}
            }
            "memory" => {
                let mut all = Vec::new();
                while black_box(true) {
                    all.push(black_box(vec![1_u8; 1 << 20]));
                }
            }
            "fill" => drop(black_box(vec![1_u8; 60 << 20])),
            "log" => (0..100_000).for_each(|line| host.log().info(&format!("line {line} of the flood"))),
            "metrics" => (0..100_000).for_each(|_| host.metrics().add("flood", &[("kind", "attack")])),
            "keys" => {
                for key in 0..1_000_u32 {
                    host.kv().set(&format!("key-{}", key % 100), &[b'x'; 1_000], None)?;
                    host.kv().get(&format!("key-{}", key % 100))?;
                }
            }
            other => return Err(Failure::permanent(format!("`{other}` is no attack"))),
        }
        Outcome::reply(&CardReply::toast(Toast::success("done")))
    }
}

register!(Attacks);
