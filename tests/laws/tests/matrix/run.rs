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
use photo_core::contract::{Law, Subject};

/// A law that hangs has failed; none takes a fraction of it.
const LIMIT: Duration = Duration::from_mins(5);

/// What became of the laws of a port on one adapter.
pub(crate) struct Column {
    pub(crate) adapter: &'static str,
    pub(crate) cells: Vec<(&'static str, Cell)>,
    /// How often the laws killed the server.
    pub(crate) kills: usize,
}

/// What became of one law.
pub(crate) enum Cell {
    Holds,
    Broken(String),
    /// Left out by the filter.
    Skipped,
}

/// Runs the laws whose names contain `filter`.
pub(crate) async fn run<P>(
    adapter: &'static str,
    subject: Arc<dyn Subject<P>>,
    laws: &'static [Law<P>],
    filter: Option<&str>,
) -> Column
where
    P: ?Sized + Send + Sync + 'static,
{
    let counted = Arc::new(Counted { subject, kills: AtomicUsize::new(0) });
    let mut cells = Vec::new();
    for law in laws {
        let wanted = filter.is_none_or(|filter| law.name.contains(filter));
        let cell = if wanted { check(law, Arc::clone(&counted)).await } else { Cell::Skipped };
        cells.push((law.name, cell));
    }
    Column { adapter, cells, kills: counted.kills.load(Ordering::SeqCst) }
}

async fn check<P>(law: &'static Law<P>, subject: Arc<Counted<P>>) -> Cell
where
    P: ?Sized + Send + Sync + 'static,
{
    let mut checking = tokio::spawn(async move { (law.check)(&*subject).await });
    match tokio::time::timeout(LIMIT, &mut checking).await {
        Ok(Ok(())) => Cell::Holds,
        Ok(Err(error)) if error.is_panic() => Cell::Broken(panic_text(error.into_panic())),
        Ok(Err(error)) => Cell::Broken(error.to_string()),
        Err(_) => {
            checking.abort();
            Cell::Broken(format!("no end within {} s", LIMIT.as_secs()))
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

    async fn kill_server(&self) {
        self.kills.fetch_add(1, Ordering::SeqCst);
        self.subject.kill_server().await;
    }

    async fn start_server(&self) {
        self.subject.start_server().await;
    }
}
