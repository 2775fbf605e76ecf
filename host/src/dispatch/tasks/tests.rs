//! How chains of tasks come to an end.

use super::{Chain, child_of};
use crate::plugin::{LimitHit, Limits, NewTask};

fn tasks(count: usize, delay_ms: u64) -> Vec<NewTask> {
    let task = NewTask {
        plugin: None,
        name: "again".to_owned(),
        payload: "{}".to_owned(),
        delay_ms,
    };
    vec![task; count]
}

/// Lets each task request `width` more, and returns how many there were in all.
fn grown(width: usize, limits: &Limits) -> (u64, LimitHit) {
    let mut all = 0;
    let mut parents = vec![Chain::default()];
    let mut hit = None;
    while let Some(parent) = parents.pop() {
        match child_of(parent, &tasks(width, 0), limits) {
            Ok(child) => {
                all += width as u64;
                parents.extend(vec![child; width]);
            }
            Err(limit) => hit = Some(limit),
        }
    }
    (all, hit.unwrap())
}

#[test]
fn a_chain_ends_however_it_branches() {
    let limits = Limits::default();
    let (all, hit) = grown(1, &limits);
    assert_eq!(
        (all, hit.setting),
        (limits.task_generations_max, "task_generations_max")
    );
    for width in [2, 3, 16] {
        let (all, hit) = grown(width, &limits);
        assert!(all >= width as u64 && all <= limits.chain_tasks_max, "{width}: {all}");
        assert_eq!(hit.setting, "chain_tasks_max");
    }
}

#[test]
fn the_operator_s_settings_are_the_limits() {
    let limits = Limits {
        task_generations_max: 2,
        chain_tasks_max: 5,
        ..Limits::default()
    };
    assert_eq!(grown(1, &limits).0, 2);
    assert_eq!(grown(5, &limits).0, 5);
    assert!(child_of(Chain::default(), &tasks(6, 0), &limits).is_err());
}

#[test]
fn a_task_that_asks_for_itself_once_a_minute_may_do_so_for_ever() {
    let limits = Limits::default();
    let old = Chain {
        generation: 64,
        tasks_left: Some(0),
    };
    assert_eq!(child_of(old, &tasks(1, 60_000), &limits), Ok(old));
    assert!(child_of(old, &tasks(1, 59_999), &limits).is_err());
    assert!(child_of(old, &tasks(2, 60_000), &limits).is_err());
}
