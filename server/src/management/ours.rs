//! What Auth0 does not have: in one member of each object, whose name can't be one of theirs. Answers have it only where it says something.

use model::api::TOKEN_LIFETIME_MAX;
use model::claims::CustomClaims;
use serde_json::Value;

use super::error::Failure;
use super::shape::{Shape, optional};

/// The member.
pub(super) const NAME: &str = "tessera";

/// Ours of a resource server.
pub(super) fn api() -> Shape {
    Shape::Object(vec![
        optional("custom_claims", claims_shape().or_null()),
        optional("metadata_published", Shape::Bool.or_null()),
    ])
}

/// Ours of a client.
pub(super) fn client() -> Shape {
    let method = Shape::Choice(&["client_secret_basic", "client_secret_post", "private_key_jwt"]);
    Shape::Object(vec![
        optional("custom_claims", claims_shape().or_null()),
        optional("token_lifetime", Shape::Whole(1, TOKEN_LIFETIME_MAX).or_null()),
        optional("strict_assertions", Shape::Bool.or_null()),
        optional("auth_methods", Shape::List(Box::new(method), 3).or_null()),
    ])
}

/// By the name of the claim: a fixed value, or the entry of the client's metadata that it takes.
fn claims_shape() -> Shape {
    let source = Shape::Either(vec![
        Shape::Object(vec![super::shape::required("value", Shape::Any)]),
        Shape::Object(vec![super::shape::required("client_metadata", Shape::Text(1, 255))]),
    ]);
    Shape::Map(Box::new(source), model::claims::CLAIMS_MAX)
}

/// What a body says of one of ours: nothing, that it is reset, or its value.
pub(super) fn said<'a>(ours: Option<&'a Value>, name: &str) -> Option<Option<&'a Value>> {
    match ours? {
        Value::Null => Some(None),
        object => object.get(name).map(|value| Some(value).filter(|value| !value.is_null())),
    }
}

/// The custom claims that a body sets.
///
/// # Errors
/// [`Failure::Body`] on `tessera.custom_claims`.
pub(super) fn claims(ours: Option<&Value>) -> Result<Option<CustomClaims>, Failure> {
    match said(ours, "custom_claims") {
        None => Ok(None),
        Some(None) => Ok(Some(CustomClaims::default())),
        Some(Some(value)) => match serde_json::from_value(value.clone()) {
            Ok(claims) => Ok(Some(claims)),
            Err(error) => Err(Failure::body("tessera.custom_claims", error.to_string())),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_said_reset_and_set() {
        let object = json!({ "a": 1, "b": null });
        assert_eq!(said(None, "a"), None);
        assert_eq!(said(Some(&object), "c"), None);
        assert_eq!(said(Some(&object), "a"), Some(Some(&json!(1))));
        assert_eq!(said(Some(&object), "b"), Some(None));
        assert_eq!(said(Some(&Value::Null), "a"), Some(None));
    }

    #[test]
    fn claims_by_value_and_by_metadata() {
        let ours = json!({ "custom_claims": { "https://a/b": { "value": [1] }, "team": { "client_metadata": "team" } } });
        assert_eq!(client().check(&ours), Ok(()));
        let read = claims(Some(&ours)).unwrap().unwrap();
        assert_eq!(json!(read), ours["custom_claims"]);
        assert!(client().check(&json!({ "custom_claims": { "a": 1 } })).is_err());
    }
}
