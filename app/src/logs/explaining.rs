//! What a pasted text means, in words.

use engine::{Engine, Explained, TakenBack, Unverified};
use model::pasted::{Pasted, reasons};
use model::refusal::fix_of;
use model::time::{Timestamp, exact, relative};

use super::explain_fns::{Explanation, Fact, Reason, Verdict};
use crate::apis::explain::{claims, header};
use crate::error::AppError;

/// Explains what was pasted.
///
/// # Errors
/// [`AppError::Internal`] if what is there can't be read.
pub(super) async fn explain(engine: &Engine, pasted: Pasted) -> Result<Explanation, AppError> {
    Ok(match pasted {
        Pasted::Token(token) => match engine.explain(token.reveal()).await? {
            Some(explained) => of_token(engine, explained).await?,
            None => plain(
                Verdict::Bad,
                "Not a whole token",
                "It looks like a JSON Web Token, but one of its parts can't be read. Copy it again: all three parts, with the dots between them.",
            ),
        },
        Pasted::LogId(_) => plain(
            Verdict::Unclear,
            "No entry has this id",
            "The request was refused by another server, or its entry is no longer kept.",
        ),
        Pasted::Error { error, description } => of_error(&error, &description),
        Pasted::Secret => plain(
            Verdict::Bad,
            "This is a client secret",
            "It belongs into no box but one: “Found a secret somewhere?” on the Clients page says whose it is and takes it away.",
        ),
        Pasted::Other => plain(
            Verdict::Unclear,
            "Nothing that could be explained",
            "Paste an access token (three parts with dots between them), the JSON that the token endpoint answered with, or the WWW-Authenticate header of your API.",
        ),
    })
}

fn plain(verdict: Verdict, title: &str, text: &str) -> Explanation {
    Explanation {
        verdict,
        title: title.to_owned(),
        text: text.to_owned(),
        facts: Vec::new(),
        header: Vec::new(),
        claims: Vec::new(),
        reasons: Vec::new(),
    }
}

fn of_error(error: &str, description: &str) -> Explanation {
    let by_api = match error {
        "invalid_token" => Some(
            "Your API refused the token (RFC 6750 section 3.1): it has expired, is for another API, or is signed by a key or an algorithm that the API does not accept. Paste the token itself to see which.",
        ),
        "insufficient_scope" => Some(
            "Your API wants a scope that the token does not carry (RFC 6750 section 3.1). Grant it to the client, let the program ask for it, and use the new token.",
        ),
        _ => None,
    };
    if let Some(text) = by_api {
        return plain(Verdict::Bad, "Your API said this, not this server", text);
    }
    let reasons: Vec<Reason> = reasons(error, description)
        .into_iter()
        .map(|code| Reason {
            code: code.to_owned(),
            fix: fix_of(code).unwrap_or_default().to_owned(),
        })
        .collect();
    let (title, text) = match reasons.len() {
        0 => (
            "This server does not answer so",
            "The error comes from somewhere else: your API, a proxy between, or another authorization server.",
        ),
        1 => (
            "The token endpoint refused the request",
            "This is why. With its error_id the very request is found.",
        ),
        _ => (
            "The token endpoint refused the request",
            "The same answer is given for several reasons, so that strangers learn nothing. Paste its error_id to see which it was, or look for the request in Logs.",
        ),
    };
    Explanation {
        reasons,
        ..plain(Verdict::Bad, title, text)
    }
}

async fn of_token(engine: &Engine, explained: Explained) -> Result<Explanation, AppError> {
    let now = engine.now();
    let api_name = explained.api.as_ref().map(|api| api.name.clone());
    let (verdict, title, text) = verdict(engine, &explained, now).await?;
    let mut facts = vec![Fact {
        name: "Accepted by".to_owned(),
        value: match (&api_name, explained.fault) {
            (Some(name), None) => format!("{name}, and no other API"),
            _ => "No API".to_owned(),
        },
        href: None,
    }];
    if let Some(api) = &explained.api {
        facts.push(Fact {
            name: "For".to_owned(),
            value: api.name.clone(),
            href: Some(format!("/apis/{}", api.id)),
        });
    }
    if let Some(client_id) = &explained.client_id {
        facts.push(client_fact(engine, client_id).await?);
    }
    if let Some(at) = explained.expires_at {
        facts.push(Fact {
            name: if at > now { "Until" } else { "Expired" }.to_owned(),
            value: moment(at, now),
            href: None,
        });
    }
    Ok(Explanation {
        facts,
        header: header(&explained.header_json),
        claims: claims(&explained.claims_json, now),
        ..plain(verdict, &title, &text)
    })
}

