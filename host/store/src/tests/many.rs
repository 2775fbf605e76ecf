//! Pages over many events: what each finds, and how long it takes. With millions it fills a database of some 3 GB:
//!
//! `MANY_EVENTS=2000000 cargo test -p lark-callback-store -- --nocapture many::sqlite`

#![allow(clippy::print_stdout, reason = "a measurement reports by printing")]

use std::time::Instant;

use sqlx::Connection as _;

use super::*;

on_both!(pages_over_many_events_find_what_there_is_in_their_time);

/// Seven days of them.
const STEP_MS: u64 = 300;

/// `$n` is where the numbers from $1 to $2 come from.
macro_rules! fill {
    ($n:literal) => {
        [
            concat!(
                "insert into events (id, app, event_id, message_id, event_type, kind, schema, tenant_key, create_time_ms,
                                     received_at_ms, node)
                 select i, case when i % 50 = 0 then 'cli_b' else 'cli_a' end, 'ev_' || i, 'om_' || i,
                        case when i % 200003 = 7 then 'contact.user.created_v3' when i % 9 = 0 then 'card.action.trigger'
                             else 'im.message.receive_v1' end,
                        case when i % 9 = 0 then 'callback' else 'event' end, '2.0', 'tenant', 1700000000000 + i * 300,
                        1700000000000 + i * 300, 'n' from ",
                $n
            ),
            concat!(
                "insert into payloads (event, payload)
                 select i, '{\"sender\":{\"sender_id\":{\"open_id\":\"ou_' || case when i % 100003 = 5 then 'rare' else cast(i % 20011 as text) end
                     || '\",\"union_id\":\"on_' || (i % 20011) || '\",\"user_id\":\"u' || (i % 20011)
                     || '\"},\"sender_type\":\"user\"},\"message\":{\"message_id\":\"om_' || i || '\",\"chat_id\":\"oc_' || (i % 2003)
                     || '\",\"chat_type\":\"group\",\"create_time\":\"' || (1700000000000 + i)
                     || '\",\"content\":\"{\\\"text\\\":\\\"message number ' || i
                     || ' about something that a person writes in a group when there is something to be said about it\\\"}\"}}'
                 from ",
                $n
            ),
            concat!(
                "insert into deliveries (id, event, kind, app, plugin, state, attempt, due_at_ms, next_at_ms, created_at_ms,
                                         expires_at_ms, finished_at_ms)
                 select i, i, 'event', 'cli_a', case when i % 40009 = 11 then 'rare' else 'echo' end,
                        case when i % 200 = 3 then 'dead' else 'done' end, 1, 1700000000000 + i * 300, 1700000000000 + i * 300,
                        1700000000000 + i * 300, 1800000000000, 1700000000000 + i * 300 + 20 from ",
                $n,
                " where i % 9 <> 0"
            ),
            concat!(
                "insert into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error, plugin_hash, log)
                 select i, 1, 'n', 1700000000000 + i * 300, 900, case when i % 200 = 3 then 'permanent' else 'ok' end,
                        case when i % 200 = 3 then 'Lark answered with code 23000' || (i % 7) || ', log id 20241129A' || i end, 'ab', ''
                 from ",
                $n,
                " where i % 9 <> 0"
            ),
            concat!(
                "insert into replies (event, reply, outcome, plugin, duration_us)
                 select i, '{}', case when i % 90 = 0 then 'trap' else 'ok' end, 'echo', 4000 from ",
                $n,
                " where i % 9 = 0"
            ),
        ]
    };
}
const SQLITE: [&str; 5] =
    fill!("(with recursive n(i) as (select $1 union all select i + 1 from n where i < $2) select i from n) as n");
const POSTGRES: [&str; 5] = fill!("generate_series($1::bigint, $2::bigint) as n(i)");

/// Rows of one transaction of the filling.
const FILL_ROWS: i64 = 50_000;

async fn fill(database: &TestDatabase, events: i64) {
    macro_rules! run {
        ($connection:expr, $statements:expr, $end:literal) => {{
            let mut connection = $connection;
            let mut low = 1;
            while low <= events {
                let high = (low + FILL_ROWS - 1).min(events);
                for statement in $statements {
                    sqlx::query(statement)
                        .bind(low)
                        .bind(high)
                        .execute(&mut connection)
                        .await
                        .unwrap();
                }
                low = high + 1;
            }
            sqlx::raw_sql($end).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }};
    }
    match database {
        TestDatabase::File(folder) => {
            let url = format!("sqlite:{}", folder.path().join("config.db").display());
            run!(
                sqlx::SqliteConnection::connect(&url).await.unwrap(),
                SQLITE,
                "pragma wal_checkpoint(truncate)"
            )
        }
        TestDatabase::Server(url) => run!(sqlx::PgConnection::connect(url).await.unwrap(), POSTGRES, "analyze"),
    }
}

