//! Randomness, passed in so that tests repeat themselves.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{CryptoRng, Rng, SeedableRng, TryRngCore};

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &[u8; 16] = b"0123456789abcdef";
const DIGITS: &[u8; 10] = b"0123456789";

/// A source of random numbers fit for secrets; clones draw from the same one.
#[derive(Clone)]
pub struct Chance(Arc<Mutex<dyn Source>>);

/// What a source must be: fit for secrets, and sendable.
trait Source: CryptoRng + Send {}
impl<T: CryptoRng + Send> Source for T {}

impl Chance {
    /// The operating system's source, asked anew for every value.
    #[must_use]
    pub fn system() -> Self {
        // `OsRng` can only fail on a machine that can make no secret at all; then stopping is the only safe answer.
        Self(Arc::new(Mutex::new(rand::rngs::OsRng.unwrap_err())))
    }

    /// The same numbers for the same seed: for tests only.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }

    /// `length` letters and digits: 5.95 bits each.
    #[must_use]
    pub fn alphanumeric(&self, length: usize) -> String {
        self.text(ALPHANUMERIC, length)
    }

    /// `length` hexadecimal digits in lower case: 4 bits each.
    #[must_use]
    pub fn hex(&self, length: usize) -> String {
        self.text(HEX, length)
    }

    /// `length` decimal digits.
    #[must_use]
    pub fn digits(&self, length: usize) -> String {
        self.text(DIGITS, length)
    }

    /// `length` characters of `alphabet`, each as likely as any other.
    fn text(&self, alphabet: &[u8], length: usize) -> String {
        let mut source = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (0..length)
            .map(|_| char::from(alphabet[source.random_range(0..alphabet.len())]))
            .collect()
    }
}

impl std::fmt::Debug for Chance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chance")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_chance_repeats_itself() {
        assert_eq!(Chance::seeded(1).alphanumeric(32), Chance::seeded(1).alphanumeric(32));
        assert_ne!(Chance::seeded(1).alphanumeric(32), Chance::seeded(2).alphanumeric(32));
    }

    #[test]
    fn texts_have_their_length_and_alphabet() {
        let chance = Chance::system();
        let (letters, hex, digits) = (chance.alphanumeric(200), chance.hex(200), chance.digits(200));
        assert!(letters.len() == 200 && letters.chars().all(|c| c.is_ascii_alphanumeric()));
        assert!(hex.len() == 200 && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')));
        assert!(digits.len() == 200 && digits.chars().all(|c| c.is_ascii_digit()));
        assert_ne!(chance.bytes::<32>(), chance.bytes::<32>());
    }
}
