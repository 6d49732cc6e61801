//! Free ports on loopback that nobody else takes before the server listens.
//!
//! They lie below the range from which the kernel serves outgoing connections (32768 and up by default): a port of that
//! range can be taken as somebody's source port while its server is down, and a client that keeps trying a dead one
//! can even connect to itself.

use std::{
    net::{Ipv4Addr, TcpListener},
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixListener},
    },
    sync::{Mutex, PoisonError},
};

use anyhow::bail;
use uuid::Uuid;

const FIRST_PORT: u16 = 20_000;
const PORT_COUNT: u16 = 12_000;
const TRIES: usize = 200;

/// The claims of this process. They are given back when it ends, however it ends.
static CLAIMS: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());

/// A port on 127.0.0.1 on which nobody listens, and which no other call gives away while this process lives: neither
/// here nor in another process that uses this function.
///
/// # Errors
/// Where none was found in 200 tries.
pub fn free_port() -> anyhow::Result<u16> {
    for _ in 0..TRIES {
        let [high, low, ..] = *Uuid::new_v4().as_bytes();
        let port = FIRST_PORT + u16::from_be_bytes([high, low]) % PORT_COUNT;
        // A name in the abstract socket space: one holder per network namespace, and no file to clean up.
        let Ok(name) = SocketAddr::from_abstract_name(format!("photo-stack-port-{port}")) else { continue };
        let Ok(claim) = UnixListener::bind_addr(&name) else { continue };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            CLAIMS.lock().unwrap_or_else(PoisonError::into_inner).push(claim);
            return Ok(port);
        }
    }
    bail!("no free port on 127.0.0.1 between {FIRST_PORT} and {} in {TRIES} tries", FIRST_PORT + PORT_COUNT)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_port_is_given_twice() {
        let ports: Vec<u16> = (0..300).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.iter().collect::<HashSet<_>>().len(), ports.len());
    }

    #[test]
    fn the_port_can_be_listened_on() {
        TcpListener::bind((Ipv4Addr::LOCALHOST, free_port().unwrap())).unwrap();
    }
}
