//! What a pasted token says and what it is worth: for an admin who wants to know why it is refused.

use model::api::Api;
use model::time::Timestamp;

use crate::engine::Engine;
use crate::error::Error;
use crate::verify::{Unverified, parts};

/// A token taken apart, whether it holds or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The header as indented JSON.
    pub header_json: String,
    /// The claims as indented JSON, in the order of the token.
    pub claims_json: String,
    /// The first reason why it does not hold. If it has expired, everything else about it holds.
    pub fault: Option<Unverified>,
    /// The API that `aud` names, if it is one of this server.
    pub api: Option<Api>,
    /// The client that it says it was issued to.
    pub client_id: Option<String>,
    /// Whether it is bound to a key, so that it is accepted only together with a proof (RFC 9449 §7).
    pub is_bound: bool,
    /// `kid` of its header.
    pub kid: Option<String>,
    /// `exp`.
    pub expires_at: Option<Timestamp>,
    /// Why introspection calls it inactive although it holds.
    pub taken_back: Option<TakenBack>,
}

/// How a token was taken back before it expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// Its client revoked it (RFC 7009).
    Revoked,
    /// An admin revoked all tokens that its client had then.
    CutOff,
    /// Its client was deleted.
    ClientGone,
}

impl Engine {
    /// Takes a token apart and checks it by all that is known now; `None` if the text is no signed JSON Web Token. Nothing is kept of it.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn explain(&self, token: &str) -> Result<Option<Explained>, Error> {
        let Ok((header, claims)) = parts(token) else { return Ok(None) };
        self.refresh().await?;
        let text = |name: &str| claims.text(name).map(str::to_owned);
        let api = claims.text("aud").and_then(|audience| {
            let snapshot = self.0.snapshots.current();
            snapshot.api(audience).map(|entry| entry.api.clone())
        });
        let of_subject = || claims.text("sub")?.strip_suffix("@clients").map(str::to_owned);
        let fault = self.verify(token).await.err();
        let taken_back = if fault.is_none() { self.taken_back(token).await? } else { None };
        Ok(Some(Explained {
            header_json: header.pretty().unwrap_or_default(),
            claims_json: claims.pretty().unwrap_or_default(),
            fault,
            api,
            client_id: text("client_id").or_else(|| text("azp")).or_else(of_subject),
            is_bound: claims.get("cnf").is_some(),
            kid: header.text("kid").map(str::to_owned),
            expires_at: claims.number("exp"),
            taken_back,
        }))
    }

    async fn taken_back(&self, token: &str) -> Result<Option<TakenBack>, Error> {
        let Some(issued) = self.issued(token).await else { return Ok(None) };
        let standing = self.standing(&issued, "").await?;
        Ok(match standing.valid_from {
            None => Some(TakenBack::ClientGone),
            _ if standing.denied => Some(TakenBack::Revoked),
            Some(from) if issued.issued_at < from => Some(TakenBack::CutOff),
            Some(_) => None,
        })
    }
}
