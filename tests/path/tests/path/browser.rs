//! The page in headless Chromium and the npm socket.io-client, against a running platform.
