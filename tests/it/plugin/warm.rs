//! Warm mode: an instance that is kept serves as long as its plugin and its settings stay as they are.

use serde_json::json;

use super::component::Fixture;
use crate::support::{Place, Scene};

/// Passes in the first call of an instance, and replies in all others.
fn remembers() -> Vec<u8> {
    let handle = "(if (result i32) (i32.load (i32.const 4096)) (then i32.const 640)
        (else (i32.store (i32.const 4096) (i32.const 1)) i32.const 576))";
    let fixture = Fixture::new("card.action.trigger", handle).text(1024, r#"{"a":12}"#);
    fixture.build().to_vec()
}

/// Whether a click finds an instance that has served before.
async fn is_warm(scene: &Scene) -> bool {
    match scene.click(json!({"a": 1})).await.body.as_str() {
        "{}" => false,
        r#"{"a":12}"# => true,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_kept_instance_serves_until_its_plugin_or_its_settings_change() {
    let place = Place::new().file("keeps.wasm", &remembers());
    let scene = place.file("keeps.toml", b"[limits]\nreuse = 100\n").serve().await;
    assert!(!is_warm(&scene).await);
    for _ in 0..5 {
        assert!(is_warm(&scene).await);
    }
    scene
        .place
        .put("keeps.toml", b"[limits]\nreuse = 100\nreuse_instances_max = 1\n");
    scene.log.until("replaces").await;
    assert!(!is_warm(&scene).await, "other settings");
    assert!(is_warm(&scene).await);
    scene.place.put("keeps.toml", b"");
    scene.log.until(r#""generation":3"#).await;
    assert!(
        !is_warm(&scene).await && !is_warm(&scene).await,
        "nothing is kept without the setting"
    );
}

#[tokio::test]
async fn a_wrong_number_is_told_with_the_setting_and_its_ceiling() {
    let place = Place::new().file("keeps.wasm", &remembers());
    let scene = place.file("keeps.toml", b"[limits]\nreuse = 0\n").serve().await;
    let line = scene.log.until("keeps.toml is not used").await;
    assert!(
        line.contains("`limits.reuse` must be a number from 1 to 1000000"),
        "{line}"
    );
}
