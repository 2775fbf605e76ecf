//! Times for people are in the zone of the process, those for programs in UTC.

use rustix::process::Signal;

use crate::{
    operate::{place, run},
    support::{Client, Place, Program},
};

/// The client of a server whose log is text.
async fn serving(place: &Place, program: &mut Program) -> Client {
    let line = program.until_logged("Serving address=").await;
    let address = line.split_once("address=").unwrap().1;
    Client {
        address: address.split(' ').next().unwrap().parse().unwrap(),
        lark: place.lark.clone(),
    }
}

#[tokio::test]
async fn lines_of_text_and_tables_are_in_the_zone_of_the_process() {
    let place = place()
        .plugin("echo")
        .set("TZ", "Asia/Shanghai")
        .set("LOG_FORMAT", "text");
    let mut program = place.run(&[]);
    let client = serving(&place, &mut program).await;
    assert_eq!(client.send(&place.lark.message("hello")).await.status, 200);
    let line = program.until_logged("Event answered").await;
    let time = line.split(' ').next().unwrap();
    assert!(time.ends_with("+08:00"), "{line}");

    let table = run(&place, &["events", "list"]).await.stdout;
    assert!(table.contains("RECEIVED (Asia/Shanghai)"), "{table}");
    let received = table.lines().nth(1).unwrap();
    // The same minute, or the one before it.
    let minute: jiff::civil::DateTime = time[..19].parse().unwrap();
    let minutes =
        [minute, minute - jiff::Span::new().minutes(1)].map(|time| time.strftime("%Y-%m-%d %H:%M").to_string());
    assert!(
        minutes.iter().any(|minute| received.contains(minute)),
        "{minutes:?}: {table}"
    );
}

#[tokio::test]
async fn lines_of_json_are_in_utc_whatever_the_zone() {
    let place = place().set("TZ", "Asia/Shanghai");
    let mut program = place.run(&[]);
    program.serving().await;
    let line = program.until_logged("Serving").await;
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
}

#[tokio::test]
async fn a_zone_that_does_not_exist_is_told_and_utc_is_used() {
    let place = place().set("TZ", "Asia/Shangai").set("LOG_FORMAT", "text");
    let mut program = place.run(&[]);
    let line = program.until_logged("TZ is not a known time zone").await;
    assert!(
        line.contains("Asia/Shangai") && line.split(' ').next().unwrap().ends_with("+00:00"),
        "{line}"
    );
    serving(&place, &mut program).await;
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
}
