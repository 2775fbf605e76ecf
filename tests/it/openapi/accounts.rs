//! Users' codes and tokens: the link, the exchange, the refresh, and what each refusal means.

use lark_callback::openapi::{OauthError, TokenEndpoint, UserTokens};
use secrecy::{ExposeSecret as _, SecretString};

use super::*;
use crate::support::{
    Answer as Page, Connection, Log, Request as Get,
    fake_lark::{Decision, REDIRECT_URI},
};

const V2: &str = "/open-apis/authen/v2/oauth/token";
const V3: &str = "/oauth/v3/token";

fn verifier() -> SecretString {
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".into()
}

/// The code with which a user comes back who consents.
fn code(lark: &FakeLark, openapi: &Openapi) -> SecretString {
    let scopes = ["contact:user.base:readonly".to_owned()];
    let url = openapi.authorize_url(APP_ID, REDIRECT_URI, &scopes, "state &=", &verifier());
    let back = lark.visit(&url, Decision::Consent);
    assert_eq!(back[1], ("state".into(), "state &=".into()));
    back[0].1.as_str().into()
}

async fn exchange(lark: &FakeLark, openapi: &Openapi) -> Result<UserTokens, OauthError> {
    let code = code(lark, openapi);
    openapi
        .exchange_code(APP_ID, &code, &verifier(), REDIRECT_URI, &ample(lark))
        .await
}

#[tokio::test]
async fn a_code_becomes_tokens_at_both_endpoints() {
    for (token_endpoint, path) in [(TokenEndpoint::V2, V2), (TokenEndpoint::V3, V3)] {
        let lark = FakeLark::start().await;
        let settings = OpenapiSettings {
            token_endpoint,
            ..settings(&lark)
        };
        let openapi = openapi_with(settings, Distribution::Internal);
        let tokens = exchange(&lark, &openapi).await.unwrap();
        assert_eq!(tokens.scopes, "contact:user.base:readonly offline_access");
        let (from, to) = (lark.now_ms() + 7_200_000, lark.now_ms() + 7_230_000);
        assert!((from..to).contains(&tokens.access_expires_at_ms));
        assert!(tokens.refresh_expires_at_ms.unwrap() >= lark.now_ms() + 604_800_000);

        let user = openapi.user_info(APP_ID, &tokens.access, &ample(&lark)).await.unwrap();
        assert_eq!((user.open_id.as_str(), user.name.as_str()), (OPERATOR, "张三"));

        let refresh = tokens.refresh.unwrap();
        let newer = openapi.refresh(APP_ID, &refresh, &ample(&lark)).await.unwrap();
        assert_ne!(newer.access.expose_secret(), tokens.access.expose_secret());
        let again = openapi.refresh(APP_ID, &refresh, &ample(&lark)).await.unwrap_err();
        assert!(
            matches!(again, OauthError::AuthorizeAgain { code: 20_073, .. }),
            "{again:?}"
        );
        assert_eq!(lark.requests_to(path).len(), 3);
        assert_eq!(lark.take_refusals(), [20_073]);
    }
}

#[tokio::test]
async fn a_code_works_once_in_time_and_with_its_verifier() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let first = code(&lark, &openapi);
    let try_with = async |code: &SecretString, verifier: &SecretString| {
        openapi
            .exchange_code(APP_ID, code, verifier, REDIRECT_URI, &ample(&lark))
            .await
    };
    try_with(&first, &verifier()).await.unwrap();
    let used = try_with(&first, &verifier()).await.unwrap_err();
    assert!(matches!(used, OauthError::CodeRefused { code: 20_065, .. }));

    let second = code(&lark, &openapi);
    let other = try_with(&second, &"another".repeat(10).into()).await.unwrap_err();
    assert!(matches!(other, OauthError::PkceRefused { code: 20_049, .. }));

    let third = code(&lark, &openapi);
    lark.advance(300_000);
    let late = try_with(&third, &verifier()).await.unwrap_err();
    assert!(matches!(late, OauthError::CodeRefused { code: 20_004, .. }));
    assert_eq!(lark.take_refusals(), [20_065, 20_049, 20_004]);
}

/// The advice of an error, in one word.
fn reaction(error: &OauthError) -> &'static str {
    match error {
        OauthError::AuthorizeAgain { .. } => "authorize again",
        OauthError::Busy { .. } => "busy",
        OauthError::CodeRefused { .. } => "session failed",
        OauthError::PkceRefused { .. } => "session failed, look at it",
        OauthError::Configuration { .. } => "configuration",
        OauthError::NotAllowed { .. } => "not allowed",
        OauthError::ScopeRefused { .. } => "scope",
        OauthError::Unknown { .. } => "unknown",
        OauthError::Limited { .. } => "wait",
        OauthError::Unavailable { .. } => "unavailable",
        OauthError::NotLark { .. } => "not lark",
        _ => "other",
    }
}

