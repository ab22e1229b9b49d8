//! TLS: an authority of this emulator's own, and certificates for the names that it answers to.
//!
//! A program that trusts the authority can reach the emulator as it reaches the platform: `https://api.X` and
//! `https://login.X`.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SerialNumber,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, DnsName, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::base::lock::lock;
use crate::http::hosts::PARTS;

const DAY: Duration = Duration::from_hours(24);
/// How long an authority may be trusted.
const AUTHORITY_LIFE: Duration = Duration::from_hours(24 * 3650);
/// Browsers refuse certificates of more than 398 days.
const CERTIFICATE_LIFE: Duration = Duration::from_hours(24 * 397);
/// How many certificates of names below `localhost` are kept; past it they are made anew.
const MOST_MADE: usize = 256;

/// How an emulator encrypts its connections. See [`Builder::tls`](crate::Builder::tls).
#[derive(Debug, Default)]
pub struct Tls {
    authority: Option<Authority>,
    domains: Vec<String>,
}

impl Tls {
    /// TLS for this machine's own names: `localhost`, names below it, and its loopback addresses. An authority is made
    /// at the start, which nobody trusts yet: [`Handle::authority`](crate::Handle::authority) gives it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has certificates issued by this authority, so that it need be trusted only once.
    #[must_use]
    pub fn authority(mut self, authority: Authority) -> Self {
        self.authority = Some(authority);
        self
    }

    /// Answers for a domain too, such as `mypurecloud.com`: as the platform at `api.X`, `login.X`, `streaming.X` and
    /// `apps.X`, and as all of them at `X`. Making these names lead to the emulator is up to you.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }
}

/// Why TLS cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A domain is no name.
    #[error(
        "`{domain}` is not a domain; use one such as `mypurecloud.com`, without a scheme, a port or `api.`"
    )]
    Domain {
        /// As it was given.
        domain: String,
    },
    /// The certificate or the key of an authority cannot be read.
    #[error(
        "the authority's {part} cannot be read: {reason}; pass it as PEM, or let the emulator create one"
    )]
    Unreadable {
        /// `certificate` or `key`.
        part: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// What the authority issues is worth nothing for a name.
    #[error(
        "the authority cannot certify `{name}`: {reason}; it must be a valid authority of this key, for this name; let the emulator create another"
    )]
    Uncertified {
        /// A host that the emulator would answer to.
        name: String,
        /// What clients would say.
        reason: String,
    },
    /// A certificate could not be made.
    #[error("a certificate could not be created: {reason}")]
    Made {
        /// What went wrong.
        reason: String,
    },
}

impl TlsError {
    fn made(reason: impl fmt::Display) -> Self {
        Self::Made { reason: reason.to_string() }
    }

    fn unreadable(part: &'static str) -> impl FnOnce(rcgen::Error) -> Self {
        move |reason| Self::Unreadable { part, reason: reason.to_string() }
    }
}

