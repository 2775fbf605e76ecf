//! A search reads few payloads at a time, and finds all of them all the same.

use super::*;

on_both!(
    a_page_has_more_rows_than_a_statement_and_the_next_one_goes_on,
    of_events_that_came_those_are_told_whose_payload_matches,
    blocks_of_old_events_change_no_answer,
    a_page_without_time_gets_on_all_the_same,
    odd_cursors_and_times_find_nothing_and_end,
    deliveries_are_found_page_by_page_however_little_time_there_is,
    dead_letters_are_grouped_by_what_failed,
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

/// Events of two blocks and a little more, one in a thousand by somebody else.
async fn fill_blocks(store: &Store) -> Vec<String> {
    let mut of_anna = Vec::new();
    for number in 0..2_500 {
        let id = format!("e{number}");
        let is_anna = number % 1_000 == 3;
        let who = if is_anna { "ou_anna" } else { "ou_boris" };
        let new = with(event(&id), |event| {
            event.payload = format!(r#"{{"sender":{{"open_id":"{who}"}},"content":"{{\"n\":\"x{number}\"}}"}}"#).into();
            if is_anna {
                event.event_type = "rare".into();
            }
        });
        first(store, new).await;
        if is_anna {
            of_anna.insert(0, id);
        }
    }
    of_anna
}

async fn all_pages(store: &Store, mut filter: Filter) -> (Vec<String>, u64) {
    let (mut ids, mut pages) = (Vec::new(), 0);
    loop {
        let page = store.search_events(&filter).await.unwrap();
        ids.extend(page.events.into_iter().map(|event| event.event_id));
        pages += 1;
        if page.next_before.is_none() {
            return (ids, pages);
        }
        assert!(
            filter.before.is_none_or(|before| page.next_before.unwrap() < before),
            "it gets on"
        );
        filter.before = page.next_before;
    }
}

async fn blocks_of_old_events_change_no_answer(database: TestDatabase) {
    let store = database.open().await;
    let of_anna = fill_blocks(&store).await;
    let by = |change: fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        filter
    };
    let filters = [
        by(|filter| filter.user = Some("ou_anna".into())),
        by(|filter| filter.event_type = Some("rare".into())),
    ];
    for filter in &filters {
        assert_eq!(all_pages(&store, filter.clone()).await.0, of_anna);
    }
    assert!(
        !store.build_block(NOW_MS).await.unwrap(),
        "events that arrived just now may still come"
    );
    let later = NOW_MS + HOUR_MS;
    let mut blocks = 0;
    while store.build_block(later).await.unwrap() {
        blocks += 1;
    }
    assert_eq!(blocks, 2, "the third is not full");
    for filter in &filters {
        assert_eq!(all_pages(&store, filter.clone()).await.0, of_anna);
    }
    let inner = by(|filter| filter.message = Some("x17".into()));
    assert_eq!(all_pages(&store, inner).await.0, ["e17"]);
    assert!(store.event_number("e17").await.unwrap().is_some() && store.event_number("e9999").await.unwrap().is_none());
}

async fn a_page_without_time_gets_on_all_the_same(database: TestDatabase) {
    let store = database.open().await;
    let of_anna = fill_blocks(&store).await;
    let hasty = Filter {
        event_type: Some("rare".into()),
        within_ms: Some(0),
        ..Filter::default()
    };
    let (found, pages) = all_pages(&store, hasty.clone()).await;
    assert_eq!(found, of_anna);
    assert!(pages > 1);
    let numbers = store.search_numbers(&Filter::default(), 10).await.unwrap();
    assert_eq!((numbers.events.len(), numbers.next_before.is_some()), (10, true));
    let all = store
        .search_numbers(
            &Filter {
                event_type: hasty.event_type,
                ..Filter::default()
            },
            10,
        )
        .await
        .unwrap();
    assert_eq!((all.events.len(), all.next_before), (3, None));
}

async fn odd_cursors_and_times_find_nothing_and_end(database: TestDatabase) {
    let store = database.open().await;
    fill(&store, 3).await;
    for (before, since_ms, until_ms) in [
        (Some(i64::MIN), None, None),
        (Some(-1), None, None),
        (Some(0), None, None),
        (None, Some(u64::MAX), None),
        (None, None, Some(0)),
    ] {
        let filter = Filter {
            before,
            since_ms,
            until_ms,
            ..Filter::default()
        };
        let found = store.search_events(&filter).await.unwrap();
        assert_eq!((found.events.len(), found.next_before), (0, None), "{filter:?}");
    }
    let all = Filter {
        before: Some(i64::MAX),
        ..Filter::default()
    };
    assert_eq!(store.search_events(&all).await.unwrap().events.len(), 3);
}

async fn deliveries_are_found_page_by_page_however_little_time_there_is(database: TestDatabase) {
    let store = database.open().await;
    for number in 0..30 {
        let mut new = event(&format!("e{number}"));
        new.deliveries
            .push(delivery(if number == 2 { "rare" } else { "often" }));
        first(&store, new).await;
    }
    for claimed in [
        claim(&store, "rare", NOW_MS).await,
        claim(&store, "often", NOW_MS).await,
    ]
    .concat()
    {
        finish(&store, &claimed, Then::Done).await;
    }
    let mut filter = Filter {
        state: Some("done".into()),
        plugin: Some("rare".into()),
        within_ms: Some(0),
        ..Filter::default()
    };
    let mut found = Vec::new();
    loop {
        let page = store.deliveries(&filter).await.unwrap();
        found.extend(page.deliveries);
        filter.before = page.next_before;
        if page.next_before.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].plugin, "rare");
}

async fn dead_letters_are_grouped_by_what_failed(database: TestDatabase) {
    let store = database.open().await;
    for number in 0..12 {
        let mut new = event(&format!("e{number}"));
        new.deliveries.push(delivery("p"));
        first(&store, new).await;
    }
    for (number, claimed) in claim(&store, "p", NOW_MS).await.iter().enumerate() {
        let error = if number < 9 {
            format!("code 230002, log id 2024112908153{number}A1B2C3")
        } else {
            "code 99991663".to_owned()
        };
        let finish = Finish {
            outcome: "permanent".into(),
            error: Some(error),
            now_ms: NOW_MS + number as u64,
            ..end_of(claimed, Then::Dead)
        };
        store.finish(finish).await.unwrap();
    }
    let found = store.dead_groups(&Filter::default()).await.unwrap();
    let counts: Vec<_> = found.groups.iter().map(|group| group.count).collect();
    assert_eq!((counts, found.looked_at, found.is_more), (vec![9, 3], 12, false));
    let group = &found.groups[0];
    assert_eq!((group.first_at_ms, group.last_at_ms), (NOW_MS, NOW_MS + 8));
    assert_eq!((&*group.plugin, &*group.error), ("p", "code 230002, log id …"));
    let of_group = Filter {
        error: Some(group.error.clone()),
        ..Filter::default()
    };
    assert_eq!(store.count_dead(&of_group).await.unwrap(), 9);
    assert_eq!(store.dead(&of_group).await.unwrap().len(), 9);
    assert_eq!(store.next_dead(&of_group, None).await.unwrap().len(), 9);
    let other = Filter {
        error: Some("code 7".into()),
        ..Filter::default()
    };
    assert_eq!(store.count_dead(&other).await.unwrap(), 0);
    assert!(store.dead_groups(&other).await.unwrap().groups.is_empty());
}
