mod token;

use axum::{Json, Router, routing::get};
use serde::Serialize;

use token::{Refusal, Token, Verifier};

#[derive(Serialize)]
struct Answer {
    message: &'static str,
    sub: Option<String>,
}

async fn public() -> Json<Answer> {
    Json(Answer {
        message: "Anyone may read this.",
        sub: None,
    })
}

async fn private(token: Token) -> Json<Answer> {
    Json(Answer {
        message: "Your token is valid.",
        sub: token.sub,
    })
}

async fn private_scoped(token: Token) -> Result<Json<Answer>, Refusal> {
    token.require_scope("read:example")?;
    Ok(Json(Answer {
        message: "Your token is valid and has the scope.",
        sub: token.sub,
    }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Router::new()
        .route("/api/public", get(public))
        .route("/api/private", get(private))
        .route("/api/private-scoped", get(private_scoped))
        .with_state(Verifier::new()?);
    let port = std::env::var("PORT").unwrap_or_else(|_| "3010".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, app).await?;
    Ok(())
}
