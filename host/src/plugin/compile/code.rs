//! Machine code that our own compiler made, in memory or in a file: the one place where it is taken to be what it says.

use std::path::Path;

use wasmtime::component::Component;

/// Code that came out of our compiler.
pub(in crate::plugin) struct Code(Vec<u8>);

impl Code {
    /// Only for what the child process of this very program has written to its pipe.
    pub(super) fn from_our_compiler(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Only for the content of an entry of the cache whose seal was found right over these very bytes.
    pub(super) fn was_sealed(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// A copy in memory.
    #[expect(
        unsafe_code,
        reason = "wasmtime cannot check machine code; where it comes from is what vouches for it"
    )]
    pub(super) fn component(&self, engine: &wasmtime::Engine) -> wasmtime::Result<Component> {
        // SAFETY: the bytes must be what `Engine::precompile_component` wrote. A `Code` is only made of what our own child
        // process wrote to a pipe that nobody else holds, or of what has the seal of a cache, which stores nothing else.
        unsafe { Component::deserialize(engine, &self.0) }
    }
}

/// A file of the cache whose seal was found right.
pub(super) struct SealedFile<'a>(&'a Path);

impl<'a> SealedFile<'a> {
    /// Only for a file of ours (owner and permissions were checked, of it and of its folder) whose whole content was
    /// found to have the seal that only holders of the folder's key can make.
    pub(super) fn was_checked(path: &'a Path) -> Self {
        Self(path)
    }

    /// Mapped from the file: what is not used is not in memory, and what is may be dropped and read again.
    #[expect(
        unsafe_code,
        reason = "wasmtime cannot check machine code; the seal is what vouches for it"
    )]
    pub(super) fn into_component(self, engine: &wasmtime::Engine) -> wasmtime::Result<Component> {
        // SAFETY: the content must be what `Engine::precompile_component` wrote, and must not change while it is mapped.
        // The seal shows the first: a cache stores only a `Code`. The second: an entry is written under another name and
        // renamed, and never written again; removing it leaves the mapping as it is. Only the user that runs the server can
        // open it for writing, in a folder that only that user can enter, and that user controls this process anyway.
        unsafe { Component::deserialize_file(engine, self.0) }
    }
}
