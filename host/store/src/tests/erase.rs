//! Remains of a person after they were erased.

use super::*;
use crate::backend::{Session, on_session};

on_both!(
    what_names_a_person_is_erased_and_the_rest_stays,
    a_count_erases_nothing_and_tells_the_same,
);

const ANNA: &str = "ou_anna";

fn of(person: &str, id: &str) -> NewEvent {
    with(event(id), |event| {
        event.payload = format!(r#"{{"sender":{{"open_id":"{person}"}}}}"#).into();
    })
}

fn scope(plugin: &str) -> KvScope<'_> {
    KvScope {
        plugin,
        now_ms: NOW_MS,
        bytes_max: 10_000,
    }
}

/// Anna and Annabel, whose id begins like hers, did the same.
async fn furnish(store: &Store) -> [i64; 2] {
    let mut events = [0; 2];
    for (number, person) in events.iter_mut().zip([ANNA, "ou_annabel"]) {
        let mut new = of(person, &format!("event of {person}"));
        new.deliveries = vec![delivery("p")];
        let (event, _) = first(store, new).await;
        *number = event;
        let (click, _) = first(
            store,
            with(of(person, &format!("click of {person}")), |event| {
                event.kind = Kind::Callback
            }),
        )
        .await;
        reply(store, click, &format!(r#"{{"toast":"{person}"}}"#), Vec::new()).await;
        store
            .kv_set(&scope("p"), &format!("user/{person}"), b"1".to_vec(), None)
            .await
            .unwrap();
        store
            .kv_set(&scope("p"), &format!("nth/{event}"), person.into(), None)
            .await
            .unwrap();
        let token = NewToken {
            sealed: b"sealed".to_vec(),
            scopes: String::new(),
            access_expires_at_ms: NOW_MS + HOUR_MS,
            refresh_expires_at_ms: None,
            authorized_at_ms: NOW_MS,
        };
        store.put_user_token("cli_a", person, token, None).await.unwrap();
    }
    events
}

async fn what_names_a_person_is_erased_and_the_rest_stays(database: TestDatabase) {
    let store = database.open().await;
    let [annas, annabels] = furnish(&store).await;
    let erased = store.erase(ANNA, false, NOW_MS).await.unwrap();
    let wanted = Erased {
        tokens: 1,
        keys: 2,
        replies: 1,
        attempts: 0,
        tasks: 0,
        events: 2,
        changes: 0,
    };
    assert_eq!(erased, wanted);
    assert_eq!(store.erase(ANNA, true, NOW_MS).await.unwrap(), Erased::default());

    let event = store.event(annas).await.unwrap().unwrap();
    let shown = serde_json::to_string(&event).unwrap();
    assert!(shown.contains("skipped"), "nobody attempts what is gone: {shown}");
    let replayed = store.receive(click("click of ou_anna")).await.unwrap();
    assert!(
        matches!(&replayed, Received::Answered { reply, .. } if reply == "{}"),
        "a duplicate is still one: {replayed:?}"
    );
    let event = store.event(annabels).await.unwrap().unwrap();
    let shown = serde_json::to_string(&event).unwrap();
    assert!(shown.contains("ou_annabel") && shown.contains("ready"), "{shown}");
    assert_eq!(store.kv_list(&scope("p"), "", None, 10).await.unwrap().len(), 2);
    assert!(store.user_token("cli_a", "ou_annabel").await.unwrap().is_some());
    assert!(store.user_token("cli_a", ANNA).await.unwrap().is_none());
}

async fn a_count_erases_nothing_and_tells_the_same(database: TestDatabase) {
    let store = database.open().await;
    furnish(&store).await;
    let counted = store.erase(ANNA, true, NOW_MS).await.unwrap();
    assert_eq!(store.erase(ANNA, true, NOW_MS).await.unwrap(), counted);
    assert_eq!(store.erase(ANNA, false, NOW_MS).await.unwrap(), counted);
}

#[tokio::test]
async fn after_an_error_receipts_are_written_as_before() {
    let database = TestDatabase::file();
    let store = database.open().await;
    furnish(&store).await;
    let trigger = "create trigger refused before delete on payloads begin select raise(abort, 'refused'); end";
    let done = store.queues.step(move |session| {
        Box::pin(async move {
            on_session!(session, connection => sqlx::query(trigger).execute(connection).await.map(|_| ()))
        })
    });
    done.await.unwrap();
    store.erase(ANNA, false, NOW_MS).await.unwrap_err();
    let overwrites = store.queues.step(move |session| {
        Box::pin(async move {
            let Session::Sqlite(session) = session else {
                unreachable!()
            };
            sqlx::query_scalar("pragma secure_delete")
                .fetch_one(session.connection.sqlx())
                .await
        })
    });
    let overwrites: i64 = overwrites.await.unwrap();
    assert_eq!(overwrites, 0, "overwriting what is deleted takes time");
}