/// Who issues an emulator's certificates. Whoever holds its key can pretend to be any host that it may certify to
/// those who trust it.
pub struct Authority {
    pem: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Makes an authority for `localhost`, loopback addresses, and these domains, hosts or addresses with all that is
    /// below them. It can certify nothing else, so trusting it risks nothing else. It lasts ten years.
    ///
    /// # Errors
    /// [`TlsError::Domain`] for a name that is none.
    pub fn generate<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, TlsError> {
        let loopback_6 = IpAddr::from(Ipv6Addr::LOCALHOST);
        let mut permitted = vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(loopback_6, 128)),
        ];
        for name in names {
            permitted.push(match name.as_ref().parse::<IpAddr>() {
                Ok(address) => {
                    let all = if address.is_ipv4() { 32 } else { 128 };
                    GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, all))
                }
                Err(_) => GeneralSubtree::DnsName(domain(name.as_ref())?),
            });
        }
        let key = KeyPair::generate().map_err(TlsError::made)?;
        let mut params = CertificateParams::default();
        let now = SystemTime::now();
        (params.not_before, params.not_after) = ((now - DAY).into(), (now + AUTHORITY_LIFE).into());
        // Two authorities of one name, both trusted, would be mistaken for each other.
        params.distinguished_name =
            named(&format!("PureCloud emulator {:032x}", u128::from_be_bytes(random()?)));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.name_constraints =
            Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() });
        let certificate = params.self_signed(&key).map_err(TlsError::made)?;
        Ok(Self { pem: certificate.pem(), certificate: certificate.into(), issuer: Issuer::new(params, key) })
    }

    /// Reads an authority: its certificate and its key (PKCS #8), as PEM.
    ///
    /// # Errors
    /// [`TlsError::Unreadable`] for what is no certificate, or no key.
    pub fn read(certificate: &str, key: &str) -> Result<Self, TlsError> {
        let der = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|reason| TlsError::Unreadable { part: "certificate", reason: reason.to_string() })?;
        let key = KeyPair::from_pem(key).map_err(TlsError::unreadable("key"))?;
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(TlsError::unreadable("certificate"))?;
        Ok(Self { pem: certificate.to_owned(), certificate: der, issuer })
    }

    /// Its certificate as PEM: what clients have to trust.
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// Its key as PEM. A secret: keep it where only you can read it.
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("certificate", &self.pem).finish_non_exhaustive()
    }
}

/// What a server needs to encrypt.
pub(crate) struct Ready {
    pub(crate) acceptor: TlsAcceptor,
    /// The certificate of the authority, as PEM.
    pub(crate) authority: String,
    /// The domains that are played, `localhost` first.
    pub(crate) domains: Vec<String>,
    /// Every name of these domains.
    pub(crate) names: Vec<String>,
}

impl Tls {
    /// Makes what a server at `address` needs that also goes by `hosts`.
    ///
    /// # Errors
    /// [`TlsError`] when a domain is none, or the authority does not do.
    pub(crate) fn ready(self, address: IpAddr, hosts: &[String]) -> Result<Ready, TlsError> {
        let mut domains = vec!["localhost".to_owned()];
        for given in &self.domains {
            let domain = domain(given)?;
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        let mut names = Vec::new();
        for domain in &domains {
            names.push(domain.clone());
            names.extend(PARTS.iter().map(|(part, _)| format!("{part}.{domain}")));
        }
        let mut others: Vec<String> = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        if !address.is_unspecified() && !address.is_loopback() {
            others.push(address.to_string());
        }
        let authority = match self.authority {
            Some(authority) => authority,
            None => Authority::generate(domains.iter().skip(1).chain(&others))?,
        };
        let loopback = [Ipv4Addr::LOCALHOST.to_string(), Ipv6Addr::LOCALHOST.to_string()];
        let certified = [&names[..], &loopback, &others].concat();
        let provider = Arc::new(ring::default_provider());
        let pem = authority.pem.clone();
        let names_of = Names::new(authority, certified, &provider)?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::made)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(names_of));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Ready { acceptor: TlsAcceptor::from(Arc::new(config)), authority: pem, domains, names })
    }
}

