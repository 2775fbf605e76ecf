//! A search reads few payloads at a time, and finds all of them all the same.

use super::*;

on_both!(
    a_page_has_more_rows_than_a_statement_and_the_next_one_goes_on,
    of_events_that_came_those_are_told_whose_payload_matches,
);

async fn fill(store: &Store, events: usize) {
    for number in 0..events {
        first(store, event(&format!("e{number}"))).await;
    }
}

async fn a_page_has_more_rows_than_a_statement_and_the_next_one_goes_on(database: TestDatabase) {
    let store = database.open().await;
    fill(&store, 100).await;
    let mut filter = Filter {
        text: Some("你好".to_owned()),
        limit: Some(70),
        ..Filter::default()
    };
    let mut found = Vec::new();
    loop {
        let page = store.search_events(&filter).await.unwrap();
        assert!(page.events.len() <= 70);
        found.extend(page.events.into_iter().map(|event| event.event_id));
        filter.before = page.next_before;
        if page.next_before.is_none() {
            break;
        }
    }
    let wanted: Vec<_> = (0..100).rev().map(|number| format!("e{number}")).collect();
    assert_eq!(found, wanted);
}

async fn of_events_that_came_those_are_told_whose_payload_matches(database: TestDatabase) {
    let store = database.open().await;
    fill(&store, 50).await;
    let filter = Filter {
        text: Some("e7".to_owned()),
        limit: Some(500),
        ..Filter::default()
    };
    let came = store.events_after(&filter, 0).await.unwrap();
    assert_eq!(came.len(), 50);
    let found = store.events_matching(&filter, came).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|event| event.event_id).collect();
    assert_eq!(found, ["e7"]);
}
