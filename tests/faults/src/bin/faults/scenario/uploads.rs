//! 64 uploads of 50 MiB at the same time: what the api role holds of them.

use std::time::Duration;

use futures::future::try_join_all;
use photo_stack::figures::{Goal, mebibytes};
use reqwest::{
    Client, StatusCode,
    multipart::{Form, Part},
};
use tokio::time::sleep;

use super::Size;
use crate::{
    place::{Needs, Place},
    report::Report,
};

const UPLOADS: usize = 64;
const BYTES: usize = 50 * 1024 * 1024 - 64 * 1024;
/// For all of them together.
const LIMIT: Duration = Duration::from_mins(10);

/// Uploads until all are taken: while scratch is full the role asks to come back.
pub(crate) async fn run(_: Size, report: &mut Report) -> anyhow::Result<()> {
    let place = Place::new(Needs { workers: 0, ..Needs::default() }).await?;
    let http = Client::builder().timeout(LIMIT).no_proxy().build()?;
    let token = place.stack.keys.user_token("client-0", LIMIT * 2)?;
    let url = format!("{}/photos/upload", place.stack.api.url());
    // Nobody looks into it: there are no workers.
    let mut photo = vec![0xff, 0xd8, 0xff, 0xe0];
    photo.resize(BYTES, 0x5a);
    let photo = bytes::Bytes::from(photo);
    let upload = async |number: usize| -> anyhow::Result<()> {
        loop {
            let part = Part::stream_with_length(photo.clone(), photo.len() as u64).file_name(format!("{number}.jpg"));
            let form = Form::new().part("photo", part);
            let reply = http.post(&url).bearer_auth(&token).multipart(form).send().await?;
            match reply.status() {
                StatusCode::CREATED => return Ok(()),
                StatusCode::SERVICE_UNAVAILABLE => sleep(Duration::from_millis(500)).await,
                other => anyhow::bail!("an upload was refused with {other}: {}", reply.text().await?),
            }
        }
    };
    try_join_all((0..UPLOADS).map(upload)).await?;
    let peak = place.stack.api.peak_rss_bytes()?;
    report.tell("gateway_rss_mib", mebibytes(peak), "MiB", Goal::AtMost(256.0))
}
