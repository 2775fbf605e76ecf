//! Settings of traces, under the names that OpenTelemetry gives them.

use crate::codes::told;
use percent_encoding::percent_decode_str;
use secrecy::SecretString;

use super::{read::Reader, settings};
use crate::trace::{Sampler, TraceSettings};

/// Headers of one request.
const HEADERS_MAX: usize = 16;

impl Reader<'_> {
    /// Traces, if there is a collector.
    pub(super) fn traces(&mut self) -> Option<TraceSettings> {
        let url = self.trace_url();
        let headers = self.trace_headers();
        let sampler = self.sampler();
        Some(TraceSettings {
            url: url?,
            headers,
            service: self.text_of(&settings::OTEL_SERVICE_NAME).to_owned(),
            sampler,
        })
    }

    fn trace_url(&mut self) -> Option<String> {
        let base = settings::OTEL_EXPORTER_OTLP_ENDPOINT.name;
        let whole = settings::OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.name;
        let [base, whole] = [base, whole].map(|name| {
            self.text(name)?;
            let value = self.value(name)?;
            self.url_of(name, value)
        });
        let url = whole.or_else(|| Some(format!("{}/v1/traces", base?.trim_end_matches('/'))))?;
        if url.contains(":4317/") {
            self.notices.push(
                told!("OTEL_EXPORTER_OTLP_ENDPOINT has port 4317, where collectors usually take gRPC; traces are sent over HTTP, \
                 whose port is usually 4318", "OTEL_EXPORTER_OTLP_ENDPOINT 的端口是 4317，采集器通常在该端口接收 gRPC；链路追踪用 HTTP 发送，端口通常是 4318"),
            );
        }
        Some(url)
    }

    /// `name=value` pairs; values are percent-encoded.
    fn trace_headers(&mut self) -> Vec<(String, SecretString)> {
        let Some(text) = self.secret(&settings::OTEL_EXPORTER_OTLP_HEADERS) else {
            return Vec::new();
        };
        let mut headers = Vec::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let pair = pair.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            let read = pair.and_then(|(name, value)| {
                let value = percent_decode_str(value).decode_utf8().ok()?;
                let is_value = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
                let fits = !name.is_empty() && name.bytes().all(is_name) && is_value;
                fits.then(|| (name.to_owned(), SecretString::from(value.into_owned())))
            });
            match read {
                Some(header) if headers.len() < HEADERS_MAX => headers.push(header),
                _ => {
                    self.problems.push(told!("OTEL_EXPORTER_OTLP_HEADERS must be at most {HEADERS_MAX} of name=value with commas between them", "OTEL_EXPORTER_OTLP_HEADERS 必须是最多 {HEADERS_MAX} 个用逗号分隔的 name=value"
                    ));
                    break;
                }
            }
        }
        headers
    }

    fn sampler(&mut self) -> Sampler {
        let name = settings::OTEL_TRACES_SAMPLER_ARG.name;
        let given = self.text_of(&settings::OTEL_TRACES_SAMPLER_ARG).parse::<f64>().ok();
        let ratio = given.filter(|ratio| (0.0..=1.0).contains(ratio));
        if let (None, Some(value)) = (ratio, self.value(name)) {
            self.problem(
                name,
                value,
                &told!("must be a number from 0 to 1", "必须是 0 到 1 的数"),
            );
        }
        let by_ratio = ratio.unwrap_or(1.0);
        // In the order of the declared words.
        let meanings = [
            (true, by_ratio),
            (true, 1.0),
            (true, 0.0),
            (false, by_ratio),
            (false, 1.0),
            (false, 0.0),
        ];
        let meanings = meanings.map(|(is_parent_based, ratio)| Sampler { ratio, is_parent_based });
        self.choice(&settings::OTEL_TRACES_SAMPLER, &meanings)
    }
}
