//! Certificates of an own CA, which services are trusted by besides the system's.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// The file of an own CA that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// It holds no certificate.
    #[error("{} holds no certificate of a CA in PEM", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
}

/// The certificates of an own CA.
#[derive(Clone, Default)]
pub struct Roots(Vec<CertificateDer<'static>>);

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.0.len())
    }
}

impl Roots {
    /// Reads a file of certificates in PEM.
    ///
    /// # Errors
    /// [`CaError`]
    pub fn read(path: &Path) -> Result<Self, CaError> {
        let text = fs::read(path).map_err(|source| CaError::Read {
            path: path.to_owned(),
            source,
        })?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let certificates = certificates.unwrap_or_default();
        let mut store = RootCertStore::empty();
        let usable = certificates
            .iter()
            .all(|certificate| store.add(certificate.clone()).is_ok());
        if certificates.is_empty() || !usable {
            return Err(CaError::NoCertificate { path: path.to_owned() });
        }
        Ok(Self(certificates))
    }

    pub(super) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.0.clone()
    }
}
