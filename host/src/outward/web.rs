//! Requests of plugins to services: over connections of their own, to addresses that were checked.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{
    Client, Method, Request, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use rustls::ClientConfig;
use rustls_platform_verifier::Verifier;
use tokio::{
    sync::{OnceCell, OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::{Instant, timeout, timeout_at},
};

use super::{
    error::WebError,
    names::{AddressRefused, Lookups, Reach, ResolveError, Resolver},
    roots::Roots,
    target::Target,
};
use crate::{http_client, moment::ms_between};

/// The time of a new connection; a few round trips to the other side of the world.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Connections to one host that are kept for the next request, and how long: longer than the pauses of a conversation.
const IDLE_MAX: usize = 8;
const IDLE_TIME_MAX: Duration = Duration::from_secs(30);

/// Origins whose connections are kept. A plugin calls a few services; one that is granted `*.example.com` could call any number,
/// and would fill the process's files with connections that nobody uses.
const KEPT_ORIGINS_MAX: usize = 8;

/// How long the addresses of a name that a proxy resolves are asked for here, and how long the answer is good.
const PROXIED_NAME_MAX: Duration = Duration::from_secs(1);
const PROXIED_NAME_GOOD: Duration = Duration::from_secs(30);

/// Names whose addresses are remembered. A plugin calls a few services.
const PROXIED_NAMES_MAX: usize = 256;

/// Function that answers a request, by its method and URL, with a status and a body.
pub type StandIn = dyn Fn(&str, &str) -> (u16, Bytes) + Send + Sync;

/// Settings that the requests of all plugins share: whom they trust, and which proxy they go through.
#[derive(Clone, Default)]
pub struct Web(Arc<Shared>);

struct Shared {
    /// Answers in place of every service, on an author's workbench.
    stand_in: Option<Box<StandIn>>,
    own_roots: Roots,
    tls: OnceCell<ClientConfig>,
    proxies: Matcher,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            stand_in: None,
            own_roots: Roots::default(),
            tls: OnceCell::new(),
            proxies: Matcher::from_env(),
        }
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web")
            .field("own_roots", &self.0.own_roots)
            .finish_non_exhaustive()
    }
}

impl Web {
    /// Reads the environment's proxies. These roots are trusted besides the system's.
    pub fn new(own_roots: Roots) -> Self {
        Self(Arc::new(Shared {
            own_roots,
            ..Shared::default()
        }))
    }

    /// Connects to nothing: this answers every request.
    pub fn played_by(stand_in: Box<StandIn>) -> Self {
        Self(Arc::new(Shared {
            stand_in: Some(stand_in),
            ..Shared::default()
        }))
    }

    /// Reads the system's roots, once and not on a thread that serves: there are some hundred.
    async fn tls(&self) -> Result<ClientConfig, WebError> {
        let shared = &self.0;
        let tls = shared.tls.get_or_try_init(|| async {
            let own = shared.own_roots.certificates();
            let read = spawn_blocking(move || {
                let provider = Arc::new(rustls::crypto::ring::default_provider());
                let verifier = Verifier::new_with_extra_roots(own, Arc::clone(&provider))?;
                let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
                let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
                Ok(config.with_no_client_auth())
            });
            let broken = |_| rustls::Error::General("the certificates could not be read".to_owned());
            read.await.unwrap_or_else(|error| Err(broken(error)))
        });
        let tls = tls.await.map_err(|error| WebError::NoRoots(Arc::new(error)))?;
        Ok(tls.clone())
    }
}

/// A response that came from nowhere.
fn played(status: u16, body: Bytes) -> reqwest::Response {
    let mut response = hyper::Response::new(body);
    if let Ok(status) = StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    response.into()
}

/// The connections of one plugin. Others never use them, and they close when the plugin is replaced.
pub struct Connections {
    web: Web,
    kept: Clients,
    /// For origins beyond those whose connections are kept.
    brief: Clients,
    kept_origins: Mutex<BTreeSet<String>>,
    lookups: Lookups,
    proxied_names: Mutex<HashMap<(String, Reach), Looked>>,
    open: Arc<Semaphore>,
    open_max: u64,
}

/// Time at which a name that a proxy resolves was looked up here, and why its addresses are refused, if they are.
type Looked = (Instant, Option<AddressRefused>);

/// Clients by where their connections lead.
#[derive(Default)]
struct Clients {
    /// To public addresses, and to those inside.
    public: OnceCell<Client>,
    inside: OnceCell<Client>,
    /// To the proxy, which resolves names itself.
    proxied: OnceCell<Client>,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("open_max", &self.open_max)
            .finish_non_exhaustive()
    }
}

/// One request.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// Its method.
    pub method: Method,
    /// Its checked URL.
    pub target: &'a Target,
    /// Where its connection may lead.
    pub reach: Reach,
    /// All headers but those of the connection.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Option<Bytes>,
}

/// A response whose body has not come yet.
#[derive(Debug)]
pub struct Incoming {
    response: reqwest::Response,
    begun: Instant,
    until: Instant,
    _open: OwnedSemaphorePermit,
}

impl Connections {
    /// Creates them for one plugin; nothing is connected before it is needed.
    pub fn new(web: &Web, open_max: u64) -> Self {
        let permits = usize::try_from(open_max)
            .unwrap_or(usize::MAX)
            .min(Semaphore::MAX_PERMITS);
        Self {
            web: web.clone(),
            kept: Clients::default(),
            brief: Clients::default(),
            kept_origins: Mutex::default(),
            lookups: Lookups::default(),
            proxied_names: Mutex::default(),
            open: Arc::new(Semaphore::new(permits)),
            open_max,
        }
    }

