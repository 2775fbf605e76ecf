//! The TLS certificate of the public address: whether clients accept it, until when, and what is missing when they do not.

use std::{
    io,
    net::{TcpStream, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lark_protocol::UnixSeconds;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::{
    certificate::Certificate,
    finding::{Finding, Text, both},
    no_answer::{NoAnswer, TlsFault},
    probe::Target,
};

/// Time for the connection, and for each step of the handshake.
const STEP_MAX: Duration = Duration::from_secs(5);

/// A certificate that ends sooner has not been renewed: Let's Encrypt's are renewed a month ahead.
const DAYS_MIN: i64 = 14;

/// Certificates and protocol that a server shows.
#[derive(Debug, Default)]
struct Shown {
    chain: Vec<Certificate>,
    protocol: String,
    speaks_http2: bool,
}

/// Checks the certificate of an address with https.
pub(super) async fn check(target: &Target, now: UnixSeconds) -> Vec<Finding> {
    let Some((host, port)) = address(&target.base) else {
        return Vec::new();
    };
    // Whether a client accepts it is for the client to say; what it shows is looked at beside that.
    let fault = match target.get("/").await {
        Err(NoAnswer::Tls(fault)) => Some(fault),
        Err(_) => return Vec::new(),
        Ok(_) => None,
    };
    let name = host.clone();
    let looked = tokio::task::spawn_blocking(move || look(&name, port)).await;
    let shown = looked.ok().and_then(Result::ok).unwrap_or_default();
    vec![match fault {
        None => accepted(&host, &shown, now),
        Some(fault) => refused(&host, &fault, &shown),
    }]
}

fn accepted(host: &str, shown: &Shown, now: UnixSeconds) -> Finding {
    let Some(leaf) = shown.chain.first() else {
        return Finding::ok(
            "tls.certificate",
            both(
                format!("the certificate of {host} is accepted"),
                format!("{host} 的证书被接受"),
            ),
        );
    };
    let days = (leaf.not_after - now.0) / 86_400;
    let http = if shown.speaks_http2 { ", HTTP/2" } else { "" };
    let result = both(
        format!(
            "the certificate of {host} is accepted and valid for {days} more days ({}{http})",
            shown.protocol
        ),
        format!("{host} 的证书被接受，还有 {days} 天到期（{}{http}）", shown.protocol),
    );
    if days >= DAYS_MIN {
        return Finding::ok("tls.certificate", result);
    }
    Finding::warning("tls.certificate", result).cure(both(
        "renew it, and see why it was not renewed by itself",
        "尽快续期，并查明没有自动续期的原因",
    ))
}

fn refused(host: &str, fault: &TlsFault, shown: &Shown) -> Finding {
    let is_self_signed = shown.chain.first().is_some_and(|leaf| leaf.is_self_signed);
    let (cause, cure) = match fault {
        // As an authority of its own it is refused for that alone.
        TlsFault::Issuer | TlsFault::Other(_) if is_self_signed => (
            both("it is self-signed", "它是自签名证书"),
            both(
                "use a certificate of a public authority, for example Let's Encrypt: Lark accepts no other",
                "使用公共机构签发的证书，例如 Let's Encrypt：飞书不接受其他证书",
            ),
        ),
        TlsFault::Issuer if shown.chain.len() == 1 => (
            both(
                "the server sends only its own certificate: the intermediate certificate is missing",
                "服务器只发送了自己的证书：缺少中间证书",
            ),
            both(
                "have it send the whole chain (nginx: ssl_certificate fullchain.pem); browsers may hide this fault, Lark does not",
                "让它发送完整证书链（nginx：ssl_certificate fullchain.pem）；浏览器可能掩盖这个问题，飞书不会",
            ),
        ),
        TlsFault::Issuer => (
            both(
                "no authority that this machine knows vouches for it",
                "本机信任的机构都没有为它签名",
            ),
            both(
                "use a certificate of a public authority; if it is one, install the package ca-certificates here",
                "使用公共机构签发的证书；如果它确实是，请在本机安装 ca-certificates",
            ),
        ),
        TlsFault::Expired => (
            fault.text(),
            both("renew it and reload the proxy", "续期并重新加载代理"),
        ),
        TlsFault::NotYet => (
            fault.text(),
            both("compare the clock of this machine with the right time", "核对本机时钟"),
        ),
        TlsFault::Name => (
            fault.text(),
            both(
                format!("use a certificate that names {host}, and see that the proxy picks it for this name"),
                format!("使用包含 {host} 的证书，并确认代理为该域名选择了它"),
            ),
        ),
        TlsFault::NotTls => (
            fault.text(),
            both(
                "the address says https://, and the port does not speak TLS: correct one of them",
                "地址写的是 https://，而该端口不是 TLS：改正其中之一",
            ),
        ),
        TlsFault::Other(_) => (fault.text(), both("see the log of the proxy", "查看代理的日志")),
    };
    let result: Text = both(
        format!("Lark would not accept the TLS certificate of {host}"),
        format!("飞书不会接受 {host} 的 TLS 证书"),
    );
    Finding::failed("tls.certificate", result).because(cause).cure(cure)
}

/// Host and port of an address with https.
fn address(base: &str) -> Option<(String, u16)> {
    let authority = base.strip_prefix("https://")?.split('/').next()?;
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => Some((host.to_owned(), port.parse().ok()?)),
        _ => Some((authority.to_owned(), 443)),
    }
}

/// Shakes hands with a server and takes whatever certificate it shows. Nothing is sent over the connection.
fn look(host: &str, port: u16) -> io::Result<Shown> {
    let provider = Arc::new(ring::default_provider());
    let recorder = Arc::new(Recorder {
        provider: Arc::clone(&provider),
        chain: Mutex::default(),
    });
    let verifier: Arc<dyn ServerCertVerifier> = Arc::clone(&recorder) as _;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(io::Error::other)?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let unknown = || io::Error::from(io::ErrorKind::NotFound);
    let address = (host.trim_matches(['[', ']']), port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(unknown)?;
    let mut stream = TcpStream::connect_timeout(&address, STEP_MAX)?;
    stream.set_read_timeout(Some(STEP_MAX))?;
    stream.set_write_timeout(Some(STEP_MAX))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    let chain = recorder.chain.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Shown {
        chain: chain.clone(),
        protocol: connection
            .protocol_version()
            .map_or_else(String::new, |version| format!("{version:?}")),
        speaks_http2: connection.alpn_protocol() == Some(b"h2"),
    })
}

/// Verifier that records what is shown. It accepts everything, so its connection must not be used for anything.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    chain: Mutex<Vec<Certificate>>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = std::iter::once(end_entity).chain(intermediates);
        let read = shown.filter_map(|der| Certificate::read(der)).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_port_of_https_is_443_unless_it_is_said() {
        assert_eq!(
            address("https://bot.example.com"),
            Some(("bot.example.com".to_owned(), 443))
        );
        assert_eq!(address("https://x:8443/lark"), Some(("x".to_owned(), 8443)));
        assert_eq!(address("https://[::1]"), Some(("[::1]".to_owned(), 443)));
        assert_eq!(address("http://x"), None);
    }
}
