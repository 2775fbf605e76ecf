//! Errors of loading a plugin: what happened, where, and what to do.

mod chinese;

use std::io;

use super::call::CallError;
use crate::{
    codes::Text,
    plugin::{
        candidate::Source,
        description::{Description, DescriptionError},
    },
    telemetry::on_one_line,
};

/// A candidate that was not loaded; the previous version stays in service.
#[derive(Debug, thiserror::Error)]
#[error("plugin {plugin} ({origin}) was not loaded")]
pub struct LoadError {
    /// The plugin's name.
    pub plugin: String,
    /// The source of its bytes.
    pub origin: Source,
    /// The problem.
    #[source]
    pub problem: LoadProblem,
}

/// A problem of a candidate.
#[derive(Debug, thiserror::Error)]
pub enum LoadProblem {
    /// Larger than any plugin.
    #[error("it has {bytes} bytes; the limit is {bytes_max}: build it in release mode, and strip it")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// An empty file.
    #[error("it is empty; perhaps it is still being copied: copy to another name, then rename")]
    Empty,
    /// Not WebAssembly at all.
    #[error("it is not WebAssembly: it does not begin with the bytes of a .wasm file")]
    NotWasm,
    /// Broken or cut off.
    #[error(
        "it is damaged at byte {offset}: {message}; perhaps it is still being copied: copy to another name, then rename"
    )]
    Damaged {
        /// Where the reading stopped.
        offset: usize,
        /// The parser's message.
        message: String,
    },
    /// More of something than the parser takes.
    #[error("it exceeds a limit of the component format at byte {offset}: {message}")]
    BeyondParser {
        /// Where the reading stopped.
        offset: usize,
        /// The parser's message.
        message: String,
    },
    /// A core module.
    #[error("it is a core module and not a component: {hint}")]
    CoreModule {
        /// The target that it was probably built for, and what to do.
        hint: &'static str,
    },
    /// A component of another kind.
    #[error("it is a component, but not a plugin: it does not export {wanted}; {hint}")]
    WrongWorld {
        /// The missing export.
        wanted: &'static str,
        /// The kind of component it is, and the advice.
        hint: String,
    },
    /// A plugin for another version of the interface.
    #[error(
        "it is a plugin for another version of the interface: it exports {found}, and this server calls {wanted}; {hint}"
    )]
    OtherVersion {
        /// The handler that it exports.
        found: String,
        /// The handler of this server.
        wanted: &'static str,
        /// Which of both is to be updated.
        hint: &'static str,
    },
    /// It imports interfaces that plugins do not have.
    #[error("it imports {}, which plugins do not have; {hint}", listed(imports))]
    Imports {
        /// The interfaces.
        imports: Vec<String>,
        /// The habit that usually causes it, and what to do.
        hint: &'static str,
    },
    /// The interfaces have the right names and other types.
    #[error(
        "it is a plugin for another version of the interface, whose types differ; build it again with the SDK of this server \
         (`lark-callback plugin new --update-sdk` in its project replaces it), or update the server if the plugin is the newer one"
    )]
    Interface(#[source] wasmtime::Error),
    /// It has functions of the component model's asynchronous kind.
    #[error(
        "it was built with asynchronous functions, which plugins do not support; with `componentize-qjs` add \
              `--sync`"
    )]
    Asynchronous(#[source] CompilerSaid),
    /// Valid, and still refused by the compiler.
    #[error("it could not be compiled; it may use a WebAssembly feature that this server does not support")]
    Compile(#[source] CompilerSaid),
    /// It has more of something than any plugin needs; the compiler was not asked.
    #[error("it is too large: {count} {what}; the limit is {count_max}")]
    TooMany {
        /// The counted items.
        what: &'static str,
        /// As many as were counted before it was given up.
        count: u64,
        /// The limit.
        count_max: u64,
    },
    /// The compiler took too long.
    #[error(
        "compiling it took more than {value} {what}; a usual plugin takes seconds. If you trust it, raise \
          CALLBACK_COMPILE_SECONDS_MAX (now {setting})"
    )]
    CompileTime {
        /// The counted items.
        what: &'static str,
        /// The limit.
        value: u64,
        /// The value of the setting that it is made of.
        setting: u64,
    },
    /// The compiler took too much memory.
    #[error(
        "compiling it took more than {value} bytes of memory; a usual plugin takes a tenth of that. If you trust it, \
          raise CALLBACK_COMPILE_BYTES_MAX (now {value})"
    )]
    CompileMemory {
        /// The limit.
        value: u64,
    },
    /// There would be no end of it.
    #[error("its machine code is larger than {bytes_max} bytes; remove what it does not need")]
    TooMuchCode {
        /// The limit.
        bytes_max: u64,
    },
    /// Somebody else ended the compiler.
    #[error("the compiler was killed, most likely because this machine or container is out of memory; retrying")]
    CompilerKilled,
    /// The compiler broke.
    #[error("the compiler crashed on it ({status}); please report this with the file: {said}")]
    CompilerCrashed {
        /// How the process ended.
        status: String,
        /// Its output, truncated.
        said: String,
    },
    /// The process that compiles could not be started or talked to.
    #[error("the compiler process could not be started; retrying (is there a limit on processes or memory?)")]
    NoCompiler(#[source] io::Error),
    /// The compiled code does not fit this server.
    #[error(
        "the compiled code does not fit this server; was the server's binary replaced while it runs? Restart the \
        server"
    )]
    Mismatch(#[source] wasmtime::Error),
    /// Memories, tables or instances larger than those of any plugin.
    #[error("its initial memory or tables are larger than a plugin may have; build it with smaller ones")]
    TooDemanding(#[source] wasmtime::Error),
    /// The loader broke.
    #[error("the server failed while loading it; please report this with the file")]
    Crashed,
    /// The first instance did not answer.
    #[error("its `describe` failed; while describing itself a plugin has no settings, no key-value data and no clock")]
    Describe(#[source] CallError),
    /// Its description is invalid.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// A schedule of the operator's that does not fit the plugin.
    #[error("{reason}; correct {file} beside it")]
    Schedule {
        /// The file to edit.
        file: String,
        /// The key, and what is wrong with it.
        reason: String,
    },
    /// Values under `[config]` of another type than it expects.
    #[error("its settings do not fit; correct {file} beside it: {}", joined(mistaken))]
    ConfigTypes {
        /// The file to edit.
        file: String,
        /// The keys, each with what it must be.
        mistaken: Vec<Text>,
    },
    /// Its required grants or configuration are missing.
    #[error(
        "it needs what its settings do not have; add to {file} beside it: {}",
        joined(missing)
    )]
    Wants {
        /// The file to edit.
        file: String,
        /// The lines to add, each with its section.
        missing: Vec<Text>,
        /// Its description.
        description: Box<Description>,
    },
}

