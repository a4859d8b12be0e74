//! What clients are told when they are refused: status, code and text of each refusal, in the profile of the deployment.
//!
//! The only place of this surface that picks a status code.

use axum::Json;
use axum::response::{IntoResponse, Response};
use engine::IssueError;
use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use model::client::AuthMethod;
use model::dpop::Flaw;
use model::issuer::Issuer;
use model::refusal::Refusal;
use serde::Serialize;

use super::quota;
use crate::docs;

/// In whose words requests are refused. What is refused, and what the log says of it, is the same in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorProfile {
    /// Auth0's statuses, codes and texts, which clients and SDKs that were written for it look for.
    #[default]
    Auth0,
    /// Those of RFC 6749 §5.2 and RFC 8707 §2, which general OAuth libraries look for.
    Rfc,
}

/// The most characters of a description; what the caller sent is part of some.
pub const DESCRIPTION_MAX: usize = 1_000;

/// Why there is no answer to a request of a client.
pub(crate) enum TokenError {
    /// A rule said no.
    Refused {
        /// Which.
        refusal: Refusal,
        /// The client used the `Authorization` header, so the answer must name the scheme (RFC 6749 §5.2).
        by_header: bool,
    },
    /// The DPoP proof lacks the nonce that the answer names in its header (RFC 9449 §8).
    NonceWanted,
    /// The body is longer than we read.
    TooLarge {
        /// The most bytes that we read.
        limit: usize,
    },
    /// The body did not arrive in time.
    TooSlow {
        /// The most seconds that we wait.
        limit: u64,
    },
    /// The connection ended inside the body.
    BrokenOff,
    /// Not a `POST`; the text names the sections that ask for it.
    Method(&'static str),
    /// More requests wait for a signature than can be signed soon.
    Busy,
    /// Something is wrong on our side.
    Failed {
        /// Under which the log has the details.
        id: String,
    },
}

/// The body of a refusal (RFC 6749 §5.2).
#[derive(Serialize)]
struct Body<'a> {
    error: &'static str,
    error_description: String,
    /// The page that explains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_uri: Option<String>,
    /// Ours: under which an admin finds the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_id: Option<&'a str>,
}

impl TokenError {
    /// The refusal of the engine, or a note in the log about what went wrong.
    pub(crate) fn from_engine(error: IssueError, by_header: bool, id: &str) -> Self {
        match error {
            IssueError::Refused(refusal) => Self::Refused { refusal, by_header },
            IssueError::NonceWanted => Self::NonceWanted,
            IssueError::Busy => Self::Busy,
            IssueError::Failed(error) => {
                tracing::error!(id, %error, "a request of a client could not be answered");
                Self::Failed { id: id.to_owned() }
            }
        }
    }

    /// The same for the log.
    pub(crate) fn as_refusal(&self, profile: ErrorProfile, issuer: &Issuer) -> Refusal {
        match self {
            Self::Refused { refusal, .. } => refusal.clone(),
            other => Refusal::Malformed(other.say(profile, issuer).2),
        }
    }

    /// The answer. `issuer` is where the dashboard is; its log has the request under `log_id`, if that is not empty.
    pub(crate) fn respond(&self, profile: ErrorProfile, issuer: &Issuer, log_id: &str) -> Response {
        let (status, error, description) = self.say(profile, issuer);
        let body = Body {
            error,
            error_description: clean(profile, &description),
            error_uri: self.page().map(|page| issuer.join(&format!("{}/{page}", docs::PATH))),
            error_id: self.id(log_id),
        };
        let mut response = (status, Json(body)).into_response();
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        if let Self::Refused {
            refusal: Refusal::QuotaExceeded { standing, .. },
            ..
        } = self
        {
            quota::tell(&mut response, standing);
        }
        response
    }

