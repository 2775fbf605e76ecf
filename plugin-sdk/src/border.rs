//! The functions of the host, each declared once.
//!
//! From one signature `host_functions!` writes the method of the trait [`Host`], the way to it natively, and
//! the way to the import in a component.

#[cfg(target_family = "wasm")]
use crate::bindings::lark_callback::plugin::{config, http, kv, log, metrics, oauth, openapi};
#[cfg(target_family = "wasm")]
use crate::component::{self, SandboxHost};
use crate::{
    Authorization, AuthorizedUser, Entry, Failure, HttpError, HttpRequest, HttpResponse, KvError, Level, Link,
    MediaContent, MediaDownload, MediaError, MediaSource, MediaUpload, OauthError, OpenapiError, OpenapiRequest,
    OpenapiResponse,
};

/// The host as a builder keeps it. In a component there is nothing to keep: a reference would hold on to the trait's vtable,
/// and every plugin would import what is in it.
#[cfg(not(target_family = "wasm"))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostRef<'a>(&'a dyn Host);

/// The same in a component.
#[cfg(target_family = "wasm")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostRef<'a>(std::marker::PhantomData<&'a ()>);

impl<'a> HostRef<'a> {
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self(host)
    }

    #[cfg(target_family = "wasm")]
    #[inline]
    pub(crate) fn new(_host: &'a dyn Host) -> Self {
        Self(std::marker::PhantomData)
    }
}

