//! Store applications: tickets that Lark pushes, kept for all servers and shown to nobody, and tokens for each tenant.

mod stored;

use std::{fs, ops::Deref};

use serde_json::{Value, json};
use test_guests::postgres::Cluster;

use crate::support::{
    Client, OPERATOR, Place, Scene, clock, event_id,
    fake_lark::{APP_ID, FakeLark},
    until,
};

const KEY: &str = "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=";
const RESEND: &str = "/open-apis/auth/v3/app_ticket/resend";
const APP_TOKEN: &str = "/open-apis/auth/v3/app_access_token";
const TENANT_TOKEN: &str = "/open-apis/auth/v3/tenant_access_token";

/// A store application, with a plugin that calls Lark and one that takes whatever nobody else takes.
fn place(lark: &FakeLark) -> Place {
    Place::new()
        .set("LARK_APP_DISTRIBUTION", "store")
        .set("LARK_API_BASE_URL", &lark.url())
        .set("LARK_ACCOUNTS_BASE_URL", &lark.url())
        .set("LARK_CONFIG_ENCRYPTION_KEY", KEY)
        .plugin("lark_calls")
        .plugin("catch_all")
        .file("lark_calls.toml", b"[grant]\nopenapi = ['GET /open-apis/contact/**']")
}

/// A server of a store application, and its Lark.
struct Shop {
    lark: FakeLark,
    scene: Scene,
}

impl Deref for Shop {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.scene
    }
}

impl Shop {
    /// Up to the first ticket, which the server asks for by itself.
    async fn open() -> Self {
        let lark = FakeLark::start().await;
        Self::open_at(place(&lark), lark).await
    }

    async fn open_at(place: Place, lark: FakeLark) -> Self {
        let scene = place.serve().await;
        asked(&lark, 1).await;
        lark.sends_events_to(&scene).await;
        Self { lark, scene }
    }

    async fn restart(self) -> Self {
        Self {
            scene: self.scene.restart().await,
            ..self
        }
    }

    async fn calls_as(&self, tenant_key: &str) -> String {
        calls_as(&self.scene, tenant_key).await
    }

    fn ticket_was_asked_for(&self) -> usize {
        self.lark.requests_to(RESEND).len()
    }

    /// Time passes for everybody, and tokens end.
    fn pass_hours(&self, hours: u64) {
        clock::advance(std::time::Duration::from_hours(hours));
        self.lark.advance(hours * 3_600_000);
    }
}

/// Waits until the ticket was asked for so often.
async fn asked(lark: &FakeLark, times: usize) {
    until("the request for a ticket", async || {
        (lark.requests_to(RESEND).len() == times).then_some(())
    })
    .await;
}

/// Clicks in a tenant, and tells what the plugin was told by Lark.
async fn calls_as(client: &Client, tenant_key: &str) -> String {
    let call = json!({"call": format!("/open-apis/contact/v3/users/{OPERATOR}")});
    let mut click = client.lark.click_body(&event_id(), call);
    click["header"]["tenant_key"] = tenant_key.into();
    client.send(&client.lark.seal(&click)).await.toast()
}

#[track_caller]
fn assert_called(said: &str) {
    assert!(said.contains("张三"), "{said}");
}

#[tokio::test]
async fn each_tenant_has_a_token_of_its_own() {
    let shop = Shop::open().await;
    for tenant_key in ["one", "two", "one"] {
        assert_called(&shop.calls_as(tenant_key).await);
    }
    assert_eq!(shop.lark.requests_to(APP_TOKEN).len(), 1);
    assert_eq!(shop.lark.requests_to(TENANT_TOKEN).len(), 2);
    let calls = shop.lark.requests_to("/open-apis/contact/v3/users");
    let used: Vec<_> = calls.into_iter().map(|seen| seen.bearer).collect();
    assert!(used[0] == used[2] && used[0] != used[1]);
}

#[tokio::test]
async fn a_call_that_names_no_tenant_says_what_is_missing() {
    let shop = Shop::open().await;
    let said = shop.calls_as("").await;
    assert!(said.contains("does not name a tenant"), "{said}");
    assert!(shop.lark.requests_to(APP_TOKEN).is_empty());
}

#[tokio::test]
async fn an_old_ticket_is_replaced_by_the_one_that_lark_sends_when_it_is_asked() {
    let shop = Shop::open().await;
    assert_called(&shop.calls_as("one").await);
    // It came to nobody.
    shop.lark.new_ticket();
    shop.pass_hours(2);
    let said = shop.calls_as("one").await;
    assert!(said.contains("no app_ticket"), "{said}");
    assert_eq!(shop.lark.take_refusals(), [10_012]);
    until("the ticket that was asked for", async || {
        shop.calls_as("one").await.contains("张三").then_some(())
    })
    .await;
    // Whoever asks before it has arrived is refused, and asks for it once more.
    assert!(shop.lark.take_refusals().iter().all(|code| *code == 10_012));
}

#[tokio::test]
async fn a_token_of_the_application_that_lark_takes_back_is_replaced() {
    let shop = Shop::open().await;
    assert_called(&shop.calls_as("one").await);
    shop.lark.revoke_app_tokens();
    assert_called(&shop.calls_as("one").await);
    assert_eq!(shop.lark.take_refusals(), [99_991_663, 99_991_664]);
}

#[tokio::test]
async fn a_ticket_for_an_application_of_one_company_is_answered_and_not_kept() {
    let lark = FakeLark::start().await;
    let scene = place(&lark).unset("LARK_APP_DISTRIBUTION").serve().await;
    assert_eq!(lark.push_ticket(&scene).await, 200);
    let line = scene.log.until("set LARK_APP_DISTRIBUTION=store").await;
    assert!(line.contains(APP_ID), "{line}");
    assert!(lark.requests_to(RESEND).is_empty());
    assert_called(&calls_as(&scene, "one").await);
}

#[tokio::test]
async fn applications_of_both_kinds_live_beside_each_other() {
    let lark = FakeLark::start().await;
    let place = place(&lark).unset("LARK_APP_DISTRIBUTION").settings_file(
        "[apps.shop]\napp_id = 'cli_of_the_shop'\napp_secret = 's'\nverification_token = 'shop-token'\n\
         encrypt_key = 'shop-key'\napp_distribution = 'store'\n",
    );
    let scene = place.serve().await;
    assert_called(&calls_as(&scene, "").await);
    // It is asked for in the name of the right one, whom this Lark does not know.
    asked(&lark, 1).await;
    assert_eq!(lark.requests_to(RESEND)[0].body["app_id"], "cli_of_the_shop");
    scene.log.until("Could not ask Lark for an app_ticket").await;
    assert_eq!(lark.take_refusals(), [10_014]);
}
