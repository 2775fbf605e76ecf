//! The built-in plugin `forward`: events and clicks go to an HTTP address that the operator names, signed, and nothing is lost.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{Place, Scene, Service, event_id};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The operator's side, with the address as the path of a service.
fn toml(service: &Service, path: &str, more: &str) -> String {
    let url = service.url();
    format!(
        "enabled = true\n[grant]\nhttp_private = ['POST {url}/**']\n[http.'{url}']\nsign = '{SECRET}'\n\
         [config]\nurl = '{url}{path}'\n{more}"
    )
}

async fn scene(service: &Service, path: &str, more: &str) -> Scene {
    let place = Place::new().file("forward.toml", toml(service, path, more).as_bytes());
    place.set("CALLBACK_RETRY_SECONDS", "1,1,1,1").serve().await
}

/// Sends a message and tells its id.
async fn message(scene: &Scene, text: &str) -> String {
    let id = event_id();
    let answer = scene.send(&scene.lark.message_of(&id, &event_id(), text)).await;
    assert_eq!(answer.status, 200);
    id
}

/// One header of a request.
fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let lines = request.lines().take_while(|line| !line.is_empty());
    let mut values = lines.filter_map(|line| line.split_once(": ").filter(|(key, _)| *key == name));
    values.next().unwrap_or_else(|| panic!("{name} in {request}")).1
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

/// Checks a signature as a receiver does.
fn is_signed(request: &str) -> bool {
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let (id, timestamp) = (header(request, "webhook-id"), header(request, "webhook-timestamp"));
    mac.update(format!("{id}.{timestamp}.{}", body(request)).as_bytes());
    let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    header(request, "webhook-signature") == wanted
}

#[tokio::test]
async fn it_is_off_until_its_file_switches_it_on() {
    let service = Service::start().await;
    let scene = Place::new().serve().await;
    message(&scene, "nobody hears it").await;
    assert!(scene.log.lines_with("forward").is_empty(), "{}", scene.log.text());
    let without = toml(&service, "/lark", "").replace("enabled = true\n", "");
    scene.place.put("forward.toml", without.as_bytes());
    scene.log.until("\"plugin.name\":\"forward\"").await;
    assert!(scene.log.lines_with("Plugin forward 0.1.0 is loaded").is_empty());
    scene.place.put("forward.toml", toml(&service, "/lark", "").as_bytes());
    scene.log.until("Plugin forward 0.1.0 is loaded").await;
    let id = message(&scene, "hello").await;
    scene.log.until("Delivered").await;
    assert!(service.requests()[0].contains(&id));
}

#[tokio::test]
async fn an_event_is_sent_in_clear_and_signed() {
    let service = Service::start().await;
    let scene = scene(&service, "/lark/events", "").await;
    let id = message(&scene, "the text").await;
    scene.log.until("Delivered").await;
    let [request] = service.requests().try_into().unwrap();
    assert!(request.starts_with("POST /lark/events HTTP/1.1\r\n"), "{request}");
    assert!(is_signed(&request), "{request}");
    assert_eq!(header(&request, "webhook-id"), id);
    let event: Value = serde_json::from_str(body(&request)).unwrap();
    assert_eq!(event["schema"], "2.0");
    assert_eq!(event["header"]["event_id"], id);
    assert_eq!(event["header"]["event_type"], "im.message.receive_v1");
    assert_eq!(event["header"]["app_id"], scene.lark.app_id);
    assert!(event["header"]["token"].is_null() && !request.contains(&scene.lark.token));
    assert!(
        event["event"]["message"]["content"]
            .as_str()
            .unwrap()
            .contains("the text")
    );
    assert!(!scene.log.text().contains(SECRET));
}

