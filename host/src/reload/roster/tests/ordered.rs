//! Tests of decisions when there is an order for the plugin.

use std::collections::BTreeSet;

use super::*;
use crate::{
    codes::same,
    reload::order::{Instead, Order},
};

fn order(scene: &mut Scene, order: Order) {
    let all = AllOrders::new(BTreeMap::from([("a".to_owned(), order)]));
    assert_eq!(scene.roster.order(&all), ["a"]);
}

/// Order to go back from [`BETTER`] to [`GOOD`], with these settings.
fn back(settings: &str) -> Order {
    Order {
        instead: Some(Instead {
            unreadable: None,
            served_with: BTreeSet::new(),
            number: 1,
            version: GOOD.to_owned(),
            wasm: Bytes::from_static(GOOD.as_bytes()),
            hash: Digest::of(GOOD.as_bytes()).to_string(),
            settings: Some(settings.to_owned()),
            has_settings: true,
            has_come_since: false,
            gives_nothing_back: false,
            is_pinned: false,
        }),
        returned: BTreeMap::from([(Digest::of(BETTER.as_bytes()).to_string(), same("it was sent back"))]),
        ..Order::default()
    }
}

#[test]
fn a_plugin_that_is_disabled_by_a_command_stops_though_its_settings_are_broken() {
    let mut scene = Scene::new();
    scene.holds(file(GOOD), NO_FILE);
    assert_eq!(scene.holds(file(GOOD), file("?")).refused.len(), 1);
    let disabled = Order {
        is_disabled: true,
        ..Order::default()
    };
    order(&mut scene, disabled);
    assert_eq!(scene.holds(file(GOOD), file("?")), stopped(Stop::Ordered));
    assert_eq!(scene.serving(), None);
}

#[test]
fn a_version_serves_again_while_the_file_holds_what_was_sent_back() {
    let mut scene = Scene::new();
    scene.holds(file(BETTER), NO_FILE);
    order(&mut scene, back(""));
    let done = scene.holds(file(BETTER), NO_FILE);
    assert_eq!(
        (done.loaded, &*done.refused),
        (Some(GOOD), &["it was sent back".to_owned()][..])
    );
    assert_eq!(scene.held().as_deref(), Some("it was sent back"));
    assert!(!scene.roster.status()[0].is_held());
}

#[test]
fn a_version_whose_own_settings_cannot_be_used_is_shown_with_the_way_out() {
    let mut scene = Scene::new();
    scene.holds(file(BETTER), NO_FILE);
    order(&mut scene, back("colour = 'red'"));
    scene.holds(file(BETTER), NO_FILE);
    // What serves goes on.
    assert_eq!(scene.serving(), Some(BETTER));
    let [status] = scene.roster.status().try_into().unwrap();
    assert!(status.is_held());
    assert!(status.sent_back.is_some());
    let held = status.held.unwrap();
    assert_eq!(held.hash, Some(Digest::of(GOOD.as_bytes()).to_string()));
    for told in ["`colour`", "plugin rollback a 1 --current-settings"] {
        assert!(held.reason.contains(told), "{}", held.reason);
    }
}

/// Order of nobody, with [`GOOD`] as what served last.
fn served_last() -> Order {
    Order {
        instead: None,
        returned: BTreeMap::new(),
        last: back("").instead.into_iter().collect(),
        ..Order::default()
    }
}

#[test]
fn what_served_last_serves_when_nothing_does_and_the_file_cannot() {
    let mut scene = Scene::new();
    order(&mut scene, served_last());
    let done = scene.holds(file(BAD), NO_FILE);
    assert_eq!(
        (done.loaded, &*done.refused),
        (Some(GOOD), &["it is bad".to_owned()][..])
    );
    assert_eq!(scene.holds(file(BAD), NO_FILE), Done::default(), "once");
    assert_eq!(scene.holds(file(BETTER), NO_FILE), loaded(BETTER));
    // Something serves, so a bad file changes nothing.
    assert_eq!(scene.holds(file(BAD), NO_FILE).loaded, None);
    assert_eq!(scene.serving(), Some(BETTER));
    assert_eq!(scene.holds(NO_FILE, NO_FILE).stopped, Some(Stop::Gone));
}

#[test]
fn an_order_to_go_back_holds_beside_a_file_that_cannot_be_used() {
    let mut scene = Scene::new();
    scene.holds(file(BETTER), NO_FILE);
    scene.holds(file(BAD), NO_FILE);
    order(&mut scene, back(""));
    assert_eq!(scene.holds(file(BAD), NO_FILE).loaded, Some(GOOD));
}

#[test]
fn settings_that_come_back_by_themselves_give_no_permission_back() {
    let mut scene = Scene::new();
    scene.holds(file(BETTER), NO_FILE);
    let mut of_probation = back("[grant]\nopenapi = ['POST /open-apis/im/v1/messages']");
    let instead = of_probation.instead.as_mut().unwrap();
    instead.gives_nothing_back = true;
    order(&mut scene, of_probation);
    scene.holds(file(BETTER), file(""));
    let settings = |scene: &Scene| {
        scene.roster.entries["a"]
            .active
            .as_ref()
            .unwrap()
            .0
            .settings
            .grant
            .clone()
    };
    assert_eq!((scene.serving(), settings(&scene)), (Some(GOOD), BTreeMap::new()));
    order(
        &mut scene,
        back("[grant]\nopenapi = ['POST /open-apis/im/v1/messages']"),
    );
    scene.holds(file(BETTER), file(""));
    assert_eq!(settings(&scene).len(), 1, "the operator does");
}

#[test]
fn a_pinned_version_that_cannot_be_used_after_a_start_takes_nothing_out_of_service() {
    let pinned = |settings: &str, last: Vec<Instead>| {
        let mut given = back(settings);
        given.returned.clear();
        given.last = last;
        given.instead = given.instead.map(|instead| Instead {
            is_pinned: true,
            ..instead
        });
        given
    };
    let mut scene = Scene::new();
    order(&mut scene, pinned("colour = 'red'", Vec::new()));
    scene.holds(file(BETTER), NO_FILE);
    assert_eq!(scene.serving(), Some(BETTER), "the file is what served last");
    order(&mut scene, pinned("", Vec::new()));
    scene.holds(file(BETTER), NO_FILE);
    assert_eq!(scene.serving(), Some(GOOD), "it can be used again");

    // The file has changed since: what is known to have served last comes before it.
    let mut scene = Scene::new();
    let last = back("").instead.map(Instead::as_last_resort).into_iter().collect();
    order(&mut scene, pinned("colour = 'red'", last));
    scene.holds(file(BETTER), NO_FILE);
    assert_eq!(scene.serving(), Some(GOOD));
}
