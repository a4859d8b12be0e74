//! In the browser there is no answer whose status could be set.

use crate::error::AppError;

/// Nothing to set.
pub(crate) fn of_answer(_: &AppError) {}

/// Nothing to set.
pub(crate) fn of_page(_: &AppError) {}
