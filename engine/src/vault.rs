//! Encryption at rest: what the database keeps of private keys and secrets is unreadable without the master key.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use model::secret::Secret;
use zeroize::Zeroizing;

use crate::chance::Chance;
use crate::error::{OpenError, VaultError};

/// Bytes of a master key.
const KEY_LENGTH: usize = 32;
/// Name of the file in the data directory.
pub(crate) const KEY_FILE: &str = "master.key";
/// Begins every sealed text, so that another scheme can follow one day.
const VERSION: &str = "v1.";

/// Where the master key comes from.
#[derive(Clone, Debug)]
pub enum MasterKey {
    /// The file `master.key` in the data directory, readable by its owner only; made at the first start.
    InDataDir,
    /// The key itself: 32 bytes as base64 or as 64 hexadecimal digits.
    Given(Secret),
    /// A file that holds the key in one of these forms.
    File(PathBuf),
}

/// A master key that was found, and where.
pub(crate) struct FoundKey {
    bytes: Zeroizing<[u8; KEY_LENGTH]>,
    /// For error texts: which key this is.
    pub(crate) origin: String,
}

/// Looks for the key; `None` if it is to lie in the data directory and is not there yet.
pub(crate) fn find_key(master_key: &MasterKey, data_dir: &Path) -> Result<Option<FoundKey>, OpenError> {
    match master_key {
        MasterKey::Given(secret) => {
            let origin = "the environment variable TESSERA_MASTER_KEY".to_owned();
            let bytes = parse_key(secret.reveal()).ok_or_else(|| OpenError::MasterKeyForm(origin.clone()))?;
            Ok(Some(FoundKey { bytes, origin }))
        }
        MasterKey::File(path) => read_key_file(path).map(Some),
        MasterKey::InDataDir => {
            let path = data_dir.join(KEY_FILE);
            if path.exists() { read_key_file(&path).map(Some) } else { Ok(None) }
        }
    }
}

/// Makes the key file in the data directory, where none is yet.
pub(crate) fn make_key(data_dir: &Path, chance: &Chance) -> Result<FoundKey, OpenError> {
    let path = data_dir.join(KEY_FILE);
    let bytes = Zeroizing::new(chance.bytes::<KEY_LENGTH>());
    let text = Zeroizing::new(format!("{}\n", STANDARD.encode(*bytes)));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(|error| OpenError::MasterKeyFile(path.clone(), error))?;
    tracing::info!(path = %path.display(), "made the master key; keep a copy of it apart from copies of the database");
    Ok(FoundKey {
        bytes,
        origin: format!("the file {}", path.display()),
    })
}

fn read_key_file(path: &Path) -> Result<FoundKey, OpenError> {
    let failed = |error| OpenError::MasterKeyFile(path.to_owned(), error);
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "other users of this machine may read the master key; run: chmod 600 {}", path.display());
    }
    let origin = format!("the file {}", path.display());
    let bytes = parse_key(&text).ok_or_else(|| OpenError::MasterKeyForm(origin.clone()))?;
    Ok(FoundKey { bytes, origin })
}

/// 32 bytes from base64 (either alphabet, padded or not) or from 64 hexadecimal digits.
fn parse_key(text: &str) -> Option<Zeroizing<[u8; KEY_LENGTH]>> {
    let text = text.trim();
    let bytes = if text.len() == 2 * KEY_LENGTH {
        from_hex(text)?
    } else {
        let decoded = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
            .into_iter()
            .find_map(|form| form.decode(text).ok());
        Zeroizing::new(decoded?)
    };
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    (bytes.len() == KEY_LENGTH).then(|| {
        key.copy_from_slice(&bytes);
        key
    })
}

fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = Zeroizing::new(digits?);
    Some(Zeroizing::new(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
}

/// Seals and opens texts, and hashes client secrets; holds keys that are derived from the master key.
pub struct Vault {
    sealing: LessSafeKey,
    hashing: hmac::Key,
    nonces: hmac::Key,
    chance: Chance,
}

impl Vault {
    /// Derives one key for each purpose (RFC 5869), so that no two uses share one.
    pub(crate) fn new(key: &FoundKey, chance: Chance) -> Result<Self, VaultError> {
        let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, b"tessera vault v1").extract(key.bytes.as_slice());
        let sealing = pseudorandom.expand(&[b"sealing"], &AES_256_GCM).map_err(|_| VaultError::Key)?;
        let hashing = pseudorandom
            .expand(&[b"client secrets"], hmac::HMAC_SHA256)
            .map_err(|_| VaultError::Key)?;
        let nonces = pseudorandom.expand(&[b"dpop nonces"], hmac::HMAC_SHA256).map_err(|_| VaultError::Key)?;
        Ok(Self {
            sealing: LessSafeKey::new(UnboundKey::from(sealing)),
            hashing: hmac::Key::from(hashing),
            nonces: hmac::Key::from(nonces),
            chance,
        })
    }

    /// Encrypts with AES-256-GCM under a fresh nonce, as text.
    ///
    /// `place` (`table:column:row`) is bound to it: a sealed text that is moved to another row no longer opens.
    ///
    /// # Errors
    /// [`VaultError::Seal`] if the text is longer than the cipher takes (64 GiB).
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<String, VaultError> {
        let nonce = self.chance.bytes::<NONCE_LEN>();
        let mut sealed = plain.to_vec();
        let tag = self
            .sealing
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut sealed)
            .map_err(|_| VaultError::Seal)?;
        Ok(format!(
            "{VERSION}{}",
            STANDARD.encode([&nonce, sealed.as_slice(), tag.as_ref()].concat())
        ))
    }

    /// Decrypts what [`Vault::seal`] made for the same `place`.
    ///
    /// # Errors
    /// [`VaultError::Open`] if the text was changed, moved, or sealed under another master key.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let failed = || VaultError::Open(place.to_owned());
        let text = sealed.strip_prefix(VERSION).ok_or_else(failed)?;
        let bytes = STANDARD.decode(text).map_err(|_| failed())?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(failed)?;
        let mut plain = Zeroizing::new(rest.to_vec());
        let length = self
            .sealing
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place), &mut plain)
            .map_err(|_| failed())?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// [`Vault::seal`] for a text.
    pub(crate) fn seal_text(&self, place: &str, plain: &Secret) -> Result<String, VaultError> {
        self.seal(place, plain.reveal().as_bytes())
    }

    /// [`Vault::open`] for a text.
    pub(crate) fn open_text(&self, place: &str, sealed: &str) -> Result<Secret, VaultError> {
        let plain = self.open(place, sealed)?;
        let text = std::str::from_utf8(&plain).map_err(|_| VaultError::Open(place.to_owned()))?;
        Ok(Secret::new(text))
    }

    /// Keyed hash (HMAC-SHA256) of a client's secret: a secret of 64 random characters needs no slow hash.
    #[must_use]
    pub fn secret_mac(&self, client_id: &str, secret: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.hashing, &secret_message(client_id, secret));
        let mut mac = [0; 32];
        mac.copy_from_slice(tag.as_ref());
        mac
    }

    /// The DPoP nonce of a step of time: 43 letters, digits, `-` and `_` that nobody without the master key can make.
    #[must_use]
    pub fn nonce(&self, step: i64) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.nonces, &step.to_be_bytes()))
    }

    /// Whether `text` is the nonce of one of these steps; compared in constant time.
    #[must_use]
    pub fn is_nonce(&self, text: &str, steps: [i64; 2]) -> bool {
        let is = |step| verify_slices_are_equal(text.as_bytes(), self.nonce(step).as_bytes()).is_ok();
        let [first, second] = steps.map(is);
        first | second
    }

    /// Which of `macs` is the hash of `secret`: each is compared in constant time, also behind one that matches.
    #[must_use]
    pub fn matching<'a>(&self, client_id: &str, secret: &str, macs: impl Iterator<Item = &'a [u8; 32]>) -> Option<usize> {
        let mac = self.secret_mac(client_id, secret);
        let mut found = None;
        for (position, known) in macs.enumerate() {
            if verify_slices_are_equal(&mac, known).is_ok() {
                found = Some(position);
            }
        }
        found
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// The length in front keeps `("a", "bc")` and `("ab", "c")` apart.
fn secret_message(client_id: &str, secret: &str) -> Zeroizing<Vec<u8>> {
    let length = u64::try_from(client_id.len()).unwrap_or(u64::MAX).to_be_bytes();
    Zeroizing::new([&length, client_id.as_bytes(), secret.as_bytes()].concat())
}

/// The hash as the database keeps it.
pub(crate) fn mac_to_text(mac: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(mac)
}

/// What [`mac_to_text`] wrote.
pub(crate) fn mac_from_text(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(first_byte: u8) -> Vault {
        let mut bytes = Zeroizing::new([7; KEY_LENGTH]);
        bytes[0] = first_byte;
        Vault::new(
            &FoundKey {
                bytes,
                origin: String::new(),
            },
            Chance::seeded(1),
        )
        .unwrap()
    }

    #[test]
    fn sealed_texts_open_only_at_their_place_and_under_their_key() {
        let sealed = vault(1).seal("apis:secret:a1", b"plain").unwrap();
        assert_eq!(vault(1).open("apis:secret:a1", &sealed).unwrap().as_slice(), b"plain");
        assert!(vault(1).open("apis:secret:a2", &sealed).is_err());
        assert!(vault(2).open("apis:secret:a1", &sealed).is_err());
        for broken in ["", "v1.", "v1.AAAA", "v2.AAAA", &sealed[..sealed.len() - 4]] {
            assert!(vault(1).open("apis:secret:a1", broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn no_two_seals_are_alike() {
        let vault = vault(1);
        assert_ne!(vault.seal("p", b"plain").unwrap(), vault.seal("p", b"plain").unwrap());
    }

    #[test]
    fn secrets_match_their_own_hash_only() {
        let vault = vault(1);
        let macs = [
            vault.secret_mac("c1", "first"),
            vault.secret_mac("c1", "s3cret"),
            vault.secret_mac("c1", "third"),
        ];
        let matching = |client_id, secret| vault.matching(client_id, secret, macs.iter());
        assert_eq!(
            (matching("c1", "first"), matching("c1", "s3cret"), matching("c1", "third")),
            (Some(0), Some(1), Some(2))
        );
        for (client_id, secret) in [("c1", "s3cre"), ("c2", "s3cret"), ("c1s", "3cret"), ("c1", "")] {
            assert_eq!(matching(client_id, secret), None, "{client_id} {secret}");
        }
        assert_eq!(vault.matching("c1", "s3cret", [].iter()), None);
        assert_eq!(mac_from_text(&mac_to_text(&macs[0])), Some(macs[0]));
        assert_eq!(mac_from_text("AAAA"), None);
    }

    #[test]
    fn nonces_are_of_their_step_and_their_master_key() {
        let nonce = vault(1).nonce(7);
        assert_eq!(nonce.len(), 43);
        // RFC 9449 §8.1: NQCHAR.
        assert!(nonce.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_'), "{nonce}");
        assert!(vault(1).is_nonce(&nonce, [7, 6]) && vault(1).is_nonce(&nonce, [8, 7]));
        assert!(!vault(1).is_nonce(&nonce, [9, 8]) && !vault(2).is_nonce(&nonce, [7, 6]));
        for text in ["", &nonce[1..], "x"] {
            assert!(!vault(1).is_nonce(text, [7, 6]), "{text}");
        }
    }

    #[test]
    fn keys_in_every_form() {
        let key = [0xfb; KEY_LENGTH];
        let hex = "fb".repeat(KEY_LENGTH);
        for text in [
            STANDARD.encode(key),
            STANDARD_NO_PAD.encode(key),
            URL_SAFE.encode(key),
            URL_SAFE_NO_PAD.encode(key),
            hex.to_uppercase(),
            format!(" {hex}\n"),
        ] {
            assert_eq!(*parse_key(&text).unwrap(), key, "{text}");
        }
        for text in ["", "abc", &"fg".repeat(KEY_LENGTH), &STANDARD.encode([1; 31]), &STANDARD.encode([1; 33])] {
            assert!(parse_key(text).is_none(), "{text}");
        }
    }
}
