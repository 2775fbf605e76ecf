//! Users' tokens from the link to the call: kept sealed, refreshed once, given up when Lark takes them back.

mod app_ticket;
mod refresh;

use std::{fs, path::PathBuf, time::Duration};

use lark_callback::{
    openapi::{
        AppCredentials, AppTickets, AuthorizeSettings, Deadline, Distribution, OauthError, Openapi, OpenapiSettings,
        Request, User,
    },
    tokens::{AccessError, ExchangeError, Identity, LarkCallError, Tokens},
    vault::{Purpose, Vault, VaultError},
};
use lark_callback_store::{Store, StoreSettings};
use tempfile::TempDir;

use crate::support::{
    Log, OPERATOR,
    fake_lark::{APP_ID, APP_SECRET, Decision, FakeLark, Fault, REDIRECT_URI},
};

const KEY: &str = "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=";
const NEWER_KEY: &str = "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8";
const TOKEN: &str = "/open-apis/authen/v2/oauth/token";
const USER_INFO: &str = "/open-apis/authen/v1/user_info";
const ME: Identity<'_> = Identity::User { open_id: OPERATOR };

/// A Lark, a database, and the tokens between them.
struct Bench {
    lark: FakeLark,
    folder: TempDir,
    store: Store,
    tokens: Tokens,
}

impl Bench {
    async fn new() -> Self {
        let (lark, folder) = (FakeLark::start().await, tempfile::tempdir().unwrap());
        let store = open(&folder).await;
        let tokens = tokens(&lark, &store, Some(KEY));
        Self {
            lark,
            folder,
            store,
            tokens,
        }
    }

    /// With a user who has authorized.
    async fn authorized() -> Self {
        let bench = Self::new().await;
        bench.authorize(Decision::Consent).await.unwrap();
        bench
    }

    /// Closes the database and starts anew with it.
    async fn restart(self, keys: &str) -> Self {
        self.store.close().await;
        drop((self.tokens, self.store));
        let store = open(&self.folder).await;
        Self {
            tokens: tokens(&self.lark, &store, Some(keys)),
            store,
            ..self
        }
    }

    fn ample(&self) -> Deadline {
        Deadline::within(self.lark.now_ms(), Duration::from_secs(30))
    }

    fn short(&self) -> Deadline {
        Deadline::within(self.lark.now_ms(), Duration::from_millis(300))
    }

    /// From the link to the stored tokens.
    async fn authorize(&self, decision: Decision) -> Result<User, ExchangeError> {
        let scopes = ["contact:user.base:readonly".to_owned()];
        let link = self.tokens.begin(APP_ID, "p", &scopes, self.lark.now_ms()).unwrap();
        let back = self.lark.visit(&link.url, decision);
        assert_eq!(back[1], ("state".into(), link.state.clone()));
        self.exchange(&sealed(&back[0].1), &link.ticket).await
    }

    async fn exchange(&self, code: &str, ticket: &str) -> Result<User, ExchangeError> {
        self.tokens
            .exchange(APP_ID, code, ticket, OPERATOR, &self.ample())
            .await
    }

    /// A call as the user, and the name that Lark answers.
    async fn call(&self) -> Result<String, LarkCallError> {
        let request = Request::new("GET", USER_INFO, &[], None).unwrap();
        let answer = self.tokens.call(APP_ID, ME, &request, &self.ample()).await?;
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        Ok(body["data"]["name"].as_str().unwrap_or_default().to_owned())
    }

    /// How often a refresh token was sent.
    fn refreshes(&self) -> usize {
        let requests = self.lark.requests_to(TOKEN);
        requests
            .iter()
            .filter(|seen| seen.body["grant_type"] == "refresh_token")
            .count()
    }

    async fn is_known(&self) -> bool {
        self.tokens.status(APP_ID, OPERATOR).await.unwrap().is_some()
    }
}

async fn open(folder: &TempDir) -> Store {
    Store::open(&StoreSettings::at(folder.path().join("config.db")))
        .await
        .unwrap()
}

fn tokens(lark: &FakeLark, store: &Store, keys: Option<&str>) -> Tokens {
    let app = AppCredentials {
        app_id: APP_ID.to_owned(),
        app_secret: APP_SECRET.into(),
        distribution: Distribution::Internal,
        authorize: AuthorizeSettings {
            redirect_uri: Some(REDIRECT_URI.to_owned()),
            ..AuthorizeSettings::default()
        },
    };
    let openapi = Openapi::new(
        OpenapiSettings::at(lark.url(), lark.url()),
        [app],
        AppTickets::default(),
    )
    .unwrap();
    let vault = keys.map(|keys| Vault::from_keys(keys).unwrap());
    Tokens::new(openapi, store.clone(), vault).unwrap()
}

