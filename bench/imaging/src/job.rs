//! What a peer is told to do and what it answers: one line of JSON each way, so that no peer's start is measured.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The sides of the squares that thumbnails fit inside.
pub(crate) const THUMBNAIL_SIDES: [u16; 3] = [600, 300, 150];

/// The name of the whole photo's smaller copy.
pub(crate) const WHOLE: &str = "optimized";

/// What is done to a photo. In both cases its metadata is read; outputs are JPEG of quality 80 and 4:2:0, upright, in
/// sRGB, without metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Job {
    /// The thumbnails and the whole photo.
    Full,
    /// The thumbnails.
    Thumbs,
}

impl Job {
    /// The names of its outputs.
    pub(crate) fn outputs(self) -> Vec<String> {
        let whole = (self == Self::Full).then(|| WHOLE.to_owned());
        THUMBNAIL_SIDES.iter().map(ToString::to_string).chain(whole).collect()
    }
}

/// The first line of a peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Greeting {
    /// Of what it is made of.
    pub(crate) versions: String,
    /// How it is used.
    pub(crate) settings: String,
}

/// A job for a peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The photo's file, which the peer reads before its clock starts.
    pub(crate) photo: PathBuf,
    /// What to do.
    pub(crate) job: Job,
    /// Where to write the outputs, after the clock has stopped; nowhere in what is measured.
    pub(crate) out: Option<PathBuf>,
}

/// What a peer says to an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Reply {
    /// It is done.
    Done(Answer),
    /// It could not be done.
    Refused {
        /// Why.
        error: String,
    },
}

/// What a job took and made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    /// From the photo's bytes in memory to the outputs in memory.
    pub(crate) wall_ms: f64,
    /// Of the peer's process and its children.
    pub(crate) cpu_ms: f64,
    /// The most memory that they ever had, added up, in KiB.
    pub(crate) peak_kb: u64,
    /// Whether it found EXIF in the photo.
    pub(crate) has_exif: bool,
    /// The outputs.
    pub(crate) outputs: Vec<MadeFile>,
}

impl Answer {
    /// Whether it has an output of every name that the job has, and no other.
    pub(crate) fn is_complete(&self, job: Job) -> bool {
        let mut names: Vec<&str> = self.outputs.iter().map(|output| output.name.as_str()).collect();
        let mut wanted = job.outputs();
        names.sort_unstable();
        wanted.sort_unstable();
        names == wanted
    }
}

/// One output, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeFile {
    /// `600`, `300`, `150` or `optimized`.
    pub(crate) name: String,
    /// Pixels.
    pub(crate) width: u32,
    /// Pixels.
    pub(crate) height: u32,
    /// Length of the file.
    pub(crate) bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_those_that_the_peers_of_other_languages_speak() {
        let order = Order { photo: "/a.jpg".into(), job: Job::Thumbs, out: None };
        assert_eq!(serde_json::to_string(&order).unwrap(), r#"{"photo":"/a.jpg","job":"thumbs","out":null}"#);
        let line = r#"{"wallMs":1.5,"cpuMs":2,"peakKb":3,"hasExif":true,
            "outputs":[{"name":"600","width":600,"height":400,"bytes":9}]}"#;
        let output = MadeFile { name: "600".to_owned(), width: 600, height: 400, bytes: 9 };
        let answer = Answer { wall_ms: 1.5, cpu_ms: 2.0, peak_kb: 3, has_exif: true, outputs: vec![output] };
        assert!(!answer.is_complete(Job::Thumbs));
        assert_eq!(serde_json::from_str::<Reply>(line).unwrap(), Reply::Done(answer));
        let refused = Reply::Refused { error: "no photo".to_owned() };
        assert_eq!(serde_json::from_str::<Reply>(r#"{"error":"no photo"}"#).unwrap(), refused);
    }

    #[test]
    fn the_full_job_makes_four_files() {
        assert_eq!(Job::Full.outputs(), ["600", "300", "150", "optimized"]);
        assert_eq!(Job::Thumbs.outputs(), ["600", "300", "150"]);
    }
}
