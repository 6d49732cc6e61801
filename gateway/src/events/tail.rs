//! Following the log from its end, through outages: every event is told once, or the sockets are told that some are
//! missing.

use std::{sync::Arc, time::Duration};

use photo_core::{
    offset::Offset,
    port::{EventLog, PortError, event_log::LogRead},
};
use photo_runtime::failpoint::Failpoint;
use tokio_util::sync::CancellationToken;

use super::{event_metrics::EventMetrics, messages::ResyncReason, transport::Sockets};

/// Events per read, and how long a read waits for the first.
const READ_LIMIT: usize = 256;
const READ_WAIT: Duration = Duration::from_secs(2);

/// Wait after the log did not answer.
const RETRY_WAIT: Duration = Duration::from_millis(250);

/// Follows the log until `stop`.
pub(crate) async fn follow(log: Arc<dyn EventLog>, sockets: Sockets, metrics: EventMetrics, stop: CancellationToken) {
    let mut at: Option<Offset> = None;
    let mut away = false;
    while !stop.is_cancelled() {
        let Some(taken) = stop.run_until_cancelled(step(&*log, at.as_ref())).await else { break };
        match taken {
            Ok(Step::At(offset)) => at = Some(offset),
            Ok(Step::Read(LogRead::Events(events))) => {
                Failpoint::EventsRead.pass();
                for (offset, event) in events {
                    metrics.events.inc();
                    sockets.tell(&event, &offset).await;
                    at = Some(offset);
                }
            }
            Ok(Step::Read(LogRead::Gap { resume_at })) => {
                tracing::warn!("events are missing in the log, clients take snapshots");
                metrics.gaps.inc();
                at = Some(resume_at);
                sockets.resync_all(ResyncReason::LogGap);
            }
            Err(error) => {
                if !away {
                    tracing::warn!(error = error.chain(), "the event log does not answer");
                }
                away = true;
                stop.run_until_cancelled(tokio::time::sleep(RETRY_WAIT)).await;
                continue;
            }
        }
        away = false;
    }
}

enum Step {
    /// The end of the log, where following begins.
    At(Offset),
    /// What came after the last offset.
    Read(LogRead),
}

async fn step(log: &dyn EventLog, at: Option<&Offset>) -> Result<Step, PortError> {
    match at {
        None => Ok(Step::At(log.end().await?)),
        Some(offset) => Ok(Step::Read(log.read(offset, READ_LIMIT, READ_WAIT).await?)),
    }
}
