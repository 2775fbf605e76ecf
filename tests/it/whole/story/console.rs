//! Settings in Lark's console and here, and what happens when the two do not match.

use serde_json::{Value, json};

use super::{
    AUTHORIZED, SEND, Story, TOKEN,
    people::{Card, People, find, shown},
    place,
};
use crate::support::{
    Client, OPERATOR, Place, Request, Scene,
    fake_lark::{Decision, FakeLark, OTHER_APP_ID, OTHER_APP_SECRET},
};

/// Two applications on one server: the main one, and `[apps.hr]`.
fn two_applications(lark: &FakeLark) -> Place {
    place(lark).settings_file(&format!(
        "[apps.hr]\napp_id = \"{OTHER_APP_ID}\"\napp_secret = \"{OTHER_APP_SECRET}\"\n\
         verification_token = \"verification-token-of-the-others\"\nencrypt_key = \"encrypt-key-of-the-others\"\n"
    ))
}

/// A task of the built-in plugin for an application, as the operator's command has it done.
async fn task(scene: &Scene, app_id: &str, name: &str, payload: Value) -> Result<Value, String> {
    let task = lark_callback::plugin::Task {
        id: crate::support::event_id(),
        name: name.to_owned(),
        payload: payload.to_string(),
        requested_by: String::new(),
        app_id: app_id.to_owned(),
        scheduled_at_ms: None,
    };
    let arrival = lark_callback::moment::Moment::now(crate::support::clock::now_ms());
    let done = scene.server().dispatcher.run_task("card-auth", task, arrival).await;
    let reply = done.map_err(|error| error.to_string())?;
    Ok(reply.map_or(Value::Null, |reply| serde_json::from_str(&reply).unwrap()))
}

fn card(reply: &Value) -> Card {
    let [message_id, session_id] = ["message_id", "session_id"].map(|name| reply[name].as_str().unwrap().to_owned());
    Card { message_id, session_id }
}

#[tokio::test]
async fn each_application_is_authorized_through_its_own_address() {
    let lark = FakeLark::start().await;
    let scene = two_applications(&lark).serve().await;
    let mut client: Client = scene.client();
    client.lark.app_id = OTHER_APP_ID.to_owned();
    client.lark.token = "verification-token-of-the-others".to_owned();
    client.lark.encrypt_key = "encrypt-key-of-the-others".to_owned();
    let people = People::new(lark, client).in_application("hr");

    let reply = task(&scene, OTHER_APP_ID, "request", json!({"open_id": OPERATOR})).await;
    let card = card(&reply.unwrap());
    assert_eq!(people.lark.messages()[&card.message_id].app, OTHER_APP_ID);
    let link = people.link(&card).await;
    people.consents(&link).await;
    people.until_titled(&card, AUTHORIZED).await;
    let status = async |app_id| {
        task(&scene, app_id, "status", json!({"open_id": OPERATOR}))
            .await
            .unwrap()
    };
    assert_eq!(status(OTHER_APP_ID).await["authorized"], true);
    assert_eq!(
        status(&scene.place.lark.app_id).await["authorized"],
        false,
        "that is another application"
    );
    scene.stop().await;
}

#[tokio::test]
async fn an_address_of_its_own_wins() {
    let lark = FakeLark::start().await;
    lark.register_redirect_uri_of(OTHER_APP_ID, "https://hr.example.com/callback/hr/");
    let settings = "[apps.hr]\noauth_redirect_uri = \"https://hr.example.com/callback/hr/\"\n";
    let place = two_applications(&lark);
    let file = std::fs::read_to_string(place.path("lark-callback.toml")).unwrap();
    let file = file.replacen("[apps.hr]\n", settings, 1);
    let scene = place.settings_file(&file).serve().await;
    let reply = task(&scene, OTHER_APP_ID, "request", json!({"open_id": OPERATOR})).await;
    assert!(reply.unwrap()["message_id"].is_string());
    scene.stop().await;
}

#[tokio::test]
async fn offline_access_is_not_asked_for_where_it_is_switched_off() {
    let lark = FakeLark::start().await;
    lark.close_scope("offline_access");
    let place = place(&lark).set("OAUTH_OFFLINE_ACCESS", "off");
    let story = Story::at(place, lark).await;
    let (card, link) = story.linked().await;
    assert!(!link.contains("offline_access"), "{link}");
    story.consents(&link).await;
    story.until_titled(&card, AUTHORIZED).await;
    let status = story.task("status", json!({"open_id": OPERATOR})).await;
    assert_eq!(
        (&status["authorized"], &status["refresh_expires_at_ms"]),
        (&json!(true), &Value::Null)
    );

    // Without it what is allowed ends, and that is told.
    story.pass(std::time::Duration::from_secs(7_200));
    let status = story.task("status", json!({"open_id": OPERATOR})).await;
    assert_eq!(status["authorized"], false);
    assert_eq!(status["expired_at_ms"], status["access_expires_at_ms"]);

    // A request may still ask for it.
    story.lark.open_scope("offline_access");
    let asked = json!({"open_id": OPERATOR, "scope": ["offline_access", "im:message", "im:message"]});
    let card = card_of(&story, asked).await;
    let link = story.link(&card).await;
    assert_eq!(link.matches("offline_access").count(), 1, "{link}");
    assert_eq!(
        link.matches("im%3Amessage").count(),
        1,
        "a scope that is named twice is asked for once: {link}"
    );
    story.consents(&link).await;
    story.end().await;
}

