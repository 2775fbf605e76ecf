//! Answers, by flags or on the terminal, each checked as the server will check it.

use std::path::Path;

use super::{InitArguments, Service, ask::Terminal, questions, questions::Questions};
use crate::{
    cli::{Exit, Stopped, address::Address},
    config::{HEALTH_PATH, read_text, secret_fault},
    listen::is_loopback,
    openapi::LarkAddresses,
};

/// Path that callbacks come to unless the public address names one.
const USUAL_PATH: &str = "/callback";

/// Answers that are needed for a server that can be started.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) app_id: String,
    app_secret: String,
    verification_token: String,
    /// None: the application has none.
    encrypt_key: Option<String>,
    /// None: not known yet.
    pub(super) public: Option<PublicAddress>,
    pub(super) service: Service,
}

/// Address at which Lark and browsers reach the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicAddress {
    /// `https://host`.
    origin: String,
    /// Path of callbacks.
    path: String,
}

impl PublicAddress {
    /// Address to enter in the console, in all three places.
    pub(super) fn callback(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }
}

impl Answers {
    /// Takes what the flags say, and asks for the rest if there is somebody to ask.
    pub(super) async fn collect(arguments: &InitArguments, terminal: Option<&Terminal>) -> Result<Self, Stopped> {
        let mut wrong = Vec::new();
        let given = Given::read(arguments, &mut wrong);
        if terminal.is_none() {
            given.name_missing(&mut wrong);
        }
        if !wrong.is_empty() {
            return Err(Stopped {
                exit: Exit::Usage,
                text: format!("nothing was written:\n  - {}", wrong.join("\n  - ")),
            });
        }
        given.complete(terminal, arguments).await
    }

    /// Lines of the file, in their order.
    pub(super) fn variables(&self, config_encryption_key: &str) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("CALLBACK_SERVER_ENABLED", "true".to_owned()),
            ("LARK_APP_ID", self.app_id.clone()),
            ("LARK_APP_SECRET", self.app_secret.clone()),
            ("LARK_VERIFICATION_TOKEN", self.verification_token.clone()),
            match &self.encrypt_key {
                Some(key) => ("LARK_ENCRYPT_KEY", key.clone()),
                None => ("LARK_ENCRYPT_KEY_REQUIRED", "off".to_owned()),
            },
            ("LARK_CONFIG_ENCRYPTION_KEY", config_encryption_key.to_owned()),
        ];
        if self.service == Service::Lark {
            let LarkAddresses { api, accounts } = LarkAddresses::lark();
            variables.extend([("LARK_API_BASE_URL", api), ("LARK_ACCOUNTS_BASE_URL", accounts)]);
        }
        if let Some(public) = &self.public {
            variables.extend([
                ("CALLBACK_PUBLIC_URL", public.origin.clone()),
                ("OAUTH_REDIRECT_URI", public.callback()),
            ]);
            if public.path != USUAL_PATH {
                variables.push(("CALLBACK_PATH", public.path.clone()));
            }
        }
        variables
    }
}

/// Answers from flags.
#[derive(Debug, Default)]
#[expect(clippy::option_option, reason = "not given differs from given as none")]
struct Given {
    app_id: Option<String>,
    app_secret: Option<String>,
    verification_token: Option<String>,
    /// The inner none: there is none.
    encrypt_key: Option<Option<String>>,
    public: Option<PublicAddress>,
}