/// A code as the redirect hands it on.
fn sealed(code: &str) -> String {
    Vault::from_keys(KEY)
        .unwrap()
        .seal_text(Purpose::Code { app_id: APP_ID }, code.as_bytes())
        .unwrap()
}

fn must_authorize(error: &AccessError) -> bool {
    matches!(error, AccessError::AuthorizationRequired { .. })
}

#[tokio::test]
async fn a_user_authorizes_is_acted_for_and_is_forgotten() {
    let bench = Bench::new().await;
    let before = bench.call().await.unwrap_err();
    assert!(matches!(&before, LarkCallError::Access(error) if must_authorize(error)));

    let user = bench.authorize(Decision::Consent).await.unwrap();
    assert_eq!(
        (user.open_id.as_str(), user.union_id.as_deref(), user.name.as_str()),
        (OPERATOR, Some("on_of_the_operator"), "张三")
    );
    assert_eq!(bench.call().await.unwrap(), "张三");
    let status = bench.tokens.status(APP_ID, OPERATOR).await.unwrap().unwrap();
    assert_eq!(status.scopes, ["contact:user.base:readonly", "offline_access"]);
    assert!(status.access_expires_at_ms >= bench.lark.now_ms() + 7_200_000);
    assert!(status.refresh_expires_at_ms > Some(status.access_expires_at_ms));
    assert!(bench.store.user_token(APP_ID, OPERATOR).await.unwrap().is_some());

    assert!(bench.tokens.forget(APP_ID, OPERATOR).await.unwrap());
    assert!(!bench.tokens.forget(APP_ID, OPERATOR).await.unwrap());
    assert!(bench.call().await.is_err());
}

