//! TLS for the protocols whose crates speak it by rustls.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::files::Secrets;

/// Certificates of authorities and of the client, checked.
///
/// # Errors
/// When a file holds no certificate or key, with the property that names it.
pub fn config(secrets: &Secrets) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be used: {error}"))?;
    let Some(ca) = &secrets.ca else {
        return Err("ca-file is not set; TLS needs the certificates of the authorities that the broker's certificate \
                    comes from, such as ca-file=/etc/ssl/certs/ca-certificates.crt"
            .into());
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates("ca-file", ca)? {
        roots
            .add(certificate)
            .map_err(|error| format!("ca-file has a certificate that cannot be used: {error}"))?;
    }
    let builder = builder.with_root_certificates(roots);
    let Some((certificate, key)) = &secrets.identity else {
        return Ok(Arc::new(builder.with_no_client_auth()));
    };
    let chain = certificates("cert-file", certificate)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
        "key-file has no private key; expected one in PEM, not encrypted".to_owned()
    })?;
    builder
        .with_client_auth_cert(chain, key)
        .map(Arc::new)
        .map_err(|error| format!("cert-file and key-file cannot be used: {error}"))
}

fn certificates(property: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("{property} is not understood: {error}"))?;
    if found.is_empty() {
        return Err(format!("{property} has no certificate; expected PEM"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_hold_nothing_are_named() {
        let error = |secrets: &Secrets| config(secrets).err().unwrap_or_default();
        assert!(error(&Secrets::default()).contains("ca-file is not set"));
        let secrets = Secrets {
            ca: Some(b"hello".to_vec()),
            ..Secrets::default()
        };
        assert_eq!(error(&secrets), "ca-file has no certificate; expected PEM");
    }
}
