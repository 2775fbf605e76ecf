//! What was released keeps working: components of each released interface are loaded and run, and nothing that was released
//! changes its shape.
//!
//! `tests/released/VERSION` has the interface as it was released, and components that were built against it then. At a
//! release a folder is added; none is ever edited.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::json;
use wit_parser::{Resolve, Type, TypeDefKind, TypeId};

use crate::support::{Place, root};

/// The folders of all releases.
fn releases() -> Vec<PathBuf> {
    let folders = fs::read_dir(root().join("tests/released")).unwrap();
    let folders: Vec<_> = folders
        .map(|folder| folder.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    assert!(!folders.is_empty());
    folders
}

fn component(release: &str, name: &str) -> Vec<u8> {
    fs::read(root().join("tests/released").join(release).join(format!("{name}.wasm"))).unwrap()
}

/// The shape of each type and function of a package, by `interface.name`.
fn shapes(wit: &std::path::Path) -> BTreeMap<String, String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit).unwrap();
    let mut shapes = BTreeMap::new();
    let package = &resolve.packages[package];
    shapes.insert("package".to_owned(), package.name.to_string());
    for (name, id) in &package.interfaces {
        let interface = &resolve.interfaces[*id];
        for (of, id) in &interface.types {
            shapes.insert(format!("{name}.{of}"), definition(&resolve, *id));
        }
        for (of, function) in &interface.functions {
            let parameters: Vec<_> = function
                .params
                .iter()
                .map(|parameter| format!("{}: {}", parameter.name, shape(&resolve, &parameter.ty)))
                .collect();
            let result = function.result.as_ref().map(|result| shape(&resolve, result));
            let shape = format!(
                "{:?} ({}) -> {result:?}",
                function.kind.resource().is_some(),
                parameters.join(", ")
            );
            shapes.insert(format!("{name}.{of}"), shape);
        }
    }
    let world = &resolve.worlds[package.worlds["plugin"]];
    for key in world.exports.keys() {
        shapes.insert(format!("export {}", resolve.name_world_key(key)), String::new());
    }
    shapes
}

/// A type by its name, or as it is written where it has none.
fn shape(resolve: &Resolve, of: &Type) -> String {
    match of {
        Type::Id(id) => match &resolve.types[*id].name {
            Some(name) => name.clone(),
            None => definition(resolve, *id),
        },
        plain => format!("{plain:?}"),
    }
}

fn definition(resolve: &Resolve, id: TypeId) -> String {
    let of = |of: &Type| shape(resolve, of);
    let maybe = |of: &Option<Type>| of.as_ref().map_or_else(|| "_".to_owned(), |of| shape(resolve, of));
    match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            let fields: Vec<_> = record
                .fields
                .iter()
                .map(|field| format!("{}: {}", field.name, of(&field.ty)))
                .collect();
            format!("record {{{}}}", fields.join(", "))
        }
        TypeDefKind::Variant(variant) => {
            let cases: Vec<_> = variant
                .cases
                .iter()
                .map(|case| format!("{}({})", case.name, maybe(&case.ty)))
                .collect();
            format!("variant {{{}}}", cases.join(", "))
        }
        TypeDefKind::Enum(cases) => {
            let cases: Vec<_> = cases.cases.iter().map(|case| case.name.clone()).collect();
            format!("enum {{{}}}", cases.join(", "))
        }
        TypeDefKind::Flags(flags) => {
            let flags: Vec<_> = flags.flags.iter().map(|flag| flag.name.clone()).collect();
            format!("flags {{{}}}", flags.join(", "))
        }
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", tuple.types.iter().map(of).collect::<Vec<_>>().join(", ")),
        TypeDefKind::Option(inner) => format!("option<{}>", of(inner)),
        TypeDefKind::List(inner) => format!("list<{}>", of(inner)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", maybe(&result.ok), maybe(&result.err)),
        TypeDefKind::Type(alias) => format!("type {}", of(alias)),
        other => format!("{other:?}"),
    }
}

#[test]
fn no_released_record_variant_or_function_has_changed() {
    let now = shapes(&root().join("wit"));
    for release in releases() {
        let released = shapes(&release.join("wit"));
        assert!(released.len() > 20, "{released:?}");
        for (name, shape) in released {
            let here = now.get(&name);
            assert_eq!(
                here,
                Some(&shape),
                "{name} of {} was released and is another one now: add a function or an interface instead",
                release.display()
            );
        }
    }
}

#[test]
fn the_comparison_sees_a_field_a_case_and_a_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let written = |wit: &str| {
        fs::write(folder.path().join("it.wit"), wit).unwrap();
        shapes(folder.path())
    };
    let of = |fields: &str, cases: &str, parameters: &str| {
        written(&format!(
            "package a:b@1.0.0;\ninterface i {{ record r {{ {fields} }} variant v {{ {cases} }} f: func({parameters}) -> r; }}\n\
             world plugin {{ export i; }}\n"
        ))
    };
    let released = of("x: u8", "one, two(string)", "a: v");
    assert_eq!(released, of("x: u8", "one, two(string)", "a: v"));
    for changed in [
        of("x: u8, y: u8", "one, two(string)", "a: v"),
        of("x: u16", "one, two(string)", "a: v"),
        of("x: u8", "one, two(string), three", "a: v"),
        of("x: u8", "one, two(u8)", "a: v"),
        of("x: u8", "one, two(string)", "a: v, b: u8"),
        of("x: u8", "one, two(string)", "b: v"),
    ] {
        assert_ne!(released, changed);
    }
}

#[tokio::test]
async fn components_of_every_release_are_loaded_and_answer() {
    let config = b"[config]\ngreeting = \"Hello\"\n";
    for release in releases() {
        let release = release.file_name().unwrap().to_str().unwrap().to_owned();
        let scene = Place::new()
            .file("counter.wasm", &component(&release, "counter"))
            .file("greeter.wasm", &component(&release, "wants_config"))
            .file("greeter.toml", config)
            .file("caller.wasm", &component(&release, "lark_calls"))
            .serve()
            .await;
        assert_eq!(scene.click(json!({"count": "clicks"})).await.toast(), "1");
        assert_eq!(scene.click(json!({"greet": "Anna"})).await.toast(), "Hello Anna");
        // Without a grant it is told so; the call itself is tested with what is built today.
        let called = scene.click(json!({"call": "/open-apis/im/v1/chats"})).await;
        assert!(
            called.toast().contains("grant") || called.is_error_toast(),
            "{called:?}"
        );
        assert_eq!(scene.server().plugin_counts(), (4, 0));
    }
}
