//! The main job: the chart by Helm, the samples by kubectl, a photo through the gateway's Service, its thumbnail and its
//! events.

use photo_e2e::{forward::Forward, patience::until};
use photo_stack::{
    figures::{Figure, Goal},
    live::Live,
    photos::Photos,
};
use serde_json::json;
use tokio::time::Instant;

use crate::scene::{Place, photo_bytes, sample};

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`, and `make test` runs it there"]
async fn the_quickstart_takes_a_photo_and_returns_its_thumbnail() {
    let place = Place::new("photos").await;
    let applied = Instant::now();
    place.apply(&sample("quickstart.yaml")).await;
    place.ready().await;
    let (gateway, token) = place.gateway().await;
    let mut live = listening(&gateway, &token).await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    let photo = photos.upload("dandelions.jpg", photo_bytes()).await.unwrap();
    let mut heard = Vec::new();
    while heard.last().is_none_or(|kind| kind != "photo.processing.completed") {
        let (_, event) = live.event().await.unwrap().expect("the connection stays");
        assert_eq!(event["photoId"], json!(photo.id));
        heard.push(event["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(heard.first().map(String::as_str), Some("photo.uploaded"), "{heard:?}");
    assert!(heard.iter().any(|kind| kind == "photo.processing.stage.completed"), "{heard:?}");
    let photo = photos.photo(photo.id).await.unwrap();
    let names: Vec<&str> = photo.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names, ["150", "300", "600", "optimized"]);
    let thumbnail = photos.bytes_of(&photo.variants[0]).await.unwrap();
    tell(applied);
    let picture = image::load_from_memory(&thumbnail).unwrap();
    assert_eq!((picture.width(), picture.height()), (150, 84));
    // kstatus, by which Argo, Flux and Helm wait, looks at these.
    let platform = place.object("photoplatform/quickstart").await;
    assert_eq!(platform["status"]["observedGeneration"], platform["metadata"]["generation"]);
    until("the platform counts its pipeline", async || {
        let platform = place.object("photoplatform/quickstart").await;
        (platform["status"]["pipelines"] == json!({"total": 1, "ready": 1})).then_some(())
    })
    .await;
    place.gone().await;
}

/// A socket that hears all events of the token's user.
async fn listening(gateway: &Forward, token: &str) -> Live {
    let mut live = Live::connect(&gateway.url(), token).await.unwrap();
    live.emit("subscribe:user", json!({})).await;
    assert_eq!(live.event().await.unwrap().unwrap().0, "subscribed");
    live
}

#[expect(clippy::print_stdout, reason = "figures are read from the test's output")]
fn tell(applied: Instant) {
    let value = applied.elapsed().as_secs_f64();
    println!("{}", Figure { name: "time_to_first_thumbnail_s", value, unit: "s", goal: Goal::AtMost(60.0) });
}
