//! Who wants to know of photos that were given up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::SecretRef;

/// Who is called when a photo is given up, in the form of Standard Webhooks (standardwebhooks.com).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeadLetterHook {
    /// URL that each photo is posted to, as JSON, until it answers with 2xx or three days have passed. The storage role may
    /// connect to its port, wherever that is.
    #[schemars(length(max = 2000), regex(pattern = "^https?://[^/@ ]+(/[^ ]*)?$"))]
    pub url: String,
    /// Secret with the key `secret`: that of the calls' signatures, `whsec_` and base64, or any text. Calls are not signed
    /// without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretRef>,
}
