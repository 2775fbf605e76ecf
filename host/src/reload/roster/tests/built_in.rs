//! Tests of built-in plugins: those that are on by themselves, and those that the operator's file switches on.

use std::{collections::BTreeMap, path::Path};

use bytes::Bytes;

use super::{BETTER, GOOD, NO_FILE, Roster, Scene, file, loaded, nothing, stopped};
use crate::{
    plugin::Source,
    reload::{BuiltIn, roster::Stop},
};

#[test]
fn a_built_in_plugin_on_request_is_off_until_its_settings_switch_it_on() {
    let mut scene = Scene::new();
    let built_in = BuiltIn {
        name: "a".to_owned(),
        wasm: Bytes::from_static(GOOD.as_bytes()),
        config: BTreeMap::new(),
        grant: BTreeMap::new(),
        is_on_request: true,
    };
    scene.roster = Roster::new(Path::new("plugins"), vec![built_in]);
    assert_eq!(scene.holds(NO_FILE, NO_FILE), nothing());
    assert_eq!(scene.roster.status(), []);
    assert_eq!(scene.holds(NO_FILE, file("# a remark")), stopped(Stop::Disabled));
    assert_eq!(scene.holds(NO_FILE, file("enabled = true")), loaded(GOOD));
    assert_eq!(scene.holds(NO_FILE, file("enabled = false")), stopped(Stop::Disabled));
    assert_eq!(scene.holds(NO_FILE, file("enabled = true")), loaded(GOOD));
    assert_eq!(scene.holds(NO_FILE, NO_FILE), stopped(Stop::Gone));
    // A file of this name is another plugin, which is on like any other.
    assert_eq!(scene.holds(file(BETTER), NO_FILE), loaded(BETTER));
}

#[test]
fn a_built_in_plugin_needs_no_file_and_returns_when_its_replacement_is_gone() {
    let mut scene = Scene::with_built_in(&[("a", GOOD)]);
    assert_eq!(scene.holds(NO_FILE, NO_FILE), loaded(GOOD));
    assert_eq!(scene.holds(file(BETTER), NO_FILE), loaded(BETTER));
    assert_eq!(scene.holds(NO_FILE, NO_FILE), loaded(GOOD));
    assert_eq!(
        scene.roster.active("a").map(|active| &active.source),
        Some(&Source::BuiltIn)
    );
}
