//! Running the laws of one port on one adapter, one after another on the same server, each in a task of its own so that
//! its panic ends nothing but the law.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use photo_core::contract::{Law, Requires, Subject};

/// A law that hangs has failed; none takes a fraction of it.
const LIMIT: Duration = Duration::from_mins(5);

/// What became of the laws of a port on one adapter.
pub struct Column {
    /// The adapter's name.
    pub adapter: &'static str,
    /// Whether the laws about a dead server can be asked of it.
    pub has_server: bool,
    /// The laws in their order.
    pub cells: Vec<Cell>,
    /// How often the laws killed the server.
    pub kills: usize,
}

/// A law on one adapter.
pub struct Cell {
    /// The law's name.
    pub law: &'static str,
    /// Of which adapters it can be asked.
    pub requires: Requires,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of one law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not, and why.
    Broken(String),
    /// Left out by the filter.
    Skipped,
    /// The adapter lacks what the law is about.
    Inapplicable,
}

/// Runs the laws whose names contain `filter`.
pub async fn run<P>(
    adapter: &'static str,
    subject: Arc<dyn Subject<P>>,
    laws: &'static [Law<P>],
    filter: Option<&str>,
) -> Column
where
    P: ?Sized + Send + Sync + 'static,
{
    let has_server = subject.has_server();
    let counted = Arc::new(Counted { subject, kills: AtomicUsize::new(0) });
    let mut cells = Vec::new();
    for law in laws {
        let wanted = filter.is_none_or(|filter| law.name.contains(filter));
        let outcome = match (law.requires.is_met(has_server), wanted) {
            (false, _) => Outcome::Inapplicable,
            (true, false) => Outcome::Skipped,
            (true, true) => check(law, Arc::clone(&counted)).await,
        };
        cells.push(Cell { law: law.name, requires: law.requires, outcome });
    }
    Column { adapter, has_server, cells, kills: counted.kills.load(Ordering::SeqCst) }
}

async fn check<P>(law: &'static Law<P>, subject: Arc<Counted<P>>) -> Outcome
where
    P: ?Sized + Send + Sync + 'static,
{
    let mut checking = tokio::spawn(async move { (law.check)(&*subject).await });
    match tokio::time::timeout(LIMIT, &mut checking).await {
        Ok(Ok(())) => Outcome::Holds,
        Ok(Err(error)) if error.is_panic() => Outcome::Broken(panic_text(error.into_panic())),
        Ok(Err(error)) => Outcome::Broken(error.to_string()),
        Err(_) => {
            checking.abort();
            Outcome::Broken(format!("no end within {} s", LIMIT.as_secs()))
        }
    }
}

fn panic_text(panic: Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast::<String>().map(|text| *text);
    text.or_else(|panic| panic.downcast::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|_| "a panic".to_owned())
}

/// A subject that counts how often its server is killed.
struct Counted<P: ?Sized + Send + Sync> {
    subject: Arc<dyn Subject<P>>,
    kills: AtomicUsize,
}

#[async_trait]
impl<P: ?Sized + Send + Sync> Subject<P> for Counted<P> {
    fn port(&self) -> Arc<P> {
        self.subject.port()
    }

    fn has_server(&self) -> bool {
        self.subject.has_server()
    }

    async fn kill_server(&self) {
        self.kills.fetch_add(1, Ordering::SeqCst);
        self.subject.kill_server().await;
    }

    async fn start_server(&self) {
        self.subject.start_server().await;
    }
}

#[cfg(test)]
mod tests;
