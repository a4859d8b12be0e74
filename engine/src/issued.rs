//! Tokens that come back: whether this server issued them, to whom, and how the deny list knows them.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::time::Timestamp;

use crate::engine::Engine;
use crate::snapshot::Snapshot;
use crate::store::storable;
use crate::verify::{Ordered, Unverified};

/// A token whose signature, issuer, audience and expiry hold.
pub(crate) struct Issued {
    /// The API that it is for.
    pub(crate) api_id: String,
    /// Name of that API.
    pub(crate) api_name: String,
    /// The client that it was issued to.
    pub(crate) client_id: String,
    /// When it was issued.
    pub(crate) issued_at: Timestamp,
    /// When it expires.
    pub(crate) expires_at: Timestamp,
    /// What the deny list knows it by, beside the client.
    pub(crate) name: String,
    /// All that it says.
    pub(crate) claims: Ordered,
}

impl Engine {
    /// The token, if it holds by all that is known now; nothing if it is anything else.
    pub(crate) async fn issued(&self, token: &str) -> Option<Issued> {
        self.look_up(token).await.ok()
    }

    /// The same with the reason why it does not hold.
    ///
    /// Where keys or APIs may have changed since the last look, they are looked at once more.
    ///
    /// # Errors
    /// As [`Engine::verify`]; [`Unverified::Malformed`] if it lacks what all our tokens have.
    pub(crate) async fn look_up(&self, token: &str) -> Result<Issued, Unverified> {
        let snapshot = self.0.snapshots.current();
        let first = self.issued_by(&snapshot, token);
        if !matches!(
            first,
            Err(Unverified::UnknownKey | Unverified::BadSignature | Unverified::UnknownAudience | Unverified::AlgorithmMismatch)
        ) {
            return first;
        }
        // What can't be read says nothing new; the watcher reports it.
        if self.refresh().await.is_err() {
            return first;
        }
        let newer = self.0.snapshots.current();
        if newer.revision == snapshot.revision {
            return first;
        }
        self.issued_by(&newer, token)
    }

    /// A claim that all our tokens have may be missing: somebody else knows the secret of the API that it is for.
    fn issued_by(&self, snapshot: &Snapshot, token: &str) -> Result<Issued, Unverified> {
        let (_, claims) = self.checked(snapshot, token)?;
        let audience = claims.text("aud").ok_or(Unverified::UnknownAudience)?;
        let api = &snapshot.api(audience).ok_or(Unverified::UnknownAudience)?.api;
        // RFC 9068 §2.2 calls it `client_id`, Auth0 `azp`.
        let client_id = claims.text("client_id").or_else(|| claims.text("azp")).map(str::to_owned);
        let client_id = client_id.filter(|client_id| storable(client_id, "client").is_ok());
        let (Some(client_id), Some(issued_at), Some(expires_at)) = (client_id, claims.number("iat"), claims.number("exp")) else {
            return Err(Unverified::Malformed);
        };
        Ok(Issued {
            api_id: api.id.clone(),
            api_name: api.name.clone(),
            name: name(token, claims.text("jti")),
            client_id,
            issued_at,
            expires_at,
            claims,
        })
    }
}

/// `jti` where there is one, else a hash of what is signed.
///
/// Not of the signature: of one with ECDSA anybody can make a second that holds too, and so a token that is not denied. Tokens of the same
/// second that say the same are one token to the deny list.
fn name(token: &str, jti: Option<&str>) -> String {
    if let Some(jti) = jti.filter(|jti| storable(jti, "token").is_ok() && jti.len() <= JTI_MAX) {
        return format!("jti:{jti}");
    }
    let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
    format!("sha256:{}", URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, signed.as_bytes())))
}

/// The longest `jti` that is kept as it is; ours are shorter, and a stranger's are hashed with the rest.
const JTI_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_jti_or_by_what_is_signed() {
        assert_eq!(name("h.c.s", Some("a-1")), "jti:a-1");
        let hashed = name("h.c.s", None);
        assert!(hashed.starts_with("sha256:") && hashed.len() == 50, "{hashed}");
        assert_eq!(name("h.c.another", None), hashed, "another signature of the same token");
        assert_ne!(name("h.d.s", None), hashed);
        for odd in ["\0", &"x".repeat(JTI_MAX + 1)] {
            assert_eq!(name("h.c.s", Some(odd)), hashed);
        }
    }
}
