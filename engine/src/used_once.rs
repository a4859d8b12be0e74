//! What may be used once only, remembered for all processes until it would have expired anyway.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::time::Timestamp;

use crate::engine::Engine;
use crate::error::Error;
use crate::store::execute;

/// Something that may be used once.
pub(crate) struct Once {
    /// What it is.
    pub(crate) kind: &'static str,
    /// Whose it is.
    pub(crate) owner: String,
    /// What its owner calls it.
    pub(crate) id: String,
    /// From when on nobody takes it anyway.
    pub(crate) until: Timestamp,
}

impl Engine {
    /// Uses all of these, or none: then it gives the kind of the first that was used before.
    ///
    /// # Errors
    /// [`Error::Storage`]; then nothing was used.
    pub(crate) async fn use_once(&self, things: &[Once]) -> Result<Option<&'static str>, Error> {
        if things.is_empty() {
            return Ok(None);
        }
        let mut tx = self.0.store.write().await?;
        // What has expired is forgotten here, where somebody writes anyway.
        execute!(&mut tx, sqlx::query("DELETE FROM used_once WHERE expires_at < $1").bind(self.now()))?;
        let sql = "INSERT INTO used_once (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
        for thing in things {
            let hash = hash(thing.kind, &thing.owner, &thing.id);
            if execute!(&mut tx, sqlx::query(sql).bind(hash).bind(thing.until))? == 0 {
                return Ok(Some(thing.kind));
            }
        }
        tx.commit().await?;
        Ok(None)
    }
}

/// The lengths in front keep different things with the same letters apart.
fn hash(kind: &str, owner: &str, id: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [kind, owner, id] {
        context.update(&part.len().to_be_bytes());
        context.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(context.finish())
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn what_differs_in_one_part_differs() {
        let hashes = [hash("a", "b", "cd"), hash("a", "bc", "d"), hash("ab", "c", "d"), hash("a", "b", "c")];
        assert!(hashes.iter().enumerate().all(|(n, hash)| !hashes[..n].contains(hash)));
    }
}
