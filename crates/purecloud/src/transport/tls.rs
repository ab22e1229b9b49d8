//! Whom this program trusts and who it says it is.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Error;
use crate::secret::Secret;

/// Certificates beyond those of the system.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsSettings {
    /// PEM of further authorities to trust.
    pub(crate) roots: Vec<Vec<u8>>,
    /// PEM of the certificate chain and of the key that this program shows.
    pub(crate) identity: Option<(Vec<u8>, Secret)>,
}

/// A configuration of rustls, with ring, that trusts the system's authorities and those of the settings.
pub(crate) fn client_config(settings: &TlsSettings) -> Result<ClientConfig, Error> {
    let mut roots = rustls::RootCertStore::empty();
    #[cfg(feature = "webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let native = rustls_native_certs::load_native_certs();
    for problem in &native.errors {
        tracing::debug!(%problem, "a certificate of the system cannot be read");
    }
    roots.add_parsable_certificates(native.certs);
    for pem in &settings.roots {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|source| setup("a root certificate is not PEM", source))?;
            roots.add(certificate).map_err(|source| setup("a root certificate cannot be trusted", source))?;
        }
    }
    if roots.is_empty() {
        return Err(Error::setup(
            "the system has no certificate authorities; install `ca-certificates`, add some with \
             `root_certificate`, or build with the feature `webpki-roots`",
        ));
    }
    // Named rather than taken from the process: a program may have another provider for its own connections.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| setup("rustls has no protocol version", source))?
        .with_root_certificates(roots);
    let Some((chain, key)) = &settings.identity else { return Ok(builder.with_no_client_auth()) };
    let chain = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| setup("the client certificate is not PEM", source))?;
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
        .map_err(|source| setup("the key of the client certificate is not PEM", source))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|source| setup("the client certificate and its key do not match", source))
}

fn setup(problem: &str, source: impl Into<crate::error::Cause>) -> Error {
    Error::Setup { problem: problem.to_owned(), source: Some(source.into()) }
}
