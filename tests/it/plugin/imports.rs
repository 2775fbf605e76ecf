//! The imports of a plugin tell what it can do: nothing that it does not call is there.

use wit_component::DecodedWasm;

use crate::support::wasm;

/// The interfaces of the house that a test plugin imports, without their version.
fn imports(guest: &str) -> Vec<String> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(&wasm(guest)).unwrap() else {
        panic!("{guest} is no component");
    };
    let names = resolve.worlds[world]
        .imports
        .keys()
        .map(|key| resolve.name_world_key(key));
    let ours = names.filter_map(|name| {
        let (interface, _version) = name.strip_prefix("lark-callback:plugin/")?.split_once('@')?;
        Some(interface.to_owned())
    });
    let mut ours: Vec<String> = ours.filter(|interface| interface != "types").collect();
    ours.sort();
    ours
}

#[test]
fn a_plugin_imports_what_it_calls_and_nothing_else() {
    assert_eq!(imports("echo"), ["log"]);
    // What a plugin prints, and the words of a panic, go into its log; so each has that.
    assert_eq!(imports("wants_config"), ["config", "log"]);
    assert!(
        !imports("counter")
            .iter()
            .any(|name| matches!(name.as_str(), "openapi" | "oauth" | "metrics"))
    );
    assert_eq!(imports("lark_calls"), ["log", "openapi"]);
    assert_eq!(imports("http_calls"), ["http", "log"]);
}
