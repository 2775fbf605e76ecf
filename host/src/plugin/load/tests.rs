//! What becomes of a file: a plugin, or a reason.

use super::LoadError;
use crate::plugin::fixture::{DONE, Fixture, Host};

fn fixture() -> Fixture {
    Fixture::new("card.action.trigger", DONE)
}

/// The whole chain of reasons, as a person reads it.
fn story(error: &LoadError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[tokio::test]
async fn a_component_becomes_a_plugin() {
    let host = Host::start().await;
    let plugin = host.load("one", &fixture()).await;
    assert_eq!((plugin.name(), plugin.description().version.as_str()), ("one", "1.2.3"));
    assert_eq!(plugin.description().event_types, ["card.action.trigger"]);
    assert_eq!(plugin.hash().len(), 64);
}
