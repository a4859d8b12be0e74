//! What each part of a token means, in sentences.

use leptos::serde_json::{self, Map, Value};
use model::secret::Secret;
use model::time::{Timestamp, exact, relative};
use model::token::TokenResponse;

use super::server_fns::Member;

/// The answer of the token endpoint as it goes over the wire, indented.
pub(super) fn body(response: &TokenResponse) -> Secret {
    // A struct of texts and a number always has a JSON form.
    Secret::new(serde_json::to_string_pretty(response).unwrap_or_default())
}

/// The members of a token's header (RFC 7515 §4.1).
pub(crate) fn header(json: &str) -> Vec<Member> {
    // No other member of a header holds this text.
    let by_secret = json.contains("\"HS256\"");
    members(json, &["alg", "typ", "kid"], |name, value| match (name, value.as_str()) {
        ("alg", Some("HS256")) => "How it is signed: with the signing secret of this API.".to_owned(),
        ("alg", _) => "How it is signed: with a private key of this server. Your API must accept this algorithm only.".to_owned(),
        ("typ", Some("at+jwt")) => "What it is: an access token, and nothing else that is a JSON Web Token (RFC 9068).".to_owned(),
        ("typ", _) => "What it is: a JSON Web Token.".to_owned(),
        ("kid", _) if by_secret => "Which secret signed it: the one of this key ID on the Settings tab. Your API may have two of them.".to_owned(),
        ("kid", _) => "Which key signed it: the one of this id in the JWKS.".to_owned(),
        _ => String::new(),
    })
}

/// The claims of a token (RFC 7519 §4.1).
pub(crate) fn claims(json: &str, now: Timestamp) -> Vec<Member> {
    const KNOWN: [&str; 11] = ["iss", "sub", "aud", "iat", "exp", "scope", "gty", "azp", "client_id", "jti", "cnf"];
    members(json, &KNOWN, |name, value| match name {
        "iss" => "Who issued it: this server. Your API compares it exactly, to the last slash.".to_owned(),
        "sub" => "Whom it is about: the client itself; @clients tells it apart from a person.".to_owned(),
        "aud" => "Whom it is for: the identifier of your API, which refuses tokens for others.".to_owned(),
        "iat" => format!("When it was issued: {}.", moment(value, now)),
        "exp" => format!("When it expires: {}. Your API refuses it from then on.", moment(value, now)),
        "scope" => "What it may be used for. Your API checks this for each request.".to_owned(),
        "gty" => "How it was asked for: with a client's own credentials.".to_owned(),
        "azp" | "client_id" => "Which client asked for it.".to_owned(),
        "jti" => "Its own id, which no other token has.".to_owned(),
        "cnf" => "Which key it is bound to (DPoP, RFC 9449), by its thumbprint. Your API takes it only with a proof by that key.".to_owned(),
        _ => "A custom claim of the API or of the client.".to_owned(),
    })
}

/// `2026-03-01T09:15:07Z, in 24 h`.
fn moment(value: &Value, now: Timestamp) -> String {
    value
        .as_i64()
        .map_or_else(String::new, |at| format!("{}, {}", exact(at), relative(at, now)))
}

/// The members that we know in the order in which we explain them, then whatever else there is.
fn members(json: &str, known: &[&str], meaning: impl Fn(&str, &Value) -> String) -> Vec<Member> {
    let object: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let others = object.keys().map(String::as_str).filter(|name| !known.contains(name));
    known
        .iter()
        .copied()
        .chain(others)
        .filter_map(|name| {
            let value = object.get(name)?;
            Some(Member {
                name: name.to_owned(),
                value: value.to_string(),
                meaning: meaning(name, value),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: &str = r#"{"iss":"http://localhost:3000/","sub":"c1@clients","aud":"urn:a","iat":0,"exp":86400,"scope":"read:a","gty":"client-credentials","azp":"c1"}"#;

    #[test]
    fn every_claim_that_we_issue_is_explained() {
        let members = claims(CLAIMS, 0);
        assert_eq!(members.len(), 8);
        assert!(members.iter().all(|member| !member.meaning.is_empty()));
        assert_eq!(members[0].value, "\"http://localhost:3000/\"");
        assert_eq!(
            members[4].meaning,
            "When it expires: 1970-01-02T00:00:00Z, in 1 d. Your API refuses it from then on."
        );
    }

    #[test]
    fn a_key_that_the_token_is_bound_to_is_explained() {
        let members = claims(r#"{"cnf":{"jkt":"k"},"aud":"a"}"#, 0);
        assert_eq!((members[1].name.as_str(), members[1].value.as_str()), ("cnf", r#"{"jkt":"k"}"#));
        assert!(members[1].meaning.contains("DPoP"));
    }

    #[test]
    fn a_claim_that_is_not_there_is_not_made_up() {
        let names: Vec<String> = claims(r#"{"aud":"a","x":1}"#, 0).into_iter().map(|member| member.name).collect();
        assert_eq!(names, ["aud", "x"]);
    }

    #[test]
    fn headers_of_both_algorithms() {
        let [secret, key] = ["HS256", "RS256"].map(|alg| header(&format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"k"}}"#)));
        assert!(secret[0].meaning.contains("signing secret") && secret[2].meaning.contains("Which secret"));
        assert!(key.len() == 3 && key[2].meaning.contains("JWKS"));
    }

    #[test]
    fn the_body_is_what_goes_over_the_wire() {
        let response = TokenResponse {
            access_token: Secret::new("a.b.c"),
            scope: None,
            expires_in: 60,
            token_type: "Bearer".to_owned(),
            quota: None,
        };
        assert_eq!(
            body(&response).reveal(),
            "{\n  \"access_token\": \"a.b.c\",\n  \"expires_in\": 60,\n  \"token_type\": \"Bearer\"\n}"
        );
    }
}
