//! A backup put in the database's place, by the very commands of the README.

use std::{fs, path::Path};

use photo_core::photo::PhotoStatus;
use photo_e2e::{patience::until, program};
use photo_stack::photos::Photos;
use tokio::process::Command;

use crate::scene::Place;

/// The commands in a section of the README, block by block.
fn commands(section: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("REPOSITORY")).join("README.md")).unwrap();
    let (_, from) = text.split_once(&format!("\n## {section}\n")).expect("the section is there");
    let section = from.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// Runs commands as a user's shell does, up to the first that fails.
async fn run(place: &Place, commands: &str) -> String {
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", commands]).env("KUBECONFIG", place.kubectl.kubeconfig());
    program::run(&mut shell, "").await.unwrap().done().unwrap()
}

async fn backups(place: &Place, state: &str) {
    let backup = format!(r#"{{"spec": {{"metadata": {{"backup": {{"state": "{state}", "periodSeconds": 60}}}}}}}}"#);
    place.patch("photoplatform/quickstart", &backup).await;
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn the_readme_restores_a_backup() {
    let place = Place::quickstart("photos").await;
    let first = place.reason("BackupHealthy", "True", "LastBackupSucceeded").await;
    let known = place.photo_goes_through().await;
    backups(&place, "Enabled").await;
    until("there is a backup with the photo in it", async || {
        let newest = place.reason("BackupHealthy", "True", "LastBackupSucceeded").await;
        (newest != first).then_some(())
    })
    .await;
    backups(&place, "Disabled").await;
    place.reason("BackupHealthy", "False", "Disabled").await;
    place.ready().await;
    let late = place.photo_goes_through().await;

    let commands = commands("Backups");
    let [restore, clear] = commands.as_slice() else { panic!("the README has other commands") };
    let said = run(&place, restore).await;
    assert!(said.contains("quickstart-restore"), "{said}");
    place.ready().await;
    let (gateway, token) = place.gateway().await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    let found = until("the storage role answers", async || photos.photo(known.id).await.ok()).await;
    assert_eq!(found.status, PhotoStatus::Completed);
    assert_eq!(photos.bytes_of(&found.variants[0]).await.unwrap(), photos.bytes_of(&known.variants[0]).await.unwrap());
    assert!(photos.photo(late.id).await.is_err(), "the backup is older than this photo");
    run(&place, clear).await;
    place.photo_goes_through().await;
    place.gone().await;
}
