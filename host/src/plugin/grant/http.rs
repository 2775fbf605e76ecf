//! Grants of HTTP requests: `POST https://api.example.com/v1/**`. What an entry may be, and what it covers.

use super::{METHODS_OF_HTTP, covers_path, nearest, stands_for_any};
use crate::outward::{Reach, Target, Zone, is_metadata_name};

/// Names for which a public address is not to be expected.
const INSIDE_SUFFIXES: [&str; 6] = [
    ".localhost",
    ".local",
    ".internal",
    ".localdomain",
    ".home.arpa",
    ".lan",
];

const LIKE: &str = "write it like `POST https://api.example.com/v1/**`";

/// An entry, or what is to be covered by one, in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts<'a> {
    method: &'a str,
    scheme: &'a str,
    /// In any case. With `*.` in front: one more label, whatever it is.
    host: &'a str,
    port: u16,
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn of(entry: &'a str) -> Option<Self> {
        let (method, url) = entry.split_once(' ')?;
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = rest.split_at_checked(rest.find('/')?)?;
        let (host, port) = host_and_port(scheme, authority)?;
        Some(Self {
            method,
            scheme,
            host,
            port,
            path,
        })
    }

    fn covers(&self, wanted: &Self) -> bool {
        (self.method == "*" || self.method == wanted.method)
            && self.scheme == wanted.scheme
            && self.port == wanted.port
            && self.covers_host(wanted.host)
            && covers_path(self.path, wanted.path)
    }

    fn covers_host(&self, host: &str) -> bool {
        match self.host.strip_prefix("*.") {
            Some(domain) if !self.host.eq_ignore_ascii_case(host) => host
                .split_once('.')
                .is_some_and(|(label, rest)| !label.is_empty() && label != "*" && rest.eq_ignore_ascii_case(domain)),
            _ => self.host.eq_ignore_ascii_case(host),
        }
    }
}

fn host_and_port<'a>(scheme: &str, authority: &'a str) -> Option<(&'a str, u16)> {
    // A colon inside of brackets belongs to the address.
    let port_at = authority
        .rfind(':')
        .filter(|at| !authority.get(*at..).unwrap_or_default().contains(']'));
    match port_at.and_then(|at| authority.split_at_checked(at)) {
        Some((host, port)) => Some((host, port.get(1..)?.parse().ok()?)),
        None => Some((authority, if scheme == "https" { 443 } else { 80 })),
    }
}

/// Whether an entry can mean anything; otherwise what is wrong with it.
pub(super) fn check(entry: &str, reach: Reach) -> Result<(), String> {
    let Some((method, url)) = entry.split_once(' ') else {
        return Err(format!("it is no method and URL; {LIKE}, or with `*` for any method"));
    };
    if !METHODS_OF_HTTP.contains(&method) {
        let nearest = nearest(&method.to_ascii_uppercase(), &METHODS_OF_HTTP);
        return Err(format!("`{method}` is not a method; the nearest one is `{nearest}`"));
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(format!("it lacks the scheme; {LIKE}"));
    };
    let Some((authority, path)) = rest.find('/').and_then(|at| rest.split_at_checked(at)) else {
        return Err("it lacks the path; add `/**` for all of them".to_owned());
    };
    if path.contains(['?', '#']) {
        return Err("it has a query or a fragment; a grant ends with the path, and allows any query".to_owned());
    }
    check_path(path)?;
    let named = match authority.strip_prefix("*.") {
        Some(domain) if !domain.contains('.') => {
            return Err("`*.` must be followed by a domain: `*.example.com`".to_owned());
        }
        Some(domain) => domain,
        None => authority,
    };
    if named.contains('*') {
        return Err("a `*` in the host can only be its first part: `*.example.com`".to_owned());
    }
    // A URL of this form, to be looked at as a request would be; a star stands for itself in a path.
    let target = Target::parse(&format!("{scheme}://{named}{path}")).map_err(|error| error.to_string())?;
    if target.path() != path {
        let sent = target.path();
        return Err(format!("a request has this path encoded; write the path as `{sent}`"));
    }
    check_address(&target, reach)
}

fn check_path(path: &str) -> Result<(), String> {
    let parts: Vec<&str> = path.split('/').collect();
    if parts.iter().rev().skip(1).any(|part| *part == "**") {
        return Err("`**` can only be the last part of the path".to_owned());
    }
    match parts.iter().find(|part| stands_for_any(part)) {
        Some(part) => Err(format!(
            "no request has `{part}` in its path; for any value write `*`, which stands for a whole part"
        )),
        None => Ok(()),
    }
}

fn check_address(target: &Target, reach: Reach) -> Result<(), String> {
    let zone = target.address().map(Zone::of);
    if zone == Some(Zone::Metadata) || is_metadata_name(target.host()) {
        return Err("a cloud's metadata service is never called".to_owned());
    }
    if reach == Reach::Public && is_inside(target) {
        return Err("it is inside of this network; list it under `http_private`".to_owned());
    }
    Ok(())
}

/// Whether a target is inside of this network by what stands in it.
pub(in crate::plugin) fn is_inside(target: &Target) -> bool {
    let host = target.host();
    match target.address().map(Zone::of) {
        Some(zone) => zone != Zone::Public,
        None => !host.contains('.') || INSIDE_SUFFIXES.iter().any(|suffix| host.ends_with(suffix)),
    }
}

/// Whether an entry covers a request.
pub(in crate::plugin) fn covers_request(entry: &str, method: &str, target: &Target) -> bool {
    let wanted = Parts {
        method,
        scheme: target.scheme(),
        host: target.host(),
        port: target.port(),
        path: target.path(),
    };
    Parts::of(entry).is_some_and(|entry| entry.covers(&wanted))
}

/// Whether an entry covers another one.
pub(super) fn covers_entry(entry: &str, wanted: &str) -> bool {
    match (Parts::of(entry), Parts::of(wanted)) {
        (Some(entry), Some(wanted)) => entry.covers(&wanted),
        _ => false,
    }
}

/// The entry to add for a request: without what looks like an id.
pub(in crate::plugin) fn entry_for(method: &str, target: &Target) -> String {
    const FIXED_BYTES_MAX: usize = 32;
    let is_version = |part: &str| part.len() <= 3 && part.starts_with('v');
    let is_fixed = |part: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b'.');
        part.is_empty() || is_version(part) || part.len() <= FIXED_BYTES_MAX && part.bytes().all(is_plain)
    };
    let path = target
        .path()
        .split('/')
        .map(|part| if is_fixed(part) { part } else { "*" });
    format!("{method} {}{}", target.origin(), path.collect::<Vec<_>>().join("/"))
}
