//! W3C Trace Context: the one id that joins the log lines of an upload, its job and its events.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A `traceparent` header of version 00 (W3C Trace Context, section 3.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceParent {
    trace: String,
    parent: String,
    sampled: bool,
}

/// A text that is not a `traceparent` of version 00.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent of version 00")]
pub struct InvalidTraceParent;

impl TraceParent {
    /// The start of a new trace.
    pub fn generate() -> Self {
        let trace = Uuid::new_v4().simple().to_string();
        Self { trace, parent: Self::span(), sampled: true }
    }

    /// The same trace with a span id of its own, for what this process calls next.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { parent: Self::span(), ..self.clone() }
    }

    /// The trace id: 32 lowercase hexadecimal digits. The field `trace_id` of every log line.
    pub fn trace_id(&self) -> &str {
        &self.trace
    }

    /// Sixteen hexadecimal digits that are not all zero: a version 4 UUID has its version digit among them.
    fn span() -> String {
        Uuid::new_v4().simple().to_string().chars().take(16).collect()
    }
}

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceParent> {
        let hex = |part: &str, digits: usize| {
            part.len() == digits && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let mut parts = text.split('-');
        let (Some("00"), Some(trace), Some(parent), Some(flags), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidTraceParent);
        };
        let zero = |part: &str| part.bytes().all(|b| b == b'0');
        if !hex(trace, 32) || !hex(parent, 16) || !hex(flags, 2) || zero(trace) || zero(parent) {
            return Err(InvalidTraceParent);
        }
        let sampled = u8::from_str_radix(flags, 16).map_err(|_| InvalidTraceParent)? & 1 == 1;
        Ok(Self { trace: trace.to_owned(), parent: parent.to_owned(), sampled })
    }
}

impl TryFrom<String> for TraceParent {
    type Error = InvalidTraceParent;

    fn try_from(text: String) -> Result<Self, InvalidTraceParent> {
        text.parse()
    }
}

impl From<TraceParent> for String {
    fn from(trace: TraceParent) -> Self {
        trace.to_string()
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.parent, u8::from(self.sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_stays_in_its_trace() {
        let start = TraceParent::generate();
        let child = start.child();
        assert_eq!(start.trace_id(), child.trace_id());
        assert_ne!(start, child);
        assert_eq!(child.to_string().parse::<TraceParent>().unwrap(), child);
    }

    #[test]
    fn malformed_headers_are_refused() {
        for refused in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert!(refused.parse::<TraceParent>().is_err(), "{refused}");
        }
    }
}
