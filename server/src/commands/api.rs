//! `tessera api …`

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use engine::Engine;
use model::api::{Api, NewApi, SigningAlg};
use model::log::Actor;
use model::scope::Scope;
use model::secret::Secret;
use model::token::TokenDialect;
use serde::Serialize;

use super::output::{Output, table};
use super::{Failure, api_secret};

/// What can be done with APIs.
#[derive(Subcommand)]
pub(super) enum Verb {
    /// Create an API
    Create {
        /// Name that admins see
        #[arg(long)]
        name: String,
        /// What clients send as audience, ideally the address of the API; it can't be changed later
        #[arg(long)]
        identifier: String,
        /// How its tokens are signed
        #[arg(long, value_name = "ALG", default_value = "RS256", value_parser = PossibleValuesParser::new(SigningAlg::ALL.map(SigningAlg::as_str)))]
        signing_alg: String,
        /// A scope that it defines; may be repeated
        #[arg(long, value_name = "SCOPE")]
        scope: Vec<String>,
        /// Seconds that a token is valid [default: 86400]
        #[arg(long, value_name = "SECONDS")]
        token_lifetime: Option<i64>,
        /// Which claims and header its tokens have: Auth0's (access_token) or those of RFC 9068 (rfc9068_profile)
        #[arg(long, value_name = "DIALECT", default_value = "access_token", value_parser = PossibleValuesParser::new(TokenDialect::ALL.map(TokenDialect::as_str)))]
        token_dialect: String,
        /// Issue its tokens only to clients that prove to hold a key, and bind them to it (DPoP, RFC 9449)
        #[arg(long)]
        require_dpop: bool,
    },
    /// Signing secrets of an API that signs with HS256: a second one takes over from the first without an outage
    #[command(subcommand)]
    Secret(api_secret::Verb),
}

/// An API with the field names of the Management API.
#[derive(Serialize)]
struct Created<'a> {
    id: &'a str,
    name: &'a str,
    identifier: &'a str,
    signing_alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<&'a Secret>,
    /// Names the secret in the header of tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret_kid: Option<&'a str>,
    scopes: &'a [Scope],
    token_lifetime: i64,
    token_dialect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof_of_possession: Option<Possession>,
    is_system: bool,
}

/// What a client must hold to get its tokens.
#[derive(Serialize)]
struct Possession {
    mechanism: &'static str,
    required: bool,
}

/// Runs a verb.
pub(super) async fn run(engine: &Engine, verb: Verb, output: Output) -> Result<(), Failure> {
    let (name, identifier, signing_alg, scope, token_lifetime, token_dialect, require_dpop) = match verb {
        Verb::Secret(verb) => return api_secret::run(engine, verb, output).await,
        Verb::Create {
            name,
            identifier,
            signing_alg,
            scope,
            token_lifetime,
            token_dialect,
            require_dpop,
        } => (name, identifier, signing_alg, scope, token_lifetime, token_dialect, require_dpop),
    };
    let actor = Actor::command();
    let new = NewApi {
        name,
        identifier,
        signing_alg: SigningAlg::parse(&signing_alg).unwrap_or_default(),
        token_lifetime,
        token_dialect: TokenDialect::parse(&token_dialect).unwrap_or_default(),
        dpop_required: require_dpop,
        scopes: scope
            .into_iter()
            .map(|value| Scope {
                value,
                description: String::new(),
            })
            .collect(),
        ..NewApi::default()
    };
    let api = engine.create_api(&actor, new).await?.api;
    let secret = match api.signing_alg.key_alg() {
        None => Some(engine.reveal_signing_secret(&actor, &api.id).await?),
        Some(_) => None,
    };
    let kid = engine.signing_secrets(&api.id).await?.into_iter().next().map(|secret| secret.kid);
    answer(&api, secret.as_ref(), kid.as_deref(), output);
    Ok(())
}

fn answer(api: &Api, secret: Option<&Secret>, kid: Option<&str>, output: Output) {
    let object = Created {
        id: &api.id,
        name: &api.name,
        identifier: &api.identifier,
        signing_alg: api.signing_alg.as_str(),
        signing_secret: secret,
        signing_secret_kid: kid,
        scopes: &api.scopes,
        token_lifetime: api.token_lifetime,
        token_dialect: api.token_dialect.as_str(),
        proof_of_possession: api.dpop_required.then_some(Possession {
            mechanism: "dpop",
            required: true,
        }),
        is_system: api.is_system,
    };
    let scopes: Vec<&str> = api.scopes.iter().map(|scope| scope.value.as_str()).collect();
    let (scopes, lifetime) = (scopes.join(" "), model::time::length(api.token_lifetime));
    let mut rows = vec![
        ("ID", api.id.as_str()),
        ("Name", &api.name),
        ("Identifier", &api.identifier),
        ("Signing algorithm", api.signing_alg.as_str()),
        ("Token lifetime", &lifetime),
    ];
    rows.extend((!scopes.is_empty()).then_some(("Scopes", scopes.as_str())));
    rows.extend(api.dpop_required.then_some(("DPoP", "required")));
    rows.extend(secret.map(|secret| ("Signing secret", secret.reveal())));
    rows.extend(kid.map(|kid| ("Key ID of the secret", kid)));
    output.answer(&object, &table(&rows));
}
