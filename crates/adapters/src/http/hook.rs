//! Calls to whoever wants to be told something, in the form of Standard Webhooks (standardwebhooks.com): an id that stays
//! the same at each try, the time of the try, and a signature over both and the body.

use std::{path::PathBuf, time::Duration};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use photo_core::port::{ErrorKind, PortError, Reason};
use photo_runtime::secret::{Secret, SecretError};
use reqwest::Url;
use secrecy::ExposeSecret;

use super::call::CONNECT_TIMEOUT;

/// How long the receiver has for its answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Before the base64 of a key.
const KEY_PREFIX: &str = "whsec_";

/// Who is called when a photo is given up.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct HookConfig {
    /// URL that is posted each photo that was given up, as JSON. Nobody is called where it is not set.
    #[arg(
        id = "dead_letter_hook_url",
        long = "dead-letter-hook-url",
        env = "DEAD_LETTER_HOOK_URL",
        hide_env_values = true
    )]
    url: Option<Url>,
    /// Key of the calls' signatures (HMAC-SHA256, Standard Webhooks): `whsec_` and base64, or any text. Calls are not signed
    /// without it.
    #[arg(
        id = "dead_letter_hook_secret",
        long = "dead-letter-hook-secret",
        env = "DEAD_LETTER_HOOK_SECRET",
        hide_env_values = true
    )]
    secret: Option<String>,
    /// File that holds the key; read again at each call.
    #[arg(
        id = "dead_letter_hook_secret_file",
        long = "dead-letter-hook-secret-file",
        env = "DEAD_LETTER_HOOK_SECRET_FILE"
    )]
    secret_file: Option<PathBuf>,
}

/// A [`HookConfig`] that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidHookConfig {
    /// Something else than a web server is to be called.
    #[error("DEAD_LETTER_HOOK_URL is not the URL of a web server: it begins with http:// or https://")]
    Scheme,
    /// A key for nothing.
    #[error("DEAD_LETTER_HOOK_SECRET is set, but not whom to call: set DEAD_LETTER_HOOK_URL too, or neither")]
    SecretAlone,
    /// The key can't be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The key is none.
    #[error("DEAD_LETTER_HOOK_SECRET begins with `whsec_`, but what follows is not base64")]
    Key,
    /// The HTTP client can't be made.
    #[error("making the HTTP client of the hook")]
    Client(#[from] reqwest::Error),
}

/// Who is called.
pub struct Hook {
    client: reqwest::Client,
    url: Url,
    secret: Option<Secret>,
}

impl Hook {
    /// Whom `config` names, if anybody.
    pub fn from_config(config: HookConfig) -> Result<Option<Self>, InvalidHookConfig> {
        let HookConfig { url, secret, secret_file } = config;
        let is_signed = secret.is_some() || secret_file.is_some();
        let Some(url) = url else {
            return if is_signed { Err(InvalidHookConfig::SecretAlone) } else { Ok(None) };
        };
        let secret = is_signed.then(|| Secret::resolve(secret, secret_file, "DEAD_LETTER_HOOK_SECRET")).transpose()?;
        Ok(Some(Self::new(url, secret)?))
    }

    /// A hook at `url`, whose calls are signed where there is a key.
    pub fn new(url: Url, secret: Option<Secret>) -> Result<Self, InvalidHookConfig> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidHookConfig::Scheme);
        }
        if let Some(secret) = &secret {
            key_of(secret.read()?.expose_secret()).ok_or(InvalidHookConfig::Key)?;
        }
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .no_proxy()
            // A redirect would take what is told to somebody whom nobody named.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client, url, secret })
    }

    /// Posts a JSON body once. `id` is the same at each try of the same thing.
    ///
    /// # Errors
    /// `Unavailable` where nobody answers with a 2xx in time: it may have been taken all the same. The text does not name
    /// the URL, which may hold a secret.
    pub async fn post(&self, id: &str, now: Timestamp, body: String) -> Result<(), PortError> {
        let failed = |error: reqwest::Error| {
            PortError::caused(ErrorKind::Unavailable, "call the hook", error.without_url()).because(Reason::Unreachable)
        };
        let mut request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.as_second());
        if let Some(signature) = self.signature(id, now, &body)? {
            request = request.header("webhook-signature", signature);
        }
        let status = request.body(body).send().await.map_err(failed)?.status();
        if status.is_success() {
            return Ok(());
        }
        Err(PortError::new(ErrorKind::Unavailable, format!("the hook answered {status}")))
    }

    fn signature(&self, id: &str, now: Timestamp, body: &str) -> Result<Option<String>, PortError> {
        let Some(secret) = &self.secret else { return Ok(None) };
        let unusable = |text: String| PortError::new(ErrorKind::Denied, text).because(Reason::Misconfigured);
        let secret = secret.read().map_err(|error| unusable(error.to_string()))?;
        let key = key_of(secret.expose_secret()).ok_or_else(|| unusable(InvalidHookConfig::Key.to_string()))?;
        let signed = format!("{id}.{}.{body}", now.as_second());
        let signature = crypto::sign(signed.as_bytes(), &key, Algorithm::HS256);
        let signature = signature.map_err(|error| unusable(error.to_string()))?;
        Ok(Some(format!("v1,{}", with_padding(&signature))))
    }
}

fn key_of(secret: &str) -> Option<EncodingKey> {
    match secret.strip_prefix(KEY_PREFIX) {
        Some(base64) => EncodingKey::from_base64_secret(base64).ok(),
        None => Some(EncodingKey::from_secret(secret.as_bytes())),
    }
}

/// The base64 of tokens (RFC 4648, section 5, without padding) as that of section 4.
fn with_padding(base64: &str) -> String {
    let mut text = base64.replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(secret: &str) -> Result<Hook, InvalidHookConfig> {
        let secret = Secret::from_value("DEAD_LETTER_HOOK_SECRET", secret);
        Hook::new("https://example.com/hook".parse().unwrap(), Some(secret))
    }

    #[test]
    fn a_signature_is_that_of_the_standard() {
        // The example of the Standard Webhooks libraries.
        let hook = hook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let now = Timestamp::from_second(1_614_265_330).unwrap();
        let signature = hook.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", now, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signature.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_cannot_be_used_is_refused_at_the_start() {
        assert!(matches!(hook("whsec_no base64!"), Err(InvalidHookConfig::Key)));
        let file = Hook::new("file:///etc/passwd".parse().unwrap(), None);
        assert!(matches!(file, Err(InvalidHookConfig::Scheme)));
        let alone = HookConfig { secret: Some("key".to_owned()), ..HookConfig::default() };
        assert!(matches!(Hook::from_config(alone), Err(InvalidHookConfig::SecretAlone)));
        assert!(Hook::from_config(HookConfig::default()).unwrap().is_none());
    }
}
