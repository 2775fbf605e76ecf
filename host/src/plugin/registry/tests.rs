//! The plugins called for each event type.

use std::sync::Arc;

use lark_protocol::Event;

use super::{Befores, Registry, Table};
use crate::plugin::{
    Plugin,
    fixture::{DONE, Fixture, Host, click},
};

async fn plugin(host: &Host, name: &str, event_types: &[&'static str]) -> Arc<Plugin> {
    Arc::new(host.load(name, &Fixture::new("", DONE).event_types(event_types)).await)
}

fn names(table: &Table, event_type: &str) -> Vec<String> {
    table
        .handlers_for("cli_1", event_type)
        .iter()
        .map(|plugin| plugin.name().to_owned())
        .collect()
}

#[test]
fn at_the_start_nobody_is_asked() {
    let table = Registry::new().current();
    assert_eq!(table.generation(), 0);
    assert!(table.handlers_for("cli_1", "card.action.trigger").is_empty());
    assert!(table.registered_handlers().is_empty());
}

#[tokio::test]
async fn a_type_that_somebody_names_is_asked_of_no_one_who_takes_the_rest() {
    let host = Host::start().await;
    let registry = Registry::new();
    let table = registry.swap(vec![
        plugin(&host, "c", &["card.action.trigger", "url.preview.get"]).await,
        plugin(&host, "b", &["*"]).await,
        plugin(&host, "a", &["card.action.trigger"]).await,
        plugin(&host, "d", &["*", "url.preview.get"]).await,
    ]);
    assert_eq!(names(&table, "card.action.trigger"), ["a", "c"]);
    assert_eq!(names(&table, "url.preview.get"), ["c", "d"]);
    assert_eq!(names(&table, "im.message.receive_v1"), ["b", "d"]);
    assert_eq!(names(&table, ""), ["b", "d"]);
    assert_eq!(table.registered_handlers(), ["card_action_trigger", "url_preview_get"]);
    assert_eq!(
        table.plugins().iter().map(|plugin| plugin.name()).collect::<Vec<_>>(),
        ["a", "b", "c", "d"]
    );
    assert_eq!(table.plugin("c").map(|plugin| plugin.name()), Some("c"));
    assert!(table.plugin("e").is_none());
}

#[tokio::test]
async fn beside_a_canary_each_version_gets_the_types_that_only_it_takes() {
    let host = Host::start().await;
    let registry = Registry::new();
    let version = async |types: &[&'static str], toml: &str| {
        let fixture = Fixture::new("", DONE).event_types(types);
        Arc::new(host.load_with("a", &fixture, toml).await.unwrap())
    };
    let (both, old_only, new_only) = ("card.action.trigger", "url.preview.get", "im.message.receive_v1");
    let new = version(&[both, new_only], "[canary]\nshare = 0.000001\n").await;
    let old = version(&[both, old_only], "").await;
    let before = Befores::from([("a".to_owned(), Arc::clone(&old))]);
    let table = registry.swap_with(vec![Arc::clone(&new)], before);
    for (event_type, serves) in [(both, &old), (old_only, &old), (new_only, &new)] {
        let [plugin] = table.handlers_for("cli_1", event_type) else {
            panic!("{event_type}: {:?}", names(&table, event_type));
        };
        let event = Event {
            event_type: event_type.into(),
            ..Arc::unwrap_or_clone(click())
        };
        assert!(Arc::ptr_eq(table.version_for(plugin, &event), serves), "{event_type}");
    }
    let table = registry.swap(vec![Arc::clone(&new)]);
    assert!(table.handlers_for("cli_1", old_only).is_empty());
    assert!(
        Arc::ptr_eq(table.version_for(&new, &click()), &new),
        "without one before it serves all"
    );
}

#[tokio::test]
async fn who_holds_a_table_keeps_it_through_a_swap() {
    let host = Host::start().await;
    let registry = Registry::new();
    registry.swap(vec![plugin(&host, "old", &["t"]).await]);
    let held = registry.current();
    let next = registry.swap(vec![plugin(&host, "new", &["t"]).await]);
    assert_eq!(
        (held.generation(), next.generation(), registry.current().generation()),
        (1, 2, 2)
    );
    assert_eq!(
        (names(&held, "t"), names(&registry.current(), "t")),
        (vec!["old".to_owned()], vec!["new".to_owned()])
    );
}