/// The compiler's message about a component that it rejects.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CompilerSaid(pub(in crate::plugin) String);

impl LoadProblem {
    /// Converts an error of the parser, which reports its own limits and damaged input alike.
    pub(in crate::plugin) fn of_parser(offset: usize, message: &str) -> Self {
        let message = on_one_line(message);
        if ["exceeds", "too deep"].iter().any(|words| message.contains(words)) {
            Self::BeyondParser { offset, message }
        } else {
            Self::Damaged { offset, message }
        }
    }

    /// Why machine code that our own compiler made cannot be used.
    pub(in crate::plugin) fn of_code(error: wasmtime::Error) -> Self {
        // There is no other way to tell them apart.
        if format!("{error:#}").contains("pooling allocator") {
            Self::TooDemanding(error)
        } else {
            Self::Mismatch(error)
        }
    }

    /// Whether the same file may be loaded at another time without any change to it.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::CompilerKilled | Self::NoCompiler(_) | Self::Crashed)
    }
}

fn joined(texts: &[Text]) -> String {
    texts.iter().map(Text::en).collect::<Vec<_>>().join("; ")
}

/// The first few; who imports one that there is not often imports twenty.
fn listed(imports: &[String]) -> String {
    const SHOWN_MAX: usize = 4;
    let mut text = imports
        .iter()
        .take(SHOWN_MAX)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if let Some(more) = imports.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