async fn card_of(story: &Story, request: Value) -> Card {
    card(&story.task("request", request).await)
}

#[tokio::test]
async fn a_card_that_could_never_work_is_not_sent() {
    let many: Vec<String> = (0..50).map(|number| format!("im:message.{number}")).collect();
    let long: Vec<String> = (0..20)
        .map(|number| format!("im:{}{number}", "x".repeat(110)))
        .collect();
    let nothing = json!([]);
    for (unset, scope, said) in [
        (
            Some("LARK_CONFIG_ENCRYPTION_KEY"),
            &nothing,
            "LARK_CONFIG_ENCRYPTION_KEY is not set",
        ),
        (Some("OAUTH_REDIRECT_URI"), &nothing, "OAUTH_REDIRECT_URI is not set"),
        (None, &json!(many), "51 scopes"),
        (None, &json!(long), "at most 50 scopes and 2048 bytes"),
    ] {
        let lark = FakeLark::start().await;
        let place = place(&lark);
        let place = match unset {
            Some(name) => place.unset(name),
            None => place,
        };
        let scene = place.serve().await;
        let app_id = scene.place.lark.app_id.clone();
        let request = json!({"open_id": OPERATOR, "scope": scope});
        let error = task(&scene, &app_id, "request", request).await.unwrap_err();
        assert!(error.contains(said), "{error}");
        assert!(lark.requests_to(SEND).is_empty());
        scene.stop().await;
    }
}

#[tokio::test]
async fn an_application_is_named_on_its_page() {
    let lark = FakeLark::start().await;
    let story = Story::at(place(&lark).set("LARK_APP_NAME", "假期助手 <b>"), lark).await;
    let (_, link) = story.linked().await;
    let page = story.open(&story.decide(&link, Decision::Refuse)).await;
    assert_eq!(shown(&page).0, 200);
    assert!(
        page.body.contains("「假期助手 &lt;b&gt;」未获得任何权限。"),
        "{}",
        page.body
    );
    let chat = "https://applink.feishu.cn/client/bot/open?appId=cli_of_the_tests";
    assert!(page.body.contains(chat), "{}", page.body);
    story.end().await;
}

#[tokio::test]
async fn the_state_of_an_open_link_lies_nowhere_in_clear() {
    let lark = FakeLark::start().await;
    let place = place(&lark).set("CALLBACK_ADMIN", "on").set("CALLBACK_ADMIN_PORT", "0");
    let story = Story::at(place, lark).await;
    let card = story.asked().await;
    let body = {
        let lark = &story.client.lark;
        let mut body = lark.click_body(
            "event-of-the-link",
            json!({"card_auth": card.session_id, "action": "authorize"}),
        );
        body["event"]["context"]["open_message_id"] = card.message_id.as_str().into();
        lark.seal(&body)
    };
    let first = story.client.send(&body).await;
    let link = find(&first.json()["card"]["data"], "default_url").unwrap();
    let (_, state) = link.split_once("state=").unwrap();
    let state = state.split('&').next().unwrap();

    let path = "/api/v1/events/event-of-the-link";
    let told = story.scene.operator().send(&Request::get(path)).await;
    assert!(
        told.status == 200 && told.body.contains("/authen/v1/authorize"),
        "{told:?}"
    );
    assert!(!told.body.contains(state), "the operator is not told: {}", told.body);
    let files = std::fs::read_dir(story.scene.place.path("data")).unwrap();
    for file in files.map(|file| file.unwrap().path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!super::has(&bytes, state), "{} holds it", file.display());
    }

    // A repeat gets the first reply all the same, now and after a restart, and the link still works.
    assert_eq!(story.client.send(&body).await.body, first.body);
    let Story { people, scene } = story;
    let scene = scene.restart().await;
    let story = Story {
        people: people.at(scene.client()),
        scene,
    };
    assert_eq!(story.client.send(&body).await.body, first.body);
    story.consents(&link).await;
    assert_eq!(story.lark.requests_to(TOKEN).len(), 1);
    story.end().await;
}
