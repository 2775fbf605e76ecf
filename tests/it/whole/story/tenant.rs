//! The story in one tenant of a store application: nothing but a click tells the server where it happens.

use serde_json::json;

use super::{AUTHORIZED, Card, EXPIRED, FakeLark, OPERATOR, Story, place};
use crate::support::until;

const TENANT_TOKEN: &str = "/open-apis/auth/v3/tenant_access_token";

/// Up to the ticket that Lark sends because it was asked to.
async fn begin() -> Story {
    let lark = FakeLark::start().await;
    let story = Story::at(place(&lark).set("LARK_APP_DISTRIBUTION", "store"), lark).await;
    until("the request for a ticket", async || {
        story.lark.requests_to("/open-apis/auth/v3/app_ticket/resend").pop()
    })
    .await;
    story.lark.sends_events_to(&story.scene).await;
    story
}

impl Story {
    async fn asked_in(&self, tenant_key: &str) -> Card {
        let request = json!({"open_id": OPERATOR, "tenant_key": tenant_key});
        let reply = self.task("request", request).await;
        let [message_id, session_id] =
            ["message_id", "session_id"].map(|name| reply[name].as_str().unwrap().to_owned());
        Card { message_id, session_id }
    }
}

#[tokio::test]
async fn a_card_is_sent_and_changed_in_the_tenant_of_its_person() {
    let story = begin().await;
    let card = story.asked_in("theirs").await;
    let link = story.link(&card).await;
    story.consents(&link).await;
    story.until_titled(&card, AUTHORIZED).await;
    assert!(story.is_authorized().await);

    let other = story.asked_in("others").await;
    story.pass(std::time::Duration::from_secs(600));
    assert!(story.click(&other, "authorize").await.is_error_toast());
    story.until_titled(&other, EXPIRED).await;
    let asked = story.lark.requests_to(TENANT_TOKEN).into_iter();
    let tenants: Vec<_> = asked.map(|seen| seen.body["tenant_key"].clone()).collect();
    assert_eq!(tenants, ["theirs", "others"]);
    story.end().await;
}
