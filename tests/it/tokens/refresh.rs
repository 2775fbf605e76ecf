//! The refresh: ahead of time, once for all who ask, and final when Lark says so.

use tokio::task::JoinSet;

use super::*;
use crate::support::{until, within};

/// Tokens that have just expired.
async fn expired() -> Bench {
    let bench = Bench::authorized().await;
    bench.lark.advance(7_200_000);
    bench
}

#[tokio::test]
async fn a_token_is_refreshed_five_minutes_ahead() {
    let bench = Bench::authorized().await;
    for (minutes, refreshes) in [(114, 0), (2, 1), (0, 1)] {
        bench.lark.advance(minutes * 60_000);
        bench.call().await.unwrap();
        assert_eq!(bench.refreshes(), refreshes);
    }
}

#[tokio::test]
async fn fifty_callers_on_two_servers_refresh_once() {
    let bench = expired().await;
    let other = tokens(&bench.lark, &bench.store, Some(KEY));
    let held = bench.lark.hold(TOKEN);
    let mut callers = JoinSet::new();
    for number in 0..50 {
        let tokens = if number % 2 == 0 { &bench.tokens } else { &other }.clone();
        let deadline = bench.ample();
        callers.spawn(async move { tokens.access(APP_ID, OPERATOR, &deadline).await });
    }
    until("the refresh", async || (bench.refreshes() == 1).then_some(())).await;
    held.release();
    let versions: Vec<_> = within("the new token", callers.join_all())
        .await
        .into_iter()
        .map(|access| access.unwrap().version)
        .collect();
    assert!(versions.iter().all(|version| *version == versions[0]), "{versions:?}");
    assert_eq!(bench.refreshes(), 1);
    assert_eq!(bench.call().await.unwrap(), "张三");
}

#[tokio::test]
async fn a_refresh_goes_on_when_its_caller_has_no_more_time() {
    let bench = expired().await;
    let held = bench.lark.hold(TOKEN);
    let error = within("the deadline", bench.tokens.access(APP_ID, OPERATOR, &bench.short()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, AccessError::TooSlow) && error.is_retryable(),
        "{error:?}"
    );
    held.release();
    within("the end of the refresh", bench.tokens.drain()).await;
    assert_eq!(bench.call().await.unwrap(), "张三");
    assert_eq!(bench.refreshes(), 1);
}

#[tokio::test]
async fn an_answer_that_was_lost_costs_another_authorization() {
    let bench = expired().await;
    bench.lark.fault(TOKEN, Fault::LoseAnswer);
    // It is asked again at once, and Lark does not take the same refresh token twice.
    let error = bench.call().await.unwrap_err();
    assert!(
        matches!(&error, LarkCallError::Access(error) if must_authorize(error)),
        "{error:?}"
    );
    assert!(!bench.is_known().await);
    assert_eq!(bench.lark.take_refusals(), [20_073]);

    bench.authorize(Decision::Consent).await.unwrap();
    assert_eq!(bench.call().await.unwrap(), "张三");
}

#[tokio::test]
async fn what_lark_does_not_take_any_more_is_deleted() {
    for code in [20_026, 20_037, 20_064, 20_073] {
        let bench = expired().await;
        bench.lark.fault(TOKEN, Fault::code(400, code));
        let error = bench.call().await.unwrap_err();
        assert!(
            matches!(&error, LarkCallError::Access(error) if must_authorize(error)),
            "{error:?}"
        );
        assert!(!bench.is_known().await);
    }
}

#[tokio::test]
async fn what_may_pass_deletes_nothing() {
    let bench = expired().await;
    for fault in [
        Fault::code(500, 20_050),
        Fault::Drop,
        Fault::text(502, "<html>"),
        Fault::text(200, "<html>"),
        Fault::text(200, ""),
        Fault::code(400, 20_002),
    ] {
        bench.lark.keeps_failing(TOKEN, &fault);
        assert!(bench.call().await.is_err());
        assert!(bench.is_known().await, "{fault:?}");
    }
    bench.lark.recovers(TOKEN);
    assert_eq!(bench.call().await.unwrap(), "张三");
}

#[tokio::test]
async fn what_passes_in_a_moment_is_not_noticed() {
    for fault in [
        Fault::Drop,
        Fault::text(200, "<html>"),
        Fault::text(200, ""),
        Fault::code(500, 20_050),
    ] {
        let bench = expired().await;
        bench.lark.fault(TOKEN, fault);
        assert_eq!(bench.call().await.unwrap(), "张三");
        assert_eq!(bench.refreshes(), 2);
    }
}

