//! `GET /api/v1/openapi.json`: the document of the API, made from the tables of routes and from the types of their bodies
//! and answers.

use axum::{http::StatusCode, response::Response};
use lark_callback_store::Filter;
use schemars::{
    JsonSchema, SchemaGenerator,
    generate::{Contract, SchemaSettings},
};
use serde_json::{Map, Value, json};

use super::{KeysAsked, LinesAsked, json as answer, shapes};
use crate::operate::{
    AuditFilter, AuthorizationFilter, ROUTES, Role, Route, SchemaOf, SpanFilter, Takes, Verb,
    answers::{Explained, Refused},
    of_server::{OfServer, SERVER_ROUTES, ServerRoute},
};

/// Path of all routes.
const BASE: &str = "/api/v1";

/// Place of the schemas in the document.
const SCHEMAS: &str = "/components/schemas";

/// Answers with the document.
pub(super) async fn show() -> Response {
    answer(StatusCode::OK, &document())
}

/// Generators of schemas: what is read and what is written may differ in what is required.
struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let of = |contract: Contract| {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = SCHEMAS.into();
                settings.contract = contract;
                settings.meta_schema = None;
            });
            settings.into_generator()
        };
        Self {
            read: of(Contract::Deserialize),
            written: of(Contract::Serialize),
        }
    }

    /// Everything that was named, by its name.
    fn all(self) -> Map<String, Value> {
        let Self { mut read, mut written } = self;
        let mut all = Map::new();
        for mut definitions in [read.take_definitions(true), written.take_definitions(true)] {
            definitions.values_mut().for_each(explain);
            all.append(&mut definitions);
        }
        all
    }
}

/// Adds `explained` to whatever has an outcome and an error, as the answers do.
fn explain(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(explain);
            if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut)
                && ["outcome", "error"].iter().all(|name| properties.contains_key(*name))
            {
                let explained = json!({
                    "type": "array",
                    "description": "Cause and cure of the error.",
                    "items": {"$ref": "#/components/schemas/Explained"},
                });
                properties.insert("explained".to_owned(), explained);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(explain),
        _ => {}
    }
}

/// The document of the API.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let refused = schemas.written.subschema_for::<Refused>();
    schemas.written.subschema_for::<Explained>();
    let mut paths = Map::new();
    for route in &ROUTES {
        let operation = of_command(route, &mut schemas);
        add(&mut paths, route.path, route.verb, operation);
    }
    for route in &SERVER_ROUTES {
        let operation = of_server(route, &mut schemas);
        add(&mut paths, route.path, route.verb, operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "lark-callback",
            "summary": "The operator's commands over HTTP",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {
                "type": "http",
                "scheme": "bearer",
                "description": "CALLBACK_ADMIN_TOKEN, or CALLBACK_ADMIN_VIEWER_TOKEN for what needs the role viewer; \
                                none when the settings have none.",
            }},
            "responses": {"Refused": {
                "description": "The request was refused: `code` is for programs, `msg` for people.",
                "content": {"application/json": {"schema": refused}},
            }},
            "schemas": schemas.all(),
        },
    })
}

fn add(paths: &mut Map<String, Value>, path: &str, verb: Verb, operation: Value) {
    let item = paths.entry(format!("{BASE}/{path}")).or_insert_with(|| json!({}));
    if let Some(item) = item.as_object_mut() {
        let method = match verb {
            Verb::Get => "get",
            Verb::Post => "post",
        };
        item.insert(method.to_owned(), operation);
    }
}

fn of_command(route: &Route, schemas: &mut Schemas) -> Value {
    let parameters = match route.takes {
        Takes::Nothing(_) | Takes::Body(_) => Vec::new(),
        Takes::Key(_) => vec![in_path("key", &json!({"type": "string", "minLength": 1}))],
        Takes::Number(_) => vec![in_path("key", &json!({"type": "integer", "format": "int64"}))],
        Takes::Filter(_) => in_query::<Filter>(),
        Takes::Span(_) => in_query::<SpanFilter>(),
        Takes::Audit(_) => in_query::<AuditFilter>(),
        Takes::Authorizations(_) => in_query::<AuthorizationFilter>(),
    };
    let about = About {
        tells: route.tells,
        path: route.path,
        verb: route.verb,
        needs: route.needs,
    };
    operation(&about, &parameters, (route.body, route.answer), schemas)
}

