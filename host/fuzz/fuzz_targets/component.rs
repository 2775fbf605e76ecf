//! The file of a plugin, before anything of it is compiled: it may be anything that lies in a folder.

#![no_main]

use lark_callback::plugin::check_component;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|wasm: &[u8]| {
    if let Err(problem) = check_component(wasm) {
        let text = problem.to_string();
        assert!(!text.is_empty() && !text.contains(char::is_control), "{text}");
    }
});