#[tokio::test]
async fn another_person_than_the_link_was_made_for_leaves_nothing() {
    let bench = Bench::new().await;
    let error = bench.authorize(Decision::ConsentAsSomebodyElse).await.unwrap_err();
    assert!(matches!(error, ExchangeError::WrongUser), "{error:?}");
    assert!(bench.store.active_user_tokens(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_code_that_was_used_is_refused_and_what_is_stored_stays() {
    let bench = Bench::new().await;
    let link = bench.tokens.begin(APP_ID, "p", &[], bench.lark.now_ms()).unwrap();
    let code = sealed(&bench.lark.visit(&link.url, Decision::Consent)[0].1);
    bench.exchange(&code, &link.ticket).await.unwrap();
    let again = bench.exchange(&code, &link.ticket).await.unwrap_err();
    assert!(
        matches!(again, ExchangeError::Oauth(OauthError::CodeRefused { .. })),
        "{again:?}"
    );
    assert_eq!(bench.call().await.unwrap(), "张三");
    assert_eq!(bench.lark.take_refusals(), [20_065]);
}

#[tokio::test]
async fn only_what_this_host_sealed_is_opened() {
    let bench = Bench::new().await;
    let link = bench.tokens.begin(APP_ID, "p", &[], bench.lark.now_ms()).unwrap();
    let code = sealed(&bench.lark.visit(&link.url, Decision::Consent)[0].1);
    let vault = Vault::from_keys(KEY).unwrap();
    let other_app = vault.seal_text(Purpose::Ticket { app_id: "cli_b" }, b"{}").unwrap();
    let not_ours = vault.seal_text(Purpose::Ticket { app_id: APP_ID }, b"{}").unwrap();
    for ticket in ["", "AAAA", &other_app, &not_ours, &code] {
        let error = bench.exchange(&code, ticket).await.unwrap_err();
        assert!(matches!(error, ExchangeError::BadTicket), "{error:?}");
    }
    for code in ["", "code-in-clear", &link.ticket] {
        let error = bench.exchange(code, &link.ticket).await.unwrap_err();
        assert!(matches!(error, ExchangeError::BadCode), "{error:?}");
    }
    bench.lark.advance(17 * 60_000);
    let late = bench.exchange(&code, &link.ticket).await.unwrap_err();
    assert!(matches!(late, ExchangeError::BadTicket), "{late:?}");
    assert!(bench.lark.requests_to(TOKEN).is_empty(), "nothing was asked of Lark");
}

#[tokio::test]
async fn links_differ_and_tell_nothing_about_each_other() {
    let bench = Bench::new().await;
    let scopes = ["im:message".to_owned()];
    let [one, two] = [0; 2].map(|_| bench.tokens.begin(APP_ID, "p", &scopes, bench.lark.now_ms()).unwrap());
    assert!(one.state != two.state && one.ticket != two.ticket && one.state.len() >= 32);
    assert!(one.url.contains("&scope=im%3Amessage%20offline_access&"), "{}", one.url);
    assert!(
        one.url
            .contains("&redirect_uri=https%3A%2F%2Fcallback.example.com%2Fcallback&")
    );
    assert!(!format!("{one:?}").contains(&one.state));
    for scope in ["", "two words", "x\n"] {
        assert!(
            bench.tokens.begin(APP_ID, "p", &[scope.to_owned()], 0).is_err(),
            "{scope}"
        );
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_kept_and_the_setting_is_named() {
    let bench = Bench::authorized().await;
    let keyless = tokens(&bench.lark, &bench.store, None);
    let link = keyless.begin(APP_ID, "p", &[], 0).unwrap_err().to_string();
    let access = keyless.access(APP_ID, OPERATOR, &bench.ample()).await.unwrap_err();
    for text in [link, access.to_string()] {
        assert!(text.contains("LARK_CONFIG_ENCRYPTION_KEY is not set"), "{text}");
    }
    assert!(bench.is_known().await);
}

#[tokio::test]
async fn a_failure_between_code_and_person_stores_nothing() {
    let bench = Bench::new().await;
    for fault in [
        Fault::limit(429, ("x-ogw-ratelimit-reset", "3600")),
        Fault::code(400, 20_008),
    ] {
        bench.lark.fault(USER_INFO, fault);
        assert!(bench.authorize(Decision::Consent).await.is_err());
        assert!(!bench.is_known().await);
    }
    bench.authorize(Decision::Consent).await.unwrap();
}

#[tokio::test]
async fn tokens_of_four_kilobytes_are_kept_whole_across_a_restart() {
    let bench = Bench::new().await;
    bench.lark.long_tokens(4096);
    bench.authorize(Decision::Consent).await.unwrap();
    let bench = bench.restart(KEY).await;
    assert_eq!(bench.call().await.unwrap(), "张三");
    bench.lark.advance(7_200_000);
    assert_eq!(bench.call().await.unwrap(), "张三");
    assert_eq!(bench.refreshes(), 1);
}

/// All files of the database.
fn at_rest(folder: &TempDir) -> Vec<u8> {
    let files = fs::read_dir(folder.path()).unwrap();
    let files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 1, "{files:?}");
    files.into_iter().flat_map(|file| fs::read(file).unwrap()).collect()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_token_lies_in_clear_in_the_database_or_the_log() {
    let (log, _guard) = Log::start_at_trace();
    let bench = Bench::authorized().await;
    bench.lark.advance(7_200_000);
    bench.call().await.unwrap();
    let shown = format!("{}{:?}", log.text(), bench.tokens);
    assert!(shown.contains("A user authorized the application") && shown.contains("Refreshed"));
    let bytes = at_rest(&bench.folder);
    assert!(has(&bytes, OPERATOR), "the row is there");
    for secret in ["canary", "code-", APP_SECRET, KEY] {
        assert!(!has(&bytes, secret), "{secret} in the database");
        assert!(!shown.contains(secret), "{secret} in the log");
    }
}

#[tokio::test]
async fn a_key_is_rotated_without_losing_a_user() {
    let bench = Bench::authorized().await.restart(&format!("{NEWER_KEY},{KEY}")).await;
    bench.lark.advance(7_200_000);
    assert_eq!(bench.call().await.unwrap(), "张三");
    // The refresh has sealed it with the newer key.
    let bench = bench.restart(NEWER_KEY).await;
    assert_eq!(bench.call().await.unwrap(), "张三");

    let bench = bench.restart(KEY).await;
    let error = bench.tokens.access(APP_ID, OPERATOR, &bench.ample()).await.unwrap_err();
    assert!(
        matches!(error, AccessError::Vault(VaultError::KeyGone { .. })),
        "{error:?}"
    );
    assert!(bench.is_known().await, "nothing is deleted for want of a key");
}
