//! Record of changes: begun, touched, ended, found again, and deleted when it is old.

use serde_json::json;

use super::*;
use crate::{AuditQuery, NewAudit, Retention, Touched};

on_both!(
    a_change_is_found_by_what_it_touched_and_says_how_it_ended,
    a_change_without_an_end_is_running,
    old_changes_are_deleted_and_the_newest_stays,
    what_names_a_person_is_erased_and_the_change_stays,
);

fn change(command: &str, touched: Vec<(Touched, String)>) -> NewAudit {
    NewAudit {
        at_ms: NOW_MS,
        role: "operator",
        name: Some("安娜\0".to_owned()),
        way: "api",
        peer: Some("127.0.0.1".to_owned()),
        command: command.to_owned(),
        arguments: json!({"user": "ou_anna"}).to_string(),
        touched,
    }
}

fn touching(kind: Touched, key: &str) -> AuditQuery {
    AuditQuery {
        touched: Some((kind, key.to_owned())),
        limit: 50,
        ..AuditQuery::default()
    }
}

fn all() -> AuditQuery {
    AuditQuery {
        limit: 50,
        ..AuditQuery::default()
    }
}

async fn a_change_is_found_by_what_it_touched_and_says_how_it_ended(database: TestDatabase) {
    let store = database.open().await;
    let mut new = event("e1");
    new.deliveries = vec![delivery("greeter")];
    let (number, deliveries) = first(&store, new).await;
    let id = deliveries[0];
    let plugin = (Touched::Plugin, "greeter".to_owned());
    let audit = store.begin_audit(change("dead/drop", vec![plugin])).await.unwrap();
    for _ in 0..2 {
        store
            .touch_audit(audit, Touched::Delivery, vec![id, 4711])
            .await
            .unwrap();
    }
    store
        .end_audit(audit, "done", json!({"dropped": 1}).to_string(), 7)
        .await
        .unwrap();
    store.begin_audit(change("prune", Vec::new())).await.unwrap();

    let delivery = id.to_string();
    for query in [
        touching(Touched::Plugin, "greeter"),
        touching(Touched::Delivery, &delivery),
    ] {
        let found = store.audit(&query).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].result, Some(json!({"dropped": 1})));
        assert_eq!((found[0].outcome.as_deref(), found[0].took_ms), (Some("done"), Some(7)));
        assert_eq!(found[0].name.as_deref(), Some("安娜\u{fffd}"));
    }
    assert_eq!(store.audit_of_event(number).await.unwrap().len(), 1, "by its delivery");
    assert!(
        store
            .audit(&touching(Touched::Event, &delivery))
            .await
            .unwrap()
            .is_empty()
    );
    let newest = store.audit(&all()).await.unwrap();
    let older = AuditQuery {
        before: Some(newest[0].id),
        ..all()
    };
    assert_eq!(store.audit(&older).await.unwrap()[0].id, audit);
}

async fn a_change_without_an_end_is_running(database: TestDatabase) {
    let store = database.open().await;
    store.begin_audit(change("prune", Vec::new())).await.unwrap();
    let running = AuditQuery {
        outcome: Some("running".to_owned()),
        ..all()
    };
    assert_eq!(store.audit(&running).await.unwrap().len(), 1);
    let of_others = AuditQuery {
        name: Some("bob".to_owned()),
        ..all()
    };
    assert!(store.audit(&of_others).await.unwrap().is_empty());
}

async fn old_changes_are_deleted_and_the_newest_stays(database: TestDatabase) {
    let store = database.open().await;
    for _ in 0..3 {
        let plugin = (Touched::Plugin, "greeter".to_owned());
        store.begin_audit(change("prune", vec![plugin])).await.unwrap();
    }
    let later_ms = NOW_MS + 24 * 366 * HOUR_MS;
    while store.prune(&Retention::default(), later_ms).await.unwrap() > 0 {}
    assert_eq!(store.audit(&all()).await.unwrap().len(), 1);
    assert_eq!(
        store.audit(&touching(Touched::Plugin, "greeter")).await.unwrap().len(),
        1
    );
}

async fn what_names_a_person_is_erased_and_the_change_stays(database: TestDatabase) {
    let store = database.open().await;
    store
        .begin_audit(change("authorizations/revoke", Vec::new()))
        .await
        .unwrap();
    assert_eq!(store.erase("ou_anna", true, NOW_MS).await.unwrap().changes, 1);
    assert_eq!(store.erase("ou_anna", false, NOW_MS).await.unwrap().changes, 1);
    let left = store.audit(&all()).await.unwrap();
    assert_eq!((left.len(), &left[0].arguments), (1, &json!({"erased": true})));
}
