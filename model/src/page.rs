//! A page of a longer list.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Rows on a page of the dashboard.
pub const PER_PAGE: i64 = 25;
/// The most rows that one page may have (Auth0's limit too).
pub const MAX_PER_PAGE: i64 = 100;
/// The highest page number that is looked up; beyond it an offset is only work.
pub const MAX_PAGE: i64 = 100_000;

/// Which page of a list, and how many rows it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRequest {
    /// Counted from 0.
    pub page: i64,
    /// Rows on a page, 1 to [`MAX_PER_PAGE`].
    pub per_page: i64,
}

impl PageRequest {
    /// A request inside the limits, whatever was asked for.
    #[must_use]
    pub fn new(page: i64, per_page: i64) -> Self {
        Self {
            page: page.clamp(0, MAX_PAGE),
            per_page: per_page.clamp(1, MAX_PER_PAGE),
        }
    }

    /// Rows before this page.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.page * self.per_page
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { page: 0, per_page: PER_PAGE }
    }
}

/// A page of a list, with what is needed to draw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Rows in the whole list.
    pub total: i64,
    /// Counted from 0.
    pub page: i64,
    /// The most rows that a page has.
    pub per_page: i64,
    /// When the list was read: what relative times on the page are seen from.
    pub as_of: Timestamp,
}

impl<T> Page<T> {
    /// Pages in the whole list, at least 1.
    #[must_use]
    pub fn pages(&self) -> i64 {
        ((self.total + self.per_page - 1) / self.per_page).max(1)
    }
}

/// Which part of a list a program reads, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// A page, counted from 0.
    Page(PageRequest),
    /// So many rows after one that was read before; `None` begins at the first.
    After(Option<Mark>, i64),
}

/// A row that was read: what comes after it is the same however many rows were added or removed before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When it was created.
    pub created_at: Timestamp,
    /// Its id, which tells it from others of that second.
    pub id: String,
}

/// A part of a list, see [`Window`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Rows in the whole list.
    pub total: i64,
    /// After which row to go on; `None` if there are no more, or a page was asked for.
    pub next: Option<Mark>,
}

/// The most characters of a search text.
pub const SEARCH_MAX: usize = 200;

/// Which rows of a list of named things, in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    /// Part of a name or an identifier, without regard to case; empty finds all.
    pub search: String,
    /// Order of the list.
    pub sort: Sort,
    /// Page of the list.
    pub page: PageRequest,
}

/// Order of a list of named things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// By name, A to Z.
    #[default]
    Name,
    /// By name, Z to A.
    NameDown,
    /// Newest first.
    Newest,
    /// Oldest first.
    Oldest,
}

impl Sort {
    /// Every order.
    pub const ALL: [Self; 4] = [Self::Name, Self::NameDown, Self::Newest, Self::Oldest];

    /// The name in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::NameDown => "name_down",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
        }
    }

    /// The order with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stay_inside_the_limits() {
        assert_eq!(PageRequest::new(-1, 0), PageRequest { page: 0, per_page: 1 });
        assert_eq!(PageRequest::new(i64::MAX, 1000).per_page, MAX_PER_PAGE);
        assert_eq!(PageRequest::new(3, 25).offset(), 75);
    }

    #[test]
    fn pages_are_counted_up() {
        for (total, pages) in [(0, 1), (25, 1), (26, 2)] {
            assert_eq!(
                Page::<()> {
                    items: vec![],
                    total,
                    page: 0,
                    per_page: 25,
                    as_of: 0
                }
                .pages(),
                pages
            );
        }
    }
}
