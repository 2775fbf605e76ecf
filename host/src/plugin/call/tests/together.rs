//! Calls beside each other: one that misbehaves leaves the others alone.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neighbours_answer_while_plugins_spin_on_every_thread() {
    let host = Host::start().await;
    let busy = Arc::new(
        host.load_with("busy", &Fixture::new(CARD, SPIN), "[limits]\ncpu_ms_max = 60000")
            .await
            .unwrap(),
    );
    let quick = Arc::new(load(&host, REPLY).await);
    let spinning: Vec<_> = (0..4)
        .map(|_| {
            let busy = Arc::clone(&busy);
            tokio::spawn(async move { busy.handle(&click(), context()).await })
        })
        .collect();
    for _ in 0..50 {
        let quick = Arc::clone(&quick);
        let answered = tokio::spawn(async move { handle(&quick).await.unwrap().reply });
        assert_eq!(answered.await.unwrap(), Reply::Json("{\"a\":12}".to_owned()));
    }
    for spin in spinning {
        assert!(
            !spin.is_finished(),
            "the spinning calls were to last longer than the quick ones"
        );
        spin.abort();
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_halfway_leaves_nothing_behind() {
    let host = Host::with(EngineSettings {
        instances_max: 1,
        ..EngineSettings::default()
    })
    .await;
    let sleeper = host.load("sleeper", &Fixture::new(CARD, SLEEP).item(TIMER)).await;
    let quick = load(&host, DONE).await;
    for _ in 0..100 {
        assert!(starts_waiting(sleeper.handle(&click(), context())).await);
        handle(&quick).await.unwrap();
    }
}

#[tokio::test]
async fn a_plugin_with_all_its_calls_running_is_busy_and_its_neighbour_is_not() {
    let host = Host::with(EngineSettings {
        instances_max: 2,
        ..EngineSettings::default()
    })
    .await;
    let sleeper = host.load("sleeper", &Fixture::new(CARD, SLEEP).item(TIMER)).await;
    let quick = load(&host, DONE).await;
    let event = click();
    let mut first = pin!(sleeper.handle(&event, context()));
    assert!(starts_waiting(first.as_mut()).await);
    let error = sleeper
        .handle(&event, within(Duration::from_millis(20)))
        .await
        .unwrap_err();
    is(
        &error,
        "busy",
        &["the plugin already has 1 calls running", "CALLBACK_INSTANCES_MAX"],
    );
    handle(&quick).await.unwrap();
}

#[tokio::test]
async fn a_plugin_that_outlives_its_engine_is_still_interrupted() {
    let host = Host::start().await;
    let plugin = host
        .load_with("x", &Fixture::new(CARD, SPIN), "[limits]\ncpu_ms_max = 20")
        .await
        .unwrap();
    drop(host);
    is(&handle(&plugin).await.unwrap_err(), "over_cpu", &[]);
}
