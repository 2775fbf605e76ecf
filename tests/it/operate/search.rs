//! Search, tail and export of events: what is in the payloads, through the real binary.

use std::{fs, io};

use rustix::{io::ioctl_fionread, process::Signal};
use serde_json::{Value, json};

use crate::{
    operate::{ask, place, run},
    support::{Client, OPERATOR, Place, Program, event_id},
};

async fn ids(place: &Place, arguments: &[&str]) -> Vec<String> {
    let listed = ask(place, &[&["events", "list"], arguments].concat()).await;
    let events = listed["events"].as_array().unwrap().clone();
    events
        .iter()
        .map(|event| event["event_id"].as_str().unwrap().to_owned())
        .collect()
}

async fn write(client: &Client, place: &Place, chat: &str, text: &str) -> (String, String) {
    let (event, message) = (event_id(), format!("om_{}", event_id()));
    let request = place.lark.message_in(chat, &event, &message, text);
    assert_eq!(client.send(&request).await.status, 200);
    (event, message)
}

#[tokio::test]
async fn events_are_found_by_person_chat_message_and_text() {
    let place = place().plugin("echo");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let (first, message) = write(&client, &place, "oc_of_one", "请审批 Invoice 4711 \"urgent\"").await;
    let (second, _) = write(&client, &place, "oc_of_another", "lunch?").await;
    let click = event_id();
    client.send(&place.lark.click_of(&click, json!({"echo": "x"}))).await;

    assert_eq!(
        ids(&place, &["--chat", "oc_of_one"]).await,
        std::slice::from_ref(&first)
    );
    assert_eq!(
        ids(&place, &["--message", &message]).await,
        std::slice::from_ref(&first)
    );
    assert_eq!(
        ids(&place, &["--user", OPERATOR]).await,
        [click.clone(), second.clone(), first.clone()]
    );
    for text in ["invoice 4711", "审批", "\"urgent\""] {
        assert_eq!(
            ids(&place, &["--text", text]).await,
            std::slice::from_ref(&first),
            "{text}"
        );
    }
    assert_eq!(ids(&place, &["--text", "lunch", "--chat", "oc_of_one"]).await, [""; 0]);
    assert_eq!(
        ids(
            &place,
            &["--user", OPERATOR, "--type", "im.message.receive_v1", "--since", "1h"]
        )
        .await,
        [second.clone(), first.clone()]
    );
    assert_eq!(ids(&place, &["--user", OPERATOR, "--until", "1h"]).await, [""; 0]);
    let page = ask(&place, &["events", "list", "--user", OPERATOR, "--limit", "1"]).await;
    let before = page["next_before"].to_string();
    assert_eq!(
        ids(&place, &["--user", OPERATOR, "--limit", "1", "--before", &before]).await,
        [second]
    );
    let refused = run(&place, &["events", "list", "--text", " "]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[tokio::test]
async fn an_event_that_no_plugin_takes_is_listed_with_that_outcome() {
    let place = place().plugin("echo");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let event = event_id();
    let strange = place.lark.seal(&place.lark.v2(&event, "im.chat.updated_v1", json!({})));
    assert_eq!(client.send(&strange).await.status, 200);
    assert_eq!(
        ids(&place, &["--outcome", "no_handler"]).await,
        std::slice::from_ref(&event)
    );
    let shown = ask(&place, &["events", "show", &event]).await;
    assert_eq!(shown["outcome"], "no_handler", "{shown}");
    let text = run(&place, &["events", "show", &event]).await.stdout;
    let created = text.lines().find(|line| line.contains("create_time_ms")).unwrap();
    assert!(
        created.contains("20") && created.contains(':'),
        "a person reads a date: {created}"
    );
}

#[tokio::test]
async fn a_tail_shows_what_comes_and_only_what_is_asked_for() {
    let place = place().plugin("echo");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    write(&client, &place, "oc_of_one", "before").await;
    let mut tail = place.run(&["events", "tail", "--chat", "oc_of_one", "--json"]);
    let mut shown = Vec::new();
    // The tail begins with what comes after it has asked for the first time; until then its events are not shown.
    crate::support::until("an event in the tail", async || {
        shown.push(write(&client, &place, "oc_of_one", "after").await.0);
        write(&client, &place, "oc_of_another", "elsewhere").await;
        tail.stdout().contains("event_id").then_some(())
    })
    .await;
    let (last, _) = write(&client, &place, "oc_of_one", "last").await;
    let line: Value = serde_json::from_str(&tail.until_said(&last).await).unwrap();
    assert_eq!(line["event_type"], "im.message.receive_v1", "{line}");
    assert!(
        tail.stdout()
            .lines()
            .all(|line| line.contains(&last) || shown.iter().any(|id| line.contains(id))),
        "{}",
        tail.stdout()
    );
    let mut once: Vec<_> = tail.stdout().lines().map(str::to_owned).collect();
    let lines = once.len();
    once.dedup();
    assert_eq!(once.len(), lines, "each event is shown once");
    tail.signal(Signal::INT);
    assert_eq!(tail.finished().await.code, Some(0));
}

#[tokio::test]
async fn a_tail_whose_reader_has_stalled_still_ends_when_told_to() {
    let place = place().plugin("echo");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    // A pager that waits at its first page, for example.
    let (reader, writer) = io::pipe().unwrap();
    let tail = Program::writing_to(&place, &["events", "tail", "--json"], writer.into());
    // A pipe holds 64 KiB.
    crate::support::until("a full pipe", async || {
        for _ in 0..20 {
            write(&client, &place, "oc_of_one", "much").await;
        }
        (ioctl_fionread(&reader).unwrap() > 60_000).then_some(())
    })
    .await;
    tail.signal(Signal::INT);
    assert_eq!(tail.finished().await.code, Some(0));
}

#[tokio::test]
async fn an_exported_event_can_be_sent_again() {
    let place = place().plugin("echo");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let (event, _) = write(&client, &place, "oc_of_one", "hello").await;
    let exported = run(&place, &["events", "export"]).await;
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let line: Value = serde_json::from_str(exported.stdout.trim()).unwrap();
    assert_eq!(
        (&line["event_id"], &line["payload"]["message"]["chat_id"]),
        (&json!(event), &json!("oc_of_one"))
    );

    let out = place.path("fixtures");
    let files = ["events", "export", "--form", "files", "--out", out.to_str().unwrap()];
    assert_eq!(run(&place, &files).await.code, Some(0));
    let file = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let body: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(body["header"]["event_id"], event.as_str(), "{body}");
    assert_eq!(body["header"]["token"], "", "no secret is exported");
    let port = client.address.port().to_string();
    let sent = run(
        &place,
        &[
            "send",
            "message",
            "--file",
            file.to_str().unwrap(),
            "--port",
            &port,
            "--host",
            "127.0.0.1",
        ],
    )
    .await;
    assert!(sent.stdout.contains("<- 200"), "{sent:?}");
    assert_eq!(
        ask(&place, &["events", "show", &event]).await["duplicates"],
        1,
        "it is the same event"
    );
    let again = run(&place, &files).await;
    assert!(again.stderr.contains("exists already"), "{again:?}");

    let unknown = run(&place, &["send", "message"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.stderr.contains("CALLBACK_SERVER_PORT is 0"), "{unknown:?}");
}

#[tokio::test]
async fn what_a_person_wrote_commands_no_terminal() {
    let place = place().plugin("echo");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let text = "\u{9b}2J\u{7f}\u{202e}授权";
    let (event, _) = write(&client, &place, "oc_of_one", text).await;
    let out = place.path("fixtures");
    let files = ["events", "export", "--form", "files", "--out", out.to_str().unwrap()];
    assert_eq!(run(&place, &files).await.code, Some(0));
    let file = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let mut told = vec![fs::read_to_string(&file).unwrap()];
    for arguments in [&["events", "show", &event, "--json"][..], &["events", "export"]] {
        told.push(run(&place, arguments).await.stdout);
    }
    for told in told {
        assert!(!told.contains(['\u{9b}', '\u{7f}', '\u{202e}']), "{told:?}");
        let value: Value = serde_json::from_str(&told).unwrap();
        assert!(value.to_string().contains(text), "it is the same text: {value}");
    }
}
