//! How the client proves who it is: `Authorization: Basic`, its id and secret in the body (RFC 6749 §2.3.1), or an assertion in the
//! body (RFC 7521 §4.2).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use engine::claimed_client;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use model::assertion::ASSERTION_TYPE;
use model::refusal::Refusal;
use model::secret::Secret;
use model::token::Credentials;

use super::request::{Parameters, form_decode};

/// Standard base64; some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const MALFORMED: &str =
    "The Authorization header is malformed. Send Basic and the base64 of client_id:client_secret, both form-encoded (RFC 6749 section 2.3.1).";

/// Reads the header; `None` if there is none of type Basic. Other types are left alone, as some clients send one to every address.
///
/// # Errors
/// [`Refusal::Malformed`] if it is repeated or can't be read.
pub(super) fn from_header(headers: &HeaderMap) -> Result<Option<Credentials>, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Refusal::Malformed("Send the Authorization header once; it is there twice.".to_owned()));
    }
    let bytes = value.as_bytes();
    let (scheme, encoded) = match bytes.iter().position(|byte| *byte == b' ') {
        Some(space) => (&bytes[..space], bytes[space..].trim_ascii()),
        None => (bytes, &[][..]),
    };
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Ok(None);
    }
    decode(encoded).map(Some).ok_or_else(|| Refusal::Malformed(MALFORMED.to_owned()))
}

fn decode(encoded: &[u8]) -> Option<Credentials> {
    let text = String::from_utf8(BASE64.decode(encoded).ok()?).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    let client_id = form_decode(client_id).filter(|id| !id.is_empty() && !id.chars().any(char::is_control))?;
    let secret = form_decode(secret)?;
    Some(Credentials {
        client_id,
        client_secret: Some(secret).filter(|secret| !secret.is_empty()).map(Secret::new),
        in_header: true,
        client_assertion: None,
        dpop_proof: None,
    })
}

/// What the client proves itself with; `None` if it names no client at all.
///
/// # Errors
/// [`Refusal::TwoAuthMethods`] if there is more than one proof; [`Refusal::Malformed`] if different clients are named, or an assertion is
/// of a type that we do not know.
pub(super) fn credentials(header: Option<Credentials>, parameters: &Parameters) -> Result<Option<Credentials>, Refusal> {
    let secret = parameters.client_secret.is_some();
    if let Some(assertion) = &parameters.client_assertion {
        if secret || header.as_ref().is_some_and(|header| header.client_secret.is_some()) {
            return Err(Refusal::TwoAuthMethods);
        }
        return by_assertion(assertion, header, parameters).map(Some);
    }
    let Some(header) = header else {
        return Ok(parameters.client_id.clone().map(|client_id| Credentials {
            client_id,
            client_secret: parameters.client_secret.clone(),
            ..Credentials::default()
        }));
    };
    if secret {
        return Err(Refusal::TwoAuthMethods);
    }
    // A client id alone proves nothing, so it is no second method; many libraries send it along.
    same_client(parameters.client_id.as_deref(), &header.client_id, "in the Authorization header")?;
    Ok(Some(header))
}

/// The client id may be left out: the assertion names the client too (RFC 7521 §4.2).
fn by_assertion(assertion: &Secret, header: Option<Credentials>, parameters: &Parameters) -> Result<Credentials, Refusal> {
    if parameters.client_assertion_type.as_deref() != Some(ASSERTION_TYPE) {
        return Err(Refusal::Malformed(format!(
            "Send client_assertion_type={ASSERTION_TYPE} with a client_assertion."
        )));
    }
    let client_id = claimed_client(assertion.reveal())?;
    for named in [parameters.client_id.as_deref(), header.as_ref().map(|header| header.client_id.as_str())] {
        same_client(named, &client_id, "in the client_assertion")?;
    }
    Ok(Credentials {
        client_id,
        client_assertion: Some(assertion.clone()),
        ..Credentials::default()
    })
}

