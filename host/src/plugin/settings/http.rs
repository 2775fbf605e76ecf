//! `[http."https://api.example.com"]`: what the host adds to the requests to one origin, and how many redirects it follows.

use std::{collections::BTreeMap, fmt};

use secrecy::SecretString;
use toml::{Table, Value};

use super::{
    SettingsError,
    secret::{SecretSource, Secrets},
    unknown, wrong,
};
use crate::{
    outward::{HeaderName, HeaderValue, Target, without_user},
    plugin::web::{headers::is_of_the_connection, sign},
};

/// More than this is a loop.
const REDIRECTS_CEILING: u64 = 10;

/// The operator's side of requests, by origin.
pub(in crate::plugin) type Origins = BTreeMap<String, Origin>;

/// The operator's side of the requests to one origin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The headers that the host adds, by their name in lower case.
    headers: BTreeMap<String, Header>,
    /// The secret that requests are signed with.
    sign: Option<Header>,
    /// How many redirects are followed, one after the other, to what is granted.
    pub(in crate::plugin) redirects_max: u64,
}

/// The value of a header, whole or with a secret from elsewhere at its end.
#[derive(Clone, PartialEq, Eq)]
struct Header {
    /// All of it, once the secret was read.
    value: Option<String>,
    /// `Bearer `.
    prefix: String,
    source: Option<SecretSource>,
}

/// Shows where the value is, and never the value.
impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "secret from {source}"),
            None => f.write_str("set"),
        }
    }
}

const KEYS: [&str; 3] = ["headers", "sign", "redirects_max"];

impl Origin {
    /// The headers to add, with their values. A value that was not read is empty, which no service takes for a secret.
    pub(in crate::plugin) fn headers(&self) -> impl Iterator<Item = (&str, SecretString)> {
        self.headers
            .iter()
            .map(|(name, header)| (name.as_str(), header.value.clone().unwrap_or_default().into()))
    }