#[tokio::test]
async fn each_code_has_its_reaction() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let table: [(&str, &[i64]); 8] = [
        ("authorize again", &[20_026, 20_037, 20_064, 20_073]),
        ("busy", &[20_050, 20_072]),
        ("session failed", &[20_003, 20_004, 20_007, 20_065, 1_007]),
        ("session failed, look at it", &[20_049]),
        (
            "configuration",
            &[
                20_001, 20_002, 20_024, 20_029, 20_036, 20_048, 20_063, 20_067, 20_069, 20_070, 20_071, 20_074,
            ],
        ),
        ("scope", &[20_027, 20_043, 20_068]),
        ("not allowed", &[20_008, 20_009, 20_010, 20_066]),
        ("unknown", &[12_345]),
    ];
    for (wanted, codes) in table {
        for code in codes {
            let status = if wanted == "busy" { 500 } else { 400 };
            lark.keeps_failing(V2, &Fault::code(status, *code));
            let error = openapi
                .refresh(APP_ID, &"ur-1".into(), &brief(&lark))
                .await
                .unwrap_err();
            assert_eq!(reaction(&error), wanted, "{code}");
            assert_eq!(error.is_retryable(), wanted == "busy", "{code}");
            let text = error.to_string();
            assert!(text.contains(&code.to_string()) && text.contains("logid-"), "{text}");
        }
    }
}

#[tokio::test]
async fn what_somebody_must_set_is_named() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    for (code, names) in [
        (20_002, "LARK_APP_SECRET"),
        (20_029, "OAUTH_REDIRECT_URI is not registered"),
        (20_071, "OAUTH_REDIRECT_URI"),
        (20_049, "LARK_OAUTH_TOKEN_ENDPOINT=v3"),
        (20_069, "enable"),
        (20_027, "Permissions & Scopes"),
    ] {
        lark.fault(V2, Fault::code(400, code));
        let error = openapi
            .refresh(APP_ID, &"ur-1".into(), &ample(&lark))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(names), "{error}");
    }
    let words = r#"{"code":20027,"error":"invalid_scope","error_description":"not granted: offline_access u-secret"}"#;
    lark.fault(V2, Fault::text(400, words));
    let error = openapi
        .refresh(APP_ID, &"ur-1".into(), &ample(&lark))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("the scope offline_access (code 20027") && text.contains("OAUTH_OFFLINE_ACCESS"),
        "{text}"
    );
    assert!(!text.contains("u-secret"), "{text}");
}

/// Until the second look of a person; every repetition is made well before.
fn brief(lark: &FakeLark) -> Deadline {
    Deadline::within(lark.now_ms(), Duration::from_millis(900))
}

/// Faults of Lark or the network, and whether they are temporary.
fn passing() -> [Fault; 8] {
    [
        Fault::Drop,
        Fault::text(502, "<html>"),
        Fault::text(200, "<html>"),
        Fault::text(200, ""),
        Fault::text(404, "not here"),
        Fault::code(500, 20_050),
        Fault::code(503, 20_072),
        Fault::limit(429, ("x-ogw-ratelimit-reset", "0")),
    ]
}

#[tokio::test]
async fn what_passes_is_asked_again_while_there_is_time() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    for fault in passing() {
        for path in [V2, "/open-apis/authen/v1/user_info"] {
            let (what, before) = (format!("{path} {fault:?}"), lark.requests_to(path).len());
            for _ in 0..2 {
                lark.fault(path, fault.clone());
            }
            let tokens = exchange(&lark, &openapi).await.expect(&what);
            let user = openapi
                .user_info(APP_ID, &tokens.access, &ample(&lark))
                .await
                .expect(&what);
            assert_eq!(
                (user.open_id.as_str(), lark.requests_to(path).len()),
                (OPERATOR, before + 3)
            );
        }
    }
}

#[tokio::test]
async fn what_does_not_pass_in_time_may_pass_later() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    for fault in passing() {
        let what = format!("{fault:?}");
        lark.keeps_failing(V2, &fault);
        let began = std::time::Instant::now();
        let error = openapi
            .refresh(APP_ID, &"ur-1".into(), &brief(&lark))
            .await
            .unwrap_err();
        assert!(error.is_retryable(), "{what}: {error}");
        assert!(began.elapsed() < Duration::from_millis(900), "{what}");
        assert!(lark.requests_to(V2).len() > 1, "{what}");
    }
    lark.recovers(V2);
    // A wait that does not fit is told to the caller.
    lark.fault(V2, Fault::limit(429, ("x-ogw-ratelimit-reset", "60")));
    let error = exchange(&lark, &openapi).await.unwrap_err();
    assert_eq!(
        (reaction(&error), error.after()),
        ("wait", Some(Duration::from_secs(60)))
    );
}