impl Given {
    fn read(arguments: &InitArguments, wrong: &mut Vec<String>) -> Self {
        let mut checked = |flag: &str, value: Option<&String>, check: fn(&str) -> Result<String, String>| {
            let checked = value.map(|value| check(value));
            match checked {
                Some(Err(problem)) => {
                    wrong.push(format!("--{flag}: {problem}"));
                    None
                }
                other => other.and_then(Result::ok),
            }
        };
        let app_id = checked("app-id", arguments.app_id.as_ref(), app_id);
        let mut secret_of = |flag: &str, direct: Option<&String>, file: Option<&Path>| {
            let from_file = file.map(|file| (format!("{flag}-file"), of_file(file)));
            match (direct, from_file) {
                (_, Some((flag, Ok(value)))) => checked(&flag, Some(&value), secret),
                (_, Some((flag, Err(problem)))) => checked(&flag, Some(&problem), |problem| Err(problem.to_owned())),
                (value, None) => checked(flag, value, secret),
            }
        };
        let app_secret = secret_of(
            "app-secret",
            arguments.app_secret.as_ref(),
            arguments.app_secret_file.as_deref(),
        );
        let verification_token = secret_of(
            "verification-token",
            arguments.verification_token.as_ref(),
            arguments.verification_token_file.as_deref(),
        );
        let encrypt_key = secret_of(
            "encrypt-key",
            arguments.encrypt_key.as_ref(),
            arguments.encrypt_key_file.as_deref(),
        );
        let public = arguments.public_url.as_deref().map(public_address);
        let public = match public.transpose() {
            Ok(public) => public,
            Err(problem) => {
                wrong.push(format!("--public-url: {problem}"));
                None
            }
        };
        Self {
            app_id,
            app_secret,
            verification_token,
            encrypt_key: if arguments.no_encrypt_key {
                Some(None)
            } else {
                encrypt_key.map(Some)
            },
            public,
        }
    }

    /// Names what nobody can be asked for.
    fn name_missing(&self, wrong: &mut Vec<String>) {
        let needed = [
            (self.app_id.is_none(), "app-id", "--app-id"),
            (
                self.app_secret.is_none(),
                "app-secret",
                "--app-secret-file or --app-secret",
            ),
            (
                self.verification_token.is_none(),
                "verification-token",
                "--verification-token-file or --verification-token",
            ),
            (
                self.encrypt_key.is_none(),
                "encrypt-key",
                "--encrypt-key-file or --encrypt-key (or --no-encrypt-key, if the application really has none)",
            ),
        ];
        for (is_missing, flag, flags) in needed {
            // What was given and is wrong has been told.
            if is_missing && !wrong.iter().any(|told| told.starts_with(&format!("--{flag}"))) {
                wrong.push(format!("{flags} is missing, and there is no terminal to ask on"));
            }
        }
    }

    async fn complete(self, terminal: Option<&Terminal>, arguments: &InitArguments) -> Result<Answers, Stopped> {
        let service = arguments.service;
        let Some(terminal) = terminal else {
            return Ok(Answers {
                app_id: self.app_id.unwrap_or_default(),
                app_secret: self.app_secret.unwrap_or_default(),
                verification_token: self.verification_token.unwrap_or_default(),
                encrypt_key: self.encrypt_key.flatten(),
                public: self.public,
                service: service.unwrap_or(Service::Feishu),
            });
        };
        let questions = questions::questions(terminal.language);
        let service = match service {
            Some(service) => service,
            None => terminal.ask(questions.service, false, service_of).await?,
        };
        let app_id = match self.app_id {
            Some(app_id) => app_id,
            None => terminal.ask(questions.app_id, false, app_id).await?,
        };
        let app_secret = match self.app_secret {
            Some(given) => given,
            None => terminal.ask(questions.app_secret, true, secret).await?,
        };
        let encrypt_key = match self.encrypt_key {
            Some(given) => given,
            None => ask_for_key(terminal, &questions).await?,
        };
        let verification_token = match self.verification_token {
            Some(given) => given,
            None => terminal.ask(questions.verification_token, true, secret).await?,
        };
        let public = match self.public {
            Some(given) => Some(given),
            None => {
                terminal
                    .ask(questions.public_url, false, public_address_or_none)
                    .await?
            }
        };
        Ok(Answers {
            app_id,
            app_secret,
            verification_token,
            encrypt_key,
            public,
            service,
        })
    }
}

