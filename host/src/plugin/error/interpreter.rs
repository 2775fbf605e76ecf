//! The interpreter that a plugin brings along, known by its functions: their names say nothing of the plugin's own code.

use wasmtime::{FrameInfo, WasmBacktrace};

/// What is said of functions of Python's interpreter, as the end of their list.
const PYTHON: &str =
    " (of Python's interpreter, which cannot tell the line; a test with the same event in pytest tells it)";

/// What is said where the innermost function has no name: `QuickJS` comes without names.
const NAMELESS: &str = "a function without a name (if it is TypeScript: QuickJS, which runs it, cannot tell the line; a test with the \
     same event in `npm test` tells it)";

/// How the names of Python's functions begin.
const BEGINNINGS: [&str; 3] = ["_PyEval_", "PyObject_", "_PyObject_"];

/// The part of the name of a module that is Python's library.
const PYTHON_MODULE: &str = "libpython";

/// Adds to the functions of a backtrace, of which these have names, what is to be said of them; nothing of compiled code.
pub(super) fn explained(names: String, backtrace: &WasmBacktrace) -> String {
    let frames = backtrace.frames();
    let is_python = |frame: &FrameInfo| {
        frame
            .module()
            .name()
            .is_some_and(|module| module.contains(PYTHON_MODULE))
            || frame.func_name().is_some_and(is_of_python)
    };
    if frames.iter().any(is_python) {
        return format!("{names}{PYTHON}");
    }
    match frames.first() {
        // What calls the interpreter has a name, and is the same in every plugin.
        Some(innermost) if innermost.func_name().is_none() => NAMELESS.to_owned(),
        _ => names,
    }
}

fn is_of_python(function: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| function.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::is_of_python;

    #[test]
    fn an_interpreter_is_known_by_its_functions_and_compiled_code_is_none() {
        for function in ["_PyEval_EvalFrameDefault", "PyObject_Repr", "_PyObject_Call"] {
            assert!(is_of_python(function), "{function}");
        }
        for function in ["alloc::raw_vec::handle_error", "divide_the_bill", "JS_CallInternal"] {
            assert!(!is_of_python(function), "{function}");
        }
    }
}
