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
    assert!(matches!(used, OauthError::CodeRefused { code: 20_003, .. }));

    let second = code(&lark, &openapi);
    let other = try_with(&second, &"another".repeat(10).into()).await.unwrap_err();
    assert!(matches!(other, OauthError::PkceRefused { code: 20_049, .. }));

    let third = code(&lark, &openapi);
    lark.advance(300_000);
    let late = try_with(&third, &verifier()).await.unwrap_err();
    assert!(matches!(late, OauthError::CodeRefused { code: 20_004, .. }));
    assert_eq!(lark.take_refusals(), [20_003, 20_049, 20_004]);
}

/// What is to be done, in one word.
fn reaction(error: &OauthError) -> &'static str {
    match error {
        OauthError::AuthorizeAgain { .. } => "authorize again",
        OauthError::Busy { .. } => "busy",
        OauthError::CodeRefused { .. } => "session failed",
        OauthError::PkceRefused { .. } => "session failed, look at it",
        OauthError::Configuration { .. } => "configuration",
        OauthError::NotAllowed { .. } => "not allowed",
        OauthError::Unknown { .. } => "unknown",
        OauthError::Limited { .. } => "wait",
        OauthError::Unavailable { .. } => "unavailable",
        _ => "other",
    }
}

#[tokio::test]
async fn each_code_has_its_reaction() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let table: [(&str, &[i64]); 7] = [
        ("authorize again", &[20_026, 20_037, 20_064, 20_073]),
        ("busy", &[20_050, 20_072]),
        ("session failed", &[20_003, 20_004, 20_007, 1_007]),
        ("session failed, look at it", &[20_049]),
        (
            "configuration",
            &[20_001, 20_002, 20_024, 20_029, 20_036, 20_048, 20_063, 20_070, 20_074],
        ),
        ("not allowed", &[20_008, 20_009, 20_010]),
        ("unknown", &[20_066, 20_067, 20_068, 20_069, 12_345]),
    ];
    for (wanted, codes) in table {
        for code in codes {
            // Those are repeated once.
            for _ in 0..if wanted == "busy" { 2 } else { 1 } {
                lark.fault(V2, Fault::code(400, *code));
            }
            let error = openapi
                .refresh(APP_ID, &"ur-1".into(), &ample(&lark))
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
async fn an_error_of_larks_own_is_tried_once_more() {
    for (status, code) in [(500, 20_050), (503, 20_072)] {
        let lark = FakeLark::start().await;
        let openapi = openapi(&lark);
        lark.fault(V2, Fault::code(status, code));
        exchange(&lark, &openapi).await.unwrap();
        assert_eq!(lark.requests_to(V2).len(), 2);
    }
}

#[tokio::test]
async fn other_trouble_at_the_token_endpoint_may_pass() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    for fault in [
        Fault::Drop,
        Fault::text(502, "<html>"),
        Fault::limit(429, ("x-ogw-ratelimit-reset", "60")),
    ] {
        let what = format!("{fault:?}");
        lark.fault(V2, fault);
        let error = exchange(&lark, &openapi).await.unwrap_err();
        assert!(error.is_retryable(), "{what}: {error}");
    }
    lark.fault(V2, Fault::text(200, "<html>"));
    let error = exchange(&lark, &openapi).await.unwrap_err();
    assert_eq!(reaction(&error), "unknown");
}

#[tokio::test]
async fn nothing_secret_is_logged_or_shown() {
    let (log, _guard) = Log::start_at_trace();
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let tokens = exchange(&lark, &openapi).await.unwrap();
    let mut shown = format!("{openapi:?} {tokens:?}");
    for code in [20_003, 20_002, 20_073, 20_050, 20_050, 1] {
        lark.fault(V2, Fault::code(400, code));
    }
    lark.fault(V2, Fault::Drop);
    for _ in 0..6 {
        let error = exchange(&lark, &openapi).await.unwrap_err();
        shown += &format!("{error} {error:?} {:?}", std::error::Error::source(&error));
    }
    lark.fault(TENANT_TOKEN, Fault::code(400, 10_014));
    let error = call(&openapi, ample(&lark)).await.unwrap_err();
    shown += &format!("{error} {error:?}");
    shown += &log.text();
    assert!(shown.contains("Lark asks to repeat"), "the log was taken");
    for secret in ["canary", "code-", APP_SECRET, verifier().expose_secret(), "t-1"] {
        let at = shown.find(secret);
        assert_eq!(at.map(|at| &shown[at.saturating_sub(80)..at]), None, "{secret}");
    }
}

/// What the browser shows for an address.
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