#[tokio::test]
async fn nothing_secret_is_logged_or_shown() {
    let (log, _guard) = Log::start_at_trace();
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let tokens = exchange(&lark, &openapi).await.unwrap();
    let mut shown = format!("{openapi:?} {tokens:?}");
    for code in [20_003, 20_002, 20_073, 20_027, 1] {
        lark.fault(V2, Fault::code(400, code));
        let error = exchange(&lark, &openapi).await.unwrap_err();
        shown += &format!("{error} {error:?} {:?}", std::error::Error::source(&error));
    }
    lark.fault(V2, Fault::Drop);
    exchange(&lark, &openapi).await.unwrap();
    lark.fault(TENANT_TOKEN, Fault::code(400, 10_014));
    let error = call(&openapi, ample(&lark)).await.unwrap_err();
    shown += &format!("{error} {error:?}");
    shown += &log.text();
    assert!(shown.contains("Retrying a request to Lark"), "the log was taken");
    for secret in ["canary", "code-", APP_SECRET, verifier().expose_secret(), "t-1"] {
        let at = shown.find(secret);
        assert_eq!(at.map(|at| &shown[at.saturating_sub(80)..at]), None, "{secret}");
    }
}

/// The page that the browser shows for an address.
async fn open(lark: &FakeLark, url: &str) -> Page {
    let path = url.strip_prefix(&lark.url()).unwrap();
    Connection::open(lark.address).await.send(&Get::get(path)).await
}

#[tokio::test]
async fn the_authorize_page_sends_the_user_back_whatever_was_decided() {
    let lark = FakeLark::start().await;
    let url = openapi(&lark).authorize_url(APP_ID, REDIRECT_URI, &[], "a&b\"<", &verifier());
    let page = open(&lark, &url).await;
    let text = &page.body;
    assert!(page.status == 200 && text.contains("a&amp;b&quot;&lt;"), "{text}");
    for button in [r#"id="allow""#, r#"id="refuse""#, r#"id="other""#] {
        assert!(text.contains(button), "{button}");
    }
    let refused = open(&lark, &format!("{url}&decision=refuse")).await;
    let back = format!("{REDIRECT_URI}?error=access_denied&state=a%26b%22%3C");
    assert_eq!((refused.status, refused.header("location")), (302, Some(back.as_str())));
    assert_eq!(lark.visit(&url, Decision::Refuse)[0].1, "access_denied");
}

#[tokio::test]
async fn a_redirect_that_is_not_registered_is_refused_at_the_page() {
    let lark = FakeLark::start().await;
    let url = openapi(&lark).authorize_url(APP_ID, REDIRECT_URI, &[], "state", &verifier());
    lark.register_redirect_uri("https://elsewhere.example.com/callback");
    assert_eq!(open(&lark, &url).await.json()["code"], 20_029);
    assert_eq!(lark.take_refusals(), [20_029]);
}

#[tokio::test]
async fn what_lark_may_leave_out_is_not_missed() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let granted = r#"{"code":0,"access_token":"u-without-a-lifetime","scope":null,"token_type":"Bearer"}"#;
    lark.fault(V2, Fault::text(200, granted));
    let tokens = exchange(&lark, &openapi).await.unwrap();
    assert_eq!((tokens.scopes.as_str(), tokens.refresh.is_none()), ("", true));
    assert!(tokens.access_expires_at_ms >= lark.now_ms() + 7_200_000);

    let described = r#"{"code":0,"msg":"success","data":{"open_id":"ou_1","union_id":null,"name":null,"mobile":null}}"#;
    lark.fault("/open-apis/authen/v1/user_info", Fault::text(200, described));
    let user = openapi.user_info(APP_ID, &tokens.access, &ample(&lark)).await.unwrap();
    assert_eq!((user.open_id.as_str(), user.name.as_str()), ("ou_1", ""));
}

#[tokio::test]
async fn a_success_without_what_was_asked_for_may_work_later() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    lark.fault(V2, Fault::text(200, r#"{"code":0}"#));
    let error = exchange(&lark, &openapi).await.unwrap_err();
    assert!(
        matches!(error, OauthError::Incomplete { status: 200, .. }) && error.is_retryable(),
        "{error:?}"
    );
    let tokens = exchange(&lark, &openapi).await.unwrap();
    lark.fault(
        "/open-apis/authen/v1/user_info",
        Fault::text(200, r#"{"code":0,"msg":"success","data":{"name":"nobody"}}"#),
    );
    let error = openapi
        .user_info(APP_ID, &tokens.access, &ample(&lark))
        .await
        .unwrap_err();
    assert!(matches!(error, OauthError::Incomplete { .. }), "{error:?}");
}
