//! The interpreter that a plugin brings along, known by its functions: their names say nothing of the plugin's own code.

use wasmtime::{FrameInfo, WasmBacktrace};

/// What is said of functions of QuickJS, as the end of their list.
const QUICKJS: &str =
    " (of QuickJS, which runs TypeScript and cannot tell the line; a test with the same event in `npm test` tells it)";

/// The same of Python's.
const PYTHON: &str =
    " (of Python's interpreter, which cannot tell the line; a test with the same event in pytest tells it)";

/// How the names of functions begin.
const BEGINNINGS: [(&str, &str); 6] = [
    ("JS_", QUICKJS),
    ("js_", QUICKJS),
    ("__JS_", QUICKJS),
    ("_PyEval_", PYTHON),
    ("PyObject_", PYTHON),
    ("_PyObject_", PYTHON),
];

/// The part of the name of a module that is Python's library.
const PYTHON_MODULE: &str = "libpython";

/// What is to be said of the functions of a backtrace; nothing of compiled code.
pub(super) fn note(backtrace: &WasmBacktrace) -> &'static str {
    let known = |frame: &FrameInfo| {
        let of_module = frame.module().name().and_then(by_module);
        of_module.or_else(|| frame.func_name().and_then(by_function))
    };
    backtrace.frames().iter().find_map(known).unwrap_or_default()
}

fn by_module(module: &str) -> Option<&'static str> {
    module.contains(PYTHON_MODULE).then_some(PYTHON)
}

fn by_function(function: &str) -> Option<&'static str> {
    let found = BEGINNINGS.iter().find(|(beginning, _)| function.starts_with(beginning));
    found.map(|(_, note)| *note)
}

#[cfg(test)]
mod tests {
    use super::{PYTHON, QUICKJS, by_function, by_module};

    #[test]
    fn an_interpreter_is_known_by_its_functions_and_compiled_code_is_none() {
        for (function, note) in [
            ("JS_CallInternal", Some(QUICKJS)),
            ("js_array_push", Some(QUICKJS)),
            ("_PyEval_EvalFrameDefault", Some(PYTHON)),
            ("alloc::raw_vec::handle_error", None),
            ("divide_the_bill", None),
        ] {
            assert_eq!(by_function(function), note, "{function}");
        }
        assert_eq!(by_module("libpython3.14.so"), Some(PYTHON));
        assert_eq!(by_module("greeter.wasm"), None);
    }
}
