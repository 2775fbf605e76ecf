//! Generated Rust bindings of `wit/`; authors use the types of this crate instead.
#![allow(
    missing_docs,
    missing_debug_implementations,
    unsafe_code,
    unused_qualifications,
    clippy::all,
    clippy::mem_forget,
    clippy::allow_attributes_without_reason,
    reason = "written by wit-bindgen, which has its own rules; the border is documented in the WIT"
)]

wit_bindgen::generate!({
    path: "../wit",
    world: "plugin",
    pub_export_macro: true,
    default_bindings_module: "lark_plugin_sdk::bindings",
    generate_all,
});
