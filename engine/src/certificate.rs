//! Certificates of signing keys: their public halves in a form that some libraries ask for (Auth0's `cert` and `pkcs7`). Nobody has
//! attested them: each is signed by its own key.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::key::{Key, KeyAlg};
use model::time::{DAY, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, SignatureAlgorithm};
use time::OffsetDateTime;

use crate::engine::Engine;
use crate::error::Error;
use crate::keyring::place;
use crate::store::{execute, on};

/// How long a certificate is valid; the life of the key itself ends by rotation.
const VALID_FOR: i64 = 10 * 366 * DAY;

/// A key in forms of X.509. All are empty for keys whose private half was erased before a certificate was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// PEM.
    pub pem: String,
    /// The same as a message of PKCS #7 that holds nothing else (RFC 2315 §9.1), PEM.
    pub pkcs7: String,
    /// SHA-1 of it, as pairs of hexadecimal digits with colons.
    pub fingerprint: String,
    /// The same without colons.
    pub thumbprint: String,
}

impl Engine {
    /// The certificates of these keys by `kid`.
    ///
    /// # Errors
    /// [`Error::Key`] if one can't be made; [`Error::Vault`] or [`Error::Storage`].
    pub async fn certificates(&self, keys: &[Key]) -> Result<BTreeMap<String, Certificate>, Error> {
        let sql = "SELECT kid, certificate, sealed_private FROM signing_keys";
        let mut tx = self.0.store.read().await?;
        let rows: Vec<(String, String, String)> = on!(&mut tx, db => sqlx::query_as(sql).fetch_all(db).await)?;
        drop(tx);
        let mut certificates = BTreeMap::new();
        for (kid, kept, sealed) in rows {
            let Some(key) = keys.iter().find(|key| key.kid == kid) else { continue };
            let pem = if kept.is_empty() && !sealed.is_empty() {
                self.make_certificate(key, &sealed).await?
            } else {
                kept
            };
            certificates.insert(kid, Certificate::read(pem)?);
        }
        Ok(certificates)
    }

    /// Of processes that make one at the same time the first one's stays.
    async fn make_certificate(&self, key: &Key, sealed: &str) -> Result<String, Error> {
        let private = self.0.vault.open(&place(&key.kid), sealed)?;
        let made = self_signed(key.alg, &private, self.0.issuer.as_str(), key.created_at).map_err(|error| Error::Key(error.to_string()))?;
        let mut tx = self.0.store.write().await?;
        execute!(
            &mut tx,
            sqlx::query("UPDATE signing_keys SET certificate = $2 WHERE kid = $1 AND certificate = ''")
                .bind(&key.kid)
                .bind(&made)
        )?;
        let kept = on!(&mut tx, db => sqlx::query_scalar("SELECT certificate FROM signing_keys WHERE kid = $1")
            .bind(&key.kid)
            .fetch_one(db)
            .await)?;
        tx.commit().await?;
        Ok(kept)
    }
}

impl Certificate {
    fn read(pem: String) -> Result<Self, Error> {
        if pem.is_empty() {
            return Ok(Self::default());
        }
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body).map_err(|_| Error::Corrupt("signing_keys.certificate"))?;
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &der);
        let pairs: Vec<String> = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        Ok(Self {
            pkcs7: armored("PKCS7", &pkcs7(&der)),
            fingerprint: pairs.join(":"),
            thumbprint: pairs.concat(),
            pem,
        })
    }
}

fn self_signed(alg: KeyAlg, private: &[u8], issuer: &str, since: Timestamp) -> Result<String, rcgen::Error> {
    let algorithm: &SignatureAlgorithm = match alg {
        KeyAlg::RS256 | KeyAlg::PS256 => &PKCS_RSA_SHA256,
        KeyAlg::ES256 => &PKCS_ECDSA_P256_SHA256,
        KeyAlg::EdDSA => &PKCS_ED25519,
    };
    let pair = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&private.into(), algorithm)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, issuer);
    let at = |at| OffsetDateTime::from_unix_timestamp(at).map_err(|_| rcgen::Error::Time);
    params.not_before = at(since)?;
    params.not_after = at(since + VALID_FOR)?;
    Ok(params.self_signed(&pair)?.pem())
}

/// `SignedData` of version 1 without content and signers: only the certificate.
fn pkcs7(certificate: &[u8]) -> Vec<u8> {
    const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    const DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
    let signed_data = [
        tagged(0x02, &[1]),
        tagged(0x31, &[]),
        tagged(0x30, DATA),
        tagged(0xa0, certificate),
        tagged(0x31, &[]),
    ];
    let explicit = tagged(0xa0, &tagged(0x30, &signed_data.concat()));
    tagged(0x30, &[SIGNED_DATA, &explicit].concat())
}

/// A value of DER: tag, length, content (X.690 §8.1).
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1)..];
    let mut der = vec![tag];
    if content.len() >= 0x80 {
        // At most eight octets.
        der.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
    }
    der.extend_from_slice(significant);
    der.extend_from_slice(content);
    der
}

fn armored(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use x509_cert::Certificate as Parsed;
    use x509_cert::der::{DecodePem, Encode};

    use super::*;
    use crate::keypair::KeyPair;

    #[test]
    fn another_library_reads_it() {
        for alg in KeyAlg::ALL {
            let pkcs8 = KeyPair::generate(alg).unwrap().to_pkcs8().unwrap();
            let made = Certificate::read(self_signed(alg, &pkcs8, "https://auth.example.com/", 1_800_000_000).unwrap()).unwrap();
            let parsed = Parsed::from_pem(&made.pem).unwrap();
            assert_eq!(parsed.tbs_certificate().subject().to_string(), "CN=https://auth.example.com/", "{alg:?}");
            let validity = parsed.tbs_certificate().validity();
            assert_eq!(validity.not_before.to_unix_duration().as_secs(), 1_800_000_000);
            let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &parsed.to_der().unwrap());
            assert!(
                made.thumbprint
                    .eq_ignore_ascii_case(&hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            );
            assert_eq!(made.fingerprint.replace(':', ""), made.thumbprint);
            assert!(made.pkcs7.starts_with("-----BEGIN PKCS7-----\nMII"), "{}", made.pkcs7);
        }
    }

    #[test]
    fn x690_section_8_1_3_lengths() {
        assert_eq!(tagged(0x31, &[]), [0x31, 0]);
        assert_eq!(tagged(0x04, &[7; 0x7f])[..2], [0x04, 0x7f]);
        assert_eq!(tagged(0x04, &[7; 0x80])[..3], [0x04, 0x81, 0x80]);
        assert_eq!(tagged(0x04, &[7; 0x1234])[..4], [0x04, 0x82, 0x12, 0x34]);
    }
}
