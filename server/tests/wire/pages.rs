//! Pages are rendered whatever else the process does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use http::StatusCode;
use server::{Options, router};

use crate::house::House;
use crate::tour::Tour;

/// Listing the routes holds up every load in the process while it lasts; a page that began then was never answered.
#[tokio::test]
async fn a_page_is_answered_while_other_servers_are_set_up() {
    let tour = Tour::new().await;
    let engine = House::new().await.engine;
    let enough = Arc::new(AtomicBool::new(false));
    let others = thread::spawn({
        let enough = Arc::clone(&enough);
        move || {
            while !enough.load(Ordering::Relaxed) {
                let _ = router(engine.clone(), Options::default());
            }
        }
    });
    for _ in 0..20 {
        assert_eq!(tour.open("/clients").await.status, StatusCode::OK);
    }
    enough.store(true, Ordering::Relaxed);
    others.join().unwrap();
}
