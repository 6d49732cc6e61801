use photo_core::laws;

use super::*;

/// A port about which there is nothing to say.
trait Port: Send + Sync {}

struct Adapter {
    has_server: bool,
}

impl Port for Adapter {}

#[async_trait]
impl Subject<dyn Port> for Adapter {
    fn port(&self) -> Arc<dyn Port> {
        Arc::new(Self { has_server: self.has_server })
    }

    fn has_server(&self) -> bool {
        self.has_server
    }

    async fn kill_server(&self) {}

    async fn start_server(&self) {}
}

async fn holds(_: &dyn Subject<dyn Port>) {}

async fn is_broken(_: &dyn Subject<dyn Port>) {
    panic!("it came twice");
}

async fn kills(subject: &dyn Subject<dyn Port>) {
    subject.kill_server().await;
}

const LAWS: &[Law<dyn Port>] = laws![dyn Port; holds, is_broken; with a server: kills];

async fn outcomes(has_server: bool, filter: Option<&str>) -> (Vec<Outcome>, usize) {
    let column = run("adapter", Arc::new(Adapter { has_server }), LAWS, filter).await;
    (column.cells.into_iter().map(|cell| cell.outcome).collect(), column.kills)
}

#[tokio::test]
async fn every_law_is_asked_that_can_be_and_a_broken_one_ends_nothing() {
    let broken = Outcome::Broken("it came twice".to_owned());
    let expected = [Outcome::Holds, broken.clone(), Outcome::Holds];
    assert_eq!(outcomes(true, None).await, (expected.into(), 1));
    assert_eq!(outcomes(false, None).await, ([Outcome::Holds, broken, Outcome::Inapplicable].into(), 0));
}

#[tokio::test]
async fn a_filter_leaves_laws_out() {
    let expected = [Outcome::Holds, Outcome::Skipped, Outcome::Skipped];
    assert_eq!(outcomes(true, Some("hold")).await, (expected.into(), 0));
}
