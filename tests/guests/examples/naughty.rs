//! Does to the host whatever a plugin must not do: `{"do": "spin"}`, and so on.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "misbehaving is what this plugin is for"
)]

use std::hint::black_box;
use std::thread::sleep;
use std::time::Duration;

use lark_plugin_sdk::Reply;
use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct Naughty;

#[derive(Deserialize)]
struct Value {
    r#do: Deed,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Deed {
    Spin,
    Sleep,
    Memory,
    Panic,
    Trap,
    Stack,
    Exit,
    LogFlood,
    Retry,
    Permanent,
    BigReply,
    BadReply,
    Print,
    KvBig,
    Ok,
}

impl Plugin for Naughty {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(Value { r#do: deed }) = click.action.value_as() else {
            return Ok(Outcome::pass());
        };
        match deed {
            Deed::Spin => spin(),
            Deed::Sleep => sleep(Duration::MAX),
            Deed::Memory => take_memory(),
            Deed::Panic => panic!("as the button said"),
            Deed::Trap => trap(),
            Deed::Stack => println!("{}", recurse(1)),
            Deed::Exit => std::process::exit(0),
            Deed::LogFlood => (0..100_000).for_each(|line| host.log().info(&format!("line {line} of the flood"))),
            Deed::Retry => return Err(Failure::retry_after(Duration::from_secs(7), "not now")),
            Deed::Permanent => return Err(Failure::permanent("never")),
            Deed::BigReply => return Outcome::reply(&CardReply::toast(Toast::info("x".repeat(2 << 20)))),
            Deed::BadReply => {
                return Ok(Outcome {
                    reply: Reply::Json("{not json".to_owned()),
                    tasks: Vec::new(),
                });
            }
            Deed::Print => {
                println!("printed to the standard output");
                eprintln!("printed to the standard error");
            }
            Deed::KvBig => {
                host.kv().set("big", &vec![b'x'; 4 << 20], None)?;
            }
            Deed::Ok => {}
        }
        Outcome::reply(&CardReply::toast(Toast::success("ok")))
    }
}

fn spin() {
    while black_box(true) {}
}

fn take_memory() {
    let mut all = Vec::new();
    loop {
        all.push(black_box(vec![1_u8; 1 << 20]));
    }
}

#[cfg(target_family = "wasm")]
fn trap() {
    std::arch::wasm32::unreachable()
}

#[cfg(not(target_family = "wasm"))]
fn trap() {
    std::process::abort()
}

#[allow(unconditional_recursion, reason = "to reach the end of the stack")]
fn recurse(depth: u64) -> u64 {
    black_box(recurse(black_box(depth) + 1)) + 1
}

register!(Naughty);