    /// Sends a request, and waits for the status and headers of its response until this moment, which is also that of the end
    /// of its body. Its time began at `begun`.
    ///
    /// # Errors
    /// [`WebError`]
    pub async fn send(&self, outgoing: Outgoing<'_>, begun: Instant, until: Instant) -> Result<Incoming, WebError> {
        let connections_max = self.open_max;
        let open = timeout_at(until, Arc::clone(&self.open).acquire_owned()).await;
        let Ok(Ok(open)) = open else {
            return Err(WebError::Busy { connections_max });
        };
        if let Some(stand_in) = &self.web.0.stand_in {
            let (status, body) = stand_in(outgoing.method.as_str(), outgoing.target.url().as_str());
            return Ok(Incoming {
                response: played(status, body),
                begun,
                until,
                _open: open,
            });
        }
        let answer = timeout_at(until, async {
            let client = self.client(outgoing.target, outgoing.reach).await?;
            // Taken over as they are; a builder would insert each header once more.
            let mut request = Request::new(outgoing.method, outgoing.target.url().clone());
            *request.headers_mut() = outgoing.headers;
            *request.body_mut() = outgoing.body.map(Into::into);
            client.execute(request).await.map_err(WebError::of)
        });
        let too_slow = |_elapsed| WebError::TooSlow {
            ms: ms_between(begun, until),
        };
        Ok(Incoming {
            response: answer.await.map_err(too_slow)??,
            begun,
            until,
            _open: open,
        })
    }

    /// Returns the client whose connections may lead to this target.
    async fn client(&self, target: &Target, reach: Reach) -> Result<&Client, WebError> {
        if let Some(address) = target.address() {
            reach.check(target.host(), address)?;
        }
        Reach::check_name(target.host())?;
        let (clients, idle_max) = if self.keeps(target.origin()) {
            (&self.kept, IDLE_MAX)
        } else {
            (&self.brief, 0)
        };
        if self.web.is_proxied(target) {
            self.check_proxied(target, reach).await?;
            return clients.proxied.get_or_try_init(|| self.build(None, idle_max)).await;
        }
        let client = match reach {
            Reach::Public => &clients.public,
            Reach::Inside => &clients.inside,
        };
        client.get_or_try_init(|| self.build(Some(reach), idle_max)).await
    }

    /// Whether connections to this origin are kept for its next request: to the first few origins.
    fn keeps(&self, origin: &str) -> bool {
        let mut origins = self.kept_origins.lock().unwrap_or_else(PoisonError::into_inner);
        origins.contains(origin) || origins.len() < KEPT_ORIGINS_MAX && origins.insert(origin.to_owned())
    }

    /// A client that connects directly as far as it may reach, or through the proxy.
    async fn build(&self, reach: Option<Reach>, idle_max: usize) -> Result<Client, WebError> {
        let resolver = Resolver {
            // The proxy is inside, as a rule.
            reach: reach.unwrap_or(Reach::Inside),
            lookups: self.lookups.clone(),
        };
        let builder = http_client::builder([])
            .user_agent(concat!("lark-callback/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_MAX)
            .pool_max_idle_per_host(idle_max)
            .pool_idle_timeout(IDLE_TIME_MAX)
            .referer(false)
            .dns_resolver(resolver)
            .tls_backend_preconfigured(self.web.tls().await?);
        let builder = if reach.is_some() { builder.no_proxy() } else { builder };
        builder.build().map_err(|error| WebError::Client(Arc::new(error)))
    }

    /// A proxy resolves the name, and may see other addresses than this machine. Those that are seen here are checked.
    async fn check_proxied(&self, target: &Target, reach: Reach) -> Result<(), WebError> {
        if target.address().is_some() {
            return Ok(());
        }
        let (key, now) = ((target.host().to_owned(), reach), Instant::now());
        let names = || self.proxied_names.lock().unwrap_or_else(PoisonError::into_inner);
        let known = names().get(&key).cloned();
        let refused = match known {
            Some((at, refused)) if now.duration_since(at) < PROXIED_NAME_GOOD => refused,
            _ => {
                let refused = match timeout(PROXIED_NAME_MAX, self.lookups.resolve(reach, &key.0)).await {
                    Ok(Err(ResolveError::Refused(refused))) => Some(refused),
                    Ok(Ok(_) | Err(ResolveError::Dns(_))) | Err(_) => None,
                };
                let mut names = names();
                if names.len() >= PROXIED_NAMES_MAX {
                    names.clear();
                }
                names.insert(key, (now, refused.clone()));
                refused
            }
        };
        refused.map_or(Ok(()), |refused| Err(refused.into()))
    }
}

impl Web {
    /// Whether the environment's proxy is for this target; it never is for this machine.
    fn is_proxied(&self, target: &Target) -> bool {
        if http_client::is_local(target.url()) {
            return false;
        }
        let uri = target.url().as_str().parse::<Uri>();
        uri.is_ok_and(|uri| self.0.proxies.intercept(&uri).is_some())
    }
}

impl Incoming {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The headers.
    pub fn headers(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.response.headers().iter()
    }

    /// The first value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// Waits for the next part of the body; none at its end.
    ///
    /// # Errors
    /// [`WebError`]
    pub async fn part(&mut self) -> Result<Option<Bytes>, WebError> {
        let too_slow = |_elapsed| WebError::TooSlow {
            ms: ms_between(self.begun, self.until),
        };
        let part = timeout_at(self.until, self.response.chunk()).await;
        part.map_err(too_slow)?.map_err(WebError::of)
    }
}
