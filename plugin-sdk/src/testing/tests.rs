//! The fake host keeps the promises of the real one; failures keep theirs.

mod lark;
mod refused;

use std::time::Duration;

use serde_json::json;

use super::FakeHost;
use crate::{Event, Failure, Host, KvError, NewTask, Outcome, Plugin, Task};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_conditional_write_needs_the_version_that_is_there() {
    let host = FakeHost::new();
    let kv = host.kv();
    let first = kv
        .compare_and_set("key", None, b"1", None)
        .expect("kv")
        .expect("the key is free");
    assert_eq!(kv.compare_and_set("key", None, b"2", None).expect("kv"), None);
    let second = kv
        .compare_and_set("key", Some(first), b"2", None)
        .expect("kv")
        .expect("nobody was faster");
    assert_ne!(first, second);
    assert_eq!(kv.compare_and_set("key", Some(first), b"3", None).expect("kv"), None);
    assert_eq!(kv.get("key").expect("kv").expect("an entry").value, b"2");
}

#[test]
fn a_value_is_gone_when_its_time_is_over() {
    let host = FakeHost::new();
    host.kv().set("key", b"1", Some(MINUTE)).expect("kv");
    host.advance(MINUTE - Duration::from_millis(1));
    assert!(host.kv().get("key").expect("kv").is_some());
    host.advance(Duration::from_millis(1));
    assert_eq!(host.kv().get("key").expect("kv"), None);
    assert!(!host.kv().delete("key").expect("kv"));
    assert!(
        host.kv()
            .compare_and_set("key", None, b"2", None)
            .expect("kv")
            .is_some()
    );
}

#[test]
fn a_list_goes_on_behind_the_page_of_the_host() {
    let host = FakeHost::new();
    for number in 0..2001 {
        host.kv().set(&format!("a/{number:04}"), b"", None).expect("kv");
    }
    host.kv().set("b", b"", None).expect("kv");
    let keys = host.kv().list("a/").expect("kv");
    assert_eq!(
        (keys.len(), keys[0].as_str(), keys[2000].as_str()),
        (2001, "a/0000", "a/2000")
    );
}

#[test]
fn an_update_starts_again_when_somebody_was_faster() {
    let host = FakeHost::new();
    host.kv().set_json("count", &1, None).expect("kv");
    host.write_in_between("count", *b"41");
    let count = host
        .kv()
        .update_json("count", None, |count: Option<u32>| count.map(|count| count + 1));
    assert_eq!(count.expect("kv"), Some(42));
}

#[test]
fn an_update_does_not_give_up_while_others_get_on() {
    let host = FakeHost::new();
    let mut others = 0;
    let count = host.kv().update_json("count", None, |count: Option<u32>| {
        let count = count.unwrap_or_default() + 1;
        if others < 100 {
            others += 1;
            host.kv().set_json("count", &count, None).expect("kv");
        }
        Some(count)
    });
    assert_eq!(count.expect("kv"), Some(101));
}

#[test]
fn an_update_that_wants_nothing_writes_nothing() {
    let host = FakeHost::new();
    let version = host.kv().set_json("count", &1, None).expect("kv");
    assert_eq!(
        host.kv().update_json("count", None, |_: Option<u32>| None).expect("kv"),
        None
    );
    assert_eq!(host.kv().get("count").expect("kv").expect("an entry").version, version);
}

#[test]
fn random_bytes_do_not_repeat_and_are_the_same_in_every_run() {
    let (one, other) = (FakeHost::new(), FakeHost::new());
    let (one, other): (&dyn Host, &dyn Host) = (&one, &other);
    let first: [u8; 20] = one.random().expect("random");
    assert_eq!(first, other.random::<20>().expect("random"));
    assert_ne!(first, one.random::<20>().expect("random"));
}

#[test]
fn a_database_that_is_away_is_a_failure_to_be_tried_again() {
    let host = FakeHost::new();
    host.set_kv_down(true);
    let error = host.kv().get("key").expect_err("an error");
    assert!(matches!(error, KvError::Unavailable(_)));
    assert!(matches!(Failure::from(error), Failure::Retry { after: None, .. }));
}

#[test]
fn an_error_becomes_a_failure_with_all_its_causes() {
    let host = FakeHost::new();
    host.kv().set("key", b"{", None).expect("kv");
    let error = host.kv().get_json::<u32>("key").expect_err("an error");
    let failure = Failure::from(error);
    assert!(
        failure
            .message()
            .starts_with("the value under \"key\" is not JSON of this shape: "),
        "{failure}"
    );
}

#[test]
fn a_plugin_without_tasks_refuses_them_for_good() {
    struct NoTasks;
    impl Plugin for NoTasks {
        const EVENTS: &'static [&'static str] = &["*"];
        fn handle(&self, _: &dyn Host, _: &Event) -> Result<Outcome, Failure> {
            Ok(Outcome::done().with_task(NewTask::new("later", &json!({"a": 1}))?.by("other").after(MINUTE)))
        }
    }
    let host = FakeHost::new();
    let outcome = NoTasks
        .handle(&host, &Event::text_message("ou_anna", "hi"))
        .expect("an outcome");
    let task = &outcome.tasks[0];
    assert_eq!(
        (task.name.as_str(), task.payload.as_str(), task.delay),
        ("later", r#"{"a":1}"#, MINUTE)
    );
    assert_eq!(task.plugin.as_deref(), Some("other"));

    let failure = NoTasks
        .run(&host, &Task::new("later", &json!({})).expect("a task"))
        .expect_err("a failure");
    assert_eq!(
        failure,
        Failure::permanent("the plugin does not know the task `later`; it does no tasks")
    );
}