    /// The secret that requests are signed with, if there is one.
    pub(in crate::plugin) fn signs_with(&self) -> Option<SecretString> {
        let sign = self.sign.as_ref()?;
        Some(sign.value.clone().unwrap_or_default().into())
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &SecretSource> {
        let all = self.headers.values().chain(&self.sign);
        all.filter_map(|header| header.source.as_ref())
    }

    /// Puts the secrets into their places.
    pub(super) fn fill(&mut self, origin: &str, secrets: &Secrets) -> Result<Vec<String>, SettingsError> {
        let mut filled = Vec::new();
        let section = format!("http.\"{origin}\"");
        for (name, header) in &mut self.headers {
            let key = format!("{section}.headers.{name}");
            filled.extend(header.fill(&key, secrets, check_value)?);
        }
        if let Some(sign) = &mut self.sign {
            filled.extend(sign.fill(&format!("{section}.sign"), secrets, check_sign)?);
        }
        Ok(filled)
    }
}

impl Header {
    /// Puts the secret into its place, and returns it.
    fn fill(
        &mut self,
        key: &str,
        secrets: &Secrets,
        check: impl Fn(&str, &str) -> Result<(), SettingsError>,
    ) -> Result<Option<String>, SettingsError> {
        let Some(source) = &self.source else { return Ok(None) };
        let secret = secrets.get(source).map_err(|problem| SettingsError::Secret {
            key: key.to_owned(),
            problem,
        })?;
        let value = format!("{}{secret}", self.prefix);
        check(key, &value)?;
        self.value = Some(value);
        Ok(Some(secret.to_owned()))
    }
}

fn check_sign(key: &str, value: &str) -> Result<(), SettingsError> {
    sign::keys(value)
        .map(drop)
        .map_err(|error| wrong(key, &format!("a secret of Standard Webhooks: {error}")))
}

fn check_value(key: &str, value: &str) -> Result<(), SettingsError> {
    match HeaderValue::from_str(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(wrong(key, "one line of plain ASCII text")),
    }
}

pub(super) fn origins(section: Table) -> Result<Origins, SettingsError> {
    let mut origins = Origins::new();
    for (name, value) in section {
        let (parsed, origin) = origin(&name, value)?;
        if origins.contains_key(&parsed) {
            let wanted = format!("one section with the other spelling of the same origin: [http.\"{parsed}\"]");
            return Err(wrong(&format!("http.\"{name}\""), &wanted));
        }
        origins.insert(parsed, origin);
    }
    Ok(origins)
}

fn origin(name: &str, value: Value) -> Result<(String, Origin), SettingsError> {
    let section = format!("http.\"{}\"", without_user(name));
    let is_origin = |target: &Target| target.path() == "/" && !name.contains('?') && !name.ends_with('/');
    // With a path it would look as if it were for some paths alone.
    let Some(target) = Target::parse(name).ok().filter(is_origin) else {
        return Err(wrong(
            &section,
            "named by an origin, that is scheme and host and perhaps a port: [http.\"https://api.example.com\"]",
        ));
    };
    let Value::Table(keys) = value else {
        return Err(wrong(&section, &format!("a section: [{section}]")));
    };
    let mut origin = Origin::default();
    for (key, value) in keys {
        match (key.as_str(), value) {
            ("headers", Value::Table(headers)) => origin.headers = all_headers(&section, headers)?,
            ("headers", _) => {
                let wanted = "headers with their values: { Authorization = { file = \"…\" } }";
                return Err(wrong(&format!("{section}.headers"), wanted));
            }
            ("sign", value) => {
                let key = format!("{section}.sign");
                let sign = one_header(&key, value)?;
                sign.value.as_ref().map_or(Ok(()), |value| check_sign(&key, value))?;
                origin.sign = Some(sign);
            }
            ("redirects_max", value) => {
                let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
                let number = number.filter(|number| *number <= REDIRECTS_CEILING);
                let wanted = format!("a number from 0 to {REDIRECTS_CEILING}");
                origin.redirects_max = number.ok_or_else(|| wrong(&format!("{section}.redirects_max"), &wanted))?;
            }
            _ => return Err(unknown(&format!("{section}."), &key, &KEYS)),
        }
    }
    Ok((target.origin().to_owned(), origin))
}

fn all_headers(section: &str, headers: Table) -> Result<BTreeMap<String, Header>, SettingsError> {
    let mut all = BTreeMap::new();
    for (name, value) in headers {
        let key = format!("{section}.headers.{name}");
        let parsed = HeaderName::from_bytes(name.as_bytes());
        let parsed = parsed.map_err(|_invalid| wrong(&key, "named like a header: letters, digits and `-`"))?;
        if is_of_the_connection(parsed.as_str()) {
            return Err(wrong(&key, "left out, because the server sets this header itself"));
        }
        let header = one_header(&key, value)?;
        if all.insert(parsed.as_str().to_owned(), header).is_some() {
            return Err(wrong(
                &key,
                "left out, because the header is already there in another spelling",
            ));
        }
    }
    Ok(all)
}

fn one_header(key: &str, value: Value) -> Result<Header, SettingsError> {
    const WANTED: &str =
        "a text, { file = \"…\" } or { env = \"…\" }, the last two with prefix = \"Bearer \" if it is needed";
    let mut table = match value {
        Value::String(value) => {
            check_value(key, &value)?;
            return Ok(Header {
                value: Some(value),
                prefix: String::new(),
                source: None,
            });
        }
        Value::Table(table) => table,
        _ => return Err(wrong(key, WANTED)),
    };
    let prefix = match table.remove("prefix") {
        None => String::new(),
        Some(Value::String(prefix)) => prefix,
        Some(_) => return Err(wrong(key, WANTED)),
    };
    let source = SecretSource::of(&Value::Table(table)).map_err(|wanted| wrong(key, wanted))?;
    Ok(Header {
        value: None,
        prefix,
        source: Some(source.ok_or_else(|| wrong(key, WANTED))?),
    })
}
