//! The plugins are the examples of this package; here is what several of them need.

/// Whether a text stands anywhere in this plugin's memory. It is given backwards, or it would find itself.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "whoever looks for a secret looks at all of the memory")]
pub fn is_in_memory(backwards: &str) -> bool {
    const PAGE_BYTES: usize = 65_536;
    let bytes = core::arch::wasm32::memory_size(0) * PAGE_BYTES;
    let Some(first) = backwards.bytes().next_back() else {
        return false;
    };
    // SAFETY: all of a memory can be read, and nothing writes while this runs.
    let memory = unsafe { std::slice::from_raw_parts(core::ptr::without_provenance::<u8>(1), bytes - 1) };
    memory
        .windows(backwards.len())
        .any(|text| text.first() == Some(&first) && text.iter().rev().eq(backwards.as_bytes()))
}

/// Nothing to search: outside of WebAssembly there is no memory of a plugin.
#[cfg(not(target_arch = "wasm32"))]
pub fn is_in_memory(_backwards: &str) -> bool {
    false
}
