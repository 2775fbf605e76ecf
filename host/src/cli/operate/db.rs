//! `db`: the database as a whole.

use std::path::Path;

use lark_callback_store::{
    BackupError, Database, PostgresSettings, Store, StoreSettings, check_backup, restore_backup,
};
use serde_json::{Value, json};

use super::{arguments::DbCommand, load, target::Target, tell};
use crate::{
    app::now_ms,
    cli::{Exit, Stopped},
    config::{Flags, OperatorConfig},
    operate::{Actor, AuditedChange, Command, Record},
    telemetry::chain,
};

/// Time limit for committing one chunk of a copy.
const COPY_MS_MAX: u64 = 60_000;

pub(in crate::cli) async fn db(flags: &Flags, command: DbCommand) -> Result<(), Stopped> {
    let config = load(flags)?;
    match command {
        DbCommand::Migrate { form } => {
            let target = Target::find_or_make(&config).await?;
            tell(&form, &target.execute(&Command::Status).await?)
        }
        DbCommand::Status { form } => tell(&form, &Target::find(&config).await?.execute(&Command::Status).await?),
        DbCommand::Prune { form } => tell(&form, &Target::find(&config).await?.execute(&Command::Prune).await?),
        DbCommand::Backup { file, form } => {
            let file = std::path::absolute(&file).map_err(|error| Stopped::new(Exit::Failed, &error))?;
            tell(
                &form,
                &Target::find(&config).await?.execute(&Command::Backup(file)).await?,
            )
        }
        DbCommand::Restore { file, check, form } => {
            let answer = match &config.store.database {
                Database::Sqlite(_) if check => checked(&file).await,
                Database::Sqlite(database) => restore(&config, database, &file).await,
                Database::Postgres(_) => Err(BackupError::Postgres),
            };
            tell(&form, &answer.map_err(|error| unusable(&error))?)
        }
        DbCommand::Copy { to, form } => tell(&form, &copy(&config, &to).await?),
    }
}

fn unusable(error: &BackupError) -> Stopped {
    let exit = if matches!(error, BackupError::Postgres) {
        Exit::Failed
    } else {
        Exit::Database
    };
    Stopped::new(exit, error)
}

/// Looks at a backup without restoring it.
async fn checked(file: &Path) -> Result<Value, BackupError> {
    let mut answer = json!(check_backup(file).await?);
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("restorable".to_owned(), true.into());
    }
    Ok(answer)
}

async fn restore(config: &OperatorConfig, database: &Path, file: &Path) -> Result<Value, BackupError> {
    let content = check_backup(file).await?;
    let kept = restore_backup(file, database).await?;
    // Opening it would migrate it, and an older server, for which it may have been restored, could not read it any more.
    let is_recorded = content.pending_migrations == 0 && record_restored(config, file).await;
    Ok(json!({"restored": database, "kept": kept, "recorded": is_recorded}))
}

/// Records in the restored database where its content is from; what was recorded since that backup is in the one that is kept.
async fn record_restored(config: &OperatorConfig, file: &Path) -> bool {
    let Ok(store) = Store::open(&config.store).await else {
        return false;
    };
    let change = AuditedChange {
        command: "db restore".to_owned(),
        arguments: json!({"file": file}),
        touched: Vec::new(),
    };
    let actor = Actor::of_command_line(config.operator.as_deref());
    let record = Record::begin(&store, &actor, change, now_ms()).await;
    let is_recorded = record.is_ok();
    if let Ok(record) = record {
        record.end(&store, Ok(json!({}))).await;
    }
    store.close().await;
    is_recorded
}

async fn copy(config: &OperatorConfig, to: &str) -> Result<Value, Stopped> {
    let target = PostgresSettings::from_url(to).map_err(|error| Stopped {
        exit: Exit::Usage,
        text: format!("--to: {error}"),
    })?;
    let Target::Open { store, actor, .. } = Target::find(config).await? else {
        return Err(Stopped {
            exit: Exit::Failed,
            text: "a server is using the database; stop it first, so that nothing is received during the copy"
                .to_owned(),
        });
    };
    let failed = |error: &dyn std::error::Error| Stopped {
        exit: Exit::Database,
        text: chain(error),
    };
    let settings = StoreSettings {
        // A chunk has more rows than an acknowledgement, and nobody is waiting for an answer.
        commit_ms_max: COPY_MS_MAX,
        ..StoreSettings::of(Database::Postgres(target))
    };
    let target = Store::open(&settings).await.map_err(|error| failed(&error))?;
    let copied = store.copy_to(&target).await;
    if copied.is_ok() {
        let change = AuditedChange {
            command: "db copy".to_owned(),
            arguments: json!({}),
            touched: Vec::new(),
        };
        // Before it there was no place for the record; the copy is whole without it.
        if let Ok(record) = Record::begin(&target, &actor, change, now_ms()).await {
            record.end(&target, Ok(json!({}))).await;
        }
    }
    target.close().await;
    store.close().await;
    let copied = copied.map_err(|error| failed(&error))?;
    Ok(json!({"copied": copied}))
}
