//! The code of a component by the packages that its functions come from, for whoever wonders at its size.

use std::collections::{BTreeMap, HashMap};

use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

use super::LoadProblem;
use crate::telemetry::escaped;

/// Functions that are named one by one.
const LARGEST_MAX: usize = 10;

/// Name for functions of which the file says nothing.
const NAMELESS: &str = "(without a name)";

/// Bytes of a name that are kept; what a hostile file says may be long.
const NAME_CHARS_MAX: usize = 120;

/// Code of a component, by where it comes from.
#[derive(Debug, Default)]
pub struct CodeSizes {
    /// Packages with the bytes of their functions, the largest first.
    pub packages: Vec<(String, u64)>,
    /// The largest functions.
    pub functions: Vec<(String, u64)>,
}

/// Functions of one module.
#[derive(Debug, Default)]
struct Module {
    imported: u32,
    bodies: Vec<u64>,
    names: HashMap<u32, String>,
}

/// Adds up the code of all modules in a component.
///
/// # Errors
/// [`LoadProblem::Damaged`]
pub fn code_sizes(wasm: &[u8]) -> Result<CodeSizes, LoadProblem> {
    let mut modules = Vec::new();
    let mut module = Module::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(|error| LoadProblem::of_parser(error.offset(), error.message()))? {
            Payload::Version { .. } => modules.push(std::mem::take(&mut module)),
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.map_err(|error| LoadProblem::of_parser(error.offset(), error.message()))?;
                    module.imported += u32::from(matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::CodeSectionEntry(body) => module.bodies.push(body.range().len() as u64),
            Payload::CustomSection(custom) => {
                if let KnownCustom::Name(names) = custom.as_known() {
                    // Names are a courtesy: faulty ones do no harm.
                    for name in names.into_iter().map_while(Result::ok) {
                        if let Name::Function(functions) = name {
                            let named = functions.into_iter().map_while(Result::ok);
                            module
                                .names
                                .extend(named.map(|naming| (naming.index, naming.name.to_owned())));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    modules.push(module);
    Ok(added_up(&modules))
}

fn added_up(modules: &[Module]) -> CodeSizes {
    let mut packages: BTreeMap<String, u64> = BTreeMap::new();
    let mut functions = Vec::new();
    for module in modules {
        for (at, &bytes) in module.bodies.iter().enumerate() {
            let index = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(module.imported);
            let name = module
                .names
                .get(&index)
                .map_or_else(|| NAMELESS.to_owned(), |name| plain(name));
            *packages.entry(package(&name)).or_default() += bytes;
            functions.push((name, bytes));
        }
    }
    let largest_first = |list: &mut Vec<(String, u64)>| {
        list.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)))
    };
    let mut packages: Vec<_> = packages.into_iter().collect();
    largest_first(&mut packages);
    largest_first(&mut functions);
    functions.truncate(LARGEST_MAX);
    CodeSizes { packages, functions }
}

/// A name as its author wrote it, without the hash.
fn plain(name: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    escaped(&name).into_owned()
}

/// The package of a function. In `<A as B>::f` it is that of `A`, unless `A` is of the language itself.
fn package(name: &str) -> String {
    if name == NAMELESS {
        return name.to_owned();
    }
    if !name.contains("::") {
        let is_of_plugin = name.contains("lark-callback:plugin");
        let is_allocator = ["malloc", "free", "realloc", "calloc", "chunk", "alloc", "memalign"]
            .iter()
            .any(|part| name.contains(part));
        return match (is_of_plugin, is_allocator) {
            (true, _) => "the plugin's own exports".to_owned(),
            (_, true) => "the allocator".to_owned(),
            _ => "the C library".to_owned(),
        };
    }
    if name.starts_with("lark-callback:plugin") || name.starts_with("cabi_post_") {
        return "the plugin's own exports".to_owned();
    }
    let first = name
        .split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'))
        .find(|path| path.contains("::") && !path.starts_with(':'));
    let first = first.and_then(|path| path.split("::").next()).unwrap_or(name);
    first.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{code_sizes, package, plain};

    #[test]
    fn a_function_belongs_to_the_package_of_its_type() {
        for (name, of) in [
            ("serde_json::de::from_str", "serde_json"),
            (
                "<&mut serde_json::de::Deserializer<R> as serde_core::de::Deserializer>::deserialize_any",
                "serde_json",
            ),
            ("<alloc::string::String as core::fmt::Write>::write_char", "alloc"),
            ("core::ptr::drop_in_place<serde_json::value::Value>", "core"),
            ("dlmalloc", "the allocator"),
            ("strlen", "the C library"),
            ("lark-callback:plugin/handler@0.1.0#handle", "the plugin's own exports"),
        ] {
            assert_eq!(package(name), of, "{name}");
        }
        assert_eq!(
            plain("_ZN10serde_json2de8from_str17h726cd498f2a00881E"),
            "serde_json::de::from_str"
        );
    }

    #[test]
    fn all_code_is_counted_once_and_what_is_no_component_is_refused() {
        let wasm = wat::parse_str(
            "(component (core module (import \"a\" \"b\" (func)) (func $one (nop) (nop)) (func $two)) (core module (func $two)))",
        )
        .unwrap();
        let sizes = code_sizes(&wasm).unwrap();
        let named: Vec<_> = sizes
            .functions
            .iter()
            .map(|(name, bytes)| (name.as_str(), *bytes))
            .collect();
        assert_eq!(named, [("one", 4), ("two", 2), ("two", 2)]);
        assert_eq!(sizes.packages, [("the C library".to_owned(), 8)]);
        assert!(code_sizes(b"no component").is_err());
    }
}
