//! The log: its format and levels, its file, and when that is rotated.

use crate::codes::told;
use std::path::{Path, PathBuf};

use super::{read::Reader, settings};
use crate::telemetry::{LogFormat, LogSettings, Rotation};

/// Smallest size at which a file is rotated: some ten lines, because each rotation takes as long as hundreds of them.
const FILE_BYTES_MIN: u64 = 4_096;

impl Reader<'_> {
    pub(super) fn log(&mut self) -> LogSettings {
        self.refuse_folder();
        LogSettings {
            format: self.choice(
                &settings::LOG_FORMAT,
                &[LogFormat::Auto, LogFormat::Text, LogFormat::Json],
            ),
            file: self.text(settings::LOG_FILE.name).map(PathBuf::from),
            rotation: self.rotation(),
            keeps_repeats: !self.switch(&settings::LOG_COLLAPSE),
            filter: self.text(settings::RUST_LOG.name).map(str::to_owned),
        }
    }

    /// Refuses a folder, which could not be written to.
    fn refuse_folder(&mut self) {
        let file = self.text(settings::LOG_FILE.name);
        if let Some(folder) = file.filter(|file| Path::new(file).is_dir()) {
            self.problems.push(told!(
                "LOG_FILE is {folder}, which is a folder; name a file in it",
                "LOG_FILE 是 {folder}，这是目录；请指定其中的文件"
            ));
        }
    }

    fn rotation(&mut self) -> Rotation {
        let rotation = Rotation {
            bytes_max: self.number(&settings::LOG_FILE_BYTES_MAX),
            hours_max: self.number(&settings::LOG_FILE_HOURS_MAX),
            files_max: self.number(&settings::LOG_FILES_MAX),
        };
        if (1..FILE_BYTES_MIN).contains(&rotation.bytes_max) {
            self.problems.push(told!(
                "LOG_FILE_BYTES_MAX must be 0 (no limit) or at least {FILE_BYTES_MIN}",
                "LOG_FILE_BYTES_MAX 必须是 0（不限）或至少 {FILE_BYTES_MIN}"
            ));
        }
        if self.text(settings::LOG_FILE.name).is_none() {
            for (name, max) in [
                (settings::LOG_FILE_BYTES_MAX.name, rotation.bytes_max),
                (settings::LOG_FILE_HOURS_MAX.name, rotation.hours_max),
            ] {
                if max > 0 {
                    self.notices.push(told!(
                        "{name} has no effect, because the log goes to standard error; set LOG_FILE, or remove {name}",
                        "{name} 不起作用，因为日志输出到标准错误；请设置 LOG_FILE，或删除 {name}"
                    ));
                }
            }
        }
        rotation
    }
}
