//! Who has the next turn.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Notify, oneshot},
    task::yield_now,
};

use super::{
    CpuUsage, Turns,
    cpu_usage::{WARY_CALLS, WARY_CALLS_MAX},
};

/// Notes its name at each of so many turns.
async fn turns_of(name: &'static str, turns: usize, seen: Arc<Mutex<Vec<&'static str>>>) {
    for _ in 0..turns {
        seen.lock().expect("nobody panics").push(name);
        yield_now().await;
    }
}

#[tokio::test]
async fn plugins_take_turns_however_many_calls_one_of_them_has() {
    let turns = Turns::with(1).expect("a thread");
    let (greedy, modest) = (Arc::new(CpuUsage::new()), Arc::new(CpuUsage::new()));
    // The thread is held until all stand in the line.
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let held = turns.take(&Arc::new(CpuUsage::new()), Box::pin(async move { gate.recv().is_ok() }));
    let seen = Arc::<Mutex<Vec<_>>>::default();
    let calls: Vec<_> = ["a", "b", "c"]
        .map(|name| turns.take(&greedy, Box::pin(turns_of(name, 2, Arc::clone(&seen)))))
        .into();
    let other = turns.take(&modest, Box::pin(turns_of("other", 2, Arc::clone(&seen))));
    open.send(()).expect("it waits");
    assert_eq!(held.await, Some(true));
    for call in calls {
        call.await.expect("it ends");
    }
    other.await.expect("it ends");
    let seen = seen.lock().expect("nobody panics").clone();
    assert_eq!(seen, ["a", "other", "b", "other", "c", "a", "b", "c"]);
}

#[tokio::test]
async fn a_call_that_waits_for_something_else_holds_nobody_up() {
    let turns = Turns::with(1).expect("a thread");
    let usage = Arc::new(CpuUsage::new());
    let bell = Arc::new(Notify::new());
    let waits = turns.take(
        &usage,
        Box::pin({
            let bell = Arc::clone(&bell);
            async move {
                bell.notified().await;
                5
            }
        }),
    );
    assert_eq!(turns.take(&usage, Box::pin(async { 7 })).await, Some(7));
    bell.notify_one();
    assert_eq!(waits.await, Some(5));
}

#[tokio::test]
async fn timers_of_the_caller_s_runtime_go_on() {
    let turns = Turns::with(1).expect("a thread");
    let work = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        3
    };
    assert_eq!(turns.take(&Arc::new(CpuUsage::new()), Box::pin(work)).await, Some(3));
}

#[tokio::test]
async fn a_call_that_is_given_up_is_dropped() {
    let turns = Turns::with(1).expect("a thread");
    let (kept, dropped) = oneshot::channel::<()>();
    let turn = turns.take(
        &Arc::new(CpuUsage::new()),
        Box::pin(async move {
            let _kept = kept;
            pending::<()>().await;
        }),
    );
    yield_now().await;
    drop(turn);
    dropped.await.expect_err("nobody has it any more");
}

#[tokio::test]
async fn a_thread_goes_on_after_a_call_that_breaks() {
    let turns = Turns::with(1).expect("a thread");
    let broken = turns.take::<()>(&Arc::new(CpuUsage::new()), Box::pin(async { panic!("in the host") }));
    assert_eq!(broken.await, None);
    assert_eq!(
        turns.take(&Arc::new(CpuUsage::new()), Box::pin(async { 7 })).await,
        Some(7)
    );
}

#[test]
fn a_plugin_is_light_again_after_some_light_calls() {
    let usage = CpuUsage::new();
    assert!(!usage.is_heavy());
    for _ in 0..3 {
        usage.note(true, true);
    }
    for _ in 0..3 * WARY_CALLS {
        assert!(usage.is_heavy());
        usage.note(false, false);
    }
    assert!(!usage.is_heavy());
    for _ in 0..1_000 {
        usage.note(true, true);
    }
    for _ in 0..WARY_CALLS_MAX {
        usage.note(false, false);
    }
    assert!(!usage.is_heavy());
}