#[tokio::test]
async fn what_the_receiver_does_not_accept_comes_again_with_the_same_id() {
    let service = Service::start().await;
    let scene = scene(&service, "/status/503", "").await;
    let id = message(&scene, "hello").await;
    let line = scene.log.until("Delivery failed; it will be retried").await;
    assert!(line.contains("the receiver answered with status 503"), "{line}");
    scene.place.put("forward.toml", toml(&service, "/lark", "").as_bytes());
    scene.log.until("Delivered").await;
    let requests = service.requests();
    assert!(requests.len() >= 2 && requests.iter().all(|request| is_signed(request)));
    assert!(requests.iter().all(|request| header(request, "webhook-id") == id));
    assert_eq!(
        header(requests.last().unwrap(), "x-lark-callback-attempt"),
        requests.len().to_string()
    );
}

#[tokio::test]
async fn what_is_never_accepted_becomes_a_dead_letter() {
    let service = Service::start().await;
    let place = Place::new().file("forward.toml", toml(&service, "/status/500", "").as_bytes());
    let scene = place.set("CALLBACK_RETRY_SECONDS", "0,0").serve().await;
    message(&scene, "hello").await;
    scene.log.until("Delivery failed for good").await;
    assert_eq!(service.requests().len(), 3);
    // "Gone" is not asked again.
    scene
        .place
        .put("forward.toml", toml(&service, "/status/410", "").as_bytes());
    scene.log.until("\"generation\":2").await;
    message(&scene, "hello again").await;
    crate::support::until("the second dead letter", async || {
        (scene.log.lines_with("Delivery failed for good").len() == 2).then_some(())
    })
    .await;
    assert_eq!(service.requests().len(), 4);
}

#[tokio::test]
async fn the_reply_to_a_click_is_what_the_receiver_says() {
    let service = Service::start().await;
    let scene = scene(&service, "/toast", "").await;
    assert_eq!(
        scene.click(json!({"approve": true})).await.toast(),
        "said by the service"
    );
    let [request] = service.requests().try_into().unwrap();
    assert!(is_signed(&request));
    let event: Value = serde_json::from_str(body(&request)).unwrap();
    assert_eq!(event["header"]["event_type"], "card.action.trigger");
    assert_eq!(event["event"]["action"]["value"], json!({"approve": true}));
    // What is no reply is not sent to Lark, and a receiver that hangs does not keep the person waiting.
    for path in ["/v1", "/status/500", "/never"] {
        scene.place.put("forward.toml", toml(&service, path, "").as_bytes());
        let wanted = format!("POST {path} ");
        crate::support::until("the next address", async || {
            let answer = scene.click(json!({"approve": true})).await;
            assert_eq!(answer.status, 200);
            let is_asked = service.requests().last().unwrap().starts_with(&wanted);
            (is_asked && answer.is_error_toast()).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn without_a_secret_nothing_is_sent_and_the_line_to_add_is_told() {
    let service = Service::start().await;
    let text = toml(&service, "/lark", "").replace(&format!("sign = '{SECRET}'\n"), "");
    let place = Place::new().file("forward.toml", text.as_bytes());
    let scene = place.set("CALLBACK_RETRY_SECONDS", "1,1").serve().await;
    message(&scene, "hello").await;
    let line = scene.log.until("Delivery failed; it will be retried").await;
    assert!(line.contains("add `sign = { file = "), "{line}");
    assert_eq!(service.connections(), 0);
    // A secret that is none is told when the file is read.
    let wrong = toml(&service, "/lark", "").replace(SECRET, "whsec_secret");
    scene.place.put("forward.toml", wrong.as_bytes());
    let line = scene.log.until("must be a secret of Standard Webhooks").await;
    assert!(!line.contains("whsec_secret"), "{line}");
}

#[tokio::test]
async fn only_the_types_that_are_listed_are_sent() {
    let service = Service::start().await;
    let scene = scene(&service, "/toast", "events = ['card.action.trigger']\n").await;
    message(&scene, "hello").await;
    scene.log.until("Delivered").await;
    assert!(service.requests().is_empty());
    assert_eq!(scene.click(json!({"a": 1})).await.toast(), "said by the service");
}
