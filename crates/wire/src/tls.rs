//! TLS settings for both sides; rustls on aws-lc-rs, named explicitly so that no process-wide default is needed.

use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::client::{ConfigError, Roots};

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// A connector that trusts `roots` and verifies the host name.
pub(crate) fn connector(roots: &Roots) -> Result<TlsConnector, ConfigError> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError::SystemRoots(error.to_string()))?;
    let config = match roots {
        Roots::Pem(pem) => config.with_webpki_verifier(pem_verifier(pem)?),
        Roots::System => config.dangerous().with_custom_certificate_verifier(system_verifier(Vec::new())?),
        Roots::SystemAndPem(pem) => {
            config.dangerous().with_custom_certificate_verifier(system_verifier(certificates(pem)?)?)
        }
    };
    Ok(TlsConnector::from(Arc::new(config.with_no_client_auth())))
}

fn pem_verifier(pem: &[u8]) -> Result<Arc<WebPkiServerVerifier>, ConfigError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem)? {
        store.add(certificate).map_err(|error| ConfigError::Pem(error.to_string()))?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider())
        .build()
        .map_err(|error| ConfigError::Pem(error.to_string()))
}

fn system_verifier(
    extra: Vec<CertificateDer<'static>>,
) -> Result<Arc<rustls_platform_verifier::Verifier>, ConfigError> {
    rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider())
        .map(Arc::new)
        .map_err(|error| ConfigError::SystemRoots(error.to_string()))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(ConfigError::Pem("no certificate in it".to_owned())),
        Ok(found) => Ok(found),
        Err(error) => Err(ConfigError::Pem(error.to_string())),
    }
}

/// A server's certificate chain and private key.
#[derive(Clone)]
pub struct ServerTls(pub(crate) TlsAcceptor);

impl ServerTls {
    /// From PEM texts: the chain (own certificate first) and the private key.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, ServerTlsError> {
        let chain = certificates(chain).map_err(|error| ServerTlsError::Chain(error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| ServerTlsError::Key(error.to_string()))?;
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| ServerTlsError::Key(error.to_string()))?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

impl std::fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerTls(..)")
    }
}

/// A certificate or key that a server can not use.
#[derive(Debug, thiserror::Error)]
pub enum ServerTlsError {
    /// The chain can not be read.
    #[error("the certificate chain could not be read ({0}); give PEM text, own certificate first")]
    Chain(String),
    /// The key can not be read or does not fit.
    #[error("the private key could not be used ({0}); give the PEM text of the key that belongs to the certificate")]
    Key(String),
}
