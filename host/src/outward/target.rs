//! The target of a request: a URL that means the same to the operator's grants, to proxies and to the service.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use percent_encoding::percent_decode_str;
use reqwest::Url;

/// Gateways commonly allow 8 KiB for the whole request line.
const URL_BYTES_MAX: usize = 8 << 10;

/// A path that is encoded more often than this is not meant for any service.
const DECODINGS_MAX: usize = 4;

/// A URL that no plugin may request. The text never shows its path or query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is too long.
    #[error("the URL has {bytes} bytes; the limit is {URL_BYTES_MAX}")]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// It is not a URL of a service.
    #[error("the URL {reason}; it must be like https://api.example.com/v1/items")]
    NotHttp {
        /// The problem.
        reason: &'static str,
    },
    /// It has parts that belong elsewhere, or could be read in two ways.
    #[error("the URL {reason}")]
    Ambiguous {
        /// The problem.
        reason: &'static str,
    },
    /// Its host is written in an unusual way.
    #[error("the host of the URL must be written as `{wanted}`")]
    Spelling {
        /// The usual spelling.
        wanted: String,
    },
}

/// A checked URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    /// Kept, because each request is looked up by it more than once.
    origin: String,
}

impl Target {
    /// Checks a URL.
    ///
    /// # Errors
    /// [`TargetError`]
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        if text.len() > URL_BYTES_MAX {
            return Err(TargetError::TooLong { bytes: text.len() });
        }
        let ambiguous = |reason| Err(TargetError::Ambiguous { reason });
        let (authority, path) = parts(text)?;
        if text.contains(|character: char| character <= ' ' || character == '\u{7f}' || character == '\\') {
            return ambiguous("has a space, a control character or a backslash; percent-encode it");
        }
        if text.contains('#') {
            return ambiguous("has a fragment, which is never sent; leave it out");
        }
        if authority.contains('@') {
            return ambiguous("has a user or a password; the operator sets credentials in the plugin's .toml");
        }
        check_path(path)?;
        let url = Url::parse(text).map_err(|_invalid| TargetError::NotHttp {
            reason: "cannot be read",
        })?;
        let origin = origin_of(&url);
        let target = Self { url, origin };
        target.check_spelling(authority)?;
        Ok(target)
    }

    /// Checks the target of a redirect, which may be relative to this one.
    ///
    /// # Errors
    /// [`TargetError`]
    pub fn redirected(&self, location: &str) -> Result<Self, TargetError> {
        let location = location.split('#').next().unwrap_or_default();
        if ["http://", "https://"]
            .iter()
            .any(|scheme| location.starts_with(scheme))
        {
            return Self::parse(location);
        }
        check_path(location.split('?').next().unwrap_or_default())?;
        let joined = self.url.join(location).map_err(|_invalid| TargetError::NotHttp {
            reason: "of the redirect cannot be read",
        })?;
        Self::parse(joined.as_str())
    }

    /// The host as the URL parser understands it, with its port, must be what stands in the text: `0x7f.1` and `127.1` are
    /// loopback addresses, too.
    fn check_spelling(&self, authority: &str) -> Result<(), TargetError> {
        let host = self.host();
        if self.port() == 0 {
            return Err(TargetError::Ambiguous {
                reason: "has the port 0",
            });
        }
        if host.ends_with('.') {
            let wanted = host.trim_end_matches('.').to_owned();
            return Err(TargetError::Spelling { wanted });
        }
        let is_same = match self.url.port() {
            None => authority.eq_ignore_ascii_case(host) || self.is_with_port(authority),
            Some(_) => self.is_with_port(authority),
        };
        if is_same {
            return Ok(());
        }
        let wanted = match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Err(TargetError::Spelling { wanted })
    }

    /// Whether a text is the host with its port, also when that is the scheme's own, in its usual spelling.
    fn is_with_port(&self, authority: &str) -> bool {
        authority.rsplit_once(':').is_some_and(|(host, port)| {
            host.eq_ignore_ascii_case(self.host()) && !port.starts_with(['0', '+']) && port.parse() == Ok(self.port())
        })
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// The host, in lower case; an IPv6 address is in brackets.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port, also when it is the scheme's own.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// Scheme, host and port: `https://api.example.com`, `http://approve.corp:8080`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The address, if the host is one and not a name.
    pub fn address(&self) -> Option<IpAddr> {
        let host = self.host();
        match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        }
    }

    /// The length of the URL.
    pub fn bytes(&self) -> usize {
        self.url.as_str().len()
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }
}