#[tokio::test]
async fn a_refresh_ahead_of_time_may_fail_as_long_as_the_old_token_is_good() {
    let bench = Bench::authorized().await;
    bench.lark.advance(116 * 60_000);
    bench.lark.keeps_failing(TOKEN, &Fault::text(502, "<html>"));
    assert_eq!(bench.call().await.unwrap(), "张三");
    bench.lark.recovers(TOKEN);
    assert_eq!(bench.call().await.unwrap(), "张三");
}

#[tokio::test]
async fn a_refused_token_is_replaced_and_the_call_repeated_once() {
    for code in [99_991_668, 99_991_677] {
        let bench = Bench::authorized().await;
        bench.lark.fault(USER_INFO, Fault::code(401, code));
        assert_eq!(bench.call().await.unwrap(), "张三");
        assert_eq!(bench.refreshes(), 1);
        // With the exchange there are three.
        assert_eq!(bench.lark.requests_to(USER_INFO).len(), 3);
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_all_who_hold_it() {
    let bench = Bench::authorized().await;
    bench.lark.revoke_access();
    let request = Request::new("GET", USER_INFO, &[], None).unwrap();
    let mut callers = JoinSet::new();
    for _ in 0..30 {
        let (tokens, request, deadline) = (bench.tokens.clone(), request.clone(), bench.ample());
        callers.spawn(async move { tokens.call(APP_ID, ME, &request, &deadline).await });
    }
    for answer in within("the answers", callers.join_all()).await {
        assert!(answer.unwrap().is_success());
    }
    assert_eq!(bench.refreshes(), 1);
    assert!(bench.lark.take_refusals().iter().all(|code| *code == 99_991_668));
}

#[tokio::test]
async fn a_token_that_is_refused_twice_is_given_up() {
    let bench = Bench::authorized().await;
    for _ in 0..2 {
        bench.lark.fault(USER_INFO, Fault::code(401, 99_991_668));
    }
    let error = bench.call().await.unwrap_err();
    assert!(
        matches!(&error, LarkCallError::Access(error) if must_authorize(error)),
        "{error:?}"
    );
    assert!(!bench.is_known().await);
}

#[tokio::test]
async fn a_user_who_took_it_back_must_authorize_again() {
    let bench = Bench::authorized().await;
    bench.lark.revoke_grants();
    let error = bench.call().await.unwrap_err();
    assert!(
        matches!(&error, LarkCallError::Access(error) if must_authorize(error)),
        "{error:?}"
    );
    assert!(!bench.is_known().await);
    assert_eq!(bench.lark.take_refusals(), [99_991_668, 20_064]);
}

#[tokio::test]
async fn who_is_forgotten_during_a_refresh_stays_forgotten() {
    let bench = expired().await;
    let held = bench.lark.hold(TOKEN);
    let (tokens, deadline) = (bench.tokens.clone(), bench.ample());
    let caller = tokio::spawn(async move { tokens.access(APP_ID, OPERATOR, &deadline).await });
    until("the refresh", async || (bench.refreshes() == 1).then_some(())).await;
    assert!(bench.tokens.forget(APP_ID, OPERATOR).await.unwrap());
    held.release();
    let error = within("the answer", caller).await.unwrap().unwrap_err();
    assert!(must_authorize(&error), "{error:?}");
    assert!(!bench.is_known().await);
}

#[tokio::test]
async fn who_authorizes_anew_during_a_refresh_keeps_the_new_tokens() {
    let bench = expired().await;
    let held = bench.lark.hold(TOKEN);
    let (tokens, deadline) = (bench.tokens.clone(), bench.ample());
    let caller = tokio::spawn(async move { tokens.access(APP_ID, OPERATOR, &deadline).await });
    until("the refresh", async || (bench.refreshes() == 1).then_some(())).await;
    bench.authorize(Decision::Consent).await.unwrap();
    let newest = bench.store.user_token(APP_ID, OPERATOR).await.unwrap().unwrap();
    held.release();
    let access = within("the answer", caller).await.unwrap().unwrap();
    assert_eq!(access.version, newest.version);
}

#[tokio::test]
async fn a_server_that_died_with_the_lease_holds_nobody_for_long() {
    let bench = expired().await;
    let lease = format!("user-token/{APP_ID}/{OPERATOR}");
    let taken = bench
        .store
        .acquire_lease(&lease, "a dead server", 1_000, bench.lark.now_ms());
    assert!(taken.await.unwrap());
    let error = bench.tokens.access(APP_ID, OPERATOR, &bench.short()).await.unwrap_err();
    assert!(matches!(error, AccessError::TooSlow), "{error:?}");
    within("the end of the lease", bench.tokens.drain()).await;
    assert_eq!(bench.call().await.unwrap(), "张三");
    assert_eq!(bench.refreshes(), 1);
}