/// An empty answer needs a second one: without a key anybody who learns the token can forge callbacks.
async fn ask_for_key(terminal: &Terminal, questions: &Questions) -> Result<Option<String>, Stopped> {
    loop {
        let or_none = |text: &str| {
            if text.is_empty() {
                Ok(None)
            } else {
                secret(text).map(Some)
            }
        };
        if let Some(key) = terminal.ask(questions.encrypt_key, true, or_none).await? {
            return Ok(Some(key));
        }
        let is_yes = |text: &str| Ok(matches!(&*text.to_ascii_lowercase(), "y" | "yes" | "是"));
        if terminal.ask(questions.no_encrypt_key, false, is_yes).await? {
            return Ok(None);
        }
    }
}

fn of_file(file: &Path) -> Result<String, String> {
    let text = read_text(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

fn app_id(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_id = |rest: &str| {
        !rest.is_empty() && rest.len() <= 60 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if text.strip_prefix("cli_").is_some_and(is_id) {
        Ok(text.to_owned())
    } else {
        Err("an App ID begins with cli_ and goes on with letters and digits".to_owned())
    }
}

/// Never repeats what was given.
fn secret(text: &str) -> Result<String, String> {
    match secret_fault(text) {
        Some(fault) => Err(format!("it {fault}")),
        None => Ok(text.to_owned()),
    }
}

fn service_of(text: &str) -> Result<Service, String> {
    match &*text.to_ascii_lowercase() {
        "" | "feishu" | "飞书" => Ok(Service::Feishu),
        "lark" => Ok(Service::Lark),
        _ => Err("feishu / lark".to_owned()),
    }
}

fn public_address_or_none(text: &str) -> Result<Option<PublicAddress>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    public_address(text).map(Some)
}

/// A name alone means `https://`.
fn public_address(text: &str) -> Result<PublicAddress, String> {
    let address = Address::read(text)?;
    let Address {
        scheme,
        authority,
        path,
    } = address;
    let host = match authority.split_once(']') {
        Some((host, _)) => host.trim_start_matches('['),
        None => authority.split(':').next().unwrap_or_default(),
    };
    if scheme == "http" && !is_loopback(host) {
        return Err("it must begin with https://, because users' authorizations come back to it".to_owned());
    }
    let path = path.trim_end_matches('/');
    let is_segment = |segment: &str| {
        !matches!(segment, "" | "." | "..")
            && segment
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
    };
    let path = if path.is_empty() { USUAL_PATH } else { path };
    if path == HEALTH_PATH || !path.trim_start_matches('/').split('/').all(is_segment) {
        return Err(format!(
            "the path {path} cannot be used; letters, digits and - . _ ~ can, and /health is taken"
        ));
    }
    Ok(PublicAddress {
        origin: address.origin(),
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{PublicAddress, app_id, public_address};

    fn address(origin: &str, path: &str) -> Result<PublicAddress, String> {
        Ok(PublicAddress {
            origin: origin.to_owned(),
            path: path.to_owned(),
        })
    }

    #[test]
    fn an_address_may_be_a_name_alone_or_have_the_path_of_callbacks() {
        for (given, origin, path) in [
            ("bot.example.com", "https://bot.example.com", "/callback"),
            ("https://bot.example.com/", "https://bot.example.com", "/callback"),
            (
                "https://bot.example.com/callback",
                "https://bot.example.com",
                "/callback",
            ),
            (
                "https://example.com:8443/lark/bot/",
                "https://example.com:8443",
                "/lark/bot",
            ),
            ("http://localhost:8080", "http://localhost:8080", "/callback"),
        ] {
            assert_eq!(public_address(given), address(origin, path), "{given}");
        }
        for given in [
            "http://bot.example.com",
            "ftp://x",
            "https://",
            "https://u@x",
            "https://x/a?b",
            "https://x/a b",
            "https://x/health",
            "javascript:alert(1)",
            "https://x:99999",
            "https://[::1",
        ] {
            assert!(public_address(given).is_err(), "{given}");
        }
    }

    #[test]
    fn a_secret_is_not_taken_for_an_app_id() {
        assert!(app_id("cli_a1b2").is_ok());
        assert!(app_id("a1b2c3").is_err() && app_id("cli_").is_err() && app_id("cli_ä").is_err());
    }
}
