//! Warm mode: what a kept instance still knows, and what ends it.

use super::*;

/// Passes when its memory is fresh, and is done when somebody was here before.
const REMEMBER: &str = "(if (result i32) (i32.load (i32.const 4096)) (then i32.const 512)
                    (else (i32.store (i32.const 4096) (i32.const 1)) i32.const 576))";

/// Passes in the first call, is done in the second and traps in the third.
const TRAP_IN_THE_THIRD: &str = "(i32.store (i32.const 4096) (i32.add (i32.load (i32.const 4096)) (i32.const 1)))
    (if (i32.eq (i32.load (i32.const 4096)) (i32.const 3)) (then unreachable))
    (if (result i32) (i32.eq (i32.load (i32.const 4096)) (i32.const 1)) (then i32.const 576) (else i32.const 512))";

async fn warm(instructions: &str, items: &str, limits: &str) -> (Host, Arc<Plugin>) {
    let host = Host::start().await;
    let fixture = Fixture::new(CARD, instructions).item(items).text(1024, "{\"a\":12}");
    let plugin = host
        .load_with("x", &fixture, &format!("[limits]\n{limits}"))
        .await
        .unwrap();
    (host, Arc::new(plugin))
}

/// Whether each of so many calls found a fresh instance.
async fn fresh(plugin: &Plugin, calls: usize) -> Vec<bool> {
    let mut fresh = Vec::new();
    for _ in 0..calls {
        fresh.push(handle(plugin).await.unwrap().reply == Reply::Pass);
    }
    fresh
}

#[tokio::test]
async fn a_kept_instance_serves_as_many_calls_as_the_operator_says() {
    let (_host, plugin) = warm(REMEMBER, "", "reuse = 3").await;
    assert_eq!(fresh(&plugin, 7).await, [true, false, false, true, false, false, true]);
}

#[tokio::test]
async fn without_the_setting_nothing_is_kept() {
    let (_host, plugin) = warm(REMEMBER, "", "reuse_instances_max = 4").await;
    assert_eq!(fresh(&plugin, 4).await, [true; 4]);
}

#[tokio::test]
async fn what_the_plugin_did_while_it_described_itself_is_not_there_in_a_call() {
    let (_host, plugin) = warm(REMEMBER, "", "reuse = 100").await;
    assert_eq!(fresh(&plugin, 1).await, [true]);
}

#[tokio::test]
async fn an_instance_that_serves_no_call_takes_no_place_from_others() {
    let host = Host::start().await;
    let before = host.engine.kept().available_permits();
    let fixture = Fixture::new(CARD, REMEMBER).text(1024, "{\"a\":12}");
    let plugin = host.load_with("x", &fixture, "[limits]\nreuse = 100").await.unwrap();
    assert_eq!(
        host.engine.kept().available_permits(),
        before,
        "it has described itself"
    );
    assert_eq!(handle(&plugin).await.unwrap().reply, Reply::Pass);
    assert_eq!(host.engine.kept().available_permits(), before - 1);
}

#[tokio::test]
async fn a_trap_ends_a_kept_instance() {
    let (_host, plugin) = warm(TRAP_IN_THE_THIRD, "", "reuse = 100").await;
    assert_eq!(fresh(&plugin, 2).await, [true, false]);
    is(&handle(&plugin).await.unwrap_err(), "trap", &["it gave up"]);
    assert_eq!(fresh(&plugin, 2).await, [true, false]);
}

#[tokio::test]
async fn a_time_out_ends_a_kept_instance() {
    let sleep_in_the_second =
        "(if (i32.load (i32.const 4096)) (then (call $block (call $sleep (i64.const 1000000000000)))))
        (i32.store (i32.const 4096) (i32.const 1)) i32.const 576";
    let (_host, plugin) = warm(sleep_in_the_second, TIMER, "reuse = 100").await;
    assert_eq!(fresh(&plugin, 1).await, [true]);
    let late = plugin.handle(&click(), within(Duration::from_millis(50))).await;
    is(&late.unwrap_err(), "over_budget", &[]);
    assert_eq!(fresh(&plugin, 1).await, [true]);
}

#[tokio::test]
async fn a_call_that_is_dropped_ends_a_kept_instance() {
    let sleep_in_the_second =
        "(if (i32.load (i32.const 4096)) (then (call $block (call $sleep (i64.const 1000000000000)))))
        (i32.store (i32.const 4096) (i32.const 1)) i32.const 576";
    let (_host, plugin) = warm(sleep_in_the_second, TIMER, "reuse = 100").await;
    assert_eq!(fresh(&plugin, 1).await, [true]);
    assert!(starts_waiting(plugin.handle(&click(), context())).await);
    assert_eq!(fresh(&plugin, 1).await, [true]);
}

