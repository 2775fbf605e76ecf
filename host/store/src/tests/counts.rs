//! Counts over time, of several servers.

use super::*;
use crate::rows::counts::Counted;

on_both!(
    what_several_servers_count_is_summed_in_the_spans_that_are_asked_for,
    counts_are_kept_by_the_minute_for_days_and_by_the_hour_for_months,
);

fn count(minute: u64, outcome: &str, number: u64) -> Counted {
    Counted {
        minute,
        kind: "callback".to_owned(),
        outcome: outcome.to_owned(),
        number,
    }
}

async fn what_several_servers_count_is_summed_in_the_spans_that_are_asked_for(database: TestDatabase) {
    let store = database.open().await;
    store
        .add_counts(vec![count(121, "trap", 1), count(119, "ok", 5)])
        .await
        .unwrap();
    store
        .add_counts(vec![count(121, "trap", 2), count(120, "ok", 7)])
        .await
        .unwrap();
    let by_minute = [count(119, "ok", 5), count(120, "ok", 7), count(121, "trap", 3)];
    assert_eq!(store.counts(1, 0).await.unwrap(), by_minute);
    assert_eq!(store.counts(1, 120).await.unwrap(), by_minute[1..]);
    let by_five = [count(115, "ok", 5), count(120, "ok", 7), count(120, "trap", 3)];
    assert_eq!(store.counts(5, 118).await.unwrap(), by_five);
    let by_hour = [count(60, "ok", 5), count(120, "ok", 7), count(120, "trap", 3)];
    assert_eq!(store.counts(60, 60).await.unwrap(), by_hour);
    assert_eq!(store.counts(120, 0).await.unwrap()[1..], by_hour[1..]);
}

async fn counts_are_kept_by_the_minute_for_days_and_by_the_hour_for_months(database: TestDatabase) {
    let store = database.open().await;
    let day = 24 * 60;
    let now = 1_000 * day;
    for age in [0, 1, 5, 200] {
        store.add_counts(vec![count(now - age * day, "ok", 1)]).await.unwrap();
    }
    while store.prune(&Retention::default(), now * 60_000).await.unwrap() > 0 {}
    let left = async |span| store.counts(span, 0).await.unwrap().len();
    assert_eq!((left(1).await, left(60).await), (2, 3));
}