    /// The page about it: the same for everything that is wrong with the client's proof, as the caller must not learn what.
    fn page(&self) -> Option<&'static str> {
        match self {
            Self::Refused { refusal, .. } if refusal.is_failed_proof() => Some(docs::CLIENT_AUTHENTICATION),
            Self::Refused { refusal, .. } => Some(refusal.code()),
            Self::TooLarge { .. } | Self::TooSlow { .. } | Self::BrokenOff | Self::Method(_) => Some(docs::MALFORMED),
            Self::NonceWanted | Self::Busy | Self::Failed { .. } => None,
        }
    }

    /// What is not a refusal has no entry in the log of the dashboard, and what is refused very often has not one for each.
    fn id<'a>(&self, log_id: &'a str) -> Option<&'a str> {
        match self {
            Self::Refused {
                refusal: Refusal::TooManyFailures { .. } | Refusal::QuotaExceeded { .. },
                ..
            } => None,
            Self::NonceWanted | Self::Busy | Self::Failed { .. } => None,
            _ => Some(log_id).filter(|id| !id.is_empty()),
        }
    }

    fn say(&self, profile: ErrorProfile, issuer: &Issuer) -> (StatusCode, &'static str, String) {
        match self {
            Self::Refused { refusal, .. } => say_refusal(profile, refusal, issuer),
            // Auth0's text, and that of the example in the RFC.
            Self::NonceWanted => (
                StatusCode::BAD_REQUEST,
                "use_dpop_nonce",
                "Authorization server requires nonce in DPoP proof".to_owned(),
            ),
            Self::TooLarge { limit } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "invalid_request",
                format!("The body is too large: send at most {} KiB.", limit / 1024),
            ),
            Self::TooSlow { limit } => (
                StatusCode::REQUEST_TIMEOUT,
                "invalid_request",
                format!("The body did not arrive in time: send it within {limit} seconds."),
            ),
            Self::BrokenOff => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The body ended before all of it had arrived.".to_owned(),
            ),
            Self::Method(sections) => (
                StatusCode::METHOD_NOT_ALLOWED,
                "invalid_request",
                format!("Use the method POST ({sections})."),
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "Too many tokens are being signed: ask again in a second.".to_owned(),
            ),
            Self::Failed { id } => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                format!("The request could not be answered. The log of the server has the details under {id}."),
            ),
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Refused { refusal, by_header: true } if refusal.is_failed_proof() => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Tessera\", charset=\"UTF-8\"")))
            }
            Self::Method(_) => Some((ALLOW, HeaderValue::from_static("POST"))),
            // RFC 7009 §2.2.1: the token still counts; some minutes from now there may be room.
            Self::Refused {
                refusal: Refusal::TooManyRevoked(_),
                ..
            } => Some((RETRY_AFTER, HeaderValue::from_static("300"))),
            // RFC 6585 §4.
            Self::Refused {
                refusal: Refusal::TooManyFailures { retry_after, .. },
                ..
            } => Some((RETRY_AFTER, HeaderValue::from(*retry_after))),
            Self::Refused {
                refusal: Refusal::QuotaExceeded { standing, .. },
                ..
            } => Some((RETRY_AFTER, HeaderValue::from(standing.retry_after()))),
            Self::Busy => Some((RETRY_AFTER, HeaderValue::from_static("1"))),
            _ => None,
        }
    }
}

