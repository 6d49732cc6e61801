//! One trace from the upload to its events, and logs that keep secrets.
