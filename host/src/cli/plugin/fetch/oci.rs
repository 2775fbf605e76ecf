//! A component from a registry of OCI images: one layer, by its digest.

use reqwest::{Client, Response, StatusCode, Url, header};
use serde_json::Value;

use super::{Fetched, bounded, check_hash, client, failed, get, may_lead};
use crate::{
    cli::{Exit, Stopped},
    plugin::WASM_BYTES_MAX,
};

/// Media types of manifests; an index for several platforms is not one of a component.
const MANIFESTS: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// Media types of the layer that is the component.
const LAYERS: [&str; 2] = ["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"];

/// What registries take, too. As a tree of values it is some dozens of times larger.
const MANIFEST_BYTES_MAX: usize = 4 << 20;

/// An answer with a token; the largest tokens have some kilobytes.
const TOKEN_BYTES_MAX: usize = 64 << 10;

/// A reference like `ghcr.io/acme/greeter:1.2` or `…@sha256:…`.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'a> {
    registry: &'a str,
    repository: &'a str,
    /// A tag, or a digest with its `sha256:`.
    version: &'a str,
}

impl<'a> Reference<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (registry, rest) = text.split_once('/')?;
        let (repository, version) = match rest.split_once('@') {
            Some((repository, digest)) => (repository.split(':').next()?, hash(digest).and(Some(digest))?),
            None => rest.rsplit_once(':').unwrap_or((rest, "latest")),
        };
        let is_name = |name: &&str| {
            let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b':');
            name.bytes().all(is_fit) && !name.split('/').any(|part| part.is_empty() || part == "..")
        };
        [registry, repository, version].iter().all(is_name).then_some(Self {
            registry,
            repository,
            version,
        })
    }
}

/// Fetches the component of a reference.
pub(super) async fn fetch(text: &str) -> Result<Fetched, Stopped> {
    let wrong = || Stopped {
        exit: Exit::Usage,
        text: "this is no reference; write oci://REGISTRY/REPOSITORY:TAG or oci://REGISTRY/REPOSITORY@sha256:HASH"
            .to_owned(),
    };
    let reference = Reference::parse(text).ok_or_else(wrong)?;
    let host = reference.registry.split(':').next().unwrap_or_default();
    let scheme = if matches!(host, "localhost" | "127.0.0.1") {
        "http"
    } else {
        "https"
    };
    let base = format!("{scheme}://{}/v2/{}", reference.registry, reference.repository);
    let client = client(&base)?;
    let url = Url::parse(&format!("{base}/manifests/{}", reference.version)).map_err(|_not_a_url| wrong())?;
    let (manifest, token) = manifest(&client, url).await?;
    if let Some(hash) = hash(reference.version) {
        check_hash(&manifest, hash)?;
    }
    let manifest: Value = serde_json::from_slice(&manifest).map_err(|error| Stopped::new(Exit::Failed, &error))?;
    let digest = layer(&manifest).ok_or_else(|| Stopped {
        exit: Exit::Failed,
        text: format!(
            "nothing is installed: {text} has no single layer of the type application/wasm; was it pushed as a WebAssembly \
             component?"
        ),
    })?;
    let url = Url::parse(&format!("{base}/blobs/sha256:{digest}")).map_err(|_not_a_url| wrong())?;
    let mut request = client.get(url.clone());
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.and_then(Response::error_for_status);
    let wasm = bounded(response.map_err(|error| failed(&url, error))?, WASM_BYTES_MAX).await?;
    check_hash(&wasm, &digest)?;
    let name = reference.repository.rsplit('/').next().unwrap_or_default();
    Ok(Fetched {
        name: name.to_owned(),
        wasm,
        signature: None,
    })
}

/// The manifest as it was sent, with the token that was needed for it.
async fn manifest(client: &Client, url: Url) -> Result<(bytes::Bytes, Option<String>), Stopped> {
    let ask = |token: Option<&str>| {
        let request = client.get(url.clone()).header(header::ACCEPT, MANIFESTS);
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    };
    let mut response = ask(None).send().await.map_err(|error| failed(&url, error))?;
    let mut token = None;
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = response.headers().get(header::WWW_AUTHENTICATE);
        let challenge = challenge.and_then(|challenge| challenge.to_str().ok());
        token = Some(anonymous_token(client, &url, challenge.unwrap_or_default()).await?);
        response = ask(token.as_deref())
            .send()
            .await
            .map_err(|error| failed(&url, error))?;
    }
    let response = response.error_for_status().map_err(|error| failed(&url, error))?;
    Ok((bounded(response, MANIFEST_BYTES_MAX).await?, token))
}

