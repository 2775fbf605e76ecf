//! Variables that Kubernetes (and Docker's links) set for other services, and that resemble this server's settings.

use crate::codes::{Text, same, told};

/// Whether a variable of the environment describes a service: `NAME_PORT=tcp://10.0.0.1:80`, `NAME_PORT_80_TCP…`,
/// `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT…`.
pub(super) fn is_service_link(name: &str, text: &str) -> bool {
    let is_address = ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    (name.ends_with("_PORT") && is_address)
        || name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || is_port_variable(name)
}

/// `NAME_PORT_<number>_<protocol>`, and the same with `_PROTO`, `_PORT` or `_ADDR`.
fn is_port_variable(name: &str) -> bool {
    name.split("_PORT_").skip(1).any(|rest| {
        let (number, rest) = rest.split_once('_').unwrap_or((rest, ""));
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let protocol = rest.split('_').next().unwrap_or_default();
        is_number && ["TCP", "UDP", "SCTP"].contains(&protocol)
    })
}

/// Notice about all of them, in one sentence.
pub(super) fn notice(names: &[String]) -> Option<Text> {
    let first = names.first()?;
    let others = match names.len() {
        1 => same(""),
        count => told!(" and {} more", " 等 {} 个", count - 1),
    };
    Some(told!(
        "{first}{others} (in the environment) describe services of the cluster and are not settings: ignored; \
         enableServiceLinks: false in the pod's spec leaves them out",
        "{first}{others:#}（环境变量）描述的是集群中的服务，不是设置，已忽略；在 Pod 的 spec 中设置 enableServiceLinks: false 可以去掉它们"
    ))
}

#[cfg(test)]
mod tests {
    use super::is_service_link;

    #[test]
    fn a_link_is_known_by_its_name_or_its_value() {
        for (name, text) in [
            ("POSTGRES_PORT", "tcp://10.96.0.5:5432"),
            ("CALLBACK_SERVER_PORT", "udp://10.96.0.5:53"),
            ("CALLBACK_SERVER_PORT_8080_TCP", "tcp://10.96.0.5:8080"),
            ("LARK_CALLBACK_PORT_8080_TCP_ADDR", "10.96.0.5"),
            ("LARK_CALLBACK_PORT_53_UDP_PROTO", "udp"),
            ("LARK_CALLBACK_SERVICE_HOST", "10.96.0.5"),
            ("LARK_CALLBACK_SERVICE_PORT", "8080"),
            ("LARK_CALLBACK_SERVICE_PORT_HTTP", "8080"),
        ] {
            assert!(is_service_link(name, text), "{name}");
        }
        for (name, text) in [
            ("POSTGRES_PORT", "5432"),
            ("CALLBACK_SERVER_PORT", "eighty"),
            ("CALLBACK_ADMIN_HOST", "tcp://10.96.0.5:5432"),
            ("LARK_PORT_KEY", "x"),
        ] {
            assert!(!is_service_link(name, text), "{name}");
        }
    }
}