#[tokio::test]
async fn an_instance_that_holds_too_much_memory_is_not_kept() {
    let grow = format!("(memory.grow (i32.const 2)) drop {REMEMBER}");
    // One page at first; three after the first call, five after the second.
    let (_host, plugin) = warm(&grow, "", "reuse = 100\nreuse_bytes_max = 200000").await;
    assert_eq!(fresh(&plugin, 4).await, [true, false, true, false]);
}

#[tokio::test]
async fn an_instance_that_leaves_handles_open_is_not_kept_until_it_fails() {
    // Each of its timers has two.
    let leak = format!("(call $sleep (i64.const 1)) drop {REMEMBER}");
    let (_host, plugin) = warm(&leak, TIMER, "reuse = 100\nhandles_max = 8").await;
    assert_eq!(fresh(&plugin, 6).await, [true, false, false, true, false, false]);
}

#[tokio::test]
async fn one_call_at_a_time_has_a_kept_instance() {
    let wait = format!("(call $block (call $sleep (i64.const 50000000))) {REMEMBER}");
    let (_host, plugin) = warm(&wait, TIMER, "reuse = 100").await;
    let (one, other) = tokio::join!(handle(&plugin), handle(&plugin));
    assert_eq!([one.unwrap().reply, other.unwrap().reply], [Reply::Pass, Reply::Pass]);
    let (one, other) = tokio::join!(handle(&plugin), handle(&plugin));
    assert_eq!([one.unwrap().reply, other.unwrap().reply], [Reply::None, Reply::None]);
}

#[tokio::test]
async fn no_tenant_and_no_application_gets_the_instance_of_another() {
    let (_host, plugin) = warm(REMEMBER, "", "reuse = 100\nreuse_instances_max = 3").await;
    let of = |app: &str, tenant: &str| {
        let mut event = (*click()).clone();
        event.app_id = app.into();
        event.tenant_key = tenant.into();
        Arc::new(event)
    };
    let events = [of("cli_1", "one"), of("cli_1", "two"), of("cli_2", "one")];
    for expected in [Reply::Pass, Reply::None] {
        for event in &events {
            assert_eq!(plugin.handle(event, context()).await.unwrap().reply, expected);
        }
    }
}

#[tokio::test]
async fn a_kept_instance_gives_its_memory_back_when_nobody_calls_it() {
    let (host, plugin) = warm(REMEMBER, "", "reuse = 100\nreuse_idle_ms_max = 1000").await;
    tokio::time::pause();
    assert_eq!(fresh(&plugin, 2).await, [true, false]);
    assert!(host.engine.memory_in_use() > 0);
    tokio::time::advance(Duration::from_millis(900)).await;
    assert_eq!(fresh(&plugin, 1).await, [false], "a call begins the wait anew");
    tokio::time::advance(Duration::from_millis(900)).await;
    tokio::task::yield_now().await;
    assert!(host.engine.memory_in_use() > 0);
    tokio::time::advance(Duration::from_millis(200)).await;
    while host.engine.memory_in_use() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(fresh(&plugin, 1).await, [true]);
}

#[tokio::test]
async fn what_the_host_kept_for_a_call_is_given_back_while_its_instance_waits() {
    let say = "(call $log (i32.const 1) (i32.const 16384) (i32.const 40000)) i32.const 512";
    let (host, plugin) = warm(say, LOG, "reuse = 100").await;
    for _ in 0..3 {
        handle(&plugin).await.unwrap();
        // A page and a table; the text of 40 000 bytes is not among it.
        let used = host.engine.memory_in_use();
        assert!((65_536..100_000).contains(&used), "{used}");
    }
}

#[tokio::test]
async fn a_plugin_that_is_replaced_takes_its_kept_instances_along() {
    let (host, plugin) = warm(REMEMBER, "", "reuse = 100").await;
    fresh(&plugin, 2).await;
    assert!(host.engine.memory_in_use() > 0);
    drop(plugin);
    assert_eq!(host.engine.memory_in_use(), 0);
}

#[tokio::test]
async fn a_kept_instance_speaks_in_the_name_of_the_event_at_hand() {
    let lines = recorded();
    // A stream that is opened in the first call and used in all.
    let say = "(if (i32.eqz (i32.load (i32.const 4096))) (then
            (i32.store (i32.const 4100) (call $stdout)) (i32.store (i32.const 4096) (i32.const 1))))
        (call $say (i32.load (i32.const 4100)) (i32.const 1024) (i32.const 8)) i32.const 512";
    let (_host, plugin) = warm(say, STREAMS, "reuse = 100").await;
    for id in ["evt-1", "evt-2"] {
        let mut event = (*click()).clone();
        event.id = id.into();
        plugin.handle(&Arc::new(event), context()).await.unwrap();
    }
    let said = lines.lines_with(OF_PLUGINS);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("event.id=\"evt-1\"") && said[1].contains("event.id=\"evt-2\""),
        "{said:?}"
    );
}
