//! Tests of what is said, and when.

use std::{collections::BTreeMap, time::Duration};

use super::*;

const GAP: Duration = Duration::from_mins(5);
const START_MS: u64 = 1_790_000_000_000;
const HOUR: u64 = 60;

/// A chat to which everything can be sent.
#[derive(Default)]
struct Scene {
    ledger: Ledger,
    messages: u32,
}

impl Scene {
    /// One look in this minute at this many dead letters; what is said.
    fn look(&mut self, minute: u64, dead: u64) -> Option<What> {
        let now_ms = START_MS + minute * MINUTE_MS;
        let found = (dead > 0).then(|| {
            let finding = Finding {
                count: dead,
                details: Vec::new(),
            };
            (Kind::DeadLetters, finding)
        });
        let plan = self.ledger.plan(found.into_iter().collect(), GAP, now_ms);
        let message = plan.first()?;
        self.messages += 1;
        self.ledger.sent(message, Some(format!("om_{}", self.messages)), now_ms);
        Some(message.what)
    }
}

#[test]
fn a_card_is_opened_changed_after_a_gap_and_closed() {
    let mut scene = Scene::default();
    assert_eq!(scene.look(0, 0), None);
    assert_eq!(scene.look(1, 3), Some(What::New));
    assert_eq!(scene.look(2, 4), None, "within the gap");
    assert_eq!(scene.look(6, 9), Some(What::Change));
    assert_eq!(scene.look(12, 9), None, "nothing new");
    assert_eq!(scene.look(13, 0), Some(What::Over));
    assert_eq!(scene.look(30, 0), None);
    assert!(!scene.ledger.is_open(Kind::DeadLetters));
}

#[test]
fn what_comes_and_goes_says_no_more_than_one_message_in_a_gap() {
    let mut scene = Scene::default();
    let said = (0..60)
        .filter(|minute| scene.look(*minute, minute % 2).is_some())
        .count();
    assert!((10..=12).contains(&said), "{said}");
}

#[test]
fn a_card_that_stays_open_is_sent_again_more_and_more_rarely() {
    let mut scene = Scene::default();
    let mut said = Vec::new();
    for minute in 0..72 * HOUR {
        if scene.look(minute, 1).is_some() {
            said.push(minute / HOUR);
        }
    }
    assert_eq!(said, [0, 1, 5, 17, 41, 65]);
}

#[test]
fn what_could_not_be_sent_is_sent_later_and_forgotten_when_it_is_over_before() {
    let mut ledger = Ledger::default();
    let finding = Finding::default();
    let found = || BTreeMap::from([(Kind::Refusals, finding.clone())]);
    let plan = ledger.plan(found(), GAP, START_MS);
    assert_eq!(plan[0].what, What::New);
    assert!(ledger.failed(START_MS), "the first in a row is told");
    assert!(ledger.is_paused(START_MS + PAUSE_MS - 1) && !ledger.is_paused(START_MS + PAUSE_MS));
    assert!(!ledger.failed(START_MS + PAUSE_MS));
    assert!(ledger.is_paused(START_MS + 2 * PAUSE_MS), "the pause is longer");
    let again = ledger.plan(found(), GAP, START_MS + MINUTE_MS);
    assert_eq!(
        (again[0].what, again[0].since_ms),
        (What::New, START_MS),
        "the same message"
    );
    assert!(ledger.is_open(Kind::Refusals));
    assert_eq!(ledger.plan(BTreeMap::new(), GAP, START_MS + 2 * MINUTE_MS), []);
    assert!(!ledger.is_open(Kind::Refusals));
    for _ in 0..40 {
        ledger.failed(START_MS);
    }
    assert!(!ledger.is_paused(START_MS + PAUSE_MS_MAX), "a pause has an end");
}

#[test]
fn a_card_that_is_gone_is_not_changed_and_still_closed() {
    let mut scene = Scene::default();
    scene.look(0, 3);
    let now_ms = START_MS + 6 * MINUTE_MS;
    let finding = Finding {
        count: 4,
        details: Vec::new(),
    };
    let plan = scene
        .ledger
        .plan(BTreeMap::from([(Kind::DeadLetters, finding)]), GAP, now_ms);
    scene.ledger.lost_card(&plan[0]);
    assert_eq!(scene.look(7, 5), None, "there is nothing to change");
    assert_eq!(scene.look(61, 5), Some(What::Again));
    assert_eq!(scene.look(70, 0), Some(What::Over));
}

#[test]
fn the_ledger_outlives_a_restart() {
    let mut scene = Scene::default();
    scene.look(0, 3);
    let kept = serde_json::to_string(&scene.ledger).unwrap();
    let read: Ledger = serde_json::from_str(&kept).unwrap();
    assert_eq!(read, scene.ledger);
    let mut scene = Scene {
        ledger: read,
        messages: 1,
    };
    assert_eq!(scene.look(1, 3), None);
    assert_eq!(scene.look(9, 0), Some(What::Over));
    assert_eq!(serde_json::from_str::<Ledger>("{}").unwrap(), Ledger::default());
}

#[test]
fn a_clock_that_was_a_year_ahead_keeps_nobody_silent_for_that_year() {
    const YEAR: u64 = 365 * 24 * HOUR;
    let mut scene = Scene::default();
    assert_eq!(scene.look(YEAR, 3), Some(What::New));
    assert_eq!(scene.look(YEAR + 1, 0), None, "within the gap");
    scene.ledger.not_after(START_MS);
    assert_eq!(scene.look(1, 0), None, "within the gap since the clock was set back");
    assert_eq!(scene.look(6, 0), Some(What::Over));
    assert_eq!(scene.look(12, 2), Some(What::New));
}
