//! A queue's numbers as a decision goes by them.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use photo_core::{
    job::{QueueReport, QueueRow},
    pipeline::PipelineName,
};

use crate::scaling::{Counters, QueueSample};

/// A moment as recordings of decisions have it, whose numbers hold no more: so that a replay decides the same.
pub(super) fn microsecond(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// The numbers of all queues of a platform, with when they were read by our clock.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    /// When they were read by the queue's own clock.
    read_at: Timestamp,
    /// When we asked for the first report that has them.
    pub(super) at: Timestamp,
    rows: BTreeMap<PipelineName, QueueRow>,
}

impl Numbers {
    /// Those of a report that was asked for at `asked`. Clocks differ, so that the queue's own moment says only whether it is
    /// another reading than the one `before`: one that is told again is as old as it was.
    pub(super) fn of(report: QueueReport, asked: Timestamp, before: Option<&Self>) -> Self {
        let same = before.filter(|before| before.read_at == report.observed_at);
        Self {
            read_at: report.observed_at,
            at: same.map_or(asked, |before| before.at),
            rows: report.queues.into_iter().map(|row| (row.pipeline.clone(), row)).collect(),
        }
    }

    /// Those of a pipeline's queue.
    pub(super) fn row(&self, pipeline: &str) -> Option<&QueueRow> {
        self.rows.get(pipeline.parse::<PipelineName>().ok().as_ref()?)
    }

    /// The same as a sample. Numbers that are none make it none.
    pub(super) fn sample(&self, pipeline: &str) -> Option<QueueSample> {
        let row = self.row(pipeline)?;
        let busy = Duration::try_from_secs_f64(row.busy_seconds_total).ok()?;
        Some(QueueSample {
            at: self.at,
            waiting: row.numbers.waiting.saturating_add(row.numbers.prioritized),
            active: row.numbers.active,
            oldest_wait: Duration::from_secs(row.numbers.oldest_seconds.unwrap_or_default()),
            counters: Counters {
                enqueued: row.enqueued_total,
                completed: row.completed_total.saturating_add(row.failed_total),
                busy,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use photo_core::{job::QueueNumbers, pipeline::PipelineStanding};

    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn report(read_at: i64, busy_seconds_total: f64) -> QueueReport {
        let numbers =
            QueueNumbers { waiting: 1, prioritized: 2, active: 3, oldest_seconds: Some(4), ..QueueNumbers::default() };
        let row = QueueRow {
            pipeline: "full".parse().unwrap(),
            state: PipelineStanding::Running,
            numbers,
            enqueued_total: 10,
            completed_total: 5,
            failed_total: 2,
            busy_seconds_total,
        };
        QueueReport { observed_at: second(read_at), queues: vec![row] }
    }

    #[test]
    fn what_waits_and_what_ended_is_counted_together() {
        let numbers = Numbers::of(report(500, 1.5), second(100), None);
        let expected = QueueSample {
            at: second(100),
            waiting: 3,
            active: 3,
            oldest_wait: Duration::from_secs(4),
            counters: Counters { enqueued: 10, completed: 7, busy: Duration::from_millis(1500) },
        };
        assert_eq!(numbers.sample("full"), Some(expected));
        assert_eq!(numbers.sample("other"), None);
        assert_eq!(Numbers::of(report(500, f64::NAN), second(100), None).sample("full"), None);
        assert_eq!(Numbers::of(report(500, -1.0), second(100), None).sample("full"), None);
    }

    #[test]
    fn a_reading_that_is_told_again_is_as_old_as_it_was() {
        let first = Numbers::of(report(500, 1.0), second(100), None);
        let again = Numbers::of(report(500, 1.0), second(105), Some(&first));
        let later = Numbers::of(report(505, 1.0), second(110), Some(&again));
        // The queue's clock was set back: still another reading.
        let back = Numbers::of(report(400, 1.0), second(115), Some(&later));
        assert_eq!([&first, &again, &later, &back].map(|numbers| numbers.at), [100, 100, 110, 115].map(second));
    }
}
