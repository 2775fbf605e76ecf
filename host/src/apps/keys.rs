//! Keys of an application, replaceable while requests are being served.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

/// Keys that change for all readers at once; clones share them.
#[derive(Debug, Clone)]
pub struct LiveKeys(Arc<ArcSwap<lark_protocol::Keys>>);

impl LiveKeys {
    /// Starts with these keys.
    pub fn new(keys: lark_protocol::Keys) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(keys)))
    }

    /// Current keys. A request uses the same keys from start to end.
    pub fn now(&self) -> Guard<Arc<lark_protocol::Keys>> {
        self.0.load()
    }

    /// Replaces the secrets; the other parts of the keys stay.
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
