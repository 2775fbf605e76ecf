//! Secrets that a plugin's settings name, read together with its files.

use std::{collections::BTreeSet, path::Path, str, sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::timeout};

use super::{
    file::Content,
    name::{Part, PluginFile},
    roster::NamedSettings,
    slow::Awaited,
};
use crate::plugin::{Secrets, Settings, Variables};

/// Time limit for reading the secrets of one plugin; they are small.
const READ_MAX: Duration = Duration::from_secs(5);

/// Reads the secrets that these settings name, or those of the published plugin when there is no file, and those of a version
/// that is ordered to serve. Settings that are invalid name none; the roster tells why.
pub(super) async fn read(
    folder: &Path,
    plugin: &str,
    toml: &Content,
    named: &NamedSettings,
    variables: &Variables,
    awaited: &Awaited,
) -> Secrets {
    let text = match toml {
        Content::Bytes { bytes, .. } => str::from_utf8(bytes).ok(),
        Content::Absent => named.published.as_deref(),
        Content::Unusable(_) => None,
    };
    let texts = text.into_iter().chain(named.kept.iter().map(String::as_str));
    let sources = texts.filter_map(|text| Settings::parse(text).ok());
    let sources: BTreeSet<_> = sources.flat_map(|settings| settings.secret_sources()).collect();
    if sources.is_empty() {
        return Secrets::default();
    }
    let file = PluginFile::new(plugin, Part::Toml);
    if awaited.contains(&file) {
        return Secrets::silent(&sources);
    }
    let asking = Arc::new(());
    let work = spawn_blocking({
        let (asked, folder, sources, variables) = (
            Arc::clone(&asking),
            folder.to_owned(),
            sources.clone(),
            variables.clone(),
        );
        move || {
            // Held until the read ends.
            let _asked = asked;
            Secrets::read(&sources, &folder, &variables)
        }
    });
    match timeout(READ_MAX, work).await {
        Ok(Ok(read)) => read,
        Ok(Err(_)) => Secrets::silent(&sources),
        Err(_) => {
            awaited.add(file, &asking);
            Secrets::silent(&sources)
        }
    }
}
