//! `POST /photos/upload`: each file of a multipart body is spooled, stored and accepted, in this order, one by one.
//!
//! A 201 is sent only after the metadata store has committed. A refused file does not keep the others out.

use axum::{
    Json,
    extract::{
        Multipart, Query, State,
        multipart::{Field, MultipartError, MultipartRejection},
        rejection::QueryRejection,
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use photo_core::{
    blob_key::{BlobKey, BlobLocation, BucketPurpose},
    id::{PhotoId, UploadId},
    idempotency::{IdempotencyKey, Repeatable},
    image_format::ImageFormat,
    photo::{FileName, NewPhoto, Original, Photo, Sender},
    pipeline::PipelineName,
    port::{ErrorKind, blob_store::BlobBody, metadata_store::Accepted},
    priority::Priority,
    upload_format::UploadFormat,
};
use photo_runtime::{disk, failpoint::Failpoint};
use serde::{Deserialize, Serialize};

use super::{
    Api,
    body_rest::discard,
    identity::{Repeats, Uploader},
    photo_view::PhotoView,
    spool::{SpoolError, Spooled},
};
use crate::problem::{Code, Problem};

/// Bytes of refused files that a request may hold before it is answered without reading on.
const REFUSED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How often the bytes of a photo are stored before the client is asked to come again: the sweep gives up only what has
/// waited for hours.
const STORED_MAX: usize = 3;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadQuery {
    pipeline: Option<String>,
    priority: Option<Priority>,
}

/// The answer to an upload of which at least one photo was accepted.
#[derive(Debug, Serialize)]
struct UploadAnswer {
    photos: Vec<PhotoView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<Problem>,
}

/// `POST /photos/upload`.
pub(crate) async fn upload(
    State(api): State<Api>,
    Uploader(sender): Uploader,
    Repeats(key): Repeats,
    query: Result<Query<UploadQuery>, QueryRejection>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    if let Some(missing) = api.health.first_missing() {
        api.uploads.refused(Code::Unavailable);
        let full = api.health.is_full();
        return Err(if full { Problem::disk_full() } else { Problem::unavailable(&format!("The {missing}")) });
    }
    let Query(query) = query.map_err(|error| Problem::new(Code::Invalid, error.body_text()))?;
    let UploadQuery { pipeline, priority } = query;
    let pipeline = match (pipeline, &api.default_pipeline) {
        (Some(name), _) => Ok(parse_pipeline(&name)?),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(Problem::new(Code::UnknownPipeline, "Name a pipeline: this platform has no default one.")),
    };
    let mut multipart = multipart.map_err(|error| Problem::new(Code::Invalid, error.body_text()))?;
    let mut upload = Upload {
        api,
        sender,
        priority: Ok(priority),
        pipeline,
        key,
        files: 0,
        accepted: vec![],
        refused: vec![],
        spare: REFUSED_BYTES_MAX,
    };
    let idle_time_max = upload.api.spool.idle_time_max();
    while upload.spare > 0 {
        match tokio::time::timeout(idle_time_max, multipart.next_field()).await {
            Ok(Ok(Some(field))) => upload.take_part(field).await,
            Ok(Ok(None)) => break,
            Ok(Err(error)) => {
                upload.refuse(malformed(&error));
                break;
            }
            Err(_) => {
                upload.refuse(refusal(&SpoolError::Stalled(idle_time_max)));
                break;
            }
        }
    }
    upload.answer()
}

/// One upload request on its way through.
struct Upload {
    api: Api,
    sender: Sender,
    /// How soon the files that follow are processed, where the client says, or why they are not.
    priority: Result<Option<Priority>, Problem>,
    /// Where the files that follow go, or why they go nowhere.
    pipeline: Result<PipelineName, Problem>,
    /// What says that another request is the same one.
    key: Option<IdempotencyKey>,
    /// Files so far, refused ones too.
    files: u32,
    accepted: Vec<Photo>,
    refused: Vec<Problem>,
    /// What is left of [`REFUSED_BYTES_MAX`].
    spare: usize,
}

impl Upload {
    async fn take_part(&mut self, mut field: Field<'_>) {
        let result = match field.file_name().map(str::to_owned) {
            Some(name) => {
                let taken = self.take_photo(&mut field, name).await;
                self.files += 1;
                taken
            }
            None if field.name() == Some("pipeline") => self.take_pipeline(&mut field).await,
            None if field.name() == Some("priority") => self.take_priority(&mut field).await,
            None => Ok(()),
        };
        if let Err(problem) = result {
            self.refuse(problem);
        }
        self.spare = discard(field, self.spare).await;
    }

    /// A text part `pipeline` holds for the files that follow it; where it names none, each of them is refused.
    async fn take_pipeline(&mut self, field: &mut Field<'_>) -> Result<(), Problem> {
        self.pipeline = parse_pipeline(&self.text_before_files(field, "pipeline").await?);
        Ok(())
    }

    /// A text part `priority` holds for the files that follow it; where it is none, each of them is refused.
    async fn take_priority(&mut self, field: &mut Field<'_>) -> Result<(), Problem> {
        self.priority = parse_priority(&self.text_before_files(field, "priority").await?).map(Some);
        Ok(())
    }

    async fn text_before_files(&self, field: &mut Field<'_>, part: &str) -> Result<String, Problem> {
        let mut text = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|error| malformed(&error))? {
            text.extend_from_slice(&chunk);
            if text.len() > 100 {
                break;
            }
        }
        if !self.accepted.is_empty() {
            return Err(Problem::new(Code::Invalid, format!("Send the part `{part}` before the files it is for.")));
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    async fn take_photo(&mut self, field: &mut Field<'_>, name: String) -> Result<(), Problem> {
        let file_name = FileName::from(name);
        let most = usize::from(self.api.limits.max_files);
        if self.accepted.len() + self.refused.len() >= most {
            let detail = format!("A request holds at most {most} photos. Send this one in another request.");
            return Err(Problem::new(Code::TooLarge, detail).about_file(file_name.as_str()));
        }
        let wanted = self.wanted().map_err(|problem| problem.about_file(file_name.as_str()))?;
        let spooled =
            self.api.spool.take(field).await.map_err(|error| refusal(&error).about_file(file_name.as_str()))?;
        let photo = self.accept(spooled, file_name.clone(), wanted).await;
        let photo = photo.map_err(|problem| problem.about_file(file_name.as_str()))?;
        self.api.uploads.accepted(photo.original.size_bytes);
        self.accepted.push(photo);
        Ok(())
    }

    /// What the file that is taken has in common with itself in a repeated request.
    fn repeatable(&self) -> Option<Repeatable> {
        self.key.clone().map(|key| Repeatable { key, file: self.files })
    }

    /// What is to be done with the next file, and how soon.
    fn wanted(&self) -> Result<(PipelineName, Option<Priority>), Problem> {
        Ok((self.pipeline.clone()?, self.priority.clone()?))
    }

    /// Stores the bytes, then makes the photo known: never the other way round.
    async fn accept(
        &self,
        spooled: Spooled,
        file_name: FileName,
        (pipeline, priority): (PipelineName, Option<Priority>),
    ) -> Result<Photo, Problem> {
        let id = PhotoId::generate();
        for _ in 0..STORED_MAX {
            let original = self.store(id, &spooled).await?;
            Failpoint::ApiStored.pass();
            let (sender, file_name, pipeline) = (self.sender.clone(), file_name.clone(), pipeline.clone());
            let photo = NewPhoto { id, sender, file_name, original, pipeline, priority, repeatable: self.repeatable() };
            if let Some(accepted) = self.make_known(&photo).await? {
                return Ok(accepted);
            }
            tracing::warn!(photo_id = %id, "the sweep has given up the bytes meanwhile: they are stored again");
        }
        Err(Problem::unavailable("The photo store"))
    }

    /// Stores the bytes under a key that nobody had before.
    async fn store(&self, photo: PhotoId, spooled: &Spooled) -> Result<Original, Problem> {
        let key = BlobKey::Original { photo, upload: UploadId::generate() };
        let location = BlobLocation { bucket: BucketPurpose::for_original(spooled.size_bytes), key };
        let Spooled { path, size_bytes, sha256, format, .. } = spooled;
        let body = BlobBody::File { path: path.to_path_buf(), size_bytes: *size_bytes };
        let put = self.api.blobs.put(&location, ImageFormat::from(*format).into(), &body).await;
        put.map_err(|error| Problem::from_port(&error, "photo store"))?;
        Ok(Original { location, format: *format, size_bytes: *size_bytes, sha256: sha256.clone() })
    }

    /// The photo, once it is known; `None` where its bytes have to be stored again.
    async fn make_known(&self, photo: &NewPhoto) -> Result<Option<Photo>, Problem> {
        let accepted = self.api.store.accept(photo).await;
        Failpoint::ApiAccepted.pass();
        match accepted {
            Ok(Accepted::Created(known)) => {
                let (photo_id, size_bytes) = (known.id, known.original.size_bytes);
                tracing::info!(%photo_id, size_bytes, pipeline = %photo.pipeline, "accepted");
                Ok(Some(*known))
            }
            Ok(Accepted::Repeated(known)) => {
                tracing::info!(photo_id = %known.id, "accepted before");
                if known.original.location != photo.original.location {
                    self.forget(&photo.original.location).await;
                }
                Ok(Some(*known))
            }
            Ok(Accepted::Condemned) => Ok(None),
            Ok(Accepted::KeyReused) => {
                self.forget(&photo.original.location).await;
                let detail =
                    "The Idempotency-Key came with another file before. Send each request with a key of its own.";
                Err(Problem::new(Code::KeyReused, detail))
            }
            Err(error) => {
                // After any other failure it may have been accepted, and would be left without its bytes.
                if error.kind() == ErrorKind::Invalid {
                    self.forget(&photo.original.location).await;
                }
                Err(match error.kind() {
                    ErrorKind::Invalid => unknown_pipeline(&photo.pipeline),
                    ErrorKind::NotFound
                    | ErrorKind::Conflict
                    | ErrorKind::Denied
                    | ErrorKind::Unavailable
                    | ErrorKind::Corrupt => Problem::from_port(&error, "photo store"),
                })
            }
        }
    }

    /// Deletes bytes that certainly no photo names. What stays is for the sweep.
    async fn forget(&self, location: &BlobLocation) {
        if let Err(error) = self.api.blobs.delete(location).await {
            tracing::warn!(error = error.chain(), key = %location.key, "bytes that nobody needs stay for the sweep");
        }
    }

    fn refuse(&mut self, problem: Problem) {
        self.api.uploads.refused(problem.code);
        tracing::info!(code = problem.code.as_str(), detail = problem.detail, "refused");
        self.refused.push(problem);
    }

    fn answer(self) -> Result<Response, Problem> {
        let Self { accepted, refused, .. } = self;
        let status = match (accepted.is_empty(), refused.is_empty()) {
            (false, true) => StatusCode::CREATED,
            (false, false) => StatusCode::MULTI_STATUS,
            (true, _) => {
                let first = refused.into_iter().next();
                return Err(first.unwrap_or_else(|| {
                    Problem::new(
                        Code::Invalid,
                        "The request holds no file. Send photos as file parts of multipart/form-data.",
                    )
                }));
            }
        };
        let photos = accepted.into_iter().map(PhotoView::from).collect();
        Ok((status, Json(UploadAnswer { photos, refused })).into_response())
    }
}

/// A pipeline's name as clients write it; the older form with underscores is taken too.
pub(crate) fn parse_pipeline(text: &str) -> Result<PipelineName, Problem> {
    let name = text.trim().replace('_', "-");
    name.parse().map_err(|error| Problem::new(Code::UnknownPipeline, format!("{error}.")))
}

fn parse_priority(text: &str) -> Result<Priority, Problem> {
    let number: Option<u8> = text.trim().parse().ok();
    number
        .and_then(|number| Priority::try_from(number).ok())
        .ok_or_else(|| Problem::new(Code::Invalid, "A priority is a number from 1 to 10; lower comes first."))
}

pub(crate) fn unknown_pipeline(name: &PipelineName) -> Problem {
    let detail = format!("There is no pipeline `{name}` on this platform. GET /pipelines lists those that are there.");
    Problem::new(Code::UnknownPipeline, detail)
}

fn malformed(error: &MultipartError) -> Problem {
    tracing::info!(%error, "a multipart body could not be read to its end");
    Problem::new(Code::Invalid, "The multipart body ends early or is malformed. Send it again.")
}

fn refusal(error: &SpoolError) -> Problem {
    match error {
        SpoolError::Full => Problem::unavailable("Room for more uploads"),
        SpoolError::Empty => Problem::new(Code::UnsupportedMediaType, "The file is empty."),
        SpoolError::UnknownFormat(Some(known)) => Problem::new(Code::UnsupportedMediaType, known.advice()),
        SpoolError::UnknownFormat(None) => {
            let formats = UploadFormat::ALL.map(UploadFormat::content_type).join(", ");
            let detail = format!("The file's content is none of the formats that are processed: {formats}.");
            Problem::new(Code::UnsupportedMediaType, detail)
        }
        SpoolError::TooLong(bytes) => {
            let detail = format!("The file is longer than {bytes} bytes, the most that this platform takes.");
            Problem::new(Code::TooLarge, detail)
        }
        SpoolError::Stalled(_) => Problem::new(Code::Invalid, "The upload stalled. Send it again."),
        SpoolError::BrokenOff(error) => malformed(error),
        SpoolError::Scratch(error) if disk::is_full(error) => {
            tracing::error!(%error, "the disk of scratch is full");
            Problem::disk_full()
        }
        SpoolError::Scratch(error) => {
            tracing::error!(%error, "scratch can't be written");
            Problem::unavailable("Room for uploads")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_pipeline_names_are_taken() {
        assert_eq!(parse_pipeline(" full_processing ").unwrap().as_str(), "full-processing");
        assert_eq!(parse_pipeline("../x").unwrap_err().code, Code::UnknownPipeline);
    }

    #[test]
    fn priorities_are_small_numbers() {
        assert_eq!(parse_priority(" 10\r\n").unwrap().get(), 10);
        for refused in ["", "0", "11", "-1", "1.5", "high", "300"] {
            assert_eq!(parse_priority(refused).unwrap_err().code, Code::Invalid, "{refused}");
        }
    }
}
