//! Masking of credentials in responses: a service that echoes what it was sent does not hand them to a plugin.

use bytes::{Bytes, BytesMut};

/// Shorter texts are in many responses by chance, and are no secrets.
const SECRET_BYTES_MIN: usize = 8;

/// The secrets of one request, and what of its response may still turn out to be one of them.
#[derive(Default)]
pub struct Mask {
    secrets: Vec<Vec<u8>>,
    held: BytesMut,
}

/// Prints no secret.
impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mask")
            .field("secrets", &self.secrets.len())
            .finish_non_exhaustive()
    }
}

impl Mask {
    /// Adds the value of a header that a request is sent with. Its scheme (`Bearer`) is no secret, and what follows is one of
    /// its own.
    pub fn add(&mut self, value: &[u8]) {
        let after_scheme = value
            .iter()
            .position(|byte| *byte == b' ')
            .and_then(|at| value.get(at + 1..));
        for secret in [Some(value), after_scheme].into_iter().flatten() {
            if secret.len() >= SECRET_BYTES_MIN {
                self.secrets.push(secret.to_vec());
            }
        }
    }

    /// Masks a text of its own, such as the value of a header.
    pub fn text(&self, text: String) -> String {
        if self.secrets.is_empty() {
            return text;
        }
        let mut bytes = text.into_bytes();
        self.mask(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Masks the next part of a body. What could be the beginning of a secret is held back until more of it is there.
    pub fn part(&mut self, part: Bytes) -> Bytes {
        if self.secrets.is_empty() {
            return part;
        }
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(&part);
        self.mask(&mut bytes);
        let held = self.beginning_at_end(&bytes);
        self.held = bytes.split_off(bytes.len() - held);
        bytes.freeze()
    }

    /// Returns what was held back, at the end of a body.
    pub fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.held).freeze()
    }

    fn mask(&self, bytes: &mut [u8]) {
        for secret in &self.secrets {
            let mut from = 0;
            while let Some(at) = bytes.get(from..).and_then(|rest| find(rest, secret)) {
                let begin = from + at;
                from = begin + secret.len();
                if let Some(found) = bytes.get_mut(begin..from) {
                    found.fill(b'*');
                }
            }
        }
    }

    /// The length of the longest end that is the beginning of a secret.
    fn beginning_at_end(&self, bytes: &[u8]) -> usize {
        let of = |secret: &Vec<u8>| {
            let longest = secret.len().saturating_sub(1).min(bytes.len());
            let is_beginning = |length: &usize| {
                let end = bytes.get(bytes.len() - length..);
                end.is_some_and(|end| secret.starts_with(end))
            };
            (1..=longest).rev().find(is_beginning).unwrap_or_default()
        };
        self.secrets.iter().map(of).max().unwrap_or_default()
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted.first()?;
    let mut from = 0;
    loop {
        let rest = bytes.get(from..)?;
        let at = from + rest.iter().position(|byte| byte == first)?;
        if bytes.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::Mask;

    fn masked(parts: &[&str]) -> Vec<String> {
        let mut mask = Mask::default();
        mask.add(b"Bearer sk-0123456789");
        let mut shown: Vec<Bytes> = parts
            .iter()
            .map(|part| mask.part(Bytes::copy_from_slice(part.as_bytes())))
            .collect();
        shown.push(mask.rest());
        let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        shown.into_iter().map(text).collect()
    }

    #[test]
    fn an_echoed_credential_is_masked_with_its_length_kept() {
        assert_eq!(
            masked(&["{\"Authorization\":\"Bearer sk-0123456789\"} sk-0123456789"]).concat(),
            "{\"Authorization\":\"********************\"} *************"
        );
    }

    #[test]
    fn it_is_masked_however_the_body_is_cut() {
        let text = "key: sk-0123456789, key: sk-sk-0123456789 sk-01";
        let wanted = "key: *************, key: sk-************* sk-01";
        for cut in 0..text.len() {
            assert_eq!(masked(&[&text[..cut], &text[cut..]]).concat(), wanted, "{cut}");
        }
        let bytes: Vec<_> = text.split("").collect();
        assert_eq!(masked(&bytes).concat(), wanted);
    }

    #[test]
    fn what_is_no_secret_is_not_held_back() {
        assert_eq!(masked(&["data: one\n\n", "data: s", "econd\n\n"])[0], "data: one\n\n");
        let mut none = Mask::default();
        none.add(b"short");
        assert_eq!(none.part(Bytes::from_static(b"short")), "short");
    }
}
