//! Tests of the database's location, and of problems that must not reveal it.

use super::*;

fn database(settings: &[(&str, &str)]) -> String {
    config(&whole_and(settings)).store.database.to_string()
}

#[test]
fn a_sqlite_url_is_the_file_that_it_says() {
    for (url, path) in [
        ("sqlite:data/x.db", "data/x.db"),
        ("sqlite://data/x.db", "data/x.db"),
        ("sqlite:/var/lib/x/c.db", "/var/lib/x/c.db"),
        ("sqlite:///var/lib/x/c.db", "/var/lib/x/c.db"),
        ("sqlite:////var/lib/x/c.db", "/var/lib/x/c.db"),
        ("sqlite://data/x.db?mode=rwc", "data/x.db"),
        ("sqlite:a%20b.db", "a b.db"),
    ] {
        assert_eq!(database(&[("DATABASE_URL", url)]), path, "{url}");
    }
    for url in [
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite:file:x?mode=memory",
        "sqlite:x.db?mode=memory",
        "sqlite:x.db?mode=ro",
        "sqlite:x.db?cache=shared",
        "sqlite:folder/",
        "sqlite:x.db#1",
        "sqlite:100%.db",
        "sqlite:%E9.db",
    ] {
        assert!(!problems(&whole_and(&[("DATABASE_URL", url)])).is_empty(), "{url}");
    }
}

#[test]
fn nothing_of_a_password_that_was_not_escaped_is_shown() {
    for url in [
        "postgres://lark:4711/planted@host/db",
        "postgres://lark:planted?x@host/db",
        "postgres://lark:4711#planted@host/db",
        "postgres://lark:plan@ted@host/db",
    ] {
        let told = problems(&whole_and(&[("DATABASE_URL", url)])).concat();
        assert!(told.contains("escape it as %XX"), "{url}: {told}");
        assert!(
            !told.contains("planted") && !told.contains("4711") && !told.contains("ted@"),
            "{told}"
        );
    }
}

#[test]
fn an_address_may_stand_in_brackets() {
    assert_eq!(
        database(&[("DATABASE_URL", "postgres://u:p@[::1]:5433/db")]),
        "[::1]:5433/db"
    );
    assert_eq!(database(&[("POSTGRES_HOST", "[::1]")]), "[::1]:5432/postgres");
    assert_eq!(database(&[("POSTGRES_HOST", "::1")]), "[::1]:5432/postgres");
    let zoned = database(&[("DATABASE_URL", "postgres://u:p@[fe80::1%25eth0]:5433/db")]);
    assert!(zoned.contains("fe80::1%eth0"), "{zoned}");
    for host in ["db:5433", "user@db", "postgres://db/x", "[db]"] {
        let told = problems(&whole_and(&[("POSTGRES_HOST", host)])).concat();
        assert!(told.starts_with("POSTGRES_HOST must be"), "{host}: {told}");
    }
}

#[test]
fn a_socket_may_be_named_as_a_parameter() {
    assert_eq!(
        database(&[("DATABASE_URL", "postgres://u:p@/db?host=/cloudsql/x:y:z")]),
        "/cloudsql/x:y:z:5432/db"
    );
}

#[test]
fn certificates_may_be_named_beside_the_parts() {
    let parts = [
        ("POSTGRES_HOST", "db"),
        ("POSTGRES_SSLMODE", "verify-full"),
        ("POSTGRES_SSLROOTCERT", "/ca.pem"),
    ];
    assert_eq!(database(&parts), "db:5432/postgres");
    for (name, value) in [("POSTGRES_SSLMODE", "always"), ("POSTGRES_SSLKEY", "/key.pem")] {
        let told = problems(&whole_and(&[("POSTGRES_HOST", "db"), (name, value)])).concat();
        assert!(told.contains("POSTGRES_SSL"), "{name}: {told}");
    }
}

#[test]
fn a_path_that_was_meant_as_something_else_is_refused_and_not_shown() {
    for (name, path, told) in [
        ("TOKEN_DB_PATH", "postgres://u:planted@h/db", "DATABASE_URL"),
        ("TOKEN_DB_PATH", "sqlite:planted.db", "DATABASE_URL"),
        ("TOKEN_DB_PATH", "planted.db?mode=rwc", "DATABASE_URL"),
        ("TOKEN_DB_PATH", "~/planted.db", "begins with ~"),
        ("LOG_FILE", "~/planted.log", "begins with ~"),
        ("CALLBACK_PLUGINS_DIR", "~/planted", "begins with ~"),
        ("DATABASE_URL", "sqlite:~/planted.db", "begins with ~"),
        ("DATABASE_URL", "sqlite://localhost/planted.db", "sqlite:///"),
    ] {
        let problems = problems(&whole_and(&[(name, path)]));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].contains(told) && !problems[0].contains("planted"),
            "{problems:?}"
        );
    }
}

#[test]
fn a_database_that_would_be_forgotten_is_refused() {
    for (name, path) in [
        ("DATABASE_URL", "sqlite:"),
        ("DATABASE_URL", "sqlite::memory:"),
        ("TOKEN_DB_PATH", ":memory:"),
    ] {
        assert_eq!(
            problems(&whole_and(&[(name, path)])),
            [format!("{name} must name a file")],
            "{path}"
        );
    }
}
