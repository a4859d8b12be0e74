//! Figures of whole days, for the Management API.

use std::collections::BTreeMap;

use model::log::LogType;
use model::time::{DAY, Timestamp};
use model::usage::{Counts, Daily};

use crate::engine::Engine;
use crate::error::Error;
use crate::store::on;

/// Who has signed in within so many days counts as active.
const ACTIVE_DAYS: i64 = 30;

impl Engine {
    /// What happened on each day (of UTC) from the one of `from` to the one of `to`, both included; days on which nothing did are there too.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn daily(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Daily>, Error> {
        self.flush_logs().await;
        let (first, last) = (from.div_euclid(DAY), to.div_euclid(DAY));
        let mut tx = self.0.store.read().await?;
        let sql = "SELECT hour / 86400, CAST(SUM(issued) AS BIGINT), CAST(SUM(avoidable) AS BIGINT), CAST(SUM(refused) AS BIGINT) \
            FROM token_usage WHERE hour >= $1 AND hour < $2 GROUP BY hour / 86400";
        let tokens: Vec<(i64, i64, i64, i64)> = on!(&mut tx, db => sqlx::query_as(sql)
            .bind(first * DAY)
            .bind((last + 1) * DAY)
            .fetch_all(db)
            .await)?;
        let sql = "SELECT date / 86400, COUNT(*) FROM logs WHERE kind = $1 AND date >= $2 AND date < $3 GROUP BY date / 86400";
        let sign_ins: Vec<(i64, i64)> = on!(&mut tx, db => sqlx::query_as(sql)
            .bind(LogType::SignedIn.code())
            .bind(first * DAY)
            .bind((last + 1) * DAY)
            .fetch_all(db)
            .await)?;
        let mut days: BTreeMap<i64, Daily> = (first..=last)
            .map(|day| {
                (
                    day,
                    Daily {
                        date: day * DAY,
                        ..Daily::default()
                    },
                )
            })
            .collect();
        for (day, issued, avoidable, refused) in tokens {
            if let Some(daily) = days.get_mut(&day) {
                daily.tokens = Counts { issued, avoidable, refused };
            }
        }
        for (day, count) in sign_ins {
            if let Some(daily) = days.get_mut(&day) {
                daily.sign_ins = count;
            }
        }
        Ok(days.into_values().collect())
    }

    /// How many admins have signed in within the last 30 days.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn active_admins(&self) -> Result<i64, Error> {
        self.flush_logs().await;
        let mut tx = self.0.store.read().await?;
        Ok(
            on!(&mut tx, db => sqlx::query_scalar("SELECT COUNT(DISTINCT actor_id) FROM logs WHERE kind = $1 AND date > $2")
            .bind(LogType::SignedIn.code())
            .bind(self.now() - ACTIVE_DAYS * DAY)
            .fetch_one(db)
            .await)?,
        )
    }
}