fn origin_of(url: &Url) -> String {
    let (scheme, host) = (url.scheme(), url.host_str().unwrap_or_default());
    match url.port() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

/// A text with a URL, or with what was meant as one, without the user and password in it: nobody expects them there, and the
/// text is shown.
pub fn without_user(text: &str) -> Cow<'_, str> {
    let Some((before, rest)) = text.split_once("://") else {
        return Cow::Borrowed(text);
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((_, host)) = authority.rsplit_once('@') else {
        return Cow::Borrowed(text);
    };
    let after = rest.strip_prefix(authority).unwrap_or_default();
    Cow::Owned(format!("{before}://***@{host}{after}"))
}

/// Authority and path of a URL.
fn parts(text: &str) -> Result<(&str, &str), TargetError> {
    let not_http = |reason| TargetError::NotHttp { reason };
    let (scheme, rest) = text.split_once("://").ok_or_else(|| not_http("lacks the scheme"))?;
    if !matches!(scheme, "http" | "https") {
        return Err(not_http("does not begin with http:// or https://"));
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    if authority.is_empty() {
        return Err(not_http("lacks the host"));
    }
    Ok((authority, path.split(['?', '#']).next().unwrap_or_default()))
}

/// A part `.` or `..`, however it is encoded or hidden, would lead a service to another path than the one that was granted.
fn check_path(path: &str) -> Result<(), TargetError> {
    let refused = |reason| Err(TargetError::Ambiguous { reason });
    let mut path = path.to_owned();
    for _ in 0..DECODINGS_MAX {
        let climbs = path.split(['/', '\\']).any(|part| {
            let name = part.split(';').next().unwrap_or_default();
            name == "." || name == ".."
        });
        if climbs {
            return refused("has a part `.` or `..` in its path");
        }
        if path.contains(char::is_control) {
            return refused("has an encoded control character in its path");
        }
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if decoded == path {
            return Ok(());
        }
        path = decoded;
    }
    refused("has a path that is encoded several times over")
}

#[cfg(test)]
mod tests {
    use super::{Target, TargetError};

    #[test]
    fn an_ordinary_url_is_taken_as_it_is() {
        let target = Target::parse("https://API.example.com:443/v1/items%20of?limit=5&q=a%2Fb").unwrap();
        assert_eq!(target.origin(), "https://api.example.com");
        assert_eq!((target.host(), target.port()), ("api.example.com", 443));
        assert_eq!(target.path(), "/v1/items%20of");
        assert_eq!(target.address(), None);
        let target = Target::parse("http://approve.corp:8080").unwrap();
        assert_eq!((target.origin(), target.path()), ("http://approve.corp:8080", "/"));
        // GitLab's names of projects.
        assert!(Target::parse("https://git.corp/api/v4/projects/group%2Fproject").is_ok());
        assert!(Target::parse("https://api.example.com/v1/聊天").is_ok());
    }

    #[test]
    fn an_address_has_one_spelling() {
        for (text, address) in [
            ("http://127.0.0.1:8080/", "127.0.0.1"),
            ("http://[::1]/", "::1"),
            ("http://[::ffff:7f00:1]/", "::ffff:127.0.0.1"),
        ] {
            assert_eq!(Target::parse(text).unwrap().address(), Some(address.parse().unwrap()));
        }
        for odd in [
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.0.0.01/",
            "http://127.0.0.1./",
            "http://127。0。0。1/",
            "http://①②⑦.⓪.⓪.①/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://localhost./",
            "http://ex%61mple.com/",
            "http://bücher.example/",
            "http://127.0.0.1:080/",
        ] {
            let error = Target::parse(odd).unwrap_err();
            assert!(matches!(error, TargetError::Spelling { .. }), "{odd}: {error}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "https://api.example.com@127.0.0.1/",
            "https://user:secret@api.example.com/",
            "https://api.example.com\\@127.0.0.1/",
            "https:\\\\api.example.com/",
            "https:/api.example.com/",
            "https://api.example.com/a\r\nHost: evil",
            "https://api.example.com/a\tb",
            " https://api.example.com/",
            "https://api.example.com/#a",
            "ftp://api.example.com/",
            "file:///etc/passwd",
            "HTTPS://api.example.com/",
            "//api.example.com/",
            "https:///v1",
            "https://",
            "https://[::1%25eth0]/",
            "https://[::1/",
            "https://api.example.com:0/",
        ] {
            assert!(Target::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn no_path_leads_out_of_what_was_granted() {
        for path in [
            "v1/../admin",
            "v1/./x",
            "v1/%2e%2e/admin",
            "v1/.%2E/admin",
            "v1/..%2fadmin",
            "v1/%252e%252e/admin",
            "v1/..;/admin",
            "v1/..;a=b/admin",
            "v1/%2e%2e%3b/admin",
            "v1/..%5cadmin",
            "v1/a%00b",
            "v1/a%0d%0ab",
            "v1/%25252525252525252e",
        ] {
            let text = format!("https://api.example.com/{path}");
            assert!(Target::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_redirect_is_checked_like_any_other_url() {
        let base = Target::parse("https://api.example.com/v1/a?b=c").unwrap();
        for (location, target) in [
            ("/v2", "https://api.example.com/v2"),
            ("d?e=f", "https://api.example.com/v1/d?e=f"),
            ("https://other.example/", "https://other.example/"),
            ("//other.example/x#y", "https://other.example/x"),
        ] {
            assert_eq!(base.redirected(location).unwrap().url().as_str(), target);
        }
        for location in [
            "../x",
            "https://user@other.example/",
            "http://0x7f.1/",
            "file:///etc/passwd",
            "javascript:1",
        ] {
            assert!(base.redirected(location).is_err(), "{location}");
        }
    }
}