#[tokio::test]
async fn a_plugin_takes_turns_when_its_short_calls_use_more_than_its_share_altogether() {
    let turns = Turns::with(1).expect("a thread");
    let usage = CpuUsage::new();
    let call = Duration::from_micros(1_500);
    let mut calls = 0;
    while !turns.are_for(&usage) {
        usage.note(false, true);
        turns.count(&usage, call);
        calls += 1;
        assert!(calls < 10_000, "it takes turns some time");
    }
    assert!(call * calls >= Duration::from_millis(50), "a few may come at once");
    for _ in 0..WARY_CALLS_MAX {
        usage.note(false, false);
    }
    assert!(!turns.are_for(&usage), "its calls are quick now");
}

async fn thread_of_a_call(turns: &Turns, usage: &Arc<CpuUsage>) -> String {
    let name = async { thread::current().name().unwrap_or_default().to_owned() };
    turns.take(usage, Box::pin(name)).await.expect("it ends")
}

#[tokio::test]
async fn a_plugin_that_uses_cpu_time_without_end_gets_what_is_left_until_it_has_rested() {
    let turns = Turns::with(1).expect("a thread");
    let usage = Arc::new(CpuUsage::new());
    assert_eq!(thread_of_a_call(&turns, &usage).await, "plugin-0");
    let now = Instant::now();
    usage.use_cpu(Duration::from_millis(400), 1, now);
    assert!(!usage.is_greedy(1, now), "a start may take as much");
    usage.use_cpu(Duration::from_secs(60), 1, now);
    assert_eq!(thread_of_a_call(&turns, &usage).await, "plugin-idle-0");
    assert!(usage.is_greedy(1, now + Duration::from_secs(5)));
    assert!(!usage.is_greedy(1, now + Duration::from_secs(7)));
}

#[test]
fn a_plugin_may_use_a_quarter_of_a_cpu_for_good() {
    let usage = CpuUsage::new();
    let begin = Instant::now();
    for second in 0..60 {
        let now = begin + Duration::from_secs(second);
        usage.use_cpu(Duration::from_millis(250), 1, now);
        assert!(!usage.is_greedy(1, now), "after {second} s");
    }
}

#[test]
fn plugins_that_want_turns_at_once_share_what_one_may_use() {
    let usages = [CpuUsage::new(), CpuUsage::new(), CpuUsage::new()];
    let begin = Instant::now();
    let turn = Duration::from_millis(1);
    let now_after = |turns: u32| begin + turn * turns;
    for number in 0..3_000 {
        // One thread, whose turns go round.
        usages[number as usize % 3].use_cpu(turn, 3, now_after(number));
    }
    for usage in &usages {
        assert!(usage.is_greedy(3, now_after(3_000)));
    }
}

#[tokio::test]
async fn a_greedy_plugin_takes_no_cpu_beside_the_turns_of_others() {
    let turns = Turns::with(1).expect("a thread");
    let greedy = Arc::new(CpuUsage::new());
    greedy.use_cpu(Duration::from_secs(60), 1, Instant::now());
    let seen = Arc::<Mutex<Vec<_>>>::default();
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let (began, has_begun) = oneshot::channel();
    let held = turns.take(
        &Arc::new(CpuUsage::new()),
        Box::pin({
            let seen = Arc::clone(&seen);
            async move {
                began.send(()).expect("it waits");
                gate.recv().expect("it is opened");
                seen.lock().expect("nobody panics").push("held");
            }
        }),
    );
    has_begun.await.expect("it begins");
    let last = turns.take(&greedy, Box::pin(turns_of("greedy", 1, Arc::clone(&seen))));
    let next = turns.take(
        &Arc::new(CpuUsage::new()),
        Box::pin(turns_of("next", 1, Arc::clone(&seen))),
    );
    open.send(()).expect("it waits");
    for call in [held, next, last] {
        call.await.expect("it ends");
    }
    let seen = seen.lock().expect("nobody panics").clone();
    assert_eq!(seen, ["held", "next", "greedy"]);
}
