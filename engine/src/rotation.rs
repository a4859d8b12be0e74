//! Rotation by schedule, and the end of previous keys whose tokens have all expired.

use model::key::{Key, KeyAlg, KeyState};
use model::log::{Actor, LogEntry, LogType};
use model::rotation::{RotationSchedule, retires_at};
use model::time::Timestamp;

use crate::engine::Engine;
use crate::error::Error;
use crate::keyring::{NewKey, Set, all, end};
use crate::logs::json;
use crate::store::{Tx, execute, on};

impl Engine {
    /// The schedule by which keys are rotated; `None` if that happens by hand only.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn rotation_schedule(&self) -> Result<Option<RotationSchedule>, Error> {
        schedule(&mut self.0.store.read().await?).await
    }

    /// Sets the schedule, or ends rotation by schedule.
    ///
    /// # Errors
    /// [`Error::Invalid`] on a field of the schedule; [`Error::Storage`].
    pub async fn set_rotation_schedule(&self, actor: &Actor, new: Option<RotationSchedule>) -> Result<(), Error> {
        new.as_ref().map_or(Ok(()), RotationSchedule::check)?;
        let mut change = self.change().await?;
        let before = schedule(&mut change).await?;
        if before == new {
            return Ok(());
        }
        execute!(change, sqlx::query("DELETE FROM rotation"))?;
        if let Some(new) = &new {
            let sql = "INSERT INTO rotation (id, period, announce, retire) VALUES (1, $1, $2, $3)";
            execute!(change, sqlx::query(sql).bind(new.period).bind(new.announce).bind(new.retire))?;
        }
        let description = if new.is_some() {
            "Rotation schedule set"
        } else {
            "Rotation by schedule switched off"
        };
        let entry = LogEntry {
            before: before.as_ref().map(json).unwrap_or_default(),
            after: new.as_ref().map(json).unwrap_or_default(),
            ..self.entry(actor, LogType::Changed, description)
        };
        self.finish(change, entry).await
    }

    /// Rotates the sets whose time has come, and retires previous keys whose tokens have all expired. Safe to call at any time and
    /// by several processes: each looks again once it is its turn to write.
    ///
    /// # Errors
    /// [`Error::Storage`]; [`Error::Key`] if no key could be made.
    pub async fn tend_keys(&self) -> Result<(), Error> {
        let due = Due::of(&mut self.0.store.read().await?, self.now()).await?;
        for alg in due.rotate {
            self.rotate_if_due(alg).await?;
        }
        if !due.retire.is_empty() {
            self.retire_if_due().await?;
        }
        Ok(())
    }

    async fn rotate_if_due(&self, alg: KeyAlg) -> Result<(), Error> {
        let fresh = NewKey::generate(alg).await?;
        let mut change = self.change().await?;
        if !Due::of(&mut change, self.now()).await?.rotate.contains(&alg) {
            return Ok(());
        }
        let before = Set::of(&mut change, alg).await?;
        let entry = self.rotate(&mut change, &Actor::system(), &before, &fresh, false).await?;
        self.finish(change, entry).await
    }

    async fn retire_if_due(&self) -> Result<(), Error> {
        // A key that is no longer published is no longer in memory, where what it has signed is counted.
        self.write_key_usage().await?;
        let mut change = self.change().await?;
        let mut entries = Vec::new();
        for key in Due::of(&mut change, self.now()).await?.retire {
            end(&mut change, &key.kid, KeyState::Retired, self.now()).await?;
            entries.push(LogEntry {
                before: json(&key),
                ..self.entry(&Actor::system(), LogType::Changed, format!("{} signing key retired", key.alg.as_str()))
            });
        }
        let Some(last) = entries.pop() else { return Ok(()) };
        for entry in entries {
            change.also(entry);
        }
        self.finish(change, last).await
    }

    /// Adds what the keys have signed since the last time to what the database knows of it.
    ///
    /// # Errors
    /// [`Error::Storage`]; then it is added the next time.
    pub(crate) async fn write_key_usage(&self) -> Result<(), Error> {
        let snapshot = self.0.snapshots.current();
        for key in snapshot.keys.all() {
            let (count, last) = key.usage.take();
            let Ok(signed) = i64::try_from(count) else { continue };
            if signed == 0 {
                continue;
            }
            if let Err(error) = self.add_usage(&key.jwk.kid, signed, last).await {
                key.usage.give_back(count);
                return Err(error);
            }
        }
        Ok(())
    }

    async fn add_usage(&self, kid: &str, signed: i64, last: i64) -> Result<(), Error> {
        let mut tx = self.0.store.write().await?;
        let sql = "UPDATE signing_keys SET tokens_signed = tokens_signed + $2, \
            last_used_at = CASE WHEN last_used_at IS NULL OR last_used_at < $3 THEN $3 ELSE last_used_at END WHERE kid = $1";
        execute!(&mut tx, sqlx::query(sql).bind(kid).bind(signed).bind(last))?;
        tx.commit().await
    }
}

/// What is to be done by now.
struct Due {
    rotate: Vec<KeyAlg>,
    retire: Vec<Key>,
}

impl Due {
    async fn of(tx: &mut Tx, now: Timestamp) -> Result<Self, Error> {
        let (schedule, keys) = (schedule(tx).await?, all(tx).await?);
        let find = |alg, state| keys.iter().find(|key| key.alg == alg && key.state == state);
        let rotates_at = |alg| Some(schedule?.rotates_at(find(alg, KeyState::Current)?, find(alg, KeyState::Next)?));
        let by_now = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let retires = |key: &&Key| key.state == KeyState::Previous && by_now(retires_at(key, schedule.as_ref()));
        Ok(Self {
            rotate: KeyAlg::ALL.into_iter().filter(|alg| by_now(rotates_at(*alg))).collect(),
            retire: keys.iter().filter(retires).cloned().collect(),
        })
    }
}

async fn schedule(tx: &mut Tx) -> Result<Option<RotationSchedule>, Error> {
    let sql = "SELECT period, announce, retire FROM rotation";
    let row: Option<(i64, i64, i64)> = on!(tx, db => sqlx::query_as(sql).fetch_optional(db).await)?;
    Ok(row.map(|(period, announce, retire)| RotationSchedule { period, announce, retire }))
}