/// Declares the functions of the host. The body of each is what a component does.
///
/// Those under `in_every_plugin` are called through the trait everywhere. Those under `where_used` are functions of this module,
/// too, to be called instead of the method: natively they go through the trait, in a component straight to the import. The
/// trait's vtable would refer to all of them, and every plugin would import what it never calls.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::{ImageType, testing::{FakeHost, FakeResponse}};
/// # use std::time::Duration;
/// fn handle(host: &dyn Host) -> Result<Outcome, Failure> {
///     let began_ms = host.now_ms();
///     let team = host.config().get("team").unwrap_or_default();
///     let chart = host.http().get("https://charts.example.com/today.png").send()?.success()?.bytes()?;
///     let image_key = host.media().upload_image(ImageType::Message, &chart)?;
///     host.openapi().send_message(To::Chat(&team), "image", &serde_json::json!({"image_key": image_key}))?;
///     host.kv().set_json("last", &began_ms, None)?;
///     host.metrics().time("chart", &[], Duration::from_millis(host.now_ms() - began_ms));
///     host.log().info("the chart was sent");
///     Ok(Outcome::done())
/// }
/// # let host = FakeHost::new().with_config("team", "oc_team");
/// # host.respond("https://charts.example.com", FakeResponse::text(200, "PNG"));
/// # handle(&host)?.assert_done();
/// # host.assert_said("[image]");
/// # Ok::<(), Failure>(())
/// ```
macro_rules! host_functions {
    (
        $(#[$about:meta])*
        trait Host;

        in_every_plugin {$(
            $(#[$always:meta])*
            fn $method:ident($($value:ident: $of:ty),* $(,)?) $(-> $back:ty)? $import:block
        )*}

        where_used {$(
            $(#[$used:meta])*
            fn $function:ident($($argument:ident: $type:ty),* $(,)?) $(-> $returned:ty)? $direct:block
        )*}
    ) => {
        $(#[$about])*
        pub trait Host {
            $(
                $(#[$always])*
                fn $method(&self, $($value: $of),*) $(-> $back)?;
            )*
            $(
                $(#[$used])*
                #[cfg(not(target_family = "wasm"))]
                fn $function(&self, $($argument: $type),*) $(-> $returned)?;
            )*
        }

        #[cfg(target_family = "wasm")]
        impl Host for SandboxHost {
            $(fn $method(&self, $($value: $of),*) $(-> $back)? $import)*
        }

        $(
            #[cfg(not(target_family = "wasm"))]
            pub(crate) fn $function(host: HostRef<'_>, $($argument: $type),*) $(-> $returned)? {
                host.0.$function($($argument),*)
            }

            #[cfg(target_family = "wasm")]
            pub(crate) fn $function(_host: HostRef<'_>, $($argument: $type),*) $(-> $returned)? $direct
        )*
    };
}

host_functions! {
    /// The host as a plugin sees it.
    ///
    /// A handler gets it as an argument, never from a global, so the same handler runs in the sandbox and under `cargo test`
    /// with a [`FakeHost`](crate::testing::FakeHost). The trait's methods are the raw functions of the border; use
    /// `host.log()`, `host.config()`, `host.kv()`, `host.openapi()`, `host.http()`, `host.media()`, `host.oauth()` and
    /// `host.metrics()` instead.
    trait Host;

    in_every_plugin {
        /// Writes one line into the operator's log; the host adds plugin, event id and event type.
        fn write_log(level: Level, message: &str) {
            log::write(level.into(), message);
        }

        /// Returns the value of a key under `[config]`: text as it is, other values as JSON.
        fn config_value(key: &str) -> Option<String> {
            config::get(key)
        }

        /// Returns the value of a key, unless it has expired.
        ///
        /// # Errors
        ///
        /// [`KvError`], as in all `kv_…` methods.
        fn kv_get(key: &str) -> Result<Option<Entry>, KvError> {
            Ok(kv::get(key)?.map(Into::into))
        }

        /// Writes unconditionally and returns the new version.
        ///
        /// # Errors
        ///
        /// [`KvError`]
        fn kv_set(key: &str, value: &[u8], ttl_ms: Option<u64>) -> Result<u64, KvError> {
            Ok(kv::set(key, value, ttl_ms)?)
        }

        /// Writes only if the key still has this version (absent: only if the key does not exist). Returns the new version, or
        /// nothing when another write came first.
        ///
        /// # Errors
        ///
        /// [`KvError`]
        fn kv_compare_and_set(
            key: &str,
            expected: Option<u64>,
            value: &[u8],
            ttl_ms: Option<u64>,
        ) -> Result<Option<u64>, KvError> {
            Ok(kv::compare_and_set(key, expected, value, ttl_ms)?)
        }

        /// Deletes a key and returns whether it existed.
        ///
        /// # Errors
        ///
        /// [`KvError`]
        fn kv_delete(key: &str) -> Result<bool, KvError> {
            Ok(kv::delete(key)?)
        }

        /// Lists keys that start with `prefix`, in byte order, starting after `after`, at most `limit`.
        ///
        /// # Errors
        ///
        /// [`KvError`]
        fn kv_list_keys(prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, KvError> {
            Ok(kv::list_keys(prefix, after, limit)?)
        }

        /// Milliseconds since 1970 (Unix time).
        fn now_ms() -> u64 {
            component::now_ms()
        }

        /// Fills `bytes` from a cryptographically secure generator.
        ///
        /// # Errors
        ///
        /// [`Failure::Retry`] when the host has no randomness to give.
        fn fill_random(bytes: &mut [u8]) -> Result<(), Failure> {
            getrandom::fill(bytes).map_err(Failure::retry)
        }
    }

    where_used {
        /// Makes an OpenAPI call. An answer whose `code` is not 0 is `Ok`, too.
        ///
        /// # Errors
        ///
        /// [`OpenapiError`]
        fn openapi_call(request: &OpenapiRequest) -> Result<OpenapiResponse, OpenapiError> {
            Ok(openapi::call(&request.into())?.into())
        }

        /// Sends an HTTP request, and returns when the status and the headers of the response have arrived.
        ///
        /// # Errors
        ///
        /// [`HttpError`]
        fn http_send(request: &HttpRequest) -> Result<HttpResponse, HttpError> {
            Ok(http::send(&request.into())?.into())
        }

        /// Begins an upload of exactly `size` bytes to Lark.
        ///
        /// # Errors
        ///
        /// [`MediaError`]
        fn media_begin_upload(
            content: &MediaContent,
            size: u64,
            tenant_key: Option<&str>,
        ) -> Result<MediaUpload, MediaError> {
            component::begin_upload(content, size, tenant_key)
        }

        /// Opens a download from Lark, and returns when its first bytes can be read.
        ///
        /// # Errors
        ///
        /// [`MediaError`]
        fn media_open_download(source: &MediaSource, tenant_key: Option<&str>) -> Result<MediaDownload, MediaError> {
            component::open_download(source, tenant_key)
        }

        /// Makes an authorization link.
        ///
        /// # Errors
        ///
        /// [`OauthError`], as in all `oauth_…` methods.
        fn oauth_begin(scopes: &[String]) -> Result<Link, OauthError> {
            Ok(oauth::begin(scopes)?.into())
        }

        /// Exchanges an authorization code for tokens, which the host stores.
        ///
        /// # Errors
        ///
        /// [`OauthError`]
        fn oauth_exchange(code: &str, ticket: &str, open_id: &str) -> Result<AuthorizedUser, OauthError> {
            Ok(oauth::exchange(code, ticket, open_id)?.into())
        }

        /// Returns a user's authorization.
        ///
        /// # Errors
        ///
        /// [`OauthError`]
        fn oauth_status(open_id: &str) -> Result<Option<Authorization>, OauthError> {
            Ok(oauth::status(open_id)?.map(Into::into))
        }

        /// Deletes a user's tokens.
        ///
        /// # Errors
        ///
        /// [`OauthError`]
        fn oauth_forget(open_id: &str) -> Result<bool, OauthError> {
            Ok(oauth::forget(open_id)?)
        }

        /// Adds to a counter.
        fn metrics_add(name: &str, labels: &[(String, String)], amount: u64) {
            metrics::add(name, labels, amount);
        }

        /// Records a duration in a histogram.
        fn metrics_time(name: &str, labels: &[(String, String)], ms: u64) {
            metrics::time(name, labels, ms);
        }
    }
}
