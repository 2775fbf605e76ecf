//! Tests of the settings of traces.

use secrecy::ExposeSecret as _;

use super::*;
use crate::trace::{Sampler, TraceSettings};

const COLLECTOR: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

fn config(values: &[(&str, &str)]) -> Config {
    match Config::from_values(&whole_and(values)) {
        Ok(Loaded::Enabled(config)) => *config,
        other => panic!("{other:?}"),
    }
}

fn traces(values: &[(&str, &str)]) -> Option<TraceSettings> {
    config(values).traces
}

#[test]
fn traces_are_on_with_a_collector_alone_and_off_without() {
    assert!(traces(&[("OTEL_SERVICE_NAME", "x")]).is_none());
    let settings = traces(&[COLLECTOR]).unwrap();
    assert_eq!(settings.url, "http://collector:4318/v1/traces");
    assert_eq!(
        (settings.service.as_str(), settings.sampler),
        ("lark-callback", Sampler::default())
    );
    let own = (
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "https://traces.example.com/api/otlp",
    );
    assert_eq!(traces(&[COLLECTOR, own]).unwrap().url, own.1);
}

#[test]
fn headers_are_pairs_and_never_shown() {
    let name = "OTEL_EXPORTER_OTLP_HEADERS";
    let settings = traces(&[COLLECTOR, (name, "Authorization=Bearer%20planted, x-tenant = a=b")]).unwrap();
    let headers: Vec<_> = settings
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose_secret()))
        .collect();
    assert_eq!(headers, [("Authorization", "Bearer planted"), ("x-tenant", "a=b")]);
    assert!(!format!("{settings:?}").contains("planted"));
    for bad in [
        "planted",
        "=planted",
        "na me=planted",
        "a=planted%0d%0aX: y",
        "a=planted%ff",
    ] {
        let problems = Config::from_values(&whole_and(&[COLLECTOR, (name, bad)]))
            .unwrap_err()
            .problems;
        assert!(
            problems[0].contains("name=value") && !problems[0].contains("planted"),
            "{bad}: {problems:?}"
        );
    }
}

#[test]
fn samplers_have_the_words_of_opentelemetry() {
    for (word, is_parent_based, ratio) in [
        ("parentbased_traceidratio", true, 0.25),
        ("parentbased_always_on", true, 1.0),
        ("parentbased_always_off", true, 0.0),
        ("traceidratio", false, 0.25),
        ("always_on", false, 1.0),
        ("always_off", false, 0.0),
    ] {
        let values = [
            COLLECTOR,
            ("OTEL_TRACES_SAMPLER", word),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ];
        assert_eq!(
            traces(&values).unwrap().sampler,
            Sampler { ratio, is_parent_based },
            "{word}"
        );
    }
    for bad in ["-1", "1.1", "all", "NaN"] {
        let problems = Config::from_values(&whole_and(&[COLLECTOR, ("OTEL_TRACES_SAMPLER_ARG", bad)]))
            .unwrap_err()
            .problems;
        assert!(
            problems[0].contains("must be a number from 0 to 1"),
            "{bad}: {problems:?}"
        );
    }
}

#[test]
fn a_collector_on_the_port_of_grpc_is_noticed() {
    let notices = config(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")]).notices;
    assert!(
        notices.iter().any(|notice| notice.contains("usually 4318")),
        "{notices:?}"
    );
    assert!(
        !config(&[COLLECTOR])
            .notices
            .iter()
            .any(|notice| notice.contains("4318"))
    );
}
