//! A certificate on the hub's ledger key. With it, whoever trusts the authority can verify every signature of the
//! province, offline and years later.

use ed25519_dalek::VerifyingKey;
use rcgen::{DnType, ExtendedKeyUsagePurpose, SanType, SubjectPublicKeyInfo};
use rustls::pki_types::CertificateDer;
use truc_node::identity::certificate::{self, OFFICE_URN};
use truc_proto::id::OfficeId;
use truc_proto::limits;

use super::{Authority, AuthorityError, params};

/// id-kp-documentSigning (RFC 9336): the certificate serves for signed papers, and for no TLS connection.
const DOCUMENT_SIGNING: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 36];

impl Authority {
    /// Issues a certificate on an office's ledger key. It lives as long as an authority's, because signatures must stay
    /// verifiable long after they were made.
    pub fn issue_ledger_key(
        &self,
        office: OfficeId,
        key: &VerifyingKey,
        now: u64,
    ) -> Result<CertificateDer<'static>, AuthorityError> {
        let mut params = params("truc-hub ledger", now, self.until(now, limits::AUTHORITY_CERTIFICATE)?)?;
        params.distinguished_name.push(DnType::OrganizationalUnitName, office.to_string());
        params.subject_alt_names = vec![SanType::URI(format!("{OFFICE_URN}{office}").try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec())];
        let key = SubjectPublicKeyInfo::from_der(&[&certificate::ED25519[..], key.as_bytes()].concat())?;
        Ok(params.signed_by(&key, &self.issuer)?.der().clone())
    }
}
