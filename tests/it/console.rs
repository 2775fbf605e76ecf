//! The operator's console: over HTTP, and in a browser.

mod access;
mod browser;
mod chinese;
mod embedded;
mod events;
mod hostile;
mod injections;
mod jobs;
mod live;
mod login;
mod ordered;
mod pages;
mod plugins;
mod records;
mod replaced;
mod sentences;
mod told;

use crate::{
    admin,
    operate::place,
    support::{Answer, Client, Place, Program, Request},
};

const TOKEN: &str = "planted-console-token";

/// A server whose operator's listener needs a token.
fn guarded() -> Place {
    place().set("CALLBACK_ADMIN_TOKEN", TOKEN)
}

/// A running server and a client of its operator's listener.
async fn running(place: &Place) -> (Program, Client) {
    let mut program = place.run(&[]);
    program.serving().await;
    let client = admin::admin(&mut program, place).await;
    (program, client)
}

/// A form as a page of the console sends it.
fn form(path: &str, fields: &[(&str, &str)]) -> Request {
    let body: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    Request::post(path, body.join("&"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "http://localhost")
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The CSRF token of a page.
#[track_caller]
fn csrf(page: &Answer) -> String {
    let (_, rest) = page
        .body
        .split_once(r#"name="csrf" value=""#)
        .unwrap_or_else(|| panic!("{page:?}"));
    rest.split_once('"').unwrap().0.to_owned()
}

async fn try_login(console: &Client, token: &str) -> Answer {
    let page = console.send(&Request::get("/console/login")).await;
    let fields = [
        ("csrf", csrf(&page)),
        ("token", token.to_owned()),
        ("next", "/console/".to_owned()),
    ];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    console.send(&form("/console/login", &fields)).await
}

/// The cookie of a session, as a browser sends it back.
async fn login(console: &Client, token: &str) -> String {
    let answer = try_login(console, token).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/console/")),
        "{answer:?}"
    );
    let cookie = answer.header("set-cookie").unwrap();
    cookie.split(';').next().unwrap().to_owned()
}
