//! Where a plugin is installed from: a file, an https address with its hash, or a registry of OCI images.

mod oci;

use std::{path::Path, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{Client, Response, Url};

use crate::{
    app::{install::hash, publish},
    cli::{Exit, Stopped},
    http_client,
    plugin::WASM_BYTES_MAX,
};

/// Time limit for a whole download: 64 MiB over a slow line.
const DOWNLOAD_MAX: Duration = Duration::from_mins(10);

/// Time limit for the next bytes of it: who sends nothing for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Component as it was fetched.
pub(super) struct Fetched {
    /// Name that its place suggests.
    pub(super) name: String,
    pub(super) wasm: Bytes,
    /// The signature beside a file.
    pub(super) signature: Option<Vec<u8>>,
}

/// Fetches a component.
pub(super) async fn fetch(source: &str) -> Result<Fetched, Stopped> {
    if let Some(reference) = source.strip_prefix("oci://") {
        return oci::fetch(reference).await;
    }
    if source.contains("://") {
        return from_address(source).await;
    }
    let path = Path::new(source);
    let wasm = publish::read(path).map_err(|error| Stopped::new(Exit::Failed, &error))?;
    let signature = publish::signature(path).map_err(|error| Stopped::new(Exit::Failed, &error))?;
    Ok(Fetched {
        name: stem(&path.file_name().unwrap_or_default().to_string_lossy()),
        wasm: wasm.into(),
        signature,
    })
}

async fn from_address(source: &str) -> Result<Fetched, Stopped> {
    let wrong = |text: &str| Stopped {
        exit: Exit::Usage,
        text: format!(
            "{text}; write https://HOST/NAME.wasm#sha256=HASH, with the 64 hexadecimal digits of `sha256sum`"
        ),
    };
    let mut url = Url::parse(source).map_err(|_not_a_url| wrong("this is no address"))?;
    let hash_wanted = url
        .fragment()
        .and_then(|fragment| fragment.strip_prefix("sha256="))
        .map(str::to_ascii_lowercase);
    let Some(hash_wanted) = hash_wanted.filter(|hash| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
    else {
        return Err(wrong("the address lacks the hash of what is expected there"));
    };
    url.set_fragment(None);
    if !is_fit(&url) {
        return Err(wrong("the address is not https"));
    }
    let name = stem(url.path_segments().and_then(Iterator::last).unwrap_or_default());
    let response = get(&client(url.as_str())?, url).await?;
    let wasm = bounded(response, WASM_BYTES_MAX).await?;
    check_hash(&wasm, &hash_wanted)?;
    Ok(Fetched {
        name,
        wasm,
        signature: None,
    })
}

/// Whether an address is https, or of this machine.
fn is_fit(url: &Url) -> bool {
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

/// Whether a server at one address may lead to another: never from https to http, which nothing but this machine speaks here,
/// and which nobody elsewhere has a say in.
fn may_lead(from: &Url, to: &Url) -> bool {
    is_fit(to) && (to.scheme() == "https" || from.scheme() == "http")
}

/// Client that never leaves https for http.
fn client(address: &str) -> Result<Client, Stopped> {
    let redirects = reqwest::redirect::Policy::custom(|attempt| {
        if attempt.previous().len() > 5 {
            return attempt.error("too many redirects");
        }
        if attempt.previous().iter().all(|from| may_lead(from, attempt.url())) {
            attempt.follow()
        } else {
            attempt.error("it redirects to an address that is not https")
        }
    });
    http_client::builder([address])
        .redirect(redirects)
        .timeout(DOWNLOAD_MAX)
        .read_timeout(SILENCE_MAX)
        .build()
        .map_err(|error| Stopped::new(Exit::Failed, &error))
}

async fn get(client: &Client, url: Url) -> Result<Response, Stopped> {
    let place = url.clone();
    let response = client.get(url).send().await.map_err(|error| failed(&place, error))?;
    response.error_for_status().map_err(|error| failed(&place, error))
}

fn failed(place: &Url, error: reqwest::Error) -> Stopped {
    let mut stopped = Stopped::new(Exit::Failed, &error.without_url());
    stopped.text = format!(
        "{} cannot be fetched: {}",
        place.host_str().unwrap_or_default(),
        stopped.text
    );
    stopped
}

/// Reads no more than what was asked for may have.
async fn bounded(mut response: Response, bytes_max: usize) -> Result<Bytes, Stopped> {
    let place = response.url().clone();
    let mut all = BytesMut::new();
    while let Some(part) = response.chunk().await.map_err(|error| failed(&place, error))? {
        if all.len() + part.len() > bytes_max {
            return Err(Stopped {
                exit: Exit::Failed,
                text: format!(
                    "nothing is installed: what {} sent is larger than {bytes_max} bytes",
                    place.host_str().unwrap_or_default()
                ),
            });
        }
        all.extend_from_slice(&part);
    }
    Ok(all.freeze())
}

fn check_hash(wasm: &[u8], wanted: &str) -> Result<(), Stopped> {
    let got = hash(wasm);
    if got == wanted {
        return Ok(());
    }
    Err(Stopped {
        exit: Exit::Failed,
        text: format!("nothing is installed: its SHA-256 is {got}, not {wanted}"),
    })
}

fn stem(file_name: &str) -> String {
    file_name.strip_suffix(".wasm").unwrap_or(file_name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_fetched_except_on_this_machine() {
        let is_fit = |url: &str| is_fit(&Url::parse(url).unwrap());
        assert!(is_fit("https://example.com/a.wasm"));
        assert!(is_fit("http://localhost:8080/a.wasm") && is_fit("http://127.0.0.1/a") && is_fit("http://[::1]/a"));
        assert!(!is_fit("http://example.com/a.wasm") && !is_fit("ftp://example.com/a") && !is_fit("file:///a"));
    }

    #[test]
    fn nobody_elsewhere_leads_to_a_service_of_this_machine() {
        let may_lead = |from: &str, to: &str| may_lead(&Url::parse(from).unwrap(), &Url::parse(to).unwrap());
        assert!(may_lead("https://a.example/x", "https://b.example/x"));
        assert!(may_lead("http://localhost:5000/x", "http://127.0.0.1:5001/x"));
        assert!(may_lead("http://localhost:5000/x", "https://b.example/x"));
        assert!(!may_lead("https://a.example/x", "http://127.0.0.1:8080/x"));
        assert!(!may_lead("https://a.example/x", "http://b.example/x"));
    }
}
