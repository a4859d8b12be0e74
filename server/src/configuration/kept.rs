//! Members of Auth0's objects that are kept without effect, as the Management API knows them. A file holds them beside the others, under their
//! own names.

use crate::management;

/// Of a resource server.
pub fn of_resource_servers() -> Vec<&'static str> {
    management::kept_of_resource_servers()
}

/// Of a client. Three of them have an effect too and are kept as they were sent all the same: a client may be barred by the first two, and
/// the third may be a kind that we have none for.
pub fn of_clients() -> Vec<&'static str> {
    let mut names = management::kept_of_clients();
    names.extend(["grant_types", "token_endpoint_auth_method", "app_type"]);
    names
}

/// Of a client grant.
pub fn of_client_grants() -> Vec<&'static str> {
    management::kept_of_client_grants()
}
