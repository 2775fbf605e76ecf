//! A component of the right shape that cannot even say what it is. The SDK makes none like it, so this one is written
//! against the WIT. Natively it is empty: no native linker takes the names of a component's exports.
#![cfg(target_family = "wasm")]
#![allow(
    missing_docs,
    missing_debug_implementations,
    unsafe_code,
    unused_qualifications,
    clippy::all,
    clippy::mem_forget,
    clippy::panic,
    clippy::allow_attributes_without_reason,
    reason = "written by wit-bindgen, which has its own rules; the panic is what this plugin is for"
)]

wit_bindgen::generate!({ path: "../../wit", world: "plugin", generate_all });

use exports::lark_callback::plugin::handler::{Description, Event, Failure, Guest, Outcome, Task};

struct TrapsInDescribe;

impl Guest for TrapsInDescribe {
    fn describe() -> Description {
        panic!("nobody knows what this plugin is")
    }

    fn handle(_event: Event) -> Result<Outcome, Failure> {
        Err(Failure::Permanent("never called".to_owned()))
    }

    fn run(_task: Task) -> Result<Outcome, Failure> {
        Err(Failure::Permanent("never called".to_owned()))
    }
}

export!(TrapsInDescribe);
