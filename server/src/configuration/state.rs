//! What is: the configuration as the engine has it.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Engine, Error};
use model::api::{Api, SigningAlg};
use model::client::{AuthMethod, Client, ClientFilter};
use model::grant::{Grant, GrantFilter};
use model::introspection::Introspector;
use model::kept::Kept;
use model::log::Actor;
use model::page::{Slice, Window};
use model::rotation::RotationSchedule;
use model::secret::Secret;

use super::file::File;
use super::matching::Matched;
use super::mistakes::Mistakes;

/// Rows that are read in one go.
const BATCH: i64 = 500;

/// Everything that a file can say something about, secrets apart.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The APIs, the Management API among them.
    pub apis: Vec<Api>,
    /// The clients that may introspect tokens, by the identifier of the API.
    pub introspectors: BTreeMap<String, Vec<Introspector>>,
    /// The clients.
    pub clients: Vec<Client>,
    /// The grants.
    pub grants: Vec<Grant>,
    /// Settings of the whole installation.
    pub tenant_settings: Kept,
    /// When keys are rotated without anybody doing it.
    pub key_rotation: Option<RotationSchedule>,
}

/// Secrets of a [`State`], for a file that shall hold them.
#[derive(Debug, Default)]
pub struct Secrets {
    /// By client id.
    pub of_clients: BTreeMap<String, Secret>,
    /// By the identifier of the API.
    pub of_apis: BTreeMap<String, Secret>,
}

/// Entries of a file whose secret is what the server has, by where they stand.
#[derive(Debug, Default)]
pub struct Held(pub BTreeSet<String>);

impl State {
    /// Reads it. What others change meanwhile may be in it or not.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn read(engine: &Engine) -> Result<Self, Error> {
        let apis = all(async |window| engine.apis_in(&[], &window).await).await?;
        let mut introspectors = BTreeMap::new();
        for api in &apis {
            introspectors.insert(api.identifier.clone(), engine.introspectors(&api.id).await?);
        }
        Ok(Self {
            clients: all(async |window| engine.clients_in(&ClientFilter::default(), &window).await).await?,
            grants: all(async |window| engine.grants_in(&GrantFilter::default(), &window).await).await?,
            tenant_settings: engine.tenant_settings().await?,
            key_rotation: engine.rotation_schedule().await?,
            apis,
            introspectors,
        })
    }

    /// Shows the secrets; the log says so.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn reveal(&self, engine: &Engine, actor: &Actor) -> Result<Secrets, Error> {
        let mut secrets = Secrets::default();
        let by_secret = self.clients.iter().filter(|client| client.auth_methods != [AuthMethod::PrivateKeyJwt]);
        let ids: Vec<&str> = by_secret.map(|client| client.client_id.as_str()).collect();
        for ids in ids.chunks(usize::try_from(BATCH).unwrap_or(1)) {
            secrets.of_clients.extend(engine.reveal_client_secrets(actor, ids).await?);
        }
        for api in self.apis.iter().filter(|api| api.signing_alg == SigningAlg::HS256) {
            let secret = engine.reveal_signing_secret(actor, &api.id).await?;
            secrets.of_apis.insert(api.identifier.clone(), secret);
        }
        Ok(secrets)
    }
}

impl Held {
    /// Compares the secrets of a file with those that there are. Nothing is shown, so that nothing is logged.
    ///
    /// # Errors
    /// [`Mistakes`] as of [`super::plan::plan`]; the other [`Error`] if the engine can't tell.
    pub async fn of(engine: &Engine, file: &File, state: &State) -> Result<Result<Self, Mistakes>, Error> {
        let matched = match Matched::of(file, state) {
            Ok(matched) => matched,
            Err(mistakes) => return Ok(Err(mistakes)),
        };
        let mut held = BTreeSet::new();
        for (entry, client) in matched.clients {
            if let (Some(client), Some(secret)) = (client, &entry.changes.client_secret)
                && engine.is_client_secret(&client.client_id, secret).await?
            {
                held.insert(entry.path.clone());
            }
        }
        for (entry, api) in matched.apis {
            if let (Some(api), Some(secret)) = (api, &entry.changes.signing_secret)
                && engine.is_signing_secret(&api.id, secret).await?
            {
                held.insert(entry.path.clone());
            }
        }
        Ok(Ok(Self(held)))
    }
}

async fn all<T>(read: impl AsyncFn(Window) -> Result<Slice<T>, Error>) -> Result<Vec<T>, Error> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let slice = read(Window::After(after, BATCH)).await?;
        items.extend(slice.items);
        match slice.next {
            Some(mark) => after = Some(mark),
            None => return Ok(items),
        }
    }
}
