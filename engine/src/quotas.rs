//! Quotas of tokens: what an admin sets, and what the token path does about it.

use model::client::Client;
use model::log::{Actor, LogEntry, LogType};
use model::quota::{QuotaLevel, QuotaStanding, QuotaWindow, TokenQuota, WARN_PERCENT};
use model::refusal::Refusal;
use model::time::{Timestamp, exact};
use model::token::{TokenRequest, TokenResponse};

use crate::clients;
use crate::engine::Engine;
use crate::error::Error;
use crate::logs::json;
use crate::store::execute;
use crate::tokens::Answered;
use crate::usage::Room;
use crate::used_once::Once;

impl Engine {
    /// Sets the quota of a client; nothing is logged where nothing differs. It holds for the tokens that were issued in this hour and on this
    /// day already.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] or [`Error::Storage`].
    pub async fn set_token_quota(&self, actor: &Actor, client_id: &str, quota: TokenQuota) -> Result<Client, Error> {
        quota.check()?;
        let mut change = self.change().await?;
        let before = clients::existing(&mut change, client_id).await?;
        if before.token_quota == quota {
            return Ok(before);
        }
        let after = Client {
            token_quota: quota,
            updated_at: self.now(),
            ..before.clone()
        };
        execute!(
            change,
            sqlx::query("UPDATE clients SET quota_per_hour = $2, quota_per_day = $3, quota_enforced = $4, updated_at = $5 WHERE client_id = $1")
                .bind(client_id)
                .bind(quota.per_hour)
                .bind(quota.per_day)
                .bind(quota.enforce)
                .bind(after.updated_at)
        )?;
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.client_entry(actor, &after, format!("Token quota of {} set to {}", after.name, quota.words()))
        };
        self.finish(change, entry).await?;
        Ok(after)
    }

    /// Room for one more token of a client in its quota.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceeded`] if there is none and the quota is enforced.
    pub(crate) async fn room_for(&self, client: &Client, now: Timestamp) -> Result<Room<'_>, Refusal> {
        let room = self.0.usage.take(&client.client_id, client.token_quota, now).await;
        room.map_err(|standing| Refusal::QuotaExceeded {
            client_id: client.client_id.clone(),
            standing: Box::new(standing),
        })
    }

    /// Counts a token that a client gets, which it then learns the standing of its quota with.
    pub(crate) async fn count(&self, answered: Answered<'_>, request: &TokenRequest, now: Timestamp) -> TokenResponse {
        let Answered { mut token, client, room } = answered;
        let audience = request.audience.as_deref().unwrap_or_default();
        let avoidable = self.0.usage.is_avoidable(&client.client, audience, &token, now);
        let (standing, reached) = room.keep(avoidable);
        if let Some(standing) = &standing {
            self.tell_quota(&client.client, standing, reached).await;
        }
        token.quota = standing;
        token
    }

    /// Whether the log has an entry for this refusal: of those that a quota makes, for the first in a window. All are counted.
    pub(crate) fn is_told(&self, refusal: &Refusal) -> bool {
        match refusal {
            Refusal::QuotaExceeded { client_id, standing } => self.0.usage.is_first_refusal(client_id, standing),
            _ => true,
        }
    }

    /// Tells the log that a client has come to these levels of its quota. Of all servers on the database the first one does, once in a window.
    async fn tell_quota(&self, client: &Client, standing: &QuotaStanding, reached: Vec<(QuotaWindow, QuotaLevel)>) {
        for (window, level) in reached {
            let told = Once {
                kind: "quota",
                owner: client.client_id.clone(),
                id: format!("{}:{level:?}:{}", window.name(), window.start(standing.at)),
                until: window.end(standing.at),
            };
            // Rather told twice than not at all.
            if self.use_once(&[told]).await.is_ok_and(|before| before.is_some()) {
                continue;
            }
            self.queue_log(LogEntry {
                kind: LogType::QuotaReached,
                ..self.client_entry(&Actor::system(), client, words(client, standing, window, level))
            });
        }
    }
}

fn words(client: &Client, standing: &QuotaStanding, window: QuotaWindow, level: QuotaLevel) -> String {
    let quota = format!("{} tokens {}", standing.quota.limit(window).unwrap_or_default(), window.per());
    let until = exact(window.end(standing.at));
    match level {
        QuotaLevel::Full if standing.quota.enforce => {
            format!("{} has used up its quota of {quota}: its requests are refused until {until}", client.name)
        }
        QuotaLevel::Full => format!(
            "{} has exceeded its quota of {quota}: it is only observed, so tokens are issued",
            client.name
        ),
        _ => format!(
            "{} has used {WARN_PERCENT} % of its quota of {quota}; the next begins at {until}",
            client.name
        ),
    }
}
