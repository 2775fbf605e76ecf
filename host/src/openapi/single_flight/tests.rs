//! Shared work for concurrent callers, also when some of them leave.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{sync::oneshot, task::JoinSet};

use super::*;

#[tokio::test]
async fn fifty_callers_get_the_result_of_one_work() {
    let flights = Arc::new(SingleFlight::<&str, usize>::default());
    let begun = Arc::new(AtomicUsize::new(0));
    let (release, held) = oneshot::channel::<()>();
    let mut held = Some(held);
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let (flights, begun, held) = (Arc::clone(&flights), Arc::clone(&begun), held.take());
        callers.spawn(async move {
            let work = || async move {
                held.unwrap().await.unwrap();
                begun.fetch_add(1, Ordering::SeqCst) + 1
            };
            flights.join("key", work).await
        });
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    assert_eq!(callers.join_all().await, vec![Some(1); 50]);
    assert_eq!(flights.join("key", || async { 2 }).await, Some(2));
}

#[tokio::test]
async fn work_goes_on_when_the_caller_is_gone() {
    let flights = SingleFlight::<&str, ()>::default();
    let (release, held) = oneshot::channel::<()>();
    let done = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&done);
    let work = || async move {
        held.await.unwrap();
        seen.fetch_add(1, Ordering::SeqCst);
    };
    let gave_up = tokio::select! {
        biased;
        _ = flights.join("key", work) => false,
        () = tokio::task::yield_now() => true,
    };
    assert!(gave_up);
    release.send(()).unwrap();
    flights.drain().await;
    assert_eq!(done.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn work_that_breaks_does_not_block_the_next() {
    let flights = SingleFlight::<&str, u8>::default();
    assert_eq!(flights.join("key", || async { panic!("broken") }).await, None);
    assert_eq!(flights.join("key", || async { 1 }).await, Some(1));
}
