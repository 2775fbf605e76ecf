//! Faults on the way to a PostgreSQL that answers: its certificate, or a pooler in front of it.

use rustls::{AlertDescription, CertificateError, Error as TlsError};

use crate::error::remedy;

/// Remedy, where it is known. None of these faults ends by itself, so nothing is retried.
pub(super) fn remedy(error: &sqlx::Error, host: &str) -> Option<String> {
    match error {
        sqlx::Error::Io(error) => {
            let inner = error.get_ref()?.downcast_ref::<TlsError>()?;
            Some(of_tls(inner, host))
        }
        sqlx::Error::Tls(error) => Some(match error.downcast_ref::<TlsError>() {
            Some(error) => of_tls(error, host),
            None => "the server offers no TLS, or a certificate file cannot be read; switch `ssl` on there, or check sslmode and \
                     the files of sslrootcert, sslcert and sslkey"
                .to_owned(),
        }),
        sqlx::Error::Configuration(_) => {
            Some("check the host name, and the files of sslcert and sslkey (POSTGRES_SSLCERT, POSTGRES_SSLKEY)".to_owned())
        }
        sqlx::Error::Database(said) => {
            if remedy::is_pooled(error) {
                return Some(remedy::POOLER.to_owned());
            }
            let parameter = said.message().split_once("unsupported startup parameter")?.1;
            Some(format!(
                "PgBouncer does not pass on a parameter of the session; set ignore_startup_parameters = {} in its settings",
                parameter.trim_start_matches(" in options").trim_start_matches([':', ' '])
            ))
        }
        _ => None,
    }
}

fn of_tls(error: &TlsError, host: &str) -> String {
    match error {
        TlsError::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer => {
                "its certificate was signed by an authority that is not known here; name the file with \
                that authority's certificate in sslrootcert (POSTGRES_SSLROOTCERT)"
                    .to_owned()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => format!(
                "its certificate is not for the name {host}; use a name that stands in it, or sslmode=verify-ca, which checks \
                 the authority alone"
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired; renew it, or check the clock of this machine".to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet; check the clocks of both machines".to_owned()
            }
            _ => "its certificate cannot be accepted".to_owned(),
        },
        TlsError::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired,
        ) => {
            "it does not accept this server's certificate; check sslcert and sslkey (POSTGRES_SSLCERT, POSTGRES_SSLKEY)"
                .to_owned()
        }
        _ => "the connection could not be protected; check sslmode and the certificates on both sides".to_owned(),
    }
}
