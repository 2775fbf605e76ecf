//! The database: there, of this version, in the right encoding, fast and with room, and its secrets can be read.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use lark_callback_store::{Database, Inspection, SealedSecret, inspect};

use super::finding::{Finding, both, same};
use crate::{
    config::Config,
    telemetry::chain,
    vault::{Purpose, Vault, VaultError},
};

/// A commit beyond this uses up the time of a click: two of them must fit into its budget, next to the plugins.
const COMMIT_SLOW: Duration = Duration::from_millis(200);
const COMMIT_TOO_SLOW: Duration = Duration::from_millis(1000);

/// Writes that are measured; the middle one counts.
const WRITES: usize = 5;

/// Room below which a busy server fills the disk within a day, and within the hour.
const ROOM_LITTLE: u64 = 1 << 30;
const ROOM_NONE: u64 = 100 << 20;

/// Looks at the database; returns what was found in it as well, for other checks.
pub(super) async fn check(config: &Config) -> (Vec<Finding>, Option<Inspection>) {
    let inspected = match inspect(&config.store).await {
        Ok(inspected) => inspected,
        Err(error) => {
            let failed = Finding::failed("database.there", both("the database cannot be used", "数据库无法使用"))
                .because(same(chain(&error)));
            return (vec![failed], None);
        }
    };
    let mut findings = Vec::new();
    match &inspected {
        None => findings.push(missing(config)),
        Some(found) => {
            findings.extend(state(found));
            findings.push(key(config.vault.as_ref(), &found.sealed));
        }
    }
    if let Database::Sqlite(path) = &config.store.database {
        findings.extend(disk(path));
    } else if let Some(commit) = inspected.as_ref().and_then(|found| found.commit) {
        findings.push(commit_time(commit));
    }
    (findings, inspected)
}

fn missing(config: &Config) -> Finding {
    let database = config.store.database.to_string();
    Finding::ok(
        "database.there",
        both(
            format!("there is no database {database} yet; the first start creates it"),
            format!("数据库 {database} 还不存在；首次启动时会创建"),
        ),
    )
}

fn state(found: &Inspection) -> Vec<Finding> {
    let (database, version) = (&found.database, &found.version);
    let mib = found.bytes >> 20;
    let mut findings = vec![Finding::ok(
        "database.there",
        both(
            format!("{database} ({version}, {mib} MiB) can be read"),
            format!("{database}（{version}，{mib} MiB）可以读取"),
        ),
    )];
    let numbers = |numbers: &[i64]| numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    findings.push(if !found.unknown.is_empty() {
        Finding::failed(
            "database.schema",
            both(
                "the schema is of a newer version of lark-callback",
                "数据库结构属于更新版本的 lark-callback",
            ),
        )
        .because(same(numbers(&found.unknown)))
        .cure(both(
            "use that version again, or restore a backup from before the update",
            "重新使用该版本，或恢复升级之前的备份",
        ))
    } else if !found.missing.is_empty() {
        Finding::warning(
            "database.schema",
            both("the schema is of an older version", "数据库结构属于旧版本"),
        )
        .because(same(numbers(&found.missing)))
        .cure(both(
            "the next start brings it up to date, and so does lark-callback db migrate",
            "下次启动会自动迁移，也可以运行 lark-callback db migrate",
        ))
    } else {
        Finding::ok(
            "database.schema",
            both("the schema is up to date", "数据库结构是最新的"),
        )
    });
    let is_right = found.encoding.replace('-', "").eq_ignore_ascii_case("utf8");
    findings.push(if is_right {
        Finding::ok(
            "database.encoding",
            both(
                format!("its encoding is {}", found.encoding),
                format!("编码为 {}", found.encoding),
            ),
        )
    } else {
        Finding::failed(
            "database.encoding",
            both(
                format!("its encoding is {}, which cannot store every character", found.encoding),
                format!("编码为 {}，无法保存所有字符", found.encoding),
            ),
        )
        .cure(both("create one with UTF8", "新建一个 UTF8 编码的数据库"))
    });
    findings
}