/// Registries give a token to everybody for what is public.
async fn anonymous_token(client: &Client, registry: &Url, challenge: &str) -> Result<String, Stopped> {
    let refused = || Stopped {
        exit: Exit::Failed,
        text: "nothing is installed: the registry asks for a login; only what is public can be installed from it"
            .to_owned(),
    };
    let fields = challenge.strip_prefix("Bearer ").ok_or_else(refused)?;
    let field = |name: &str| {
        let (_, rest) = fields.split_once(&format!("{name}=\""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let mut url = Url::parse(&field("realm").ok_or_else(refused)?).map_err(|_not_understood| refused())?;
    if !may_lead(registry, &url) {
        return Err(refused());
    }
    for name in ["service", "scope"] {
        if let Some(value) = field(name) {
            url.query_pairs_mut().append_pair(name, &value);
        }
    }
    let answer = bounded(get(client, url).await?, TOKEN_BYTES_MAX).await?;
    let answer: Value = serde_json::from_slice(&answer).map_err(|_not_understood| refused())?;
    let token = answer.get("token").or_else(|| answer.get("access_token"));
    token.and_then(Value::as_str).map(str::to_owned).ok_or_else(refused)
}

/// The digits of a digest. No other than SHA-256 can be checked here, so no other is taken.
fn hash(digest: &str) -> Option<&str> {
    let hash = digest.strip_prefix("sha256:")?;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (hash.len() == 64 && hash.bytes().all(is_digit)).then_some(hash)
}

/// Digest of the one layer that is a component, without its `sha256:`.
fn layer(manifest: &Value) -> Option<String> {
    let field = |layer: &Value, name: &str| layer.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut components = manifest.get("layers")?.as_array()?.iter().filter(|layer| {
        let media_type = field(layer, "mediaType").unwrap_or_default();
        LAYERS.contains(&media_type.as_str())
    });
    let only = components.next()?;
    if components.next().is_some() {
        return None;
    }
    hash(&field(only, "digest")?).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_names_registry_repository_and_version() {
        let of = |text: &'static str| Reference::parse(text).map(|it| (it.registry, it.repository, it.version));
        assert_eq!(of("ghcr.io/acme/greeter:1.2"), Some(("ghcr.io", "acme/greeter", "1.2")));
        assert_eq!(
            of("localhost:5000/greeter"),
            Some(("localhost:5000", "greeter", "latest"))
        );
        let digest = "0123456789abcdef".repeat(4);
        let with = |rest: &str| format!("r.io/a/b{rest}{digest}");
        let (tagged, other) = (with(":1@sha256:"), with("@sha512:"));
        let version = Reference::parse(&tagged).map(|it| (it.repository, it.version.to_owned()));
        assert_eq!(version, Some(("a/b", format!("sha256:{digest}"))));
        // What cannot be checked is no pin.
        for wrong in [
            other.as_str(),
            "r.io/a/b@latest",
            "r.io/a/b@sha256:ab",
            "greeter",
            "r.io/",
            "r.io/../b:1",
            "r.io/a b:1",
            "r.io/a?x=1",
            "/a:1",
        ] {
            assert_eq!(Reference::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_component_is_the_one_layer_of_its_type() {
        let wasm = |digest: &str| json!({"mediaType": "application/wasm", "digest": digest});
        let other = json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:00"});
        let digest = "a".repeat(64);
        let whole = format!("sha256:{digest}");
        assert_eq!(layer(&json!({"layers": [other, wasm(&whole)]})), Some(digest));
        assert_eq!(layer(&json!({"layers": [wasm(&whole), wasm(&whole)]})), None);
        assert_eq!(layer(&json!({"layers": [wasm("sha256:../../etc")]})), None);
        assert_eq!(layer(&json!({"layers": [other]})), None);
    }
}
