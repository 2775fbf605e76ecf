//! The workshop of the console: a component is looked at as `plugin check` does, and installed as `plugin install` does.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::watch;

use super::{
    install::{self, NewFile},
    workbench::{self, Findings, Workbench},
};
use crate::{
    codes::{Text, told},
    config::Config,
    console::{About, Dropped, Installed, Report, Signature, Workshop},
    plugin::{Candidate, CompileSettings, Examined, Settings, TrustedKeys, Variables, check_component, to_add},
    reload,
    telemetry::chain,
};

/// Settings of a server that decide about components.
#[derive(Clone)]
struct Shop {
    folder: PathBuf,
    keys: TrustedKeys,
    compile: CompileSettings,
    variables: watch::Receiver<Arc<Variables>>,
}

/// The workshop of a server with these settings.
pub(super) fn workshop(config: &Config, variables: watch::Receiver<Arc<Variables>>) -> Workshop {
    let shop = Shop {
        folder: config.plugins_dir.clone(),
        keys: config.plugin_keys.clone(),
        compile: config.compile.clone(),
        variables,
    };
    let installing = shop.clone();
    Workshop::new(
        move |dropped| Box::pin(shop.clone().look(dropped)),
        move |dropped| Box::pin(installing.clone().install(dropped)),
    )
}

impl Shop {
    async fn look(self, dropped: Dropped) -> Report {
        let Dropped { name, wasm, signature } = dropped;
        let mut found = Findings::default();
        // Before the name becomes part of a path.
        if let Err(problem) = reload::check_name(&name) {
            found.problems.push(problem);
            return Report {
                problems: found.problems,
                ..Report::default()
            };
        }
        let beside = self.folder.join(format!("{name}.toml"));
        let variables = Arc::clone(&self.variables.borrow());
        let settings = workbench::read_settings(&beside, &variables).unwrap_or_else(|problem| {
            found.problems.push(problem);
            Settings::default()
        });
        let are_settings_read = found.problems.is_empty();
        found.add_placed(&name, &settings, &format!("{name}.toml"));
        let signature = match self.signature(&wasm, signature.as_deref()) {
            Ok(signature) => signature,
            // Nothing is compiled or run for which nobody vouches.
            Err(why) => {
                found.problems.push(why);
                found
                    .problems
                    .extend(check_component(&wasm).err().map(|problem| problem.text()));
                return Report {
                    problems: found.problems,
                    ..Report::default()
                };
            }
        };
        let file = PathBuf::from(format!("{name}.wasm"));
        let examined = match workbench::candidate(&file, wasm.clone(), settings.clone()) {
            Err(problem) => Err(problem),
            Ok(candidate) => examined(self.compile, candidate).await,
        };
        let examined = examined.map_err(|problem| found.problems.push(problem)).ok();
        if let Some(examined) = &examined {
            found.add(examined, &settings, &format!("{name}.toml"), are_settings_read);
        } else if let Err(problem) = check_component(&wasm) {
            let problem = problem.text();
            if !found.problems.contains(&problem) {
                found.problems.push(problem);
            }
        }
        let found = found.as_on_a_server();
        Report {
            problems: found.problems,
            notes: found.notes,
            about: examined.map(|examined| about(examined, signature)),
        }
    }

    fn signature(&self, wasm: &[u8], signature: Option<&[u8]>) -> Result<Signature, Text> {
        if !self.keys.is_asked_for() {
            return Ok(Signature::NotAsked);
        }
        let checked = self.keys.check(wasm, signature);
        checked.map(|_| Signature::Good).map_err(|error| error.text())
    }

    async fn install(self, dropped: Dropped) -> Result<Installed, Text> {
        let Dropped { name, wasm, signature } = dropped;
        let new = NewFile { name, wasm, signature };
        let installed = install::install(&self.folder, &self.keys, new, self.compile).await;
        let installed = installed.map_err(|error| error.text())?;
        Ok(Installed {
            version: installed.version,
            hash: installed.hash,
        })
    }
}

/// A component, compiled and asked what it is. What is only looked at is not kept.
async fn examined(compile: CompileSettings, candidate: Candidate) -> Result<Examined, Text> {
    let compile = CompileSettings {
        cache_dir: None,
        ..compile
    };
    let bench = Workbench::for_a_look(compile).await.map_err(|error| {
        let error = chain(&error);
        told!("{error}", "无法检查该组件：{error}")
    })?;
    let examined = bench.examine(candidate).await;
    bench.close().await;
    examined.map_err(|error| error.problem.text())
}

fn about(examined: Examined, signature: Signature) -> About {
    let description = examined.description;
    About {
        to_add: to_add(&description.wants, &description.config_kinds),
        name: description.name,
        version: description.version,
        hash: examined.hash,
        event_types: description.event_types,
        imports: examined.imports,
        memory_bytes: examined.memory_bytes,
        signature,
    }
}
