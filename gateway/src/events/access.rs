//! Who may hear what. Deny by default: every answer that is not a clear yes of the metadata store is a no.

use std::sync::Arc;

use axum::http::HeaderMap;
use photo_core::{
    id::{PhotoId, UserId},
    port::{ErrorKind, MetadataStore},
};

use super::messages::{Refused, Snapshot};
use crate::user_token::{Refusal, User, UserTokens};

/// Decides about connections and subscriptions.
#[derive(Clone)]
pub(crate) struct Access {
    tokens: UserTokens,
    store: Arc<dyn MetadataStore>,
}

impl Access {
    pub(crate) fn new(tokens: UserTokens, store: Arc<dyn MetadataStore>) -> Self {
        Self { tokens, store }
    }

    /// The user of a connection: of the token in its auth payload, or else of its `Authorization` header.
    pub(crate) fn connect(&self, token: Option<&str>, headers: &HeaderMap) -> Result<User, Refusal> {
        match token {
            Some(token) => self.tokens.verify(token.trim_start_matches("Bearer ")),
            None => self.tokens.verify_header(headers),
        }
    }

    /// The photo as it is, if it is the user's. A photo that is missing and one that is another's are not told apart.
    pub(crate) async fn photo(&self, user: &UserId, id: PhotoId) -> Result<Snapshot, Refused> {
        match self.store.photo(user, id).await {
            Ok(photo) => Ok(photo.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Refused::NotFound),
            Err(error) => {
                tracing::warn!(error = error.chain(), "ownership can't be checked");
                Err(Refused::Unavailable)
            }
        }
    }
}
