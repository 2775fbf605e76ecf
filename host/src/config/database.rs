//! Settings of the database and of pending deliveries.

use crate::codes::told;
use std::{path::PathBuf, time::Duration};

use lark_callback_store::{Database, PostgresParts, PostgresSettings, PostgresTls, StoreSettings, percent::unescaped};

use super::{
    read::{HOME_NOT_MEANT, HOME_NOT_MEANT_ZH, Reader, is_home},
    setting::Setting,
    settings,
};
use crate::replicas::ReplicaSettings;

impl Reader<'_> {
    pub(super) fn replica(&mut self) -> ReplicaSettings {
        ReplicaSettings {
            shares_folder: self.switch(&settings::CALLBACK_PLUGINS_SHARED),
            ..ReplicaSettings::default()
        }
    }

    /// Location of the database: `DATABASE_URL` takes precedence over `POSTGRES_HOST`, and that over `TOKEN_DB_PATH`.
    pub(super) fn store(&mut self) -> StoreSettings {
        let is_listening = self.switch(&settings::DATABASE_LISTEN);
        let start_wait = Duration::from_secs(self.number(&settings::DATABASE_START_SECONDS_MAX));
        let database = match self.database() {
            Database::Postgres(mut postgres) => {
                postgres.is_listening = is_listening;
                postgres.start_wait = start_wait;
                Database::Postgres(postgres)
            }
            file @ Database::Sqlite(_) => file,
        };
        StoreSettings {
            lease_ms: self.number(&settings::CALLBACK_LEASE_MS),
            copies_before_migration: self.switch(&settings::DATABASE_MIGRATION_COPY),
            ..StoreSettings::of(database)
        }
    }

    /// Refuses the name of a PostgreSQL database without a server: each server would have a file of its own instead.
    fn refuse_parts_without_host(&mut self) {
        if self.text(settings::TOKEN_DB_PATH.name).is_some() {
            return;
        }
        let parts = [
            (
                settings::POSTGRES_DB.name,
                self.text(settings::POSTGRES_DB.name).is_some(),
            ),
            (
                settings::POSTGRES_USER.name,
                self.text(settings::POSTGRES_USER.name).is_some(),
            ),
            (
                settings::POSTGRES_PASSWORD.name,
                self.secret(&settings::POSTGRES_PASSWORD).is_some(),
            ),
        ];
        if let Some((name, _)) = parts.into_iter().find(|(_, is_set)| *is_set) {
            self.problems.push(told!(
                "{name} is set and POSTGRES_HOST is not, so the database would be a file of this server alone; set POSTGRES_HOST \
                 too, or remove {name}, or set TOKEN_DB_PATH if a file is what you want",
                "设置了 {name} 但没有设置 POSTGRES_HOST，数据库将是仅属于本服务器的文件；请同时设置 POSTGRES_HOST，或删除 {name}；若确实要使用文件，请设置 TOKEN_DB_PATH"
            ));
        }
    }

    fn database(&mut self) -> Database {
        if let Some(url) = self.secret(&settings::DATABASE_URL) {
            return self.of_url(url.trim());
        }
        let Some(host) = self.text(settings::POSTGRES_HOST.name).map(str::to_owned) else {
            self.refuse_parts_without_host();
            let path = self.text_of(&settings::TOKEN_DB_PATH);
            return self.file("TOKEN_DB_PATH", path);
        };
        let path = |setting: &Setting| self.text(setting.name).map(PathBuf::from);
        let mut tls = PostgresTls::default();
        tls.root_certificate = path(&settings::POSTGRES_SSLROOTCERT);
        tls.certificate = path(&settings::POSTGRES_SSLCERT);
        tls.key = path(&settings::POSTGRES_SSLKEY);
        let mode = self.text(settings::POSTGRES_SSLMODE.name);
        if let Some(Err(error)) = mode.map(|mode| tls.set_mode(&mode.to_ascii_lowercase())) {
            self.problems
                .push(told!("POSTGRES_SSLMODE: {error}", "POSTGRES_SSLMODE：{error}"));
        }
        if tls.certificate.is_some() != tls.key.is_some() {
            let problem = told!(
                "POSTGRES_SSLCERT and POSTGRES_SSLKEY must be given together",
                "POSTGRES_SSLCERT 和 POSTGRES_SSLKEY 必须同时设置"
            );
            self.problems.push(problem);
            (tls.certificate, tls.key) = (None, None);
        }
        let parts = PostgresParts {
            host: Some(host),
            port: Some(self.number(&settings::POSTGRES_PORT)),
            database: Some(self.text_of(&settings::POSTGRES_DB).to_owned()),
            user: Some(self.text_of(&settings::POSTGRES_USER).to_owned()),
            password: self.secret(&settings::POSTGRES_PASSWORD),
            tls,
            ..PostgresParts::default()
        };
        match PostgresSettings::from_parts(parts) {
            Ok(postgres) => Database::Postgres(postgres),
            Err(_not_a_host) => {
                let problem = told!(
                    "POSTGRES_HOST must be a name, an address, or the folder of a socket (from / on); the port goes into \
                               POSTGRES_PORT, the rest into its neighbours",
                    "POSTGRES_HOST 必须是主机名、地址，或套接字所在的目录（以 / 开头）；端口写在 POSTGRES_PORT 中，其余写在相应的设置中"
                );
                self.problems.push(problem);
                Database::Sqlite(PathBuf::new())
            }
        }
    }

    /// Refuses paths that SQLite treats as an in-memory database per connection, which would lose acknowledged events.
    fn file(&mut self, name: &str, path: &str) -> Database {
        let is_url = path.contains("://") || path.contains("?mode=") || path.starts_with("sqlite:");
        if path.is_empty() || path.ends_with('/') || path.starts_with(":memory:") || path.starts_with("file:") {
            self.problems
                .push(told!("{name} must name a file", "{name} 必须是文件的路径"));
        } else if is_url {
            // The value may contain a password, and a file name is shown in messages.
            self.problems.push(told!(
                "{name} must be the path of a file; a URL goes into DATABASE_URL",
                "{name} 必须是文件的路径；URL 请写在 DATABASE_URL 中"
            ));
        } else if is_home(path) && name == "DATABASE_URL" {
            self.problems
                .push(told!("{name} {HOME_NOT_MEANT}", "{name} {HOME_NOT_MEANT_ZH}"));
        }
        Database::Sqlite(path.into())
    }

    /// Parses `sqlite:PATH` or `sqlite://PATH`; three or more slashes are an absolute path, as in any URL.
    fn sqlite_url(&mut self, rest: &str) -> Database {
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        if rest.starts_with("localhost/") {
            self.problems.push(told!(
                "DATABASE_URL: the path follows two slashes and no host: sqlite:///var/lib/x.db",
                "DATABASE_URL：路径跟在两个斜杠之后，不写主机：sqlite:///var/lib/x.db"
            ));
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_served = |pair: &str| matches!(pair, "" | "mode=rwc" | "mode=rw");
        if !query.split('&').all(is_served) || path.contains('#') {
            self.problems.push(
                told!("DATABASE_URL: a sqlite: URL may end with ?mode=rwc or ?mode=rw and nothing else; a `?` or `#` in the name of the \
                 file is written as %3F or %23", "DATABASE_URL：sqlite: 的 URL 只能以 ?mode=rwc 或 ?mode=rw 结尾；文件名中的 `?` 或 `#` 写成 %3F 或 %23"),
            );
        }
        match unescaped(path) {
            Some(path) if path.starts_with("//") => {
                self.file("DATABASE_URL", &format!("/{}", path.trim_start_matches('/')))
            }
            Some(path) => self.file("DATABASE_URL", &path),
            None => {
                self.problems.push(told!(
                    "DATABASE_URL: a `%` in the name of the file is written as %25, and what %XX stand for must be UTF-8",
                    "DATABASE_URL：文件名中的 `%` 写成 %25；%XX 解码后必须是 UTF-8"
                ));
                Database::Sqlite(path.into())
            }
        }
    }

    fn of_url(&mut self, url: &str) -> Database {
        if let Some(rest) = url.strip_prefix("sqlite:") {
            return self.sqlite_url(rest);
        }
        let is_postgres = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        let problem = if is_postgres {
            match PostgresSettings::from_url(url) {
                Ok(postgres) => {
                    if !postgres.unused.is_empty() {
                        self.notices.push(told!(
                            "DATABASE_URL: not used by this server: {}",
                            "DATABASE_URL：本服务不使用以下参数：{}",
                            postgres.unused.join(", ")
                        ));
                    }
                    return Database::Postgres(postgres);
                }
                Err(error) => told!("DATABASE_URL cannot be used: {error}", "DATABASE_URL 无法使用：{error}"),
            }
        } else {
            told!(
                "DATABASE_URL must start with postgres:// or sqlite:",
                "DATABASE_URL 必须以 postgres:// 或 sqlite: 开头"
            )
        };
        self.problems.push(problem);
        Database::Sqlite(PathBuf::new())
    }
}
