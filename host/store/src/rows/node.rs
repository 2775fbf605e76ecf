//! This server's name in leases, and other names that nothing else has.

/// A server, as it stands in leases.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Another one at every start.
    pub(crate) name: String,
    /// How long a lease lasts without being extended.
    pub(crate) lease_ms: u64,
}

impl Node {
    /// Unlike any other server's, also on a machine where every process has the number 1.
    pub(crate) fn new(lease_ms: u64) -> Self {
        Self {
            name: format!("{}-{}", std::process::id(), random()),
            lease_ms,
        }
    }
}

/// A name that nothing else has.
pub(crate) fn random() -> String {
    let mut bytes = [0; 8];
    // Without random bytes there are zeros: a name that may be somebody else's, on a system where nothing works any more.
    let _ = getrandom::fill(&mut bytes);
    hex::encode(bytes)
}
