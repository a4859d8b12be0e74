//! `/keys/signing`: the keys that sign tokens. Auth0 has one set, of RS256; each algorithm in use has one here.

use engine::{Certificate, Error};
use http::{Method, StatusCode};
use model::Invalid;
use model::key::{Key, KeyAlg, KeyState};
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Reply, param};
use super::error::Failure;
use super::fields::{self, Effect, Field, When, field};
use super::moment;
use super::shape::{Shape, optional, required};

/// There is none of this id.
const NOT_THERE: Failure = Failure::NotThere("inexistent_signing_key", "Signing key not found.");

/// The members of a signing key.
pub(super) fn table() -> Vec<Field> {
    let told = |name, shape| field(name, shape, Effect::Told).when(When::Never);
    let text = || Shape::Text(0, 20_000);
    vec![
        told("kid", text()),
        told("cert", text()).note("Signed by the key itself. Empty for keys that ended before anybody asked for one."),
        told("pkcs7", text()),
        told("current", Shape::Bool),
        told("next", Shape::Bool),
        told("previous", Shape::Bool),
        told("current_since", Shape::Moment),
        told("current_until", Shape::Moment),
        told("fingerprint", text()),
        told("thumbprint", text()),
        told("revoked", Shape::Bool).note("Also for keys that are retired: their last token has expired."),
        told("revoked_at", Shape::Moment),
        Field {
            effect: Effect::Ours,
            ..told(
                super::ours::NAME,
                Shape::Open(vec![
                    optional("alg", text()),
                    optional("state", text()),
                    optional("tokens_signed", Shape::Whole(0, i64::MAX)),
                ]),
            )
        },
    ]
}

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = || fields::answer(&table(), &["kid", "cert", "pkcs7", "fingerprint", "thumbprint"]);
    let short = || Shape::Open(vec![required("kid", Shape::Text(1, 100)), required("cert", Shape::Text(0, 20_000))]);
    let not_there = &[StatusCode::NOT_FOUND];
    let alg = param(
        "tessera_alg",
        Shape::Choice(&["RS256", "PS256", "ES256", "EdDSA"]),
        "Ours: the set that is rotated; RS256 without one.",
    );
    let revoke = param(
        "tessera_revoke",
        Shape::Bool,
        "Ours: whether the current key is revoked with it, so that its tokens no longer verify.",
    );
    vec![
        Endpoint {
            method: Method::GET,
            path: "/keys/signing",
            id: "get_signing_keys",
            summary: "Lists signing keys of all algorithms.",
            scopes: &["read:signing_keys"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(Shape::List(Box::new(answer()), 10_000))),
            failures: &[],
            run: |call| Box::pin(read_all(call)),
        },
        Endpoint {
            method: Method::GET,
            path: "/keys/signing/{kid}",
            id: "get_signing_key",
            summary: "Reads a signing key.",
            scopes: &["read:signing_keys"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(answer())),
            failures: not_there,
            run: |call| Box::pin(read(call)),
        },
        Endpoint {
            method: Method::POST,
            path: "/keys/signing/rotate",
            id: "post_signing_keys",
            summary: "Signs with the next key from now on; answers with the new next one.",
            scopes: &["create:signing_keys"],
            query: vec![alg, revoke],
            body: None,
            answer: (StatusCode::CREATED, Some(short())),
            failures: not_there,
            run: |call| Box::pin(rotate(call)),
        },
        Endpoint {
            method: Method::PUT,
            path: "/keys/signing/{kid}/revoke",
            id: "put_signing_keys",
            summary: "Revokes a previous key: its tokens no longer verify. One that is revoked already stays so.",
            scopes: &["update:signing_keys"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(short())),
            failures: not_there,
            run: |call| Box::pin(revoke_one(call)),
        },
    ]
}

async fn read_all(call: Call) -> Result<Reply, Failure> {
    let keys = call.engine.keys().await?;
    let certificates = call.engine.certificates(&keys).await?;
    let written = keys.iter().map(|key| written(key, certificates.get(&key.kid)));
    Ok(Reply::ok(written.collect()))
}

async fn read(call: Call) -> Result<Reply, Failure> {
    let keys = call.engine.keys().await?;
    let key = keys.into_iter().find(|key| key.kid == call.path("kid")).ok_or(NOT_THERE)?;
    let certificates = call.engine.certificates(std::slice::from_ref(&key)).await?;
    Ok(Reply::ok(written(&key, certificates.get(&key.kid))))
}

async fn rotate(call: Call) -> Result<Reply, Failure> {
    // Auth0 asks for both.
    const BOTH: &[&str] = &["update:signing_keys"];
    if !call.manager.holds_any(BOTH) {
        return Err(Failure::Scope(BOTH));
    }
    let alg = call.query("tessera_alg").and_then(KeyAlg::parse).unwrap_or(KeyAlg::RS256);
    let revoke = call.truth("tessera_revoke") == Some(true);
    let keys = call.engine.rotate_keys(&call.manager.actor, alg, revoke).await.map_err(not_there)?;
    let next = keys
        .into_iter()
        .find(|key| key.alg == alg && key.state == KeyState::Next)
        .ok_or(NOT_THERE)?;
    Ok(Reply::created(short(&call, &next).await?))
}

async fn revoke_one(call: Call) -> Result<Reply, Failure> {
    let kid = call.path("kid").to_owned();
    let before = call.engine.keys().await?.into_iter().find(|key| key.kid == kid).ok_or(NOT_THERE)?;
    // Before its private half is erased.
    let answer = short(&call, &before).await?;
    if before.state != KeyState::Revoked {
        call.engine.revoke_key(&call.manager.actor, &kid).await.map_err(not_there)?;
    }
    Ok(Reply::ok(answer))
}

fn not_there(error: Error) -> Failure {
    match error {
        Error::NotFound("key") => NOT_THERE,
        Error::Invalid(Invalid { message, .. }) => Failure::Unsupported(message),
        error => error.into(),
    }
}

async fn short(call: &Call, key: &Key) -> Result<Value, Failure> {
    let certificates = call.engine.certificates(std::slice::from_ref(key)).await?;
    let pem = certificates.get(&key.kid).map(|certificate| certificate.pem.as_str()).unwrap_or_default();
    Ok(json!({ "kid": key.kid, "cert": pem }))
}

fn written(key: &Key, certificate: Option<&Certificate>) -> Value {
    let none = Certificate::default();
    let certificate = certificate.unwrap_or(&none);
    let mut object = json!({
        "kid": key.kid,
        "cert": certificate.pem,
        "pkcs7": certificate.pkcs7,
        "fingerprint": certificate.fingerprint,
        "thumbprint": certificate.thumbprint,
        "revoked": !key.state.is_published(),
        "tessera": { "alg": key.alg.as_str(), "state": key.state.as_str(), "tokens_signed": key.tokens_signed },
    });
    let state = match key.state {
        KeyState::Current => Some("current"),
        KeyState::Next => Some("next"),
        KeyState::Previous => Some("previous"),
        KeyState::Retired | KeyState::Revoked => None,
    };
    if let Some(state) = state {
        object[state] = true.into();
    }
    for (name, at) in [
        ("current_since", key.current_since),
        ("current_until", key.current_until),
        ("revoked_at", key.revoked_at),
    ] {
        if let Some(at) = at {
            object[name] = moment::write(at).into();
        }
    }
    object
}
