//! Setting of the reverse proxies whose word about the sender counts.

use super::{read::Reader, settings};
use crate::codes::told;
use crate::listen::TrustedProxies;

impl Reader<'_> {
    pub(super) fn proxies(&mut self) -> TrustedProxies {
        let setting = &settings::CALLBACK_TRUSTED_PROXIES;
        let mut proxies = TrustedProxies::default();
        let Some(value) = self.value(setting.name) else {
            return proxies;
        };
        for word in value.text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if proxies.add(word).is_err() {
                self.problem(
                    setting.name,
                    value,
                    &told!(
                        "must be addresses and networks with commas between, like 10.0.0.0/8,127.0.0.1,unix",
                        "必须是用逗号分隔的地址和网段，例如 10.0.0.0/8,127.0.0.1,unix"
                    ),
                );
                break;
            }
        }
        proxies
    }
}
