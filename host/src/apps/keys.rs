//! The keys of an application, which can be replaced while requests are answered.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

/// Keys that change at once for all who look; clones are the same keys.
#[derive(Debug, Clone)]
pub struct LiveKeys(Arc<ArcSwap<lark_protocol::Keys>>);

impl LiveKeys {
    /// These, until others are taken.
    pub fn new(keys: lark_protocol::Keys) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(keys)))
    }

    /// Those of now. One request is opened with one of them from begin to end.
    pub fn now(&self) -> Guard<Arc<lark_protocol::Keys>> {
        self.0.load()
    }

    /// Takes other secrets; what else belongs to the keys stays.
    pub fn replace(
        &self,
        encrypt_keys: Vec<lark_protocol::EncryptKey>,
        verification_tokens: Vec<lark_protocol::VerificationToken>,
    ) {
        let keys = lark_protocol::Keys {
            encrypt_keys,
            verification_tokens,
            ..lark_protocol::Keys::clone(&self.now())
        };
        self.0.store(Arc::new(keys));
    }
}
