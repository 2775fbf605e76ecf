//! Why a request got no answer, told from the error of the client.

use std::{error::Error, io};

use rustls::CertificateError;

use super::finding::{Text, both, same};
use crate::telemetry::chain;

/// Reason why nobody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// The name has no address.
    Name,
    /// Nobody listens there.
    Refused,
    /// Nothing came in time.
    TooSlow,
    /// The connection was closed.
    Closed,
    /// TLS did not come about.
    Tls(TlsFault),
    /// Something else.
    Other(String),
}

/// Fault of TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TlsFault {
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYet,
    /// It is for another name.
    Name,
    /// No known authority vouches for it.
    Issuer,
    /// The other side does not speak TLS.
    NotTls,
    /// Something else.
    Other(String),
}

impl NoAnswer {
    pub(super) fn of(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if let Some(fault) = tls_fault(error) {
                return Self::Tls(fault);
            }
            if let Some(found) = error.downcast_ref::<io::Error>().and_then(of_system) {
                return found;
            }
            // The client's own error for a name has no type that can be asked.
            if error.to_string().contains("dns error") {
                return Self::Name;
            }
            cause = error.source();
        }
        if error.is_timeout() {
            return Self::TooSlow;
        }
        Self::Other(chain(&error))
    }

    /// Describes the reason.
    pub(super) fn text(&self) -> Text {
        match self {
            Self::Name => both("the name has no address (DNS)", "域名无法解析（DNS）"),
            Self::Refused => both(
                "nobody listens at the address (connection refused)",
                "该地址没有程序在监听（连接被拒绝）",
            ),
            Self::TooSlow => both("no answer in time", "没有在时限内应答"),
            Self::Closed => both("the connection was closed without an answer", "连接在应答之前被关闭"),
            Self::Tls(fault) => fault.text(),
            Self::Other(text) => same(text.clone()),
        }
    }
}

impl TlsFault {
    pub(super) fn text(&self) -> Text {
        match self {
            Self::Expired => both("the TLS certificate has expired", "TLS 证书已过期"),
            Self::NotYet => both("the TLS certificate is not valid yet", "TLS 证书尚未生效"),
            Self::Name => both("the TLS certificate is for another name", "TLS 证书与域名不匹配"),
            Self::Issuer => both(
                "no known authority vouches for the TLS certificate",
                "TLS 证书不是由受信任的机构签发",
            ),
            Self::NotTls => both("the other side does not speak TLS", "对方不是 TLS 服务"),
            Self::Other(text) => same(text.clone()),
        }
    }
}

fn tls_fault(error: &(dyn Error + 'static)) -> Option<TlsFault> {
    // An error of the system can hold another one, which is not its source.
    let mut error = error;
    while let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        error = inner;
    }
    Some(match error.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(fault) => match fault {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYet,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsFault::Name,
            CertificateError::UnknownIssuer => TlsFault::Issuer,
            other => TlsFault::Other(other.to_string()),
        },
        rustls::Error::InvalidMessage(_) => TlsFault::NotTls,
        other => TlsFault::Other(other.to_string()),
    })
}

fn of_system(error: &io::Error) -> Option<NoAnswer> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(NoAnswer::Refused),
        io::ErrorKind::TimedOut => Some(NoAnswer::TooSlow),
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            Some(NoAnswer::Closed)
        }
        _ => None,
    }
}
