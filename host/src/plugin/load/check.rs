//! Checks of a candidate's structure, before it is compiled.

use wasmparser::{
    BinaryReaderError, CanonicalFunction, CanonicalOption, ComponentExport, ComponentImport, FunctionBody, MemoryType,
    Parser, Payload, SectionLimited,
};

use super::core_module;
use crate::{
    plugin::{
        bindings::HANDLER,
        error::{CompilerSaid, LoadProblem},
        imports::is_offered,
        limits::WASM_BYTES_MAX,
    },
    telemetry::{cut, escaped},
};

/// A component with all that it nests. Python has 33 modules, and components are nested by tools that join two of them.
const COMPONENTS_MAX: u64 = 100;
const MODULES_MAX: u64 = 200;
/// Components inside of components; tools make two.
const DEPTH_MAX: u64 = 8;
/// Each interface that is imported and each module is one or two; Python has 200.
const INSTANCES_MAX: u64 = 2_000;
/// Of modules and of components; Python has 1 500.
const TYPES_MAX: u64 = 50_000;
/// Functions with code; Python has 13 000, a JavaScript engine 7 000.
const FUNCTIONS_MAX: u64 = 200_000;
/// Bytes of one function. The largest that is known is an interpreter's loop of 100 KB.
const FUNCTION_BYTES_MAX: u64 = 1 << 20;
/// Locals of one function, which the compiler goes through for each of its blocks; an interpreter's loop has 500.
const LOCALS_MAX: u64 = 10_000;
/// Imports, exports, aliases and whatever else is numbered, all together; Python has 20 000.
const ITEMS_MAX: u64 = 500_000;
/// Segments of data and elements; Python has 2 000.
const SEGMENTS_MAX: u64 = 50_000;

/// A name of an import or export, as it is shown.
const NAME_BYTES_MAX: usize = 128;

/// The structure of a component.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The initial size of all its memories.
    pub(super) memory_bytes: u64,
    /// The names of all imports.
    pub(super) imports: Vec<String>,
    exports: Vec<String>,
}

/// Looks at all of it once, in a time and a memory that are bounded by its size: in a watched folder, a file that is still
/// being copied is the normal case, and one that is made to be large for the compiler may come. The code itself is checked
/// where it is compiled.
pub(super) fn shape(wasm: &[u8]) -> Result<Shape, LoadProblem> {
    if wasm.is_empty() {
        return Err(LoadProblem::Empty);
    }
    if wasm.len() > WASM_BYTES_MAX {
        return Err(LoadProblem::TooLarge {
            bytes: wasm.len(),
            bytes_max: WASM_BYTES_MAX,
        });
    }
    if !wasm.starts_with(b"\0asm") {
        return Err(LoadProblem::NotWasm);
    }
    let mut walk = Walk {
        wasm_bytes: wasm.len(),
        ..Walk::default()
    };
    if Parser::is_core_wasm(wasm) {
        return Err(core_module::problem(wasm));
    }
    for payload in Parser::new(0).parse_all(wasm) {
        walk.take(payload.map_err(|error| damaged(&error))?)?;
    }
    Ok(walk.shape)
}

/// One kind of thing that is counted over the whole file.
#[derive(Debug, Default)]
struct Counter(u64);

impl Counter {
    fn add(&mut self, count: u64, what: &'static str, count_max: u64) -> Result<(), LoadProblem> {
        self.0 = self.0.saturating_add(count);
        within(what, self.0, count_max)
    }
}

