//! Permits for calls, and how long calls wait for them.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{Permit, Permits, Shared};

const SECOND: Duration = Duration::from_secs(1);

/// As many calls as begin at once.
async fn all(permits: &Permits) -> Vec<Permit> {
    let mut running = Vec::new();
    while let Some(permit) = permits.try_acquire() {
        running.push(permit);
    }
    running
}

#[tokio::test(start_paused = true)]
async fn calls_that_hang_leave_room_for_as_many_of_another_plugin() {
    let shared = Shared::new(24);
    let plugins: Vec<_> = (0..3).map(|_| Permits::new(&shared, None)).collect();
    let first = all(&plugins[0]).await;
    assert_eq!(first.len(), 12, "one plugin has half of them");
    let second = all(&plugins[1]).await;
    assert_eq!(second.len(), 6);
    drop(all(&plugins[2]).await);
    assert!(!all(&plugins[2]).await.is_empty(), "and a third one is served");
}

#[tokio::test(start_paused = true)]
async fn however_many_plugins_hang_another_one_still_begins_its_first_call() {
    let shared = Shared::new(256);
    let hanging: Vec<_> = (0..8).map(|_| Permits::new(&shared, None)).collect();
    let mut running = Vec::new();
    // One call of each in turn, as clicks come.
    for _ in 0..256 {
        for permits in &hanging {
            running.extend(permits.try_acquire());
        }
    }
    assert!(shared.running() < 256 - 20);
    assert!(Permits::new(&shared, None).try_acquire().is_some());
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_run_than_there_are_places() {
    for places in 1..10 {
        let shared = Shared::new(places);
        let plugins: Vec<_> = (0..20).map(|_| Permits::new(&shared, None)).collect();
        let mut running = Vec::new();
        for permits in plugins.iter().chain(&plugins) {
            running.extend(permits.try_acquire());
        }
        assert!(running.len() <= places as usize && !running.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_operator_s_own_limit_is_held() {
    let shared = Shared::new(24);
    let permits = Permits::new(&shared, Some(2));
    let running = all(&permits).await;
    assert_eq!(running.len(), 2);
    let busy = permits.acquire(Instant::now() + SECOND).await.expect_err("two run");
    let text = busy.to_string();
    assert!(
        text.contains("the plugin already has 2 calls running") && text.contains("`calls_max` under [limits]"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_permit_waits_no_longer_than_half_of_its_time() {
    let shared = Shared::new(1);
    let [one, other] = [(); 2].map(|()| Permits::new(&shared, None));
    let begun = Instant::now();
    let _first = one.acquire(begun + SECOND).await.expect("it is free");
    let busy = other.acquire(begun + 10 * SECOND).await.expect_err("it is taken");
    let text = busy.to_string();
    assert!(
        text.starts_with("the server already has 1 calls running") && text.contains("CALLBACK_INSTANCES_MAX"),
        "{text}"
    );
    assert_eq!(begun.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_becomes_free_is_given_away_at_once_to_plugins_in_turn() {
    let shared = Shared::new(1);
    let [holder, many, few] = [(); 3].map(|()| Arc::new(Permits::new(&shared, None)));
    let first = holder.acquire(Instant::now() + SECOND).await.expect("it is free");
    let (told, mut order) = tokio::sync::mpsc::unbounded_channel();
    for (name, permits) in [("many", &many), ("many", &many), ("many", &many), ("few", &few)] {
        let (permits, told) = (Arc::clone(permits), told.clone());
        tokio::spawn(async move {
            let permit = permits
                .acquire(Instant::now() + 100 * SECOND)
                .await
                .expect("its turn comes");
            told.send(name).expect("the test listens");
            drop(permit);
        });
    }
    sleep(Duration::from_millis(1)).await;
    let begun = Instant::now();
    drop(first);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(order.recv().await.expect("each has its turn"));
    }
    assert_eq!(seen, ["many", "few", "many", "many"]);
    assert_eq!(begun.elapsed(), Duration::ZERO);
}
