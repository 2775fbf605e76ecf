//! Plugins that must be signed.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer as _, SigningKey};
use rustix::process::Signal;
use test_guests::guest;

use super::{GREETING, ONE, TWO, hello, until_kept};
use crate::{
    operate::{ask, place, run},
    support::wasm,
};

fn pair(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

#[tokio::test]
async fn only_what_is_signed_by_one_of_our_keys_is_loaded() {
    let (ours, another) = (pair(1), pair(2));
    let (second, second_v2) = (wasm("second"), wasm("second_v2"));
    let place = place()
        .set("CALLBACK_PLUGIN_KEYS", &STANDARD.encode(ours.verifying_key()))
        .plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    program.until_logged("it is not signed").await;
    assert_eq!(client.click(hello()).await.body, "{}");
    place.put("second.wasm.sig", &another.sign(&second).to_bytes());
    program.until_logged("none of the keys in CALLBACK_PLUGIN_KEYS").await;
    place.put("second.wasm.sig", &ours.sign(&second).to_bytes());
    client.until_click_says(hello(), ONE).await;
    until_kept(&place, 1).await;

    // The old one serves on until the signature of the new one is there.
    place.put("second.wasm", &second_v2);
    program.until_logged("version 1 stays loaded").await;
    assert_eq!(client.click(hello()).await.toast(), ONE);
    place.put(
        "second.wasm.sig",
        STANDARD.encode(ours.sign(&second_v2).to_bytes()).as_bytes(),
    );
    client.until_click_says(hello(), TWO).await;
    until_kept(&place, 2).await;

    // What is kept is kept with its signature.
    ask(&place, &["plugin", "rollback", "second"]).await;
    assert_eq!(client.click(hello()).await.toast(), ONE);

    // With other settings it is the same component, also after a restart.
    place.put("second.toml", GREETING);
    ask(&place, &["plugin", "rollback", "second", "1", "--current-settings"]).await;
    until_kept(&place, 3).await;
    program.signal(Signal::TERM);
    program.finished().await;
    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(client.click(hello()).await.toast(), ONE);

    let refused = run(&place, &["plugin", "install", guest("echo").to_str().unwrap()]).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("it is not signed"), "{refused:?}");
}

#[tokio::test]
async fn keys_that_are_none_are_a_problem() {
    // An empty one is what Compose makes of a missing variable.
    for keys in ["planted", ""] {
        let place = place().set("CALLBACK_PLUGIN_KEYS", keys);
        let finished = run(&place, &["check"]).await;
        assert_eq!(finished.code, Some(3), "{finished:?}");
        let told = format!("{}{}", finished.stdout, finished.stderr);
        assert!(
            told.contains("CALLBACK_PLUGIN_KEYS") && !told.contains("planted"),
            "{told}"
        );
    }
}
