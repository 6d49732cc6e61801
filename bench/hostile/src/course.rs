//! What is done to a file: the stages of a full pipeline, each on its own, so that a file that one refuses goes to the next.

use photo_core::pipeline::{
    Effort, GpsPolicy, MetadataSpec, OnFailure, OptimizationSpec, PipelineSpec, StageKind, StageSpec, ThumbnailsSpec,
    ValidationSpec,
};

/// Seconds that a stage may take.
pub(crate) const STAGE_SECONDS: u16 = 20;

/// A pipeline that files go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Course {
    /// Every stage, the picture at its full size.
    Balanced,
    /// Without the stage that shows every pixel: JPEGs are reduced by the decoder.
    Thumbnails,
    /// As [`Course::Balanced`], with the tables of the standard.
    Fast,
    /// As [`Course::Balanced`], into a progressive file.
    Best,
}

impl Course {
    /// Those that the file at that place goes through: the first two, and of every four files one through each of the rest.
    pub(crate) fn of_file(place: usize) -> Vec<Self> {
        let more = match place % 4 {
            0 => Some(Self::Fast),
            2 => Some(Self::Best),
            _ => None,
        };
        [Self::Balanced, Self::Thumbnails].into_iter().chain(more).collect()
    }

    /// The pipeline.
    ///
    /// # Errors
    /// Never, unless its bounds have changed.
    pub(crate) fn pipeline(self) -> anyhow::Result<PipelineSpec> {
        let effort = match self {
            Self::Balanced => Some(Effort::Balanced),
            Self::Fast => Some(Effort::Fast),
            Self::Best => Some(Effort::Best),
            Self::Thumbnails => None,
        };
        let mut kinds = vec![
            ("validation", StageKind::Validation(ValidationSpec::default())),
            ("metadata", StageKind::Metadata(MetadataSpec { gps: GpsPolicy::Keep })),
            ("thumbnails", StageKind::Thumbnails(ThumbnailsSpec::default())),
        ];
        let optimization = effort.map(|effort| OptimizationSpec { effort, ..OptimizationSpec::default() });
        kinds.extend(optimization.map(|spec| ("optimization", StageKind::Optimization(spec))));
        let mut stages = Vec::new();
        for (name, kind) in kinds {
            let stage = StageSpec::new(name.parse()?, kind);
            stages.push(StageSpec { timeout_seconds: STAGE_SECONDS, on_failure: OnFailure::Skip, ..stage });
        }
        let spec = PipelineSpec::of(stages);
        spec.validate()?;
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_course_is_a_pipeline_that_a_worker_takes() {
        for course in [Course::Balanced, Course::Thumbnails, Course::Fast, Course::Best] {
            let stages = course.pipeline().unwrap().stages;
            assert_eq!(stages.len(), if course == Course::Thumbnails { 3 } else { 4 }, "{course:?}");
            assert!(stages.iter().all(|stage| stage.on_failure == OnFailure::Skip), "none keeps a file from the next");
        }
    }

    #[test]
    fn a_part_of_the_files_goes_through_every_effort() {
        let courses: Vec<Course> = (0..8).flat_map(Course::of_file).collect();
        let count = |wanted| courses.iter().filter(|course| **course == wanted).count();
        let counts = [Course::Balanced, Course::Thumbnails, Course::Fast, Course::Best].map(count);
        assert_eq!(counts, [8, 8, 2, 2]);
    }
}
