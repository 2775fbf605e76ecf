//! Lark's OpenAPI: calls as an application or as a user, the tokens of applications, and the exchange of users' codes.
//!
//! It has no database: callers store its results and pass them in. No token, code or secret is ever in a log, an error or a
//! `Debug` text.

mod again;
mod answer;
mod app_tokens;
mod call;
mod console;
mod deadline;
mod endpoint;
mod media;
mod messages;
mod oauth;
mod request;
mod scopes;
mod single_flight;
mod transport;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use secrecy::SecretString;

pub use answer::{LarkResponse, LogId};
use app_tokens::AppTokens;
pub use app_tokens::{AppTicketUnread, AppTickets, TokenError};
pub use call::{Credential, OpenapiError};
pub use console::{CONSOLE_SCOPE, ConsoleApp, ConsoleError, ConsoleScope, ConsoleVersion, Subscription};
pub use deadline::Deadline;
pub use endpoint::DiscoveryError;
pub use media::{Download, DownloadError, Form, MediaError, Resource, Upload, UploadError};
pub use messages::ListPage;
pub use oauth::{OauthError, User, UserTokens, challenge};
pub use request::{Method, Request, RequestError};
pub use scopes::{ScopeNeed, known_scopes, scopes_of_event, scopes_of_grant};
pub use single_flight::SingleFlight;
use transport::Transport;
pub use transport::TransportError;

/// Lark's addresses, and limits for requests to it.
#[derive(Debug, Clone)]
pub struct OpenapiSettings {
    /// `https://open.feishu.cn`, `https://open.larksuite.com`, or a test server.
    pub base_url: String,
    /// `https://accounts.feishu.cn`, `https://accounts.larksuite.com`, or a test server.
    pub accounts_base_url: String,
    /// Addresses of applications that use other ones, by application id.
    pub of_apps: HashMap<String, LarkAddresses>,
    /// The endpoint for exchanging codes and refresh tokens.
    pub token_endpoint: TokenEndpoint,
    /// The timeout of a new connection; a second is many round trips, and callers have 2.4 s in all.
    pub connect_ms_max: u64,
    /// The timeout of one request with its whole answer, within the caller's deadline. Some of Lark's calls take seconds.
    pub request_ms_max: u64,
    /// The size limit of an answer. A list page of 500 items is below 1 MiB.
    pub response_bytes_max: usize,
}

impl OpenapiSettings {
    /// Returns the defaults for these two addresses.
    pub fn at(base_url: impl Into<String>, accounts_base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            accounts_base_url: accounts_base_url.into(),
            of_apps: HashMap::new(),
            token_endpoint: TokenEndpoint::V2,
            connect_ms_max: 1_000,
            request_ms_max: 10_000,
            response_bytes_max: 4 * 1024 * 1024,
        }
    }
}

/// The two addresses of the service (Feishu or Lark) that an application belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LarkAddresses {
    /// The base URL for calls.
    pub api: String,
    /// The base URL of the authorize page.
    pub accounts: String,
}

impl LarkAddresses {
    /// Feishu (China).
    pub fn feishu() -> Self {
        Self {
            api: "https://open.feishu.cn".to_owned(),
            accounts: "https://accounts.feishu.cn".to_owned(),
        }
    }

    /// Lark (international).
    pub fn lark() -> Self {
        Self {
            api: "https://open.larksuite.com".to_owned(),
            accounts: "https://accounts.larksuite.com".to_owned(),
        }
    }
}

/// The endpoint for users' tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenEndpoint {
    /// `/open-apis/authen/v2/oauth/token` of the OpenAPI ("Obtain `user_access_token`").
    #[default]
    V2,
    /// `/oauth/v3/token` of the accounts address, the newest version.
    V3,
}

/// The distribution of an application, which decides how it gets its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Distribution {
    /// Made by a company for itself (custom app).
    #[default]
    Internal,
    /// Offered in the app directory (store app): one token for each tenant, with the help of an `app_ticket`.
    Store,
}

/// The settings of user authorization for an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeSettings {
    /// The URL to which the authorize page sends users back, exactly as registered in the console. Without it nobody can
    /// authorize the application.
    pub redirect_uri: Option<String>,
    /// Whether `offline_access` is requested in addition to a plugin's scopes, so that access can be refreshed.
    pub offline_access: bool,
}

