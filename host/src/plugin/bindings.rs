//! The border to the plugins, generated from `wit/`: the macro, and the name that it does not give.

#![allow(
    missing_docs,
    clippy::all,
    unreachable_pub,
    reason = "generated code; the WIT files hold the documentation"
)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    // Arguments are borrowed from the event: the payload is copied once, into the plugin's memory.
    ownership: Borrowing { duplicate_if_necessary: false },
    imports: {
        "lark-callback:plugin/kv": async | trappable,
        "lark-callback:plugin/openapi": async | trappable,
        "lark-callback:plugin/oauth": async | trappable,
        "lark-callback:plugin/http": async | trappable,
        "lark-callback:plugin/media": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "lark-callback:plugin/http.response": crate::plugin::web::Opened,
        "lark-callback:plugin/media.upload": crate::plugin::transfers::Uploading,
        "lark-callback:plugin/media.download": crate::plugin::transfers::Downloading,
    },
    require_store_data_send: true,
});

/// The interface that a plugin exports.
pub const HANDLER: &str = "lark-callback:plugin/handler@0.1.0";
