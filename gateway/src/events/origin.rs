//! Which pages may connect. A WebSocket is not bound by CORS, so the `Origin` is checked before the upgrade.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::{Code, Problem};

/// The origins that are let in; none means the host that the request is for.
#[derive(Debug, Clone)]
pub(crate) struct AllowedOrigins(Arc<[String]>);

impl AllowedOrigins {
    pub(crate) fn new(origins: Vec<String>) -> anyhow::Result<Self> {
        for origin in &origins {
            let uri: Option<Uri> = origin.parse().ok();
            let whole = uri.is_some_and(|uri| uri.scheme().is_some() && uri.host().is_some() && uri.path() == "/");
            anyhow::ensure!(
                whole && !origin.ends_with('/'),
                "CORS_ORIGINS: `{origin}` is not of the form https://host"
            );
        }
        Ok(Self(origins.into()))
    }

    /// Whether a request may come in. Programs that are not browsers send no origin; they bring a token all the same.
    fn allow(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let Ok(origin) = origin.to_str() else { return false };
        if self.0.is_empty() {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            return authority.is_some() && authority == host;
        }
        self.0.iter().any(|allowed| allowed == origin)
    }
}

/// Middleware: refuses pages of other origins.
pub(crate) async fn guard(State(allowed): State<AllowedOrigins>, request: Request, next: Next) -> Response {
    if allowed.allow(request.headers()) {
        return next.run(request).await;
    }
    Problem::new(Code::Unauthorized, "Pages of this origin may not connect.").into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("photos.example.org"))]);
        headers.extend(origin.map(|origin| (header::ORIGIN, HeaderValue::from_static(origin))));
        headers
    }

    #[test]
    fn without_a_list_only_the_own_host_is_let_in() {
        let own = AllowedOrigins::new(vec![]).unwrap();
        assert!(own.allow(&headers(Some("https://photos.example.org"))));
        assert!(own.allow(&headers(None)));
        for foreign in ["https://evil.example", "https://photos.example.org.evil.example", "null"] {
            assert!(!own.allow(&headers(Some(foreign))), "{foreign}");
        }
    }

    #[test]
    fn a_list_is_exact() {
        let listed = AllowedOrigins::new(vec!["https://app.example.org".to_owned()]).unwrap();
        assert!(listed.allow(&headers(Some("https://app.example.org"))));
        assert!(!listed.allow(&headers(Some("http://app.example.org"))));
        assert!(!listed.allow(&headers(Some("https://photos.example.org"))));
        for refused in ["*", "app.example.org", "https://app.example.org/"] {
            assert!(AllowedOrigins::new(vec![refused.to_owned()]).is_err(), "{refused}");
        }
    }
}
