//! What those who run the platform are told of objects that the object store has lost.

use std::{collections::BTreeMap, fs};

use photo_stack::{Stack, StackOptions};
use reqwest::Method;
use serde_json::Value;

use crate::{
    dead_letters::admin,
    once::minio,
    scene::{Caller, LIMIT, ended, problem, small_jpeg, until},
};

async fn report(admin: &Caller) -> Option<Value> {
    let reply = admin.request(Method::GET, "/admin/consistency").send().await.unwrap();
    if reply.status() == 404 {
        return None;
    }
    assert_eq!(reply.status(), 200);
    Some(reply.json().await.unwrap())
}

#[tokio::test]
async fn an_original_that_the_store_has_lost_is_named() {
    let sweep = BTreeMap::from([("SWEEP_PERIOD_SECONDS".to_owned(), "1".to_owned())]);
    let environment = BTreeMap::from([("storage", sweep)]);
    let stack =
        Stack::start(&StackOptions { own_servers: true, environment, ..StackOptions::default() }).await.unwrap();
    let (admin, photos) = (admin(&stack).await, stack.photos_of("alice").unwrap());
    let id = photos.upload("photo.jpg", small_jpeg(1)).await.unwrap().id;
    ended(&photos, id).await;
    let other = photos.upload("other.jpg", small_jpeg(2)).await.unwrap().id;
    ended(&photos, other).await;
    let looked = until("a sweep has ended", LIMIT, async || report(&admin).await).await;
    assert_eq!((&looked["missingTotal"], &looked["restored"]), (&Value::from(0), &Value::from(false)));

    let key = minio(&stack).keys("images", &format!("local/originals/{id}/")).unwrap().remove(0);
    // As a broken disk of the store does: nobody asked for it.
    fs::remove_dir_all(minio(&stack).folder_of("images", &key)).unwrap();
    let found =
        until("the loss is told", LIMIT, async || report(&admin).await.filter(|report| report["missingTotal"] == 1))
            .await;
    assert_eq!(found["missing"][0]["photoId"], id.to_string());
    assert_eq!(format!("local/{}", found["missing"][0]["key"].as_str().unwrap()), key);
    assert_eq!(stack.storage.metric("photo_missing_objects").await.unwrap(), 1);

    let alice = Caller::with_token(&stack, &stack.keys.user_token("alice", LIMIT).unwrap());
    let refused = alice.request(Method::GET, "/admin/consistency").send().await.unwrap();
    problem(refused, 403, "forbidden").await;
}
