//! A certificate as libpq looks at it: its names, its dates, its key.
//!
//! rustls reads certificates of version 3 alone and knows no common names. libpq takes both: the commands in PostgreSQL's manual
//! make a certificate of version 1 whose one name is the common name. Called by `verifier`, `files` and `handshake`.
//! Failures: a certificate that can't be read is `None`.

use std::fmt;
use std::net::IpAddr;

use rustls::pki_types::{SignatureVerificationAlgorithm, UnixTime};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::Certificate as Parsed;
use x509_cert::certificate::Version;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, NameConstraints, SubjectAltName};

/// id-kp-serverAuth and anyExtendedKeyUsage (RFC 5280, section 4.2.1.12).
const FOR_SERVERS: [ObjectIdentifier; 2] =
    [ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1"), ObjectIdentifier::new_unwrap("2.5.29.37.0")];

/// Signature algorithms by their hash: OIDs of RFC 4055 and 5758.
const SHA384: [&str; 2] = ["1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"];
const SHA512: [&str; 2] = ["1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"];
/// RSA with MD5 or SHA-1, for which RFC 5929 takes SHA-256; then RSA and ECDSA with SHA-256.
const SHA256: [&str; 5] = [
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.10045.4.1",
    "1.2.840.113549.1.1.11",
    "1.2.840.10045.4.3.2",
];

/// A certificate that could be read.
pub(super) struct Certificate<'a> {
    der: &'a [u8],
    parsed: Parsed,
}

/// The names that a certificate is for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) dns: Vec<String>,
    pub(super) addresses: Vec<Vec<u8>>,
    pub(super) common: Option<String>,
}

impl<'a> Certificate<'a> {
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        Parsed::from_der(der).ok().map(|parsed| Self { der, parsed })
    }

    pub(super) fn is_version_1(&self) -> bool {
        self.parsed.tbs_certificate().version() == Version::V1
    }

    /// Whether it names itself as its issuer, as a root does.
    pub(super) fn is_self_issued(&self) -> bool {
        let inner = self.parsed.tbs_certificate();
        inner.subject() == inner.issuer()
    }

    /// Whether it may issue others. A root of version 1 can't say so, and may.
    pub(super) fn is_authority(&self) -> bool {
        let constraints = self.parsed.tbs_certificate().get_extension::<BasicConstraints>();
        self.is_version_1() || matches!(constraints, Ok(Some((_, constraints))) if constraints.ca)
    }

    /// Where `now` lies: before its time, within it, or after it.
    pub(super) fn at(&self, now: UnixTime) -> Validity {
        let validity = self.parsed.tbs_certificate().validity();
        let now = now.as_secs();
        if now < validity.not_before.to_unix_duration().as_secs() {
            Validity::NotYet
        } else if now > validity.not_after.to_unix_duration().as_secs() {
            Validity::Expired
        } else {
            Validity::Now
        }
    }

    /// Whether it may be a server's. One that does not say is for everything.
    pub(super) fn is_for_servers(&self) -> bool {
        match self.parsed.tbs_certificate().get_extension::<ExtendedKeyUsage>() {
            Ok(None) => true,
            Ok(Some((_, usage))) => usage.0.iter().any(|purpose| FOR_SERVERS.contains(purpose)),
            Err(_) => false,
        }
    }

    /// Whether this certificate, a root, has signed the other one.
    pub(super) fn has_issued(
        &self,
        other: &Certificate<'_>,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> bool {
        let (root, inner) = (self.parsed.tbs_certificate(), other.parsed.tbs_certificate());
        // A root that is for some names only: `verifier` leaves those to rustls.
        let limited = !matches!(root.get_extension::<NameConstraints>(), Ok(None));
        if limited || !self.is_authority() || root.subject() != inner.issuer() {
            return false;
        }
        let (Ok(signed), Some(signature)) = (inner.to_der(), other.parsed.signature().as_bytes()) else {
            return false;
        };
        let Some(by) = without_header(other.parsed.signature_algorithm().to_der()) else { return false };
        algorithms.iter().any(|algorithm| {
            algorithm.signature_alg_id().as_ref() == by.as_slice()
                && self.has_signed(*algorithm, &signed, signature)
        })
    }

    /// Whether its key has signed this, by this algorithm.
    pub(super) fn has_signed(
        &self,
        algorithm: &dyn SignatureVerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let key = self.parsed.tbs_certificate().subject_public_key_info();
        let kind = without_header(key.algorithm.to_der());
        let bits = key.subject_public_key.as_bytes();
        let (Some(kind), Some(bits)) = (kind, bits) else { return false };
        algorithm.public_key_alg_id().as_ref() == kind.as_slice()
            && algorithm.verify_signature(bits, message, signature).is_ok()
    }

    /// Its key, as a `SubjectPublicKeyInfo`.
    pub(super) fn key(&self) -> Option<Vec<u8>> {
        self.parsed.tbs_certificate().subject_public_key_info().to_der().ok()
    }

    pub(super) fn names(&self) -> Names {
        let inner = self.parsed.tbs_certificate();
        let common = inner.subject().common_name().ok().flatten();
        let mut names = Names { common: common.map(|name| name.value().into_owned()), ..Names::default() };
        let others = inner.get_extension::<SubjectAltName>().ok().flatten();
        for name in others.map(|(_, names)| names.0).unwrap_or_default() {
            match name {
                GeneralName::DnsName(name) => names.dns.push(name.as_str().to_owned()),
                GeneralName::IpAddress(address) => names.addresses.push(address.as_bytes().to_vec()),
                _ => {}
            }
        }
        names
    }

    /// The hash that binds a log-in to this connection: `tls-server-end-point` of RFC 5929, section 4.1. None where the
    /// certificate's signature has no hash that it names.
    pub(super) fn end_point(&self) -> Option<Vec<u8>> {
        let algorithm = self.parsed.signature_algorithm().oid.to_string();
        let is_one_of = |oids: &[&str]| oids.contains(&algorithm.as_str());
        if is_one_of(&SHA256) {
            Some(Sha256::digest(self.der).to_vec())
        } else if is_one_of(&SHA384) {
            Some(Sha384::digest(self.der).to_vec())
        } else if is_one_of(&SHA512) {
            Some(Sha512::digest(self.der).to_vec())
        } else {
            None
        }
    }
}

