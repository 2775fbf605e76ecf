//! Injections of scripts: whatever comes from outside is put through every page, in a real browser. Nothing of it runs.

use super::{
    encoded,
    hostile::{PAYLOADS, check, check_unseen, hostile_place, hurt},
    pages::PAGES,
};
use crate::support::{Browser, Client, Request};

/// Addresses that take a text, which `{}` stands for.
const TAKING: [&str; 12] = [
    "/console/events?q={}",
    "/console/events?text={}",
    "/console/events?user={}&chat={}&message={}&type={}",
    "/console/events?from={}&to={}&age={}",
    "/console/events/{}",
    "/console/dead?error={}",
    "/console/deliveries?plugin={}",
    "/console/audit?name={}&command={}",
    "/console/authorizations?user={}&app={}&revoked={}",
    "/console/explain?code={}",
    "/console/plugins/{}",
    "/console/plugins/hostile/kv?prefix={}",
];

/// Pages of the things that were sent, beside those that there always are.
async fn pages_of_what_was_sent(console: &Client) -> Vec<String> {
    let json = async |path: &str| console.send(&Request::get(path)).await.json();
    let mut pages: Vec<_> = ["", "/log", "/kv", "/order/pause"]
        .iter()
        .map(|part| format!("/console/plugins/hostile{part}"))
        .collect();
    pages.push("/console/plugins/broken".to_owned());
    // The clicks with cards, of which there are few, and some of each of the others.
    for (kind, count) in [("card.action.trigger", 6), ("im.message.receive_v1", 4)] {
        let found = json(&format!("/api/v1/events?event_type={kind}&limit={count}")).await;
        let events = found["events"].as_array().unwrap().iter();
        pages.extend(events.map(|event| format!("/console/events/{}", event["id"])));
    }
    let found = json("/api/v1/events?limit=500").await;
    let mut odd = found["events"].as_array().unwrap().iter();
    let odd = odd.find(|event| event["event_type"].as_str().unwrap().contains("onerror"));
    pages.push(format!("/console/events/{}", odd.expect("a type that is markup")["id"]));
    for before in found["events"].as_array().unwrap().iter().step_by(50) {
        pages.push(format!("/console/events?before={}", before["id"]));
    }
    let letters = json("/api/v1/dead?plugin=hostile&limit=1").await;
    pages.push(format!(
        "/console/dead?plugin=hostile&before={}",
        letters["dead"][0]["id"]
    ));
    let jobs = json("/api/v1/jobs").await;
    pages.push(format!("/console/jobs/{}", jobs["jobs"][0]["job"].as_str().unwrap()));
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_comes_from_outside_runs_on_any_page() {
    let Some(browser) = Browser::open("en").await else {
        return;
    };
    let place = hostile_place();
    let (_program, console) = hurt(&place).await;
    let own = format!("http://{}", console.address);
    let of_sent = pages_of_what_was_sent(&console).await;
    for path in PAGES.iter().map(|path| (*path).to_owned()).chain(of_sent) {
        browser.go(&format!("{own}{path}")).await;
        browser.text("main h1").await;
        check(&browser, &path).await;
    }
    // All texts in all places that take one, as the browser reads the answer; and one of each in the browser's address.
    let address = |taking: &str, text: &str| taking.replace("{}", &encoded(text));
    for taking in TAKING {
        let all: Vec<_> = PAYLOADS.iter().map(|text| address(taking, text)).collect();
        check_unseen(&browser, &all).await;
    }
    browser.complaints().await;
    for (text, taking) in PAYLOADS.iter().zip(TAKING.iter().cycle()) {
        let path = address(taking, text);
        browser.go(&format!("{own}{path}")).await;
        check(&browser, &path).await;
    }
}
