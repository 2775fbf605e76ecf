//! Encrypted values decrypt for the same purpose only.

use super::*;

/// The same key in its four spellings.
const SPELLINGS: [&str; 4] = [
    "+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=",
    "+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8",
    "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8=",
    "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8",
];
const NEWER: &str = "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=";
const MINE: Purpose<'_> = Purpose::UserTokens {
    app_id: "cli_a",
    open_id: "ou_b",
};

fn vault(keys: &str) -> Vault {
    Vault::from_keys(keys).unwrap()
}

fn opened(vault: &Vault, purpose: Purpose<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    use secrecy::ExposeSecret as _;
    vault.open(purpose, sealed).map(|plain| plain.expose_secret().to_vec())
}

#[test]
fn a_value_comes_back_as_it_was() {
    let vault = vault(NEWER);
    for plain in [&b""[..], b"x", &[7; 5000]] {
        let sealed = vault.seal(MINE, plain).unwrap();
        assert_eq!(opened(&vault, MINE, &sealed).unwrap(), plain);
    }
    let text = vault.seal_text(MINE, b"plain").unwrap();
    assert!(
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    );
    assert!(vault.open_text(MINE, &text).is_ok());
    assert_eq!(vault.open_text(MINE, "no base64!").err(), Some(VaultError::Damaged));
}

#[test]
fn a_key_may_be_spelled_in_four_ways() {
    let sealed = vault(SPELLINGS[0]).seal(MINE, b"plain").unwrap();
    for spelling in SPELLINGS {
        assert_eq!(opened(&vault(spelling), MINE, &sealed).unwrap(), b"plain", "{spelling}");
    }
}

#[test]
fn what_is_no_key_is_refused_without_being_shown() {
    for text in [
        "",
        "short",
        "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=,",
        "!rzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=",
    ] {
        let error = Vault::from_keys(text).unwrap_err();
        assert!(text.is_empty() || !error.to_string().contains(text));
    }
}

#[test]
fn any_changed_byte_is_seen() {
    let vault = vault(NEWER);
    let sealed = vault.seal(MINE, b"plain").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(opened(&vault, MINE, &changed).is_err(), "byte {at}");
        assert!(opened(&vault, MINE, &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn a_value_of_one_row_does_not_open_as_that_of_another() {
    let vault = vault(NEWER);
    let sealed = vault.seal(MINE, b"plain").unwrap();
    let others = [
        Purpose::UserTokens {
            app_id: "cli_a",
            open_id: "ou_c",
        },
        Purpose::UserTokens {
            app_id: "cli_",
            open_id: "aou_b",
        },
        Purpose::Ticket { app_id: "cli_a" },
        Purpose::AppTicket { app_id: "cli_a" },
        Purpose::Code { app_id: "cli_a" },
    ];
    for other in others {
        assert_eq!(opened(&vault, other, &sealed), Err(VaultError::Damaged), "{other:?}");
    }
}

#[test]
fn the_same_value_is_never_sealed_to_the_same_bytes() {
    let vault = vault(NEWER);
    assert_ne!(vault.seal(MINE, b"plain").unwrap(), vault.seal(MINE, b"plain").unwrap());
}

#[test]
fn a_key_can_be_replaced_and_then_retired() {
    let (old, both, new) = (
        vault(SPELLINGS[0]),
        vault(&format!("{NEWER}, {}", SPELLINGS[0])),
        vault(NEWER),
    );
    let sealed = old.seal(MINE, b"plain").unwrap();
    assert_eq!(opened(&both, MINE, &sealed).unwrap(), b"plain");

    let again = both.seal(MINE, b"plain").unwrap();
    assert_eq!(opened(&new, MINE, &again).unwrap(), b"plain");

    let error = opened(&new, MINE, &sealed).unwrap_err();
    assert!(matches!(error, VaultError::KeyGone { .. }), "{error:?}");
    assert!(error.to_string().contains("LARK_CONFIG_ENCRYPTION_KEY"));
}

#[test]
fn nothing_of_a_key_is_shown() {
    assert_eq!(format!("{:?}", vault(NEWER)), "Vault(1 keys, redacted)");
}

#[test]
fn a_key_of_one_byte_seals_nothing_new_and_opens_what_it_has_sealed() {
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert!(Vault::from_keys(zeros).is_err());
    assert!(
        Vault::from_keys(&format!("{NEWER},{zeros}")).is_ok(),
        "it is on its way out"
    );
}
