//! The file of an own CA.

use crate::codes::told;
use std::path::Path;

use super::{read::Reader, settings};
use crate::{outward::Roots, telemetry::chain};

impl Reader<'_> {
    pub(super) fn own_roots(&mut self) -> Roots {
        let name = settings::CALLBACK_ROOT_CERTIFICATES.name;
        let Some(path) = self.text(name) else {
            return Roots::default();
        };
        match Roots::read(Path::new(path)) {
            Ok(roots) => roots,
            Err(error) => {
                self.problems.push(told!("{name}: {}", "{name}：{}", chain(&error)));
                Roots::default()
            }
        }
    }
}