fn of_server(route: &ServerRoute, schemas: &mut Schemas) -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let parameters = match route.what {
        OfServer::Task => vec![
            in_path("plugin", &text),
            in_path("name", &text),
            json!({
                "name": "app",
                "in": "query",
                "description": "The application: its name or id; without it the first one.",
                "schema": {"type": "string"},
            }),
        ],
        OfServer::PluginKeys => in_query::<KeysAsked>(),
        OfServer::PluginLog => in_query::<LinesAsked>(),
        OfServer::Job | OfServer::StartJob | OfServer::CancelJob => vec![in_path("key", &text)],
        _ => Vec::new(),
    };
    let about = About {
        tells: route.tells,
        path: route.path,
        verb: route.verb,
        needs: route.needs,
    };
    operation(&about, &parameters, shapes::of_request(route.what), schemas)
}

/// Description of a route.
struct About {
    tells: &'static str,
    path: &'static str,
    verb: Verb,
    needs: Role,
}

fn operation(
    about: &About,
    parameters: &[Value],
    (body, answer): (Option<SchemaOf>, SchemaOf),
    schemas: &mut Schemas,
) -> Value {
    let words = about.path.split(['/', '-']).map(|word| word.trim_matches(['{', '}']));
    let words: Vec<_> = words.collect();
    let verb = match about.verb {
        Verb::Get => "get",
        Verb::Post => "post",
    };
    let mut operation = json!({
        "operationId": format!("{verb}_{}", words.join("_").replace('.', "_")),
        "summary": about.tells,
        "description": format!("Needs the role {}.", about.needs.word()),
        "x-role": about.needs.word(),
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "Done.",
                "content": {"application/json": {"schema": answer(&mut schemas.written)}},
            },
            "default": {"$ref": "#/components/responses/Refused"},
        },
    });
    if let (Some(body), Some(fields)) = (body, operation.as_object_mut()) {
        // An empty body counts as an empty object.
        let body = json!({"content": {"application/json": {"schema": body(&mut schemas.read)}}});
        fields.insert("requestBody".to_owned(), body);
    }
    operation
}

fn in_path(name: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}

/// Each field of a filter as a parameter.
fn in_query<T: JsonSchema>() -> Vec<Value> {
    let schema = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<T>();
    let properties = schema.get("properties").and_then(Value::as_object);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
    let parameters = properties.into_iter().flatten().map(|(name, schema)| {
        let mut schema = schema.clone();
        let mut description = Value::Null;
        if let Some(fields) = schema.as_object_mut() {
            description = fields.remove("description").unwrap_or_default();
            fields.remove("default");
            // In a query what is absent is null, and a text is never null.
            if let Some(kinds) = fields.get_mut("type")
                && let Some(kind) = kinds.as_array().and_then(|kinds| kinds.first().cloned())
            {
                *kinds = kind;
            }
        }
        json!({"name": name, "in": "query", "description": description, "required": is_required(name), "schema": schema})
    });
    parameters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operate::of_server::{JOB_CANCEL, JOB_START};

    #[test]
    fn every_route_is_in_the_document_with_what_it_reads_and_answers() {
        let document = document();
        let routes = ROUTES.iter().map(|route| (route.path, route.verb));
        let requests = SERVER_ROUTES.iter().map(|route| (route.path, route.verb));
        for (path, verb) in routes.chain(requests) {
            let method = if verb == Verb::Get { "get" } else { "post" };
            let operation = &document["paths"][format!("{BASE}/{path}")][method];
            let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            assert!(
                answer.is_object() || answer == &json!(true),
                "{method} {path}: {operation}"
            );
            let has_body = verb == Verb::Post && ![JOB_START, JOB_CANCEL].contains(&path);
            assert_eq!(operation["requestBody"].is_object(), has_body, "{path}");
        }
    }

    #[test]
    fn a_parameter_that_a_request_needs_is_told_and_no_text_is_for_readers_of_the_code() {
        let document = document();
        let parameters = document["paths"]["/api/v1/plugin-keys"]["get"]["parameters"].as_array();
        let required = parameters
            .unwrap()
            .iter()
            .filter(|parameter| parameter["required"] == true);
        let required: Vec<_> = required.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(required, ["plugin"]);
        let text = document.to_string();
        for link in ["[`", "crate::"] {
            assert!(!text.contains(link), "{link}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
        let document = document();
        let text = document.to_string();
        for (at, _) in text.match_indices("\"$ref\":\"#") {
            let reference = text[at + 9..].split('"').next().unwrap();
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
        let mut names: Vec<_> = text
            .match_indices("\"operationId\":\"")
            .map(|(at, key)| text[at + key.len()..].split('"').next().unwrap())
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