fn say_refusal(profile: ErrorProfile, refusal: &Refusal, issuer: &Issuer) -> (StatusCode, &'static str, String) {
    use ErrorProfile::{Auth0, Rfc};
    match (profile, refusal) {
        (_, Refusal::Malformed(why)) => (StatusCode::BAD_REQUEST, "invalid_request", why.clone()),
        (_, Refusal::TwoAuthMethods) => (
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "Send the client secret either in the Authorization header or in the body (RFC 6749 section 2.3).".to_owned(),
        ),
        (_, Refusal::GrantTypeMissing) => (
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "Missing required parameter: grant_type".to_owned(),
        ),
        (_, Refusal::TokenMissing) => (StatusCode::BAD_REQUEST, "invalid_request", "Missing required parameter: token".to_owned()),
        // The same for clients that there are and for others. No code of RFC 6749 fits a status of 429; §8.5 allows others, and this is Auth0's.
        (_, Refusal::TooManyFailures { .. }) => (
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many attempts to authenticate this client have failed. Try again after the time in Retry-After.".to_owned(),
        ),
        (Auth0, Refusal::QuotaExceeded { .. }) => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Client quota exceeded".to_owned()),
        (Rfc, Refusal::QuotaExceeded { .. }) => (
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "The client has used up its quota of tokens. Use the token that it has, or try again after the time in Retry-After.".to_owned(),
        ),
        // RFC 7009 §2.2.1.
        (_, Refusal::TooManyRevoked(_)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "The client has too many revoked tokens that have not expired yet: the token is not revoked.".to_owned(),
        ),
        (_, Refusal::GrantTypeUnsupported(_)) => (StatusCode::BAD_REQUEST, "unsupported_grant_type", "Grant type not supported".to_owned()),
        // RFC 9449 §5.
        (_, Refusal::DpopFlawed(flaw)) => {
            let advice = match flaw {
                Flaw::Address => format!("Set it to {}", issuer.join("oauth/token")),
                // What an admin could do about it is none of the client's business.
                Flaw::RequiredByApi | Flaw::RequiredByClient => "Send one in the header DPoP (RFC 9449 section 5).".to_owned(),
                other => other.fix().to_owned(),
            };
            (StatusCode::BAD_REQUEST, "invalid_dpop_proof", format!("{}. {advice}", flaw.for_log()))
        }
        // Auth0 has a code of its own where the client tried an assertion.
        (
            _,
            Refusal::AssertionFlawed { .. }
            | Refusal::AuthMethodNotAllowed {
                method: AuthMethod::PrivateKeyJwt,
                ..
            },
        ) => (StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed.".to_owned()),
        (
            _,
            Refusal::ClientMissing
            | Refusal::ClientUnknown(_)
            | Refusal::SecretMissing(_)
            | Refusal::SecretWrong(_)
            | Refusal::SecretExpired { .. }
            | Refusal::AuthMethodNotAllowed { .. },
        ) => match profile {
            Auth0 => (StatusCode::UNAUTHORIZED, "access_denied", "Unauthorized".to_owned()),
            Rfc => (StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed.".to_owned()),
        },
        (Auth0, Refusal::AudienceMissing) => (
            StatusCode::FORBIDDEN,
            "access_denied",
            "Non-global clients are not allowed access to APIv1".to_owned(),
        ),
        // RFC 8707 §2 has one code for a resource that is missing, unknown or malformed.
        (Rfc, Refusal::AudienceMissing) => (
            StatusCode::BAD_REQUEST,
            "invalid_target",
            "Name the API with the parameter audience or resource.".to_owned(),
        ),
        (Auth0, Refusal::AudienceUnknown(audience)) => (
            StatusCode::FORBIDDEN,
            "access_denied",
            format!("Service not enabled within domain: {audience}"),
        ),
        (Rfc, Refusal::AudienceUnknown(audience)) => (
            StatusCode::BAD_REQUEST,
            "invalid_target",
            format!("There is no API with the identifier {audience}"),
        ),
        (Auth0, Refusal::NotAuthorized { audience, .. }) => (
            StatusCode::FORBIDDEN,
            "access_denied",
            format!(
                "Client is not authorized to access \"{audience}\". You need to create a \"client-grant\" associated to this API. See: {}",
                issuer.join("apis")
            ),
        ),
        (Rfc, Refusal::NotAuthorized { audience, .. }) => (
            StatusCode::BAD_REQUEST,
            "unauthorized_client",
            format!("The client is not authorized for the API {audience}"),
        ),
        (Auth0, Refusal::GrantTypeNotAllowed(_)) => (
            StatusCode::FORBIDDEN,
            "unauthorized_client",
            "Grant type 'client_credentials' not allowed for the client.".to_owned(),
        ),
        (Rfc, Refusal::GrantTypeNotAllowed(_)) => (
            StatusCode::BAD_REQUEST,
            "unauthorized_client",
            "Grant type client_credentials is not allowed for the client.".to_owned(),
        ),
        (Auth0, Refusal::ScopeNotGranted(scopes)) => (
            StatusCode::FORBIDDEN,
            "access_denied",
            format!("Client has not been granted scopes: {}", scopes.join(", ")),
        ),
        (Rfc, Refusal::ScopeNotGranted(scopes)) => (
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            format!("The client has not been granted: {}", scopes.join(" ")),
        ),
    }
}

/// Printable ASCII of bounded length: what a caller sent must not reach its log as a control character. RFC 6749 §5.2 also
/// keeps out `"` and `\`, of which Auth0's texts have the first.
fn clean(profile: ErrorProfile, text: &str) -> String {
    let allowed = |c: char| c == ' ' || c.is_ascii_graphic() && (profile == ErrorProfile::Auth0 || !matches!(c, '"' | '\\'));
    text.chars().take(DESCRIPTION_MAX).map(|c| if allowed(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use model::assertion;
    use model::quota::{QuotaStanding, TokenQuota};
    use model::refusal::{CODES, LOG_LIMITED, NOT_INTROSPECTOR};

    use super::*;

    fn say(profile: ErrorProfile, refusal: Refusal) -> (u16, &'static str, String) {
        let (status, error, description) = say_refusal(profile, &refusal, &Issuer::parse("https://auth.example.com/").unwrap());
        (status.as_u16(), error, description)
    }

    #[test]
    fn auth0_profile() {
        let aud = "https://orders.example.com/".to_owned();
        for (refusal, expect) in [
            (Refusal::ClientUnknown("x".to_owned()), (401, "access_denied", "Unauthorized")),
            (Refusal::SecretWrong("x".to_owned()), (401, "access_denied", "Unauthorized")),
            (Refusal::SecretMissing("x".to_owned()), (401, "access_denied", "Unauthorized")),
            (
                Refusal::SecretExpired {
                    client_id: "x".to_owned(),
                    name: "Second".to_owned(),
                    expired_at: 0,
                },
                (401, "access_denied", "Unauthorized"),
            ),
            (
                Refusal::AudienceUnknown(aud.clone()),
                (403, "access_denied", "Service not enabled within domain: https://orders.example.com/"),
            ),
            (
                Refusal::NotAuthorized {
                    client_id: "x".to_owned(),
                    audience: aud,
                },
                (
                    403,
                    "access_denied",
                    "Client is not authorized to access \"https://orders.example.com/\". You need to create a \"client-grant\" associated to this API. See: https://auth.example.com/apis",
                ),
            ),
            (
                Refusal::ScopeNotGranted(vec!["a".to_owned(), "b".to_owned()]),
                (403, "access_denied", "Client has not been granted scopes: a, b"),
            ),
            (
                Refusal::AudienceMissing,
                (403, "access_denied", "Non-global clients are not allowed access to APIv1"),
            ),
            (
                Refusal::GrantTypeUnsupported("password".to_owned()),
                (400, "unsupported_grant_type", "Grant type not supported"),
            ),
        ] {
            let (status, error, description) = say(ErrorProfile::Auth0, refusal);
            assert_eq!((status, error, description.as_str()), expect);
        }
    }

    #[test]
    fn rfc7009_section_2_2_1_a_full_deny_list_is_an_outage() {
        let issuer = Issuer::parse("https://auth.example.com/").unwrap();
        for profile in [ErrorProfile::Auth0, ErrorProfile::Rfc] {
            let full = TokenError::Refused {
                refusal: Refusal::TooManyRevoked("x".to_owned()),
                by_header: true,
            };
            let answer = full.respond(profile, &issuer, "");
            assert_eq!(
                (answer.status(), answer.headers()[RETRY_AFTER].as_bytes()),
                (StatusCode::SERVICE_UNAVAILABLE, &b"300"[..])
            );
        }
    }

    #[test]
    fn the_pages_say_what_is_answered() {
        for refusal in one_of_each() {
            let page = std::fs::read_to_string(format!("{}/../docs/errors/{}.md", env!("CARGO_MANIFEST_DIR"), refusal.code())).unwrap();
            for (profile, name) in [(ErrorProfile::Auth0, "auth0"), (ErrorProfile::Rfc, "rfc")] {
                let (status, error, _) = say(profile, refusal.clone());
                let row = format!("| `{name}` | {status} | `{error}` |");
                assert!(page.contains(&row), "docs/errors/{}.md lacks: {row}", refusal.code());
            }
            assert_eq!(
                refusal.is_failed_proof(),
                page.contains("(client_authentication.md)"),
                "{}",
                refusal.code()
            );
        }
    }

    /// A refusal for each code; `not_introspector` and `log_limited` are none, as no caller is refused with them.
    fn one_of_each() -> Vec<Refusal> {
        let text = || "x".to_owned();
        let mut refusals = vec![
            Refusal::Malformed(text()),
            Refusal::TwoAuthMethods,
            Refusal::GrantTypeMissing,
            Refusal::GrantTypeUnsupported(text()),
            Refusal::ClientMissing,
            Refusal::ClientUnknown(text()),
            Refusal::SecretMissing(text()),
            Refusal::SecretWrong(text()),
            Refusal::SecretExpired {
                client_id: text(),
                name: text(),
                expired_at: 0,
            },
            Refusal::AuthMethodNotAllowed {
                client_id: text(),
                method: AuthMethod::ClientSecretPost,
            },
            Refusal::AudienceMissing,
            Refusal::AudienceUnknown(text()),
            Refusal::NotAuthorized {
                client_id: text(),
                audience: text(),
            },
            Refusal::GrantTypeNotAllowed(text()),
            Refusal::ScopeNotGranted(vec![text()]),
            Refusal::TokenMissing,
            Refusal::TooManyRevoked(text()),
            Refusal::TooManyFailures {
                client_id: text(),
                until: 0,
                retry_after: 0,
            },
            Refusal::QuotaExceeded {
                client_id: text(),
                standing: Box::new(QuotaStanding {
                    quota: TokenQuota::default(),
                    in_hour: 0,
                    in_day: 0,
                    at: 0,
                }),
            },
        ];
        refusals.extend(assertion::Flaw::ALL.map(|flaw| Refusal::AssertionFlawed { client_id: text(), flaw }));
        refusals.extend(Flaw::ALL.map(Refusal::DpopFlawed));
        let codes: Vec<&str> = refusals.iter().map(Refusal::code).chain([NOT_INTROSPECTOR, LOG_LIMITED]).collect();
        for code in CODES {
            assert!(codes.contains(&code), "{code} is not among them");
        }
        refusals
    }

    #[test]
    fn descriptions_are_printable_and_bounded() {
        for profile in [ErrorProfile::Auth0, ErrorProfile::Rfc] {
            assert_eq!(clean(profile, "a\r\nb\u{7f}é"), "a??b??");
            assert_eq!(clean(profile, &"x".repeat(5_000)).len(), DESCRIPTION_MAX);
        }
        assert_eq!(clean(ErrorProfile::Auth0, r#"a "b" \c"#), r#"a "b" \c"#);
        assert_eq!(clean(ErrorProfile::Rfc, r#"a "b" \c"#), "a ?b? ?c");
    }
}