/// The certificates by the name that a client asks for.
struct Names {
    authority: Authority,
    key: KeyPair,
    signing: Arc<dyn SigningKey>,
    /// Names, in lower case, and addresses of the one certificate that most connections have.
    certified: Vec<String>,
    usual: Arc<CertifiedKey>,
    /// Those of names below `localhost`. A certificate of `*.localhost` would not do: clients do not take a star for
    /// everything below a name of one label.
    made: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl Names {
    fn new(
        authority: Authority,
        certified: Vec<String>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        let key = KeyPair::generate().map_err(TlsError::made)?;
        let private = PrivatePkcs8KeyDer::from(key.serialize_der());
        let signing = provider.key_provider.load_private_key(private.into()).map_err(TlsError::made)?;
        let usual = certify(&authority, &key, &signing, &certified)?;
        let verifier = verifier(&authority, provider)?;
        for name in &certified {
            // On its own, because a limit of the authority spoils all names that stand beside the one it leaves out.
            let alone = certify(&authority, &key, &signing, std::slice::from_ref(name))?;
            verify(&verifier, &alone, name)?;
        }
        Ok(Self { authority, key, signing, certified, usual, made: Mutex::default() })
    }
}

impl ResolvesServerCert for Names {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // Clients that reach the emulator by its address ask for no name.
        let Some(name) = hello.server_name() else { return Some(Arc::clone(&self.usual)) };
        let name = name.to_ascii_lowercase();
        if self.certified.contains(&name) {
            return Some(Arc::clone(&self.usual));
        }
        if !name.ends_with(".localhost") {
            tracing::debug!(%name, "a client asked for a host that this emulator does not serve");
            return None;
        }
        let mut made = lock(&self.made);
        if let Some(key) = made.get(&name) {
            return Some(Arc::clone(key));
        }
        match certify(&self.authority, &self.key, &self.signing, std::slice::from_ref(&name)) {
            Ok(key) => {
                if made.len() >= MOST_MADE {
                    made.clear();
                }
                made.insert(name, Arc::clone(&key));
                Some(key)
            }
            Err(error) => {
                tracing::warn!(%error, %name, "a certificate could not be created");
                None
            }
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("certified", &self.certified).finish_non_exhaustive()
    }
}

/// A certificate for these names and addresses.
fn certify(
    authority: &Authority,
    key: &KeyPair,
    signing: &Arc<dyn SigningKey>,
    names: &[String],
) -> Result<Arc<CertifiedKey>, TlsError> {
    let mut params = CertificateParams::new(names).map_err(TlsError::made)?;
    let now = SystemTime::now();
    (params.not_before, params.not_after) = ((now - DAY).into(), (now + CERTIFICATE_LIFE).into());
    params.distinguished_name = named("PureCloud emulator");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    // Drawn, because the usual serial number follows from the key, which all of them share.
    params.serial_number = Some(SerialNumber::from_slice(&random()?));
    let certificate = params.signed_by(key, &authority.issuer).map_err(TlsError::made)?;
    let chain = vec![certificate.into(), authority.certificate.clone()];
    Ok(Arc::new(CertifiedKey::new(chain, Arc::clone(signing))))
}

/// One who trusts this authority alone.
fn verifier(
    authority: &Authority,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    let unreadable =
        |reason: rustls::Error| TlsError::Unreadable { part: "certificate", reason: reason.to_string() };
    roots.add(authority.certificate.clone()).map_err(unreadable)?;
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(TlsError::made)
}

/// Looks at a certificate as clients do: an authority that has expired, is none, is limited to other names, or does not
/// fit its key is found here instead of in every client.
fn verify(verifier: &WebPkiServerVerifier, key: &CertifiedKey, name: &str) -> Result<(), TlsError> {
    let refused = |reason: String| TlsError::Uncertified { name: name.to_owned(), reason };
    let server = ServerName::try_from(name).map_err(|reason| refused(reason.to_string()))?;
    let certificate = key.end_entity_cert().map_err(TlsError::made)?;
    let seen = verifier.verify_server_cert(certificate, &[], &server, &[], UnixTime::now());
    seen.map(|_| ()).map_err(|reason| refused(reason.to_string()))
}

/// A domain in lower case.
///
/// # Errors
/// [`TlsError::Domain`] when it is none, or too long to have hosts.
fn domain(given: &str) -> Result<String, TlsError> {
    let name = given.strip_suffix('.').unwrap_or(given).to_ascii_lowercase();
    let longest = format!("streaming.{name}");
    let good = !name.is_empty()
        && DnsName::try_from(longest).is_ok()
        && name.parse::<IpAddr>().is_err()
        && !name.contains('*');
    if good { Ok(name) } else { Err(TlsError::Domain { domain: given.to_owned() }) }
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn random() -> Result<[u8; 16], TlsError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(TlsError::made)?;
    // Serial numbers are positive.
    bytes[0] &= 0x7f;
    bytes[0] |= 0x40;
    Ok(bytes)
}
