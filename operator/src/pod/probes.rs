//! How containers are watched.

use k8s_openapi::{
    api::core::v1::{HTTPGetAction, Probe, TCPSocketAction},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::Port;

/// What the kubelet asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Whether a request to that path is answered well.
    Path(&'static str),
    /// Whether the port takes connections.
    Connection,
}

/// The probes of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probes {
    port: &'static str,
    alive: Question,
    ready: Question,
    /// Seconds that a start may take.
    start_seconds: i32,
}

impl Probes {
    /// Those of the platform's own processes, which have a port for them.
    pub fn own(start_seconds: i32) -> Self {
        let (alive, ready) = (Question::Path("/livez"), Question::Path("/readyz"));
        Self { port: Port::PROBE.name, alive, ready, start_seconds }
    }

    /// Those of another server over HTTP, on the port that it is there for.
    pub fn paths(port: Port, alive: &'static str, ready: &'static str, start_seconds: i32) -> Self {
        Self { port: port.name, alive: Question::Path(alive), ready: Question::Path(ready), start_seconds }
    }

    /// Those of a server that would want a password for more.
    pub fn connection(port: Port, start_seconds: i32) -> Self {
        Self { port: port.name, alive: Question::Connection, ready: Question::Connection, start_seconds }
    }

    /// Until it answers once, it is starting.
    pub fn startup(self) -> Probe {
        const PERIOD_SECONDS: i32 = 2;
        Probe {
            period_seconds: Some(PERIOD_SECONDS),
            failure_threshold: Some(self.start_seconds / PERIOD_SECONDS),
            ..self.ask(self.alive)
        }
    }

    /// Dead for half a minute: started again.
    pub fn liveness(self) -> Probe {
        Probe { period_seconds: Some(10), failure_threshold: Some(3), ..self.ask(self.alive) }
    }

    /// Not ready for ten seconds: no requests.
    pub fn readiness(self) -> Probe {
        Probe { period_seconds: Some(5), failure_threshold: Some(2), ..self.ask(self.ready) }
    }

    fn ask(self, question: Question) -> Probe {
        let port = IntOrString::String(self.port.to_owned());
        let mut probe = Probe { timeout_seconds: Some(3), ..Probe::default() };
        match question {
            Question::Path(path) => {
                probe.http_get = Some(HTTPGetAction { path: Some(path.to_owned()), port, ..HTTPGetAction::default() });
            }
            Question::Connection => probe.tcp_socket = Some(TCPSocketAction { host: None, port }),
        }
        probe
    }
}
