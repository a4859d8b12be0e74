//! What it means in practice that a token must be bound to a key of the client's (DPoP, RFC 9449). The server puts these words into its
//! answers, so that pages that seldom need them need not carry them.

/// To whoever writes the client.
pub(crate) const ASK: &str = "Tokens here must be bound to a key (DPoP, RFC 9449): the request also needs a header DPoP with a proof by that key, which cURL alone can't make. oauth4webapi and openid-client make it, and the proof for each call of the API. Without one the answer is 400 invalid_dpop_proof.";

/// To whoever writes the API.
#[cfg(feature = "ssr")]
pub(super) const PROTECT: &str = "This API requires DPoP (RFC 9449): each call carries a proof by the key that its token is bound to. express-oauth2-jwt-bearer checks it by itself, oauth4webapi with requireDPoP. The programs in other languages check the token alone, and so would take a stolen one: let a library that knows DPoP compare the proof with cnf.jkt of the token.";

/// To whoever tries out a token that no client asked for.
#[cfg(feature = "ssr")]
pub(super) const FOR_LOOKING: &str = "This token is for looking at only. It is bound to a key that was made for it and thrown away, as no client has proven one here, so nobody can call an API with it that checks the proof. To call yours, let the client ask with a proof of its own.";
