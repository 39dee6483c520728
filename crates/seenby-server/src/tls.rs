//! TLS for clients, from PEM files.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::settings::Tls;

/// A certificate or a key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct TlsError {
    path: PathBuf,
    problem: String,
}

pub(crate) fn acceptor(settings: &Tls) -> Result<Option<TlsAcceptor>, TlsError> {
    let (certificate, private_key) = match (&settings.certificate, &settings.private_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(private_key)) => (certificate, private_key),
        (Some(path), None) => return Err(problem(path, "tls.private_key is missing")),
        (None, Some(path)) => return Err(problem(path, "tls.certificate is missing")),
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| problem(certificate, error))?;
    warn_if_open(private_key);
    let key = PrivateKeyDer::from_pem_file(private_key).map_err(|error| problem(private_key, error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| problem(certificate, error))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => problem(private_key, "does not belong to the certificate"),
            error => problem(certificate, error),
        })?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// Everybody on the machine may read it: whoever has it can pass for this server.
fn warn_if_open(private_key: &Path) {
    const OTHERS: u32 = 0o007;
    if std::fs::metadata(private_key).is_ok_and(|found| found.mode() & OTHERS != 0) {
        let path = private_key.display();
        tracing::warn!(
            "tls.private_key: every user of this machine may open {path}: take that away with `chmod o= {path}`"
        );
    }
}

fn problem(path: &Path, problem: impl ToString) -> TlsError {
    TlsError { path: path.to_owned(), problem: problem.to_string() }
}
