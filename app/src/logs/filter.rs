//! Which entries the address asks for.

use leptos_router::params::ParamsMap;
use model::api::IDENTIFIER_MAX;
use model::log::{LogQuery, LogType};
use model::page::{PER_PAGE, PageRequest, SEARCH_MAX};

use crate::ui::address;
use crate::ui::list::{page_name, page_of, text_of};

/// The filters of the list; empty texts filter nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogFilter {
    pub kind: Option<LogType>,
    /// A client id.
    pub client: String,
    /// Identifier of an API.
    pub api: String,
    pub search: String,
    /// Counted from 0.
    pub page: i64,
}

impl LogFilter {
    /// Reads an address; what it does not understand filters nothing.
    pub fn read(query: &ParamsMap) -> Self {
        Self {
            kind: query.get_str("type").and_then(LogType::parse),
            client: text_of(query, "client", SEARCH_MAX),
            api: text_of(query, "api", IDENTIFIER_MAX),
            search: text_of(query, "q", SEARCH_MAX),
            page: page_of(query),
        }
    }

    pub fn query(self) -> LogQuery {
        LogQuery {
            kind: self.kind,
            client_id: self.client,
            audience: self.api,
            search: self.search,
            page: PageRequest::new(self.page, PER_PAGE),
            oldest_first: false,
        }
    }

    /// Whether every entry passes.
    pub fn is_open(&self) -> bool {
        self.kind.is_none() && self.client.is_empty() && self.api.is_empty() && self.search.is_empty()
    }

    pub fn on(self, page: i64) -> Self {
        Self { page, ..self }
    }

    pub fn href(&self) -> String {
        address(
            "/logs",
            &[
                ("type", self.kind.map(LogType::code).unwrap_or_default()),
                ("client", &self.client),
                ("api", &self.api),
                ("q", &self.search),
                ("page", &page_name(self.page)),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip() {
        let filter = LogFilter {
            kind: Some(LogType::TokenRefused),
            client: "c1".to_owned(),
            api: "https://orders.example.com/".to_owned(),
            search: "no grant".to_owned(),
            page: 1,
        };
        assert_eq!(
            filter.href(),
            "/logs?type=feccft&client=c1&api=https%3A%2F%2Forders.example.com%2F&q=no%20grant&page=2"
        );
        let query: ParamsMap = [
            ("type", "feccft"),
            ("client", "c1"),
            ("api", "https://orders.example.com/"),
            ("q", "no grant"),
            ("page", "2"),
        ]
        .into_iter()
        .collect();
        assert_eq!(LogFilter::read(&query), filter);
    }

    #[test]
    fn odd_addresses_filter_nothing() {
        let query: ParamsMap = [("type", "every"), ("page", "-3"), ("client", " ")].into_iter().collect();
        let filter = LogFilter::read(&query);
        assert_eq!(filter, LogFilter::default());
        assert!(filter.is_open());
    }
}
