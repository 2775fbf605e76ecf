//! Assets of the pages: one stylesheet and one script, made of a file for each concern, under names that change with them.

use std::{
    io::Write as _,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

use super::{Console, Failure};

/// Prefix of their paths.
pub(super) const PREFIX: &str = "/console/assets/";

/// Stylesheet of all pages.
pub(super) const STYLE: usize = 0;

/// Script of all pages.
pub(super) const SCRIPT: usize = 1;

/// Icon of the tab.
pub(super) const ICON: usize = 2;

/// Stylesheets in their order. Each page adds its own.
const STYLES: &[&str] = &[
    include_str!("assets/base.css"),
    include_str!("assets/layout.css"),
    include_str!("assets/elements.css"),
    include_str!("assets/overview.css"),
    include_str!("assets/records.css"),
    include_str!("assets/card.css"),
    include_str!("assets/plugins.css"),
    include_str!("assets/events.css"),
];

/// Scripts in their order. Each is a block of its own (`{ … }`), so that none sees another's names.
const SCRIPTS: &[&str] = &[
    include_str!("assets/page.js"),
    include_str!("assets/live.js"),
    include_str!("assets/drop.js"),
    include_str!("assets/events.js"),
    include_str!("assets/dialog.js"),
];

/// Asset as it is sent.
struct Asset {
    path: String,
    /// Name without the hash.
    name: &'static str,
    content_type: &'static str,
    plain: Bytes,
    gzip: Bytes,
}

/// Made at the first request: a few milliseconds.
static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset::new("console.css", "text/css; charset=utf-8", &STYLES.concat()),
        Asset::new("console.js", "text/javascript; charset=utf-8", &SCRIPTS.concat()),
        Asset::new("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ]
});

impl Asset {
    fn new(name: &'static str, content_type: &'static str, text: &str) -> Self {
        let mut hash = hex::encode(Sha256::digest(text.as_bytes()));
        hash.truncate(16);
        let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        // Writing to memory does not fail; an empty one is not sent.
        let gzip = gzip.write_all(text.as_bytes()).and_then(|()| gzip.finish());
        Self {
            path: format!("{PREFIX}{stem}.{hash}.{ending}"),
            name,
            content_type,
            plain: Bytes::from(text.to_owned()),
            gzip: gzip.unwrap_or_default().into(),
        }
    }

    /// Name of another version of this asset: during an update another server may have rendered the page.
    fn is_called(&self, name: &str) -> bool {
        let (stem, ending) = self.name.split_once('.').unwrap_or((self.name, ""));
        let rest = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(ending));
        rest.is_some_and(|hash| hash.len() > 1 && hash.starts_with('.') && hash.ends_with('.'))
    }
}

/// Path of an asset.
pub(super) fn path(asset: usize) -> &'static str {
    ASSETS.get(asset).map_or("", |asset| &asset.path)
}

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/assets/{name}", get(send))
}

async fn send(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let asset = ASSETS
        .iter()
        .find(|asset| asset.path.strip_prefix(PREFIX) == Some(&name));
    let (asset, cache) = match asset {
        Some(asset) => (asset, "public, max-age=31536000, immutable"),
        None => match ASSETS.iter().find(|asset| asset.is_called(&name)) {
            Some(asset) => (asset, "no-store"),
            None => return Failure::no_page().into_response(),
        },
    };
    let is_gzip = !asset.gzip.is_empty() && takes_gzip(&headers);
    let body = if is_gzip { &asset.gzip } else { &asset.plain };
    let mut response = body.clone().into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "Accept-Encoding"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if is_gzip {
        let gzip = HeaderValue::from_static("gzip");
        response.headers_mut().insert(header::CONTENT_ENCODING, gzip);
    }
    response
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_is_compressed_is_the_same_and_smaller() {
        for asset in &*ASSETS {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&*asset.gzip)
                .read_to_end(&mut plain)
                .unwrap();
            assert_eq!(plain, asset.plain, "{}", asset.name);
            assert!(asset.gzip.len() < asset.plain.len(), "{}", asset.name);
        }
    }

    #[test]
    fn another_version_of_an_asset_is_known_by_its_name() {
        let style = &ASSETS[STYLE];
        for (name, is_called) in [
            ("console.0123456789abcdef.css", true),
            ("console.css", false),
            ("console.0123456789abcdef.js", false),
            ("other.0123456789abcdef.css", false),
        ] {
            assert_eq!(style.is_called(name), is_called, "{name}");
        }
    }

    #[test]
    fn no_script_makes_code_or_markup_of_text() {
        for script in SCRIPTS {
            for dangerous in [
                "eval(",
                "Function(",
                "document.write",
                ".outerHTML",
                "insertAdjacentHTML",
            ] {
                assert!(!script.contains(dangerous), "{dangerous}");
            }
            assert!(
                script.trim_start().starts_with(['{', '/']),
                "a script is a block of its own"
            );
        }
    }
}
