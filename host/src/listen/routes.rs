//! Routes of a listener, replaceable while connections are open.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;

/// Routes that change for all connections at once; clones share them.
#[derive(Debug, Clone)]
pub struct Routes(Arc<ArcSwap<Router>>);

impl Routes {
    /// Replaces the routes. A request that has begun is answered by the old ones.
    pub fn replace(&self, router: Router) {
        self.0.store(Arc::new(router));
    }

    /// Routes for one request.
    pub(super) fn now(&self) -> Router {
        Router::clone(&self.0.load())
    }
}

impl From<Router> for Routes {
    fn from(router: Router) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(router)))
    }
}
