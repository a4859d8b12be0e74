//! Limits of this floor on what comes from outside, for `docs/LIMITS.md` and the test that compares the two.

pub use crate::configuration::document::FILE_MAX as CONFIGURATION_MAX;
pub use crate::management::call::{BODY_MAX as MANAGEMENT_BODY_MAX, BODY_SECONDS as MANAGEMENT_BODY_SECONDS, PATH_PART_MAX, QUERY_MAX};
pub use crate::oauth::body::{BODY_MAX, BODY_SECONDS};
pub use crate::oauth::error::DESCRIPTION_MAX;
pub use crate::oauth::request::{PARAMETERS_MAX, VALUE_MAX};
pub use crate::proxies::HOPS_MAX;
pub use crate::router::REQUEST_MAX;
pub use crate::serve::{CONNECTIONS_MAX, HEAD_BYTES_MAX, HEAD_MAX, STOP_MAX};
pub use crate::tls::{FILE_MAX as TLS_FILE_MAX, HANDSHAKE_MAX};
pub use crate::web::body::MAX as FORM_MAX;
