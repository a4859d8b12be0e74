//! `/tenants/settings`: settings of the whole installation. All are kept without effect.

use http::{Method, StatusCode};
use serde_json::Value;

use super::call::Call;
use super::endpoint::{Endpoint, Reply};
use super::error::Failure;
use super::fields::{self, Effect, Field, field};
use super::paging::{choosing, chosen};
use super::shape::{Shape, texts};

/// The members of the settings.
pub(super) fn table() -> Vec<Field> {
    let kept = |name, shape| field(name, shape, Effect::Kept);
    let object = || Shape::Map(Box::new(Shape::Any), 200);
    let text = || Shape::Text(0, 2_000);
    vec![
        kept("friendly_name", Shape::Text(0, 200)),
        kept("picture_url", text()),
        kept("support_email", Shape::Text(0, 320)),
        kept("support_url", text()),
        kept("default_audience", Shape::Text(0, 600)).note("Requests must name an audience."),
        kept("default_directory", Shape::Text(0, 200)),
        kept("default_redirection_uri", text()),
        kept("default_token_quota", object()).note("Quotas are set for each client."),
        kept("resource_parameter_profile", Shape::Choice(&["audience", "compatibility"]))
            .note("`resource` is always taken where there is no audience."),
        kept("enabled_locales", texts(20, 200)),
        kept("session_lifetime", Shape::Number),
        kept("idle_session_lifetime", Shape::Number),
        kept("ephemeral_session_lifetime", Shape::Number),
        kept("idle_ephemeral_session_lifetime", Shape::Number),
        kept("session_lifetime_in_minutes", Shape::Number),
        kept("idle_session_lifetime_in_minutes", Shape::Number),
        kept("session_cookie", object()),
        kept("sessions", object()),
        kept("oidc_logout", object()),
        kept("sandbox_version", Shape::Text(0, 20)),
        kept("legacy_sandbox_version", Shape::Text(0, 20)),
        kept("change_password", object()),
        kept("guardian_mfa_page", object()),
        kept("error_page", object()),
        kept("device_flow", object()),
        kept("flags", object()),
        kept("allowed_logout_urls", texts(2_000, 1_000)),
        kept("customize_mfa_in_postlogin_action", Shape::Bool),
        kept("allow_organization_name_in_authentication_api", Shape::Bool),
        kept("acr_values_supported", texts(200, 100)),
        kept("mtls", object()),
        kept("pushed_authorization_requests_supported", Shape::Bool),
        kept("authorization_response_iss_parameter_supported", Shape::Bool),
        kept("skip_non_verifiable_callback_uri_confirmation_prompt", Shape::Bool),
        kept("dynamic_client_registration_security_mode", Shape::Choice(&["strict", "permissive"])),
        kept("enable_ai_guide", Shape::Bool),
        kept("phone_consolidated_experience", Shape::Bool),
    ]
}

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let answer = || fields::answer(&table(), &[]);
    vec![
        Endpoint {
            method: Method::GET,
            path: "/tenants/settings",
            id: "get_tenant_settings",
            summary: "Reads the settings of the installation.",
            scopes: &["read:tenant_settings"],
            query: choosing().to_vec(),
            body: None,
            answer: (StatusCode::OK, Some(answer())),
            failures: &[],
            run: |call| Box::pin(read(call)),
        },
        Endpoint {
            method: Method::PATCH,
            path: "/tenants/settings",
            id: "patch_tenant_settings",
            summary: "Changes the settings of the installation.",
            scopes: &["update:tenant_settings"],
            query: Vec::new(),
            body: Some(fields::change(&table())),
            answer: (StatusCode::OK, Some(answer())),
            failures: &[],
            run: |call| Box::pin(update(call)),
        },
    ]
}

async fn read(call: Call) -> Result<Reply, Failure> {
    let kept = call.engine.tenant_settings().await?;
    Ok(Reply::ok(chosen(&call, Value::Object(kept.members().clone()))))
}

async fn update(call: Call) -> Result<Reply, Failure> {
    let kept = call.engine.update_tenant_settings(&call.manager.actor, call.body.clone()).await?;
    Ok(Reply::ok(Value::Object(kept.members().clone())))
}