impl Default for AuthorizeSettings {
    fn default() -> Self {
        Self {
            redirect_uri: None,
            offline_access: true,
        }
    }
}

/// One application that calls Lark.
#[derive(Debug, Clone)]
pub struct AppCredentials {
    /// `cli_…`.
    pub app_id: String,
    /// The App Secret from the developer console.
    pub app_secret: SecretString,
    /// Custom or store.
    pub distribution: Distribution,
    /// The settings of user authorization.
    pub authorize: AuthorizeSettings,
}

/// The OpenAPI for a set of applications; clones share connections and tokens.
#[derive(Clone)]
pub struct Openapi(Arc<Inner>);

struct Inner {
    settings: OpenapiSettings,
    directory: RwLock<Arc<Directory>>,
    transport: Transport,
    tokens: AppTokens,
    tickets: AppTickets,
}

/// The applications, and where each of them calls. Replaced as a whole when the settings are reloaded.
#[derive(Debug)]
struct Directory {
    apps: HashMap<String, Arc<AppCredentials>>,
    /// The addresses of applications that have none of their own.
    common: LarkAddresses,
    of_apps: HashMap<String, LarkAddresses>,
}

impl Directory {
    fn new(settings: &OpenapiSettings, apps: impl IntoIterator<Item = AppCredentials>) -> Arc<Self> {
        Arc::new(Self {
            apps: apps
                .into_iter()
                .map(|app| (app.app_id.clone(), Arc::new(app)))
                .collect(),
            common: LarkAddresses {
                api: settings.base_url.clone(),
                accounts: settings.accounts_base_url.clone(),
            },
            of_apps: settings.of_apps.clone(),
        })
    }

    fn addresses(&self, app_id: &str) -> &LarkAddresses {
        self.of_apps.get(app_id).unwrap_or(&self.common)
    }
}

/// The error when the HTTP client cannot be built: no root certificates, or a system without randomness.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "calls to Lark cannot be made; if no root certificates are found, install the package ca-certificates, or put a file \
     with them at /etc/ssl/certs/ca-certificates.crt, or name one in SSL_CERT_FILE"
)]
pub struct ClientError(#[source] Arc<reqwest::Error>);

impl Openapi {
    /// Builds the client. Nothing is sent yet. `tickets` may be none when no application is a store application.
    ///
    /// # Errors
    /// [`ClientError`] when TLS cannot be set up.
    pub fn new(
        settings: OpenapiSettings,
        apps: impl IntoIterator<Item = AppCredentials>,
        tickets: AppTickets,
    ) -> Result<Self, ClientError> {
        let transport = Transport::new(&settings).map_err(|error| ClientError(Arc::new(error)))?;
        Ok(Self(Arc::new(Inner {
            transport,
            directory: RwLock::new(Directory::new(&settings, apps)),
            tokens: AppTokens::default(),
            tickets,
            settings,
        })))
    }

    /// Replaces all applications and the addresses of Lark. Cached tokens are dropped: they may be of another secret, or
    /// of another service. Calls that have begun end as they began.
    pub fn replace_apps(&self, settings: &OpenapiSettings, apps: impl IntoIterator<Item = AppCredentials>) {
        let directory = Directory::new(settings, apps);
        *self.0.directory.write().unwrap_or_else(PoisonError::into_inner) = directory;
        self.0.tokens.forget_all();
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.0.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn app(&self, app_id: &str) -> Option<Arc<AppCredentials>> {
        self.directory().apps.get(app_id).cloned()
    }

    /// Returns the whole URL of an OpenAPI path for an application.
    fn url(&self, app_id: &str, path: &str) -> String {
        let directory = self.directory();
        format!("{}{path}", directory.addresses(app_id).api.trim_end_matches('/'))
    }

    /// Returns the whole URL of a path on the accounts address.
    fn accounts_url(&self, app_id: &str, path: &str) -> String {
        let directory = self.directory();
        format!("{}{path}", directory.addresses(app_id).accounts.trim_end_matches('/'))
    }

    /// Returns a separate deadline for work shared by several callers.
    fn own_deadline(&self, now_ms: u64) -> Deadline {
        Deadline::within(now_ms, Duration::from_millis(self.0.settings.request_ms_max))
    }
}

impl fmt::Debug for Openapi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Openapi")
            .field("base_url", &self.0.settings.base_url)
            .field("apps", &self.directory().apps.keys())
            .finish_non_exhaustive()
    }
}
