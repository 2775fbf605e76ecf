//! Metrics of authorizations and of users' tokens.

use std::time::Duration;

use serde_json::json;

use super::{AUTHORIZED, CANCELLED, FakeLark, OPERATOR, Story, place};
use crate::support::{Request, fake_lark::Decision};

impl Story {
    async fn metrics(&self) -> String {
        let answer = self.scene.operator().send(&Request::get("/metrics")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    async fn assert_counted(&self, wanted: &[&str]) {
        let metrics = self.metrics().await;
        for line in wanted {
            let line = format!("lark_callback_{line}");
            assert!(metrics.lines().any(|found| found == line), "{line} in {metrics}");
        }
    }
}

#[tokio::test]
async fn sessions_are_counted_by_their_end_and_tokens_by_their_refresh() {
    let lark = FakeLark::start().await;
    let place = place(&lark)
        .set("CALLBACK_ADMIN", "on")
        .set("CALLBACK_ADMIN_PORT", "0")
        .plugin("lark_calls")
        .file(
            "lark_calls.toml",
            b"[grant]\nopenapi_as_user = ['GET /open-apis/contact/**']",
        );
    let story = Story::at(place, lark).await;
    let (card, link) = story.linked().await;
    story
        .assert_counted(&[
            r#"plugin_auth_session_total{plugin="card-auth"} 1"#,
            r#"token_active_count{app_id="cli_of_the_tests"} 0"#,
        ])
        .await;
    story.come_back(&link, Decision::Consent).await;
    story.until_titled(&card, AUTHORIZED).await;
    story
        .assert_counted(&[
            r#"plugin_auth_success_total{plugin="card-auth"} 1"#,
            r#"plugin_auth_duration_seconds_bucket{plugin="card-auth",le="+Inf"} 1"#,
            r#"plugin_auth_duration_seconds_count{plugin="card-auth"} 1"#,
            r#"token_active_count{app_id="cli_of_the_tests"} 1"#,
        ])
        .await;

    let refused = story.linked().await;
    story.come_back(&refused.1, Decision::Refuse).await;
    story.until_titled(&refused.0, CANCELLED).await;
    story.pass(Duration::from_secs(7_200));
    assert!(story.acted().await.contains("张三"));
    story
        .assert_counted(&[
            r#"plugin_auth_session_total{plugin="card-auth"} 2"#,
            r#"plugin_auth_failure_total{reason="user_rejected",plugin="card-auth"} 1"#,
            r#"token_refresh_total{app_id="cli_of_the_tests",outcome="refreshed"} 1"#,
        ])
        .await;
    let metrics = story.metrics().await;
    assert!(!metrics.contains(OPERATOR), "{metrics}");
    story.assert_silent(&[&metrics]);

    story.task("revoke", json!({"open_id": OPERATOR})).await;
    story
        .assert_counted(&[r#"token_active_count{app_id="cli_of_the_tests"} 0"#])
        .await;
    story.end().await;
}
