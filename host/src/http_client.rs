//! HTTP clients: what all of them have in common, whoever they call.

use std::net::IpAddr;

use reqwest::{Client, ClientBuilder, Url, redirect::Policy};

/// Builder of a client for these addresses. It follows no redirect, with which tokens and callbacks would go elsewhere.
pub fn builder<'a>(urls: impl IntoIterator<Item = &'a str>) -> ClientBuilder {
    // Fails if it is already installed, which is fine: it is the only provider built in.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let urls: Vec<_> = urls.into_iter().collect();
    let builder = Client::builder().redirect(Policy::none());
    // The environment's proxy is not for this machine.
    let is_here = |url: &&str| Url::parse(url).is_ok_and(|url| is_local(&url));
    let builder = if urls.iter().any(is_here) {
        builder.no_proxy()
    } else {
        builder
    };
    // Without TLS no root certificates are needed, and a bare container has none.
    if urls.iter().all(|url| url.starts_with("http://")) {
        builder.tls_certs_only([])
    } else {
        builder
    }
}

/// Whether a URL leads to this machine.
pub fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Url, is_local};

    #[test]
    fn this_machine_is_known_by_each_of_its_names_and_no_other_is() {
        for url in [
            "http://localhost",
            "http://LOCALHOST:8080/callback",
            "https://127.0.0.1:1/x",
            "http://127.1.2.3",
            "http://[::1]:8080",
        ] {
            assert!(is_local(&Url::parse(url).unwrap()), "{url}");
        }
        for url in [
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "https://open.feishu.cn/?next=//localhost",
            "http://127.0.0.1@example.com",
            "localhost:80",
        ] {
            assert!(!is_local(&Url::parse(url).unwrap()), "{url}");
        }
    }
}