fn within(what: &'static str, count: u64, count_max: u64) -> Result<(), LoadProblem> {
    if count > count_max {
        return Err(LoadProblem::TooMany { what, count, count_max });
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Walk {
    shape: Shape,
    wasm_bytes: usize,
    depth: u64,
    components: Counter,
    modules: Counter,
    instances: Counter,
    types: Counter,
    functions: Counter,
    segments: Counter,
    items: Counter,
}

impl Walk {
    fn take(&mut self, payload: Payload<'_>) -> Result<(), LoadProblem> {
        match payload {
            Payload::Version { .. } => {
                self.depth += 1;
                within("components nested in each other", self.depth, DEPTH_MAX)?;
            }
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            Payload::ModuleSection {
                unchecked_range: range, ..
            } => {
                self.check_end(range.end)?;
                self.modules.add(1, "modules", MODULES_MAX)?;
            }
            Payload::ComponentSection {
                unchecked_range: range, ..
            } => {
                self.check_end(range.end)?;
                self.components.add(1, "components", COMPONENTS_MAX)?;
            }
            Payload::MemorySection(memories) => {
                self.numbered(u64::from(memories.count()))?;
                for memory in memories {
                    self.memory(&memory.map_err(|error| damaged(&error))?);
                }
            }
            Payload::CodeSectionStart { count, .. } => {
                self.functions.add(u64::from(count), "functions", FUNCTIONS_MAX)?;
            }
            Payload::CodeSectionEntry(body) => function(&body)?,
            Payload::ComponentCanonicalSection(functions) => {
                self.numbered(u64::from(functions.count()))?;
                for function in functions {
                    if is_asynchronous(&function.map_err(|error| damaged(&error))?) {
                        let reason = "it has a function that may be suspended".to_owned();
                        return Err(LoadProblem::Asynchronous(CompilerSaid(reason)));
                    }
                }
            }
            Payload::ComponentImportSection(imports) => self.imported(imports)?,
            Payload::ComponentExportSection(exports) => self.exported(exports)?,
            other => self.count(&other)?,
        }
        Ok(())
    }

    /// Counts the sections that are only limited in number.
    fn count(&mut self, payload: &Payload<'_>) -> Result<(), LoadProblem> {
        let count = match payload {
            Payload::TypeSection(section) => return self.typed(section.count()),
            Payload::CoreTypeSection(section) => return self.typed(section.count()),
            Payload::ComponentTypeSection(section) => return self.typed(section.count()),
            Payload::InstanceSection(section) => return self.instances(section.count()),
            Payload::ComponentInstanceSection(section) => return self.instances(section.count()),
            Payload::DataSection(section) => return self.segmented(section.count()),
            Payload::ElementSection(section) => return self.segmented(section.count()),
            Payload::ImportSection(section) => section.count(),
            Payload::FunctionSection(section) => section.count(),
            Payload::TableSection(section) => section.count(),
            Payload::TagSection(section) => section.count(),
            Payload::GlobalSection(section) => section.count(),
            Payload::ExportSection(section) => section.count(),
            Payload::ComponentAliasSection(section) => section.count(),
            _ => return Ok(()),
        };
        self.numbered(u64::from(count))
    }

    fn typed(&mut self, count: u32) -> Result<(), LoadProblem> {
        self.types.add(u64::from(count), "types", TYPES_MAX)
    }

    fn instances(&mut self, count: u32) -> Result<(), LoadProblem> {
        self.instances.add(u64::from(count), "instances", INSTANCES_MAX)
    }

    fn segmented(&mut self, count: u32) -> Result<(), LoadProblem> {
        self.segments
            .add(u64::from(count), "segments of data and elements", SEGMENTS_MAX)
    }

    fn numbered(&mut self, count: u64) -> Result<(), LoadProblem> {
        self.items
            .add(count, "imports, exports, aliases and the like", ITEMS_MAX)
    }

    fn memory(&mut self, memory: &MemoryType) {
        let page_bytes = 1_u64
            .checked_shl(memory.page_size_log2.unwrap_or(16))
            .unwrap_or(u64::MAX);
        let bytes = memory.initial.saturating_mul(page_bytes);
        self.shape.memory_bytes = self.shape.memory_bytes.saturating_add(bytes);
    }

    fn imported(&mut self, imports: SectionLimited<'_, ComponentImport<'_>>) -> Result<(), LoadProblem> {
        self.numbered(u64::from(imports.count()))?;
        // Those of a nested component are met by the one around it.
        if self.depth == 1 {
            for import in imports {
                let import = import.map_err(|error| damaged(&error))?;
                self.shape.imports.push(import.name.name.to_owned());
            }
        }
        Ok(())
    }

    fn exported(&mut self, exports: SectionLimited<'_, ComponentExport<'_>>) -> Result<(), LoadProblem> {
        self.numbered(u64::from(exports.count()))?;
        if self.depth == 1 {
            for export in exports {
                let export = export.map_err(|error| damaged(&error))?;
                self.shape.exports.push(export.name.name.to_owned());
            }
        }
        Ok(())
    }

    /// The parser alone does not notice that a part has only just begun.
    fn check_end(&self, end: usize) -> Result<(), LoadProblem> {
        if end > self.wasm_bytes {
            return Err(LoadProblem::Damaged {
                offset: self.wasm_bytes,
                message: "it ends too early".to_owned(),
            });
        }
        Ok(())
    }
}

/// Whether it is one of those that came to the component model with asynchronous functions.
fn is_asynchronous(function: &CanonicalFunction) -> bool {
    match function {
        CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. } => options
            .iter()
            .any(|option| matches!(option, CanonicalOption::Async | CanonicalOption::Callback(_))),
        CanonicalFunction::ResourceNew { .. }
        | CanonicalFunction::ResourceDrop { .. }
        | CanonicalFunction::ResourceRep { .. } => false,
        _ => true,
    }
}

fn function(body: &FunctionBody<'_>) -> Result<(), LoadProblem> {
    within("bytes in one function", body.range().len() as u64, FUNCTION_BYTES_MAX)?;
    let mut locals = 0_u64;
    for local in body.get_locals_reader().map_err(|error| damaged(&error))? {
        let (count, _) = local.map_err(|error| damaged(&error))?;
        locals = locals.saturating_add(u64::from(count));
        within("locals in one function", locals, LOCALS_MAX)?;
    }
    Ok(())
}

fn damaged(error: &BinaryReaderError) -> LoadProblem {
    LoadProblem::of_parser(error.offset(), error.message())
}

impl Shape {
    /// Checks that it exports what a plugin exports, and imports nothing that plugins do not get.
    pub(super) fn check_world(&self) -> Result<(), LoadProblem> {
        if !self.exports.iter().any(|export| export == HANDLER) {
            if let Some(other) = other_version(&self.exports) {
                return Err(other);
            }
            return Err(LoadProblem::WrongWorld {
                wanted: HANDLER,
                hint: instead(&self.exports),
            });
        }
        let mut unknown: Vec<&str> = self.imports.iter().map(String::as_str).collect();
        unknown.retain(|import| !is_offered(import));
        let Some(hint) = unknown.iter().map(|import| habit(import)).min() else {
            return Ok(());
        };
        Err(LoadProblem::Imports {
            imports: unknown.into_iter().map(shown).collect(),
            hint: hint.text(),
        })
    }
}

/// A name out of a file that nobody vouches for.
fn shown(name: &str) -> String {
    escaped(cut(name, NAME_BYTES_MAX)).into_owned()
}

/// A plugin for another version of the interface, and which of both is to be updated.
fn other_version(exports: &[String]) -> Option<LoadProblem> {
    let (name, here) = HANDLER.split_once('@')?;
    let found = exports.iter().find(|export| export.split('@').next() == Some(name))?;
    let numbers =
        |version: &str| -> Vec<u64> { version.split(['.', '-']).map_while(|part| part.parse().ok()).collect() };
    let there = found
        .split_once('@')
        .map(|(_, version)| numbers(version))
        .unwrap_or_default();
    let hint = if there > numbers(here) {
        "the plugin is newer: update the server, or build it with the SDK of this server (`lark-callback plugin new --update-sdk` \
         in its project replaces the SDK)"
    } else {
        "the plugin is older: build it again with the SDK of this server (`lark-callback plugin new --update-sdk` in its project \
         replaces the SDK)"
    };
    Some(LoadProblem::OtherVersion {
        found: shown(found),
        wanted: HANDLER,
        hint,
    })
}

/// Describes a component without the plugin's handler.
fn instead(exports: &[String]) -> String {
    if exports.is_empty() {
        return "it exports nothing: a plugin in Rust needs `register!(…)`, and one in another language the world \
                `lark-callback:plugin/plugin`; or it is still being copied (copy to another name, then rename)"
            .to_owned();
    }
    let starts = |prefix: &str| exports.iter().find(|export| export.starts_with(prefix));
    if starts("wasi:cli/run").is_some() {
        return "it is a program with a main function; make it a library (`crate-type = [\"cdylib\"]`) and `register!` a plugin"
            .to_owned();
    }
    if starts("wasi:http/").is_some() {
        return "it answers HTTP by itself; a plugin exports the handler of the world `lark-callback:plugin/plugin`"
            .to_owned();
    }
    "`register!` a plugin in it, or build it against the world `lark-callback:plugin/plugin`".to_owned()
}

/// Explains the usual cause of an import; the first match explains most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Habit {
    NewerSdk,
    Wasi03,
    Http,
    Wasi,
    Other,
}

fn habit(import: &str) -> Habit {
    let starts = |prefix: &str| import.starts_with(prefix);
    if starts("lark-callback:") {
        Habit::NewerSdk
    } else if starts("wasi:") && import.contains("@0.3") {
        Habit::Wasi03
    } else if starts("wasi:http/") {
        Habit::Http
    } else if starts("wasi:") {
        Habit::Wasi
    } else {
        Habit::Other
    }
}

impl Habit {
    fn text(self) -> &'static str {
        match self {
            Self::NewerSdk => "this server is older than the SDK: update the server, or build with an older SDK",
            Self::Wasi03 => "it was built for WASI 0.3: build it for `wasm32-wasip2`",
            Self::Http => {
                "plugins cannot call out over HTTP in this version: leave out the HTTP client. `componentize-js` brings \
                 `fetch` along unless it is told not to: add `--disable http fetch-event` (in its API: \
                 `disableFeatures: ['http', 'fetch-event']`), or build with `componentize-qjs --sync`"
            }
            Self::Wasi => "the language's runtime or a library asks for it: leave out what touches the system",
            Self::Other => "only the interfaces of `lark-callback:plugin` and a part of WASI are offered",
        }
    }
}
