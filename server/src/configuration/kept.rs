//! Members of Auth0's objects that are kept without effect. A file holds them beside the others, under their own names.

/// Of a resource server.
pub const OF_RESOURCE_SERVERS: [&str; 11] = [
    "allow_offline_access",
    "allow_online_access",
    "allow_online_access_with_ephemeral_sessions",
    "authorization_details",
    "authorization_policy",
    "consent_policy",
    "enforce_policies",
    "skip_consent_for_verifiable_first_party_clients",
    "subject_type_authorization",
    "token_lifetime_for_web",
    "verification_location",
];

/// Of a client.
pub const OF_CLIENTS: [&str; 47] = [
    "addons",
    "allowed_clients",
    "allowed_logout_urls",
    "allowed_origins",
    "async_approval_notification_channels",
    "callbacks",
    "client_aliases",
    "compliance_level",
    "cross_origin_auth",
    "cross_origin_authentication",
    "cross_origin_loc",
    "custom_login_page",
    "custom_login_page_on",
    "custom_login_page_preview",
    "default_organization",
    "encryption_key",
    "express_configuration",
    "fedcm_login",
    "form_template",
    "initiate_login_uri",
    "is_token_endpoint_ip_header_trusted",
    "jwt_configuration",
    "logo_uri",
    "mobile",
    "my_organization_configuration",
    "native_social_login",
    "oidc_backchannel_logout",
    "oidc_conformant",
    "oidc_logout",
    "organization_discovery_methods",
    "organization_require_behavior",
    "organization_usage",
    "par_request_expiry",
    "redirection_policy",
    "refresh_token",
    "require_pushed_authorization_requests",
    "resource_server_identifier",
    "session_transfer",
    "skip_non_verifiable_callback_uri_confirmation_prompt",
    "sso",
    "sso_disabled",
    "third_party_security_mode",
    "token_exchange",
    "web_origins",
    // These two have an effect too: a client may be barred by them.
    "grant_types",
    "token_endpoint_auth_method",
    // Its Auth0 name, where we have no kind for it.
    "app_type",
];

/// Of a client grant.
pub const OF_CLIENT_GRANTS: [&str; 3] = ["allow_any_organization", "authorization_details_types", "organization_usage"];
