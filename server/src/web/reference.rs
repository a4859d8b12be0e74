//! What the reference page needs of the Management API: its document, and a way to call it that passes the same checks as a client does.

use std::sync::Arc;

use app::reference::ManagementApi;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use engine::Engine;
use http::Extensions;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::{management, telemetry};

/// The Management API without a socket.
#[derive(Clone)]
pub(super) struct Management {
    document: Arc<Value>,
    routes: Router,
}

impl Management {
    /// That of this server.
    pub(super) fn new(engine: Engine) -> Self {
        let document = Arc::new(management::openapi(&engine));
        let add = |router: Router<Engine>, (path, methods): (String, _)| router.route(&path, methods);
        Self {
            document,
            routes: management::routes().into_iter().fold(Router::new(), add).with_state(engine),
        }
    }

    /// As it is called from within a request with these extensions: under its id, and from where it came.
    pub(super) fn within(&self, asked: &Extensions) -> ManagementApi {
        let mut from = Extensions::new();
        telemetry::carry(asked, &mut from);
        let routes = self.routes.clone();
        ManagementApi {
            document: self.document.clone(),
            call: Arc::new(move |mut request: Request<Body>| {
                *request.extensions_mut() = from.clone();
                let routes = routes.clone();
                Box::pin(async move {
                    let Ok(response) = routes.oneshot(request).await;
                    response
                })
            }),
        }
    }
}
