//! How the client proves who it is: `Authorization: Basic`, or its id and secret in the body (RFC 6749 §2.3.1).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;
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
    })
}

/// What the client proves itself with; `None` if it names no client at all.
///
/// # Errors
/// [`Refusal::TwoAuthMethods`] if both places carry a secret; [`Refusal::Malformed`] if they name different clients.
pub(super) fn credentials(header: Option<Credentials>, parameters: &Parameters) -> Result<Option<Credentials>, Refusal> {
    let Some(header) = header else {
        return Ok(parameters.client_id.clone().map(|client_id| Credentials {
            client_id,
            client_secret: parameters.client_secret.clone(),
        }));
    };
    if parameters.client_secret.is_some() {
        return Err(Refusal::TwoAuthMethods);
    }
    // A client id alone proves nothing, so it is no second method; many libraries send it along.
    match &parameters.client_id {
        Some(other) if *other != header.client_id => Err(Refusal::Malformed(
            "The client_id in the body is not the one in the Authorization header. Send one client_id.".to_owned(),
        )),
        _ => Ok(Some(header)),
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
            Ok(Some(pair("a", Some("s")))),
            "in the body"
        );
        assert_eq!(credentials(header(), &body(Some("a"), None)), Ok(header()), "an id alone is no method");
        assert_eq!(credentials(header(), &body(None, Some("s"))), Err(Refusal::TwoAuthMethods));
        assert_eq!(credentials(None, &body(None, Some("s"))), Ok(None), "nobody is named");
        assert!(matches!(credentials(header(), &body(Some("b"), None)), Err(Refusal::Malformed(_))));
    }
}
