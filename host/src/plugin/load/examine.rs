//! A look at a component for its author: what it is made of, what it asks for, and what its operator has to add.

use std::collections::BTreeMap;

use wasmparser::{Parser, Payload};

use super::{Candidate, Engine, LoadError, LoadProblem, check};
use crate::{codes::Text, plugin::description::Description, telemetry::escaped};

/// Facts about a component.
#[derive(Debug)]
pub struct Examined {
    /// SHA-256, 64 hexadecimal digits.
    pub hash: String,
    /// Its description of itself.
    pub description: Description,
    /// Lines that its settings lack.
    pub missing: Vec<Text>,
    /// Values under `[config]` that have another type than it expects.
    pub mistaken: Vec<Text>,
    /// The names of what it imports.
    pub imports: Vec<String>,
    /// Initial size of its memories, in bytes.
    pub memory_bytes: u64,
}

/// A part of a file, for whoever wonders at its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `code`, `data`, or the name of a custom section.
    pub name: String,
    /// Its size, summed up over all modules.
    pub bytes: u64,
}

impl Engine {
    /// Does what [`Engine::load`] does, whatever the settings lack.
    ///
    /// # Errors
    /// [`LoadError`]
    pub async fn examine(&self, candidate: Candidate) -> Result<Examined, LoadError> {
        let Candidate {
            name,
            source,
            wasm,
            hash,
            settings,
        } = candidate;
        let shape = check::shape(&wasm);
        let linked = match shape {
            Ok(shape) => self
                .link(&name, (wasm, hash), settings)
                .await
                .map(|linked| (shape, linked)),
            Err(problem) => Err(problem),
        };
        let (shape, (guest, hash, description)) = linked.map_err(|problem| LoadError {
            plugin: name,
            origin: source,
            problem,
        })?;
        Ok(Examined {
            missing: description.missing(&guest.scope().settings),
            mistaken: description.mistaken(&guest.scope().settings),
            imports: shape.imports,
            memory_bytes: shape.memory_bytes,
            hash,
            description,
        })
    }
}

/// Sums up the parts of a component, the largest first.
///
/// # Errors
/// [`LoadProblem::Damaged`]
pub fn parts(wasm: &[u8]) -> Result<Vec<Part>, LoadProblem> {
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    let mut named = 0_u64;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(|error| LoadProblem::of_parser(error.offset(), error.message()))?;
        let (name, bytes) = match &payload {
            Payload::CodeSectionStart { size, .. } => ("code".to_owned(), u64::from(*size)),
            Payload::DataSection(data) => ("data".to_owned(), data.range().len() as u64),
            Payload::CustomSection(custom) => (custom_name(custom.name()), custom.data().len() as u64),
            _ => continue,
        };
        named = named.saturating_add(bytes);
        let sum = sizes.entry(name).or_default();
        *sum = sum.saturating_add(bytes);
    }
    sizes.insert(
        "types, imports and the rest".to_owned(),
        (wasm.len() as u64).saturating_sub(named),
    );
    let mut parts: Vec<Part> = sizes.into_iter().map(|(name, bytes)| Part { name, bytes }).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.bytes));
    Ok(parts)
}

fn custom_name(name: &str) -> String {
    match name {
        "name" | "component-name" => "names of functions".to_owned(),
        name if name.starts_with(".debug_") => "debug information".to_owned(),
        name => escaped(name).into_owned(),
    }
}
