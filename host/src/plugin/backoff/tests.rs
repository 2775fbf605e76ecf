//! Which calls are refused, and for how long.

use std::time::Duration;

use tokio::time::advance;

use super::{Admission, Backoff};
use crate::plugin::{
    call::{Bound, Outcome, Reply},
    error::CallError,
    limits::Limits,
};

fn crash() -> Result<Outcome, CallError> {
    Err(CallError::Trap {
        reason: "it gave up".to_owned(),
    })
}

fn pass() -> Result<Outcome, CallError> {
    Ok(Outcome {
        reply: Reply::Pass,
        tasks: Vec::new(),
    })
}

fn begin(backoff: &Backoff) -> Admission<'_> {
    backoff.admit("x").expect("it may begin")
}

fn crashed(times: u32) -> Backoff {
    let backoff = Backoff::new(&Limits::default());
    for _ in 0..times {
        begin(&backoff).ended(&crash());
    }
    backoff
}

/// How long the pause is now.
fn pause(backoff: &Backoff) -> u64 {
    match backoff.admit("x") {
        Err(CallError::BackingOff { left_ms, .. }) => left_ms,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_refused_after_five_crashes_in_a_row() {
    assert!(!crashed(4).refuses());
    let backoff = crashed(5);
    assert!(backoff.refuses());
    let error = backoff.admit("x").expect_err("it crashed");
    assert_eq!(error.code(), "backing_off");
    let text = error.to_string();
    assert!(
        text.contains("5 times in a row")
            && text.contains("`crashes_max = 5` under [limits]")
            && text.contains("it gave up"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_comes_to_a_result_begins_the_count_anew() {
    let backoff = crashed(4);
    begin(&backoff).ended(&pass());
    for _ in 0..4 {
        begin(&backoff).ended(&crash());
    }
    assert!(!backoff.refuses());
}

#[tokio::test(start_paused = true)]
async fn the_pause_doubles_with_each_trial_that_crashes_up_to_a_minute() {
    let backoff = crashed(5);
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(pause(&backoff), seconds * 1_000);
        advance(Duration::from_secs(seconds)).await;
        begin(&backoff).ended(&crash());
    }
}

#[tokio::test(start_paused = true)]
async fn one_call_is_tried_and_its_success_ends_the_backoff() {
    let backoff = crashed(5);
    advance(Duration::from_secs(1)).await;
    assert!(!backoff.refuses());
    let trial = begin(&backoff);
    assert!(backoff.refuses(), "no second one beside it");
    assert_eq!(pause(&backoff), 0);
    trial.ended(&pass());
    assert!(!backoff.refuses() && backoff.status().is_none());
    for _ in 0..5 {
        begin(&backoff).ended(&crash());
    }
    assert_eq!(pause(&backoff), 1_000, "from the beginning");
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_shows_nothing_is_made_again() {
    let backoff = crashed(5);
    advance(Duration::from_secs(1)).await;
    drop(begin(&backoff));
    let busy = Err(CallError::Busy {
        whose: "the server",
        advice: "wait",
        calls_max: 1,
    });
    begin(&backoff).ended(&busy);
    let late = Err(CallError::over_budget(30, Bound::Callback, &Limits::default()));
    begin(&backoff).ended(&late);
    assert_eq!(pause(&backoff), 1_000, "a trial that did not end in time");
}

#[tokio::test(start_paused = true)]
async fn calls_that_began_before_the_pause_make_it_no_longer() {
    let backoff = Backoff::new(&Limits::default());
    let many: Vec<_> = (0..20).map(|_| begin(&backoff)).collect();
    for call in many {
        call.ended(&crash());
    }
    assert_eq!(pause(&backoff), 1_000);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_plugins_doing_is_not_counted() {
    let backoff = crashed(4);
    for error in [
        CallError::NoMemory("all is used".to_owned()),
        CallError::over_budget(30, Bound::Attempt, &Limits::default()),
    ] {
        begin(&backoff).ended(&Err(error));
    }
    assert!(!backoff.refuses());
    begin(&backoff).ended(&crash());
    assert!(backoff.refuses(), "nor does it begin the count anew");
}
