//! The thread that starts slots. A slot ends with the thread that started it, and the runtime's threads may come and go.

use std::{io, sync::mpsc, thread};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

/// Starts processes, each from the same thread, which lives as long as this.
#[derive(Debug)]
pub(super) struct Spawner {
    orders: mpsc::Sender<SpawnOrder>,
}

struct SpawnOrder {
    command: Command,
    runtime: Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    pub(super) fn start() -> io::Result<Self> {
        let (orders, pending) = mpsc::channel::<SpawnOrder>();
        thread::Builder::new().name("slot-spawner".to_owned()).spawn(move || {
            for SpawnOrder { mut command, runtime, reply } in pending {
                let _entered = runtime.enter();
                // Where nobody waits any more, dropping the child ends it.
                drop(reply.send(command.spawn()));
            }
        })?;
        Ok(Self { orders })
    }

    /// Starts a process that is this runtime's to wait for.
    pub(super) async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (reply, answer) = oneshot::channel();
        let order = SpawnOrder { command, runtime: Handle::current(), reply };
        self.orders.send(order).map_err(io::Error::other)?;
        answer.await.map_err(io::Error::other)?
    }
}
