//! `/tessera/keys/rotation`: the schedule by which signing keys rotate.

use http::{Method, StatusCode};
use model::rotation::RotationSchedule;
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::{Endpoint, Reply};
use super::error::Failure;
use super::resource_servers::whole;
use super::shape::{Shape, required};

/// There is none.
const NOT_THERE: Failure = Failure::NotThere("inexistent_rotation", "Keys are rotated by hand only.");

/// The operations.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let seconds = || Shape::Whole(0, i64::from(i32::MAX));
    let members = || {
        vec![
            required("period", seconds()),
            required("announce", seconds()),
            required("retire", seconds()),
        ]
    };
    vec![
        Endpoint {
            method: Method::GET,
            path: "/tessera/keys/rotation",
            id: "tessera_get_rotation",
            summary: "Reads the schedule of rotation, in seconds.",
            scopes: &["read:signing_keys"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::OK, Some(Shape::Open(members()))),
            failures: &[StatusCode::NOT_FOUND],
            run: |call| Box::pin(read(call)),
        },
        Endpoint {
            method: Method::PUT,
            path: "/tessera/keys/rotation",
            id: "tessera_put_rotation",
            summary: "Sets the schedule: how long a key signs, how long it must have been published before, how long it stays so after.",
            scopes: &["update:signing_keys"],
            query: Vec::new(),
            body: Some(Shape::Object(members())),
            answer: (StatusCode::OK, Some(Shape::Open(members()))),
            failures: &[],
            run: |call| Box::pin(set(call)),
        },
        Endpoint {
            method: Method::DELETE,
            path: "/tessera/keys/rotation",
            id: "tessera_delete_rotation",
            summary: "Lets keys rotate by hand only.",
            scopes: &["update:signing_keys"],
            query: Vec::new(),
            body: None,
            answer: (StatusCode::NO_CONTENT, None),
            failures: &[],
            run: |call| Box::pin(remove(call)),
        },
    ]
}

async fn read(call: Call) -> Result<Reply, Failure> {
    let schedule = call.engine.rotation_schedule().await?.ok_or(NOT_THERE)?;
    Ok(Reply::ok(written(schedule)))
}

async fn set(call: Call) -> Result<Reply, Failure> {
    let seconds = |name: &str| call.body.get(name).and_then(Value::as_f64).map(whole).unwrap_or_default();
    let schedule = RotationSchedule {
        period: seconds("period"),
        announce: seconds("announce"),
        retire: seconds("retire"),
    };
    call.engine.set_rotation_schedule(&call.manager.actor, Some(schedule)).await?;
    Ok(Reply::ok(written(schedule)))
}

async fn remove(call: Call) -> Result<Reply, Failure> {
    call.engine.set_rotation_schedule(&call.manager.actor, None).await?;
    Ok(Reply::nothing())
}

fn written(schedule: RotationSchedule) -> Value {
    json!({ "period": schedule.period, "announce": schedule.announce, "retire": schedule.retire })
}
