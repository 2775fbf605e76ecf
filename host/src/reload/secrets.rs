//! Secrets that a plugin's settings name, read together with its files.

use std::{path::Path, str, sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::timeout};

use super::{
    file::Content,
    name::{Part, PluginFile},
    slow::Awaited,
};
use crate::plugin::{Secrets, Settings, Variables};

/// Time limit for reading the secrets of one plugin; they are small.
const READ_MAX: Duration = Duration::from_secs(5);

/// Reads the secrets that these settings name, or those of the published plugin when there is no file. Settings that are
/// invalid name none; the roster tells why.
pub(super) async fn read(
    folder: &Path,
    plugin: &str,
    toml: &Content,
    published: Option<&str>,
    variables: &Variables,
    awaited: &Awaited,
) -> Secrets {
    let text = match toml {
        Content::Bytes { bytes, .. } => str::from_utf8(bytes).ok(),
        Content::Absent => published,
        Content::Unusable(_) => None,
    };
    let settings = text.and_then(|text| Settings::parse(text).ok());
    let sources = settings.map(|settings| settings.secret_sources()).unwrap_or_default();
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
