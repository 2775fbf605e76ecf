//! Signatures of requests by the Standard Webhooks scheme (version 1: HMAC-SHA256 over id, timestamp and body).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Prefix of the secret.
const PREFIX: &str = "whsec_";

/// A key is 24 to 64 bytes ("Signature scheme").
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that is not of the scheme; the text never holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the secret must be `{PREFIX}` and 24 to 64 bytes in base64; make one with `echo {PREFIX}$(openssl rand -base64 32)`"
)]
pub(in crate::plugin) struct NotASecret;

/// The keys in a text: one, or several with white space between while they are changed.
pub(in crate::plugin) fn keys(secrets: &str) -> Result<Vec<Vec<u8>>, NotASecret> {
    let key = |secret: &str| {
        let encoded = secret.strip_prefix(PREFIX)?;
        STANDARD
            .decode(encoded)
            .ok()
            .filter(|key| KEY_BYTES.contains(&key.len()))
    };
    let keys: Option<Vec<_>> = secrets.split_whitespace().map(key).collect();
    keys.filter(|keys| !keys.is_empty()).ok_or(NotASecret)
}

/// The value of `webhook-signature`: one signature for each key.
pub(in crate::plugin) fn signature(secrets: &str, id: &str, timestamp: u64, body: &[u8]) -> Result<String, NotASecret> {
    let of = |key: Vec<u8>| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_any_length_is_taken| NotASecret)?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    let signatures: Result<Vec<_>, _> = keys(secrets)?.into_iter().map(of).collect();
    Ok(signatures?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{keys, signature};

    /// From the specification and its reference implementations.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let signature = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_of_several_secrets_signs() {
        let two = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nwhsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let signed = signature(two, "id", 1, b"{}").unwrap();
        assert_eq!(
            signed
                .split(' ')
                .filter(|signature| signature.starts_with("v1,"))
                .count(),
            2
        );
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for secret in [
            "",
            " ",
            "secret",
            "whsec_",
            "whsec_c2hvcnQ=",
            "whsec_!",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            assert!(keys(secret).is_err(), "{secret}");
        }
    }
}