/// A certificate's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Validity {
    NotYet,
    Now,
    Expired,
}

/// An `AlgorithmIdentifier` without the header of its sequence, as rustls names algorithms. It is always short.
fn without_header(der: x509_cert::der::Result<Vec<u8>>) -> Option<Vec<u8>> {
    let der = der.ok()?;
    let (header, rest) = der.split_at_checked(2)?;
    (usize::from(header[1]) == rest.len()).then(|| rest.to_vec())
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = |octets: &Vec<u8>| {
            let v4 = <[u8; 4]>::try_from(octets.as_slice()).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(octets.as_slice()).map(IpAddr::from)).ok()
        };
        let addresses = self.addresses.iter().filter_map(address).map(|address| address.to_string());
        let mut all: Vec<_> = self.dns.iter().cloned().chain(addresses).collect();
        if all.is_empty() {
            all.extend(self.common.clone());
        }
        match all.as_slice() {
            [] => f.write_str("no host"),
            names => f.write_str(&names.join(", ").escape_default().to_string()),
        }
    }
}

impl Names {
    /// Whether the certificate is for this host, as libpq decides (its `fe-secure-common.c` and `fe-secure-openssl.c`): the
    /// common name counts only where no alternative name is of the host's kind.
    pub(super) fn are_for(&self, host: &str) -> bool {
        let address: Option<IpAddr> = host.parse().ok();
        let has_address = |named: &Vec<u8>| match address {
            Some(IpAddr::V4(address)) => named.as_slice() == address.octets(),
            Some(IpAddr::V6(address)) => named.as_slice() == address.octets(),
            None => false,
        };
        if self.dns.iter().any(|name| is_for(name, host)) || self.addresses.iter().any(has_address) {
            return true;
        }
        let of_its_kind = if address.is_some() { self.addresses.is_empty() } else { self.dns.is_empty() };
        of_its_kind && self.common.as_ref().is_some_and(|name| is_for(name, host))
    }
}

/// Whether a name of a certificate, perhaps `*.` and a domain, is for a host. `*` is for one label.
fn is_for(name: &str, host: &str) -> bool {
    // A name with a zero byte in it is meant for a reader that ends there.
    if name.contains('\0') {
        return false;
    }
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some(domain) = name.strip_prefix('*').filter(|domain| domain.len() > 1 && domain.starts_with('.'))
    else {
        return false;
    };
    host.split_once('.')
        .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(&domain[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dns: &[&str], addresses: &[&str], common: &str) -> Names {
        let octets = |text: &&str| match text.parse().unwrap() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        Names {
            dns: dns.iter().map(|&name| name.to_owned()).collect(),
            addresses: addresses.iter().map(octets).collect(),
            common: (!common.is_empty()).then(|| common.to_owned()),
        }
    }

    #[test]
    fn a_host_is_matched_as_libpq_does() {
        let common = names(&[], &[], "db.example");
        let alternative = names(&["db.example", "*.pool.example"], &["10.0.0.1", "fd00::1"], "other.example");
        for (names, host, expected) in [
            (&common, "db.example", true),
            (&common, "DB.Example", true),
            (&common, "10.0.0.1", false),
            (&alternative, "db.example", true),
            (&alternative, "a.pool.example", true),
            (&alternative, "a.b.pool.example", false),
            (&alternative, "pool.example", false),
            (&alternative, ".pool.example", false),
            // The common name counts where no alternative name is of the host's kind.
            (&alternative, "other.example", false),
            (&alternative, "10.0.0.1", true),
            (&alternative, "fd00:0::1", true),
            (&alternative, "10.0.0.2", false),
            (&names(&["db.example"], &[], "10.0.0.1"), "10.0.0.1", true),
            (&names(&["*"], &[], ""), "db", false),
            (&names(&["*."], &[], ""), "db.", false),
            (&names(&["db.example\0.evil"], &[], ""), "db.example", false),
        ] {
            assert_eq!(names.are_for(host), expected, "{names:?} {host}");
        }
    }
}
