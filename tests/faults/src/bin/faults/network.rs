//! What happens between two processes: rules of the kernel's filter in the network of this run.

use std::process::Command;

use crate::isolation::{run, run_with};

/// How a server is out of reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Nothing comes through, and nobody is told.
    BlackHole,
    /// Each connection is reset.
    Reset,
    /// A third of all packets is lost, so that everything takes its time.
    Lossy,
}

impl Manner {
    pub(crate) const ALL: [Self; 3] = [Self::BlackHole, Self::Reset, Self::Lossy];

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BlackHole => "in a black hole",
            Self::Reset => "resets connections",
            Self::Lossy => "loses packets",
        }
    }

    /// The rules for what goes to and comes from a port.
    fn rules(self, port: u16) -> String {
        match self {
            Self::BlackHole => format!("tcp dport {port} drop\ntcp sport {port} drop\n"),
            Self::Reset => format!("tcp dport {port} reject with tcp reset\ntcp sport {port} reject with tcp reset\n"),
            Self::Lossy => {
                format!(
                    "tcp dport {port} numgen random mod 3 == 0 drop\ntcp sport {port} numgen random mod 3 == 0 drop\n"
                )
            }
        }
    }
}

/// Cuts a port off. Connections that are open are cut too.
pub(crate) fn cut(port: u16, manner: Manner) -> anyhow::Result<()> {
    let rules = manner.rules(port);
    let table = format!(
        "table inet faults {{\n chain input {{\n type filter hook input priority 0; policy accept;\n{rules} }}\n}}\n"
    );
    run_with(Command::new("nft").args(["-f", "-"]), &table)
}

/// Mends everything that was cut.
pub(crate) fn mend() -> anyhow::Result<()> {
    run(Command::new("nft").args(["delete", "table", "inet", "faults"])).map(drop)
}