async fn client_fact(engine: &Engine, client_id: &str) -> Result<Fact, AppError> {
    let (value, href) = match engine.client(client_id).await {
        Ok(client) => (client.name, Some(format!("/clients/{client_id}"))),
        Err(engine::Error::NotFound(_)) => (format!("{client_id} (not a client of this server)"), None),
        Err(error) => return Err(error.into()),
    };
    Ok(Fact {
        name: "Issued to".to_owned(),
        value,
        href,
    })
}

/// How it stands with a token, in a few words and in a sentence.
async fn verdict(engine: &Engine, explained: &Explained, now: Timestamp) -> Result<(Verdict, String, String), AppError> {
    let api = explained.api.as_ref().map_or("The API", |api| api.name.as_str());
    let until = explained.expires_at.map(|at| moment(at, now)).unwrap_or_default();
    let Some(fault) = explained.fault else {
        let how = match explained.taken_back {
            None => {
                let proof = if explained.is_bound {
                    ", together with a DPoP proof by the key that it is bound to"
                } else {
                    ""
                };
                let text = format!(
                    "Signature, issuer, audience and expiry are as they should be. {api} accepts it until {until}{proof}. If it is refused there all the same, the API compares something else: its issuer, its audience, its algorithm, or a scope."
                );
                return Ok((Verdict::Good, "This token holds".to_owned(), text));
            }
            Some(TakenBack::Revoked) => "Its client revoked it",
            Some(TakenBack::CutOff) => "All tokens of its client were revoked",
            Some(TakenBack::ClientGone) => "Its client was deleted",
        };
        return Ok((
            Verdict::Unclear,
            how.to_owned(),
            format!("Introspection calls it inactive. Where {api} verifies tokens by itself, it accepts this one until {until}."),
        ));
    };
    let title = match fault {
        Unverified::Malformed => "Not a whole token",
        Unverified::UnknownKey => "Signed with a key that is not published",
        Unverified::BadSignature => "The signature does not match",
        Unverified::Expired => "It has expired",
        Unverified::WrongIssuer => "Issued by another server",
        Unverified::UnknownAudience => "For no API of this server",
        Unverified::AlgorithmMismatch => "Another algorithm than its API uses",
    };
    let more = match (fault, &explained.kid) {
        (Unverified::Expired, _) => format!(" It was valid until {until}; everything else about it is as it should be."),
        (Unverified::UnknownKey, Some(kid)) => key_history(engine, kid, now).await?,
        _ => String::new(),
    };
    Ok((Verdict::Bad, title.to_owned(), format!("{fault}{more}")))
}

/// What became of a key of ours that is no longer published.
async fn key_history(engine: &Engine, kid: &str, now: Timestamp) -> Result<String, AppError> {
    let keys = engine.keys().await?;
    let key = keys.iter().find(|key| key.kid == kid);
    Ok(key.and_then(|key| key.revoked_at).map_or_else(String::new, |at| {
        format!(" It is a key of this server that was revoked at {}.", moment(at, now))
    }))
}

/// `2026-03-01T09:15:07Z (in 3 h)`.
fn moment(at: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", exact(at), relative(at, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_by_who_said_them() {
        assert_eq!(of_error("invalid_token", "").title, "Your API said this, not this server");
        let one = of_error("access_denied", "Client has not been granted scopes: a");
        assert_eq!(one.reasons.len(), 1);
        assert_eq!(one.reasons[0].code, "scope_not_granted");
        assert!(of_error("invalid_client", "").reasons.len() > 3);
        assert_eq!(of_error("teapot", "").title, "This server does not answer so");
    }
}
