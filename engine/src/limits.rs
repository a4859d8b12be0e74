//! Limits of this floor on what comes from outside, for `docs/LIMITS.md` and the test that compares the two.

pub use crate::admins::{ACCOUNT_LIMIT, ADDRESS_LIMIT, SESSION_IDLE, SESSION_LENGTH};
pub use crate::guard::{AT_A_TIME as GUARD_AT_A_TIME, TIMEOUTS_MAX as GUARD_TIMEOUTS_MAX, TOKEN_LIFETIME as GUARD_TOKEN_LIFETIME};
pub use crate::guard_call::ANSWER_MAX as GUARD_ANSWER_MAX;
pub use crate::lockouts::{PROVEN_KEPT, TRACKED_MAX};
pub use crate::log_limit::{LOGGED_AT_ONCE, LOGGED_EVERY};
pub use crate::logs::{TEXT_MAX as LOG_TEXT_MAX, USER_AGENT_MAX};
pub use crate::public_key::RSA_BITS;
pub use crate::revoke::DENIED_MAX;
pub use crate::signer::QUEUED_PER_THREAD;
pub use crate::testkit::VALID_FOR as KIT_VALID_FOR;
pub use crate::usage::{HELD_KEPT, WRITE_EVERY as USAGE_WRITTEN_EVERY};
pub use crate::verify::TOKEN_MAX;