async fn pages_over_many_events_find_what_there_is_in_their_time(database: TestDatabase) {
    #[allow(
        clippy::disallowed_methods,
        reason = "it says how much to measure, and is no setting of the server"
    )]
    let asked = std::env::var("MANY_EVENTS").ok();
    let events: i64 = asked.and_then(|events| events.parse().ok()).unwrap_or(3_000);
    database.open().await.close().await;
    let begun = Instant::now();
    fill(&database, events).await;
    println!("filled with {events} events in {:?}", begun.elapsed());
    let store = reopened(&database).await;
    let (begun, mut blocks) = (Instant::now(), 0);
    while store.build_block(1_800_000_000_000).await.unwrap() {
        blocks += 1;
    }
    println!("{blocks} blocks in {:?}", begun.elapsed());
    println!("{} bytes", store.bytes().await.unwrap());
    for (name, filter) in filters(events) {
        let begun = Instant::now();
        let found = store.search_events(&filter).await.unwrap();
        assert!(found.events.len() <= 50);
        if name == "user, rare, 1 s" {
            assert_eq!(
                found.events.len() as i64,
                (1 + (events - 5) / 100_003).min(50),
                "all of them"
            );
        }
        println!(
            "{name:24} {:6.1} ms, {} rows, looked at {}, {}",
            begun.elapsed().as_secs_f64() * 1e3,
            found.events.len(),
            found.looked_at,
            if found.next_before.is_some() {
                "more"
            } else {
                "complete"
            }
        );
    }
    time_the_others(&store).await;
    store.close().await;
}

/// A page as the console asks for it.
fn page() -> Filter {
    Filter {
        within_ms: Some(150),
        ..Filter::default()
    }
}

#[allow(clippy::unnecessary_wraps, reason = "fields of a filter are optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn filters(events: i64) -> Vec<(&'static str, Filter)> {
    let of = |name, set: &dyn Fn(&mut Filter)| {
        let mut filter = page();
        set(&mut filter);
        (name, filter)
    };
    let middle_ms = 1_700_000_000_000 + u64::try_from(events).unwrap() * STEP_MS / 2;
    let hour = |filter: &mut Filter| {
        filter.since_ms = Some(middle_ms);
        filter.until_ms = Some(middle_ms + 3_600_000);
    };
    let rare_user = |filter: &mut Filter| {
        filter.user = text("ou_rare");
        filter.within_ms = Some(4_000);
    };
    vec![
        of("all", &|_| {}),
        of("page in the middle", &|filter| filter.before = Some(events / 2)),
        of("type, frequent", &|filter| {
            filter.event_type = text("im.message.receive_v1")
        }),
        of("type, rare", &|filter| {
            filter.event_type = text("contact.user.created_v3")
        }),
        of("type, none", &|filter| filter.event_type = text("none")),
        of("application", &|filter| filter.app = text("cli_b")),
        of("plugin, frequent", &|filter| filter.plugin = text("echo")),
        of("plugin, rare", &|filter| filter.plugin = text("rare")),
        of("state dead", &|filter| filter.state = text("dead")),
        of("state ready", &|filter| filter.state = text("ready")),
        of("state done", &|filter| filter.state = text("done")),
        of("outcome trap", &|filter| filter.outcome = text("trap")),
        of("outcome none", &|filter| filter.outcome = text("timeout")),
        of("an hour", &hour),
        of("user, rare", &|filter| filter.user = text("ou_rare")),
        of("user, frequent", &|filter| filter.user = text("ou_17")),
        of("user, none", &|filter| filter.user = text("ou_nobody")),
        of("user, rare, 1 s", &rare_user),
        of("chat", &|filter| filter.chat = text("oc_5")),
        of("message", &|filter| filter.message = text("om_77777")),
        of("text, frequent", &|filter| filter.text = text("something")),
        of("text, rare", &|filter| filter.text = text("number 77777 about")),
    ]
}

/// Everything that is not a search of events.
async fn time_the_others(store: &Store) {
    let timed = async |name: &str, work: &mut (dyn Future<Output = String> + Unpin)| {
        let begun = Instant::now();
        let told = work.await;
        println!("{name:24} {:6.1} ms, {told}", begun.elapsed().as_secs_f64() * 1e3);
    };
    let all = page();
    timed(
        "event by Lark's id",
        &mut Box::pin(async { format!("{:?}", store.event_number("ev_77777").await.unwrap()) }),
    )
    .await;
    timed(
        "event by unknown id",
        &mut Box::pin(async { format!("{:?}", store.event_number("nothing").await.unwrap()) }),
    )
    .await;
    timed(
        "dead letters",
        &mut Box::pin(async { store.dead(&all).await.unwrap().len().to_string() }),
    )
    .await;
    timed(
        "groups of dead letters",
        &mut Box::pin(async {
            let found = store.dead_groups(&all).await.unwrap();
            format!("{} groups of {}", found.groups.len(), found.looked_at)
        }),
    )
    .await;
    timed(
        "deliveries, open",
        &mut Box::pin(async { store.deliveries(&all).await.unwrap().deliveries.len().to_string() }),
    )
    .await;
    let rare = Filter {
        state: text("done"),
        plugin: text("rare"),
        ..page()
    };
    timed(
        "deliveries, rare",
        &mut Box::pin(async { store.deliveries(&rare).await.unwrap().deliveries.len().to_string() }),
    )
    .await;
    timed(
        "count, up to 10000",
        &mut Box::pin(async {
            store
                .search_numbers(&Filter::default(), 10_000)
                .await
                .unwrap()
                .events
                .len()
                .to_string()
        }),
    )
    .await;
}