fn same_client(named: Option<&str>, client_id: &str, place: &str) -> Result<(), Refusal> {
    match named {
        Some(other) if other != client_id => Err(Refusal::Malformed(format!(
            "The client_id in the request is not the one {place}. Send one client_id."
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use http::HeaderValue;

    use super::*;

    fn basic(text: &str) -> HeaderMap {
        header(&format!("Basic {}", BASE64_STANDARD.encode(text)))
    }

    fn header(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    fn pair(client_id: &str, secret: Option<&str>) -> Credentials {
        Credentials {
            client_id: client_id.to_owned(),
            client_secret: secret.map(Secret::new),
            in_header: true,
            client_assertion: None,
            dpop_proof: None,
        }
    }

    fn posted(client_id: &str, secret: Option<&str>) -> Credentials {
        Credentials {
            in_header: false,
            ..pair(client_id, secret)
        }
    }

    #[test]
    fn rfc6749_section_2_3_1_both_halves_are_form_encoded() {
        assert_eq!(from_header(&basic("a:b")).unwrap(), Some(pair("a", Some("b"))));
        assert_eq!(from_header(&basic("a%3Ab+c:%2B%25:")).unwrap(), Some(pair("a:b c", Some("+%:"))));
        assert_eq!(from_header(&basic("a:")).unwrap(), Some(pair("a", None)));
        assert_eq!(from_header(&header("bASIC  YTpi")).unwrap(), Some(pair("a", Some("b"))));
        assert_eq!(from_header(&header("Basic YTpiYw")).unwrap(), Some(pair("a", Some("bc"))));
    }

    #[test]
    fn other_headers_are_left_alone() {
        assert_eq!(from_header(&HeaderMap::new()), Ok(None));
        assert_eq!(from_header(&header("Bearer abc")), Ok(None));
    }

    #[test]
    fn malformed_headers_are_refused() {
        for headers in [
            header("Basic"),
            header("Basic !!"),
            basic("no colon"),
            basic(":secret"),
            basic("%FF:x"),
            basic("%00:x"),
        ] {
            assert_eq!(from_header(&headers), Err(Refusal::Malformed(MALFORMED.to_owned())), "{headers:?}");
        }
        let mut twice = basic("a:b");
        twice.append(AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
        assert!(from_header(&twice).is_err());
    }

    #[test]
    fn one_method_a_request() {
        let body = |client_id: Option<&str>, secret: Option<&str>| Parameters {
            client_id: client_id.map(str::to_owned),
            client_secret: secret.map(Secret::new),
            ..Parameters::default()
        };
        let header = || Some(pair("a", Some("s")));
        assert_eq!(
            credentials(None, &body(Some("a"), Some("s"))),
            Ok(Some(posted("a", Some("s")))),
            "in the body"
        );
        assert_eq!(credentials(header(), &body(Some("a"), None)), Ok(header()), "an id alone is no method");
        assert_eq!(credentials(header(), &body(None, Some("s"))), Err(Refusal::TwoAuthMethods));
        assert_eq!(credentials(None, &body(None, Some("s"))), Ok(None), "nobody is named");
        assert!(matches!(credentials(header(), &body(Some("b"), None)), Err(Refusal::Malformed(_))));
    }

    /// An unsigned JWT with these claims: here nothing is checked yet.
    fn assertion(claims: &str) -> Secret {
        let part = |json: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
        Secret::new(format!("{}.{}.x", part("{\"alg\":\"RS256\"}"), part(claims)))
    }

    #[test]
    fn rfc7521_section_4_2_assertions_name_the_client() {
        let body = |client_id: Option<&str>, assertion: &Secret| Parameters {
            client_id: client_id.map(str::to_owned),
            client_assertion_type: Some(ASSERTION_TYPE.to_owned()),
            client_assertion: Some(assertion.clone()),
            ..Parameters::default()
        };
        let of_a = assertion(r#"{"iss":"a","sub":"a"}"#);
        for client_id in [None, Some("a")] {
            let read = credentials(None, &body(client_id, &of_a)).unwrap().unwrap();
            assert_eq!((read.client_id.as_str(), read.client_assertion), ("a", Some(of_a.clone())));
        }
        assert!(matches!(credentials(None, &body(Some("b"), &of_a)), Err(Refusal::Malformed(_))));
        for broken in [Secret::new("a.b.c"), Secret::new("x"), assertion("{}"), assertion("[]")] {
            assert!(
                matches!(credentials(None, &body(None, &broken)), Err(Refusal::Malformed(_))),
                "{}",
                broken.reveal()
            );
        }
        let two = Parameters {
            client_secret: Some(Secret::new("s")),
            ..body(None, &of_a)
        };
        assert_eq!(credentials(None, &two), Err(Refusal::TwoAuthMethods));
        assert_eq!(credentials(Some(pair("a", Some("s"))), &body(None, &of_a)), Err(Refusal::TwoAuthMethods));
        let other = Parameters {
            client_assertion_type: None,
            ..body(None, &of_a)
        };
        assert!(matches!(credentials(None, &other), Err(Refusal::Malformed(_))));
    }
}