/// Whether the keys of the settings open what is stored.
fn key(vault: Option<&Vault>, sealed: &[SealedSecret]) -> Finding {
    let check = "database.key";
    if sealed.is_empty() {
        return Finding::ok(check, both("nothing encrypted is stored", "没有保存加密的内容"));
    }
    let count = sealed.len();
    let Some(vault) = vault else {
        return Finding::failed(
            check,
            both(
                format!("{count} encrypted secrets are stored, and LARK_CONFIG_ENCRYPTION_KEY is not set"),
                format!("已保存 {count} 条加密内容，但没有设置 LARK_CONFIG_ENCRYPTION_KEY"),
            ),
        )
        .cure(both(
            "set the key that they were encrypted with",
            "设置加密时使用的密钥",
        ));
    };
    let faults: Vec<VaultError> = sealed.iter().filter_map(|secret| open(vault, secret).err()).collect();
    let Some(fault) = faults.first() else {
        return Finding::ok(
            check,
            both(
                format!("LARK_CONFIG_ENCRYPTION_KEY opens what is stored ({count} looked at)"),
                format!("LARK_CONFIG_ENCRYPTION_KEY 可以解密已保存的内容（检查了 {count} 条）"),
            ),
        );
    };
    let closed = faults.len();
    let finding = if closed == count {
        Finding::failed
    } else {
        Finding::warning
    };
    finding(
        check,
        both(
            format!("LARK_CONFIG_ENCRYPTION_KEY does not open {closed} of {count} stored secrets"),
            format!("LARK_CONFIG_ENCRYPTION_KEY 无法解密 {count} 条中的 {closed} 条"),
        ),
    )
    .because(same(chain(fault)))
    .cure(both(
        "append the former key after the present one, separated by a comma; without it those users authorize again",
        "把以前的密钥用逗号附加在现有密钥之后；否则这些用户需要重新授权",
    ))
}

fn open(vault: &Vault, secret: &SealedSecret) -> Result<(), VaultError> {
    let app_id = &*secret.app;
    let purpose = match &secret.open_id {
        Some(open_id) => Purpose::UserTokens { app_id, open_id },
        None => Purpose::AppTicket { app_id },
    };
    vault.open(purpose, &secret.sealed).map(drop)
}

/// Speed and room of the disk with a SQLite file.
fn disk(database: &Path) -> Vec<Finding> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if !folder.exists() {
        return Vec::new();
    }
    let shown = folder.display();
    let mut findings = vec![match measure(folder) {
        Ok(commit) => commit_time(commit),
        Err(error) => Finding::failed(
            "database.commit",
            both(
                format!("nothing can be written in {shown}"),
                format!("无法写入 {shown}"),
            ),
        )
        .because(same(error.to_string()))
        .cure(both(
            "run doctor as the server's user; if it is, check owner, mode and free space of the folder",
            "请用服务的用户运行 doctor；如果已经是，检查该目录的属主、权限和剩余空间",
        )),
    }];
    if let Ok(room) = rustix::fs::statvfs(folder) {
        findings.push(free(&shown.to_string(), room.f_bavail.saturating_mul(room.f_frsize)));
    }
    findings
}

fn free(folder: &str, bytes: u64) -> Finding {
    let mib = bytes >> 20;
    let result = both(
        format!("{mib} MiB are free on the disk of {folder}"),
        format!("{folder} 所在磁盘剩余 {mib} MiB"),
    );
    let cure = both(
        "make room, shorten the retention, or limit the database with CALLBACK_DATABASE_BYTES_MAX",
        "清理磁盘、缩短保留时间，或用 CALLBACK_DATABASE_BYTES_MAX 限制数据库大小",
    );
    if bytes < ROOM_NONE {
        Finding::failed("database.room", result).cure(cure)
    } else if bytes < ROOM_LITTLE {
        Finding::warning("database.room", result).cure(cure)
    } else {
        Finding::ok("database.room", result)
    }
}

fn commit_time(commit: Duration) -> Finding {
    let ms = commit.as_secs_f64() * 1000.0;
    let result = both(format!("a commit takes {ms:.1} ms"), format!("一次提交耗时 {ms:.1} ms"));
    let cure = both(
        "use a local disk (SSD), not a network file system; each click waits for two commits",
        "使用本地磁盘（SSD），不要用网络文件系统；每次点击要等待两次提交",
    );
    if commit > COMMIT_TOO_SLOW {
        Finding::failed("database.commit", result).cure(cure)
    } else if commit > COMMIT_SLOW {
        Finding::warning("database.commit", result).cure(cure)
    } else {
        Finding::ok("database.commit", result)
    }
}

/// Middle time of a few writes that reach the disk, as a commit does.
fn measure(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!(".lark-callback-doctor-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    let mut took = Vec::new();
    let mut write = || {
        for _ in 0..WRITES {
            let began = Instant::now();
            file.write_all(&[0; 4096])?;
            file.sync_data()?;
            took.push(began.elapsed());
        }
        Ok(())
    };
    let written: io::Result<()> = write();
    fs::remove_file(&path)?;
    written?;
    took.sort_unstable();
    Ok(took.get(WRITES / 2).copied().unwrap_or_default())
}
