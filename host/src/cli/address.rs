//! Public addresses, as they are typed or copied from a browser.

use crate::config::has_host;

/// Public address in its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// `https` or `http`.
    pub(super) scheme: &'a str,
    /// Host and port.
    pub(super) authority: &'a str,
    /// Everything after them: empty, or with a slash at its beginning.
    pub(super) path: &'a str,
}

impl<'a> Address<'a> {
    /// Reads an address. A name alone means `https://`.
    ///
    /// # Errors
    /// With what is wrong. It does not repeat the address, in which there may be a password.
    pub(super) fn read(text: &'a str) -> Result<Self, String> {
        const LIKE: &str = "write the address like https://bot.example.com";
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let fault = if rest.is_empty() {
            "it is empty"
        } else if !matches!(scheme, "https" | "http") {
            "it begins with neither https:// nor http://"
        } else if rest.contains(['?', '#']) {
            "it has a query or a fragment (? or #)"
        } else if authority.contains('@') {
            "it has a user name"
        } else if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            "it has a space in it"
        } else if !authority.is_ascii() {
            "its host has letters beyond ASCII: write the host as it is in DNS (xn--…)"
        } else if !has_host(text_of(scheme, authority).as_str()) {
            "it has no host, or the host or port cannot be one (a port is a number from 1 to 65535)"
        } else {
            return Ok(Self {
                scheme,
                authority,
                path,
            });
        };
        Err(format!("{fault}; {LIKE}"))
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        text_of(self.scheme, self.authority)
    }
}

fn text_of(scheme: &str, authority: &str) -> String {
    format!("{scheme}://{authority}")
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn each_fault_is_named_and_no_password_is_shown() {
        for (text, told) in [
            ("", "it is empty"),
            ("https://", "it is empty"),
            ("ftp://bot.example.com", "neither https:// nor http://"),
            ("https://bot.example.com/a?b=1", "a query or a fragment"),
            ("https://bot.example.com#top", "a query or a fragment"),
            ("https://anna:pw@bot.example.com", "it has a user name"),
            ("https://bot.example.com/a b", "a space"),
            ("not an address", "a space"),
            ("https://飞书.example.com", "xn--"),
            ("https://bot.example.com:99999", "1 to 65535"),
            ("https://[::1", "no host"),
            ("javascript:alert(1)", "no host"),
        ] {
            let refused = Address::read(text).unwrap_err();
            assert!(refused.contains(told), "{text}: {refused}");
            assert!(!refused.contains("pw"), "{refused}");
        }
        let address = Address::read(" bot.example.com:8443/lark/ ").unwrap();
        assert_eq!(address.origin(), "https://bot.example.com:8443");
        assert_eq!(address.path, "/lark/");
    }
}
