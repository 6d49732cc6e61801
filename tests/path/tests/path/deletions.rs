//! Deleting photos: nothing of them is left in any bucket, whatever dies meanwhile, and nobody else's is touched.

use photo_stack::{Stack, StackOptions};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    once::{cut_stack, cutter, minio, until_jobs_ended},
    scene::{Caller, LIMIT, own_stack, problem, small_jpeg, text, until},
    told::Told,
};

/// Keys of all buckets in which the photo's id occurs.
fn objects(stack: &Stack, id: &str) -> Vec<String> {
    let keys = ["images", "images-large", "thumbnails"].into_iter();
    keys.flat_map(|bucket| minio(stack).keys(bucket, "local/").unwrap()).filter(|key| key.contains(id)).collect()
}

async fn delete(caller: &Caller, id: &str) -> reqwest::Response {
    caller.request(Method::DELETE, &format!("/photos/{id}")).send().await.unwrap()
}

async fn deleted_count(stack: &Stack) -> u64 {
    stack.storage.metric("photo_deletions_total").await.unwrap_or(0)
}

async fn until_deleted(stack: &Stack, count: u64) {
    let ask = async || (deleted_count(stack).await >= count).then_some(());
    until(&format!("{count} photos are deleted"), LIMIT, ask).await;
}

/// A photo that has been completed.
async fn completed(caller: &Caller, seed: u8) -> String {
    let photo = caller.accepted("photo.jpg", &small_jpeg(seed)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
    text(&photo["id"]).to_owned()
}

#[tokio::test]
async fn a_photo_that_is_deleted_while_it_is_processed_leaves_nothing_in_any_bucket() {
    let stack = cut_stack(1).await;
    let caller = Caller::new(&stack, "alice");
    let neighbour = completed(&caller, 1).await;
    let mut finish = cutter(&stack).hold("POST /internal/runs/finish ");
    let photo = caller.accepted("photo.jpg", &small_jpeg(2)).await;
    let id = text(&photo["id"]);
    finish.arrived().await.unwrap();
    assert_eq!(objects(&stack, id).len(), 4, "the original and three outputs");
    assert_eq!(delete(&caller, id).await.status(), 204);
    for path in ["", "/original", "/log"] {
        problem(caller.get(&format!("/photos/{id}{path}")).await, 404, "not_found").await;
    }
    problem(delete(&caller, id).await, 404, "not_found").await;
    let listed = caller.json("/photos").await;
    let ids: Vec<&Value> = listed["photos"].as_array().unwrap().iter().map(|photo| &photo["id"]).collect();
    assert_eq!(ids, [&json!(neighbour)]);
    finish.release();
    until_jobs_ended(&stack, "rejected", 1).await;
    until_deleted(&stack, 1).await;
    assert_eq!(objects(&stack, id), [""; 0]);
    assert_eq!(objects(&stack, &neighbour).len(), 4);
    assert_eq!(caller.get(&format!("/photos/{neighbour}/variants/150")).await.status(), 200);
}

#[tokio::test]
async fn every_tab_of_the_owner_hears_of_a_deletion_once_nothing_is_left() {
    let stack = own_stack().await;
    let (caller, stranger) = (Caller::new(&stack, "alice"), Caller::new(&stack, "bob"));
    let id = completed(&caller, 1).await;
    let mut tabs = [Told::of(&stack, "alice").await, Told::of(&stack, "alice").await];
    problem(delete(&stranger, &id).await, 404, "not_found").await;
    assert_eq!(delete(&caller, &id).await.status(), 204);
    for tab in &mut tabs {
        let event = tab.first(&id, "photo.deleted").await;
        assert_eq!((&event["photoId"], &event["seq"], &event["data"]), (&json!(id), &json!(4), &json!({})));
    }
    assert_eq!(objects(&stack, &id), [""; 0]);
}

#[tokio::test]
async fn a_storage_role_that_is_killed_at_any_step_of_a_deletion_finishes_it_after_its_start() {
    let options = StackOptions { own_servers: true, store_cutter: true, ..StackOptions::default() };
    let stack = Stack::start(&options).await.unwrap();
    let caller = Caller::new(&stack, "alice");
    let neighbour = completed(&caller, 0).await;
    let cutter = stack.store_cutter.as_ref().unwrap();
    // The first look, the first object, an object in the midst, the original, and the last look before the row goes.
    for (step, line) in
        ["GET /thumbnails?", "DELETE /thumbnails/", "GET /images?", "DELETE /images/", "GET /images-large?"]
            .into_iter()
            .enumerate()
    {
        let id = completed(&caller, u8::try_from(step).unwrap() + 1).await;
        let storage = stack.storage.process().unwrap();
        // The photo's own: the sweep after each start lists the same buckets, and must not be what dies.
        let killed = cutter.cut(&format!("{line}*{id}"), move || storage.kill());
        assert_eq!(delete(&caller, &id).await.status(), 204, "{line}");
        killed.await.unwrap();
        stack.storage.start().await.unwrap();
        problem(caller.get(&format!("/photos/{id}")).await, 404, "not_found").await;
        // Its numbers begin anew with each start.
        until_deleted(&stack, 1).await;
        assert_eq!(objects(&stack, &id), [""; 0], "{line}");
    }
    assert_eq!(objects(&stack, &neighbour).len(), 4);
    assert_eq!(caller.json("/photos").await["photos"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_photo_is_deleted_once_the_object_store_is_back() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    let (id, neighbour) = (completed(&caller, 1).await, completed(&caller, 2).await);
    minio(&stack).kill();
    assert_eq!(delete(&caller, &id).await.status(), 204, "what is stored goes later");
    problem(caller.get(&format!("/photos/{id}")).await, 404, "not_found").await;
    let failed = async || (stack.storage.metric("photo_deletion_failures_total").await.ok()? > 0).then_some(());
    until("the store is missed", LIMIT, failed).await;
    assert_eq!(deleted_count(&stack).await, 0);
    minio(&stack).start_again().await.unwrap();
    until_deleted(&stack, 1).await;
    assert_eq!((objects(&stack, &id), objects(&stack, &neighbour).len()), (vec![], 4));
}
