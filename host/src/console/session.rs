//! Sessions: a cookie that proves a login without keeping the token, and the CSRF token that belongs to it.
//!
//! The cookie is signed with a key that is derived from the token of its role, so every server with the same token knows it,
//! it outlives a restart, and a changed token ends all sessions. Nothing is kept about a session but its end.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, header};
use hmac::{Hmac, KeyInit, Mac as _};
use secrecy::ExposeSecret;
use sha2::Sha256;

use super::view::cookies;
use crate::admin::{AdminSettings, Role};

/// Lifetime of a session: a working day.
pub(super) const SECONDS_MAX: u64 = 12 * 3_600;

/// Sessions that were ended before their time and are remembered; beyond that the one that expires first is forgotten.
const ENDED_MAX: usize = 4_096;

/// Length of a session's random name.
const NAME_BYTES: usize = 16;

/// Session that a cookie proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    /// Rights of whoever logged in.
    pub(super) role: Role,
    name: String,
    expires_ms: u64,
}

impl Session {
    /// Label that tells one session from another in the audit, and proves nothing.
    pub(super) fn label(&self) -> String {
        format!("session {}", self.name.get(..6).unwrap_or_default())
    }
}

/// Sessions of this server.
pub(super) struct Sessions {
    /// Key of the CSRF token while no token is set.
    open_key: [u8; 32],
    /// Ended sessions by name, with their expiry.
    ended: Mutex<BTreeMap<String, u64>>,
}

impl Sessions {
    pub(super) fn new() -> Self {
        let mut open_key = [0; 32];
        // Without random bytes the token would be known; the checks of the Origin and the Host would still hold.
        let _ = getrandom::fill(&mut open_key);
        Self {
            open_key,
            ended: Mutex::default(),
        }
    }

    /// Begins a session; returns the value of its cookie. Absent when the role has no token or there are no random bytes.
    pub(super) fn begin(&self, settings: &AdminSettings, role: Role, now_ms: u64) -> Option<String> {
        let mut name = [0; NAME_BYTES];
        getrandom::fill(&mut name).ok()?;
        let session = Session {
            role,
            name: hex::encode(name),
            expires_ms: now_ms.saturating_add(SECONDS_MAX * 1_000),
        };
        let mac = signature(settings, &session)?.finalize().into_bytes();
        let Session { name, expires_ms, .. } = &session;
        Some(format!("{}.{expires_ms}.{name}.{}", role.word(), hex::encode(mac)))
    }

    /// Session of a request, if one of its cookies proves any.
    pub(super) fn of_request(&self, settings: &AdminSettings, headers: &HeaderMap, now_ms: u64) -> Option<Session> {
        let name = cookie_name(headers);
        let mut sessions = cookies(headers, &name).filter_map(|cookie| read(settings, cookie));
        sessions.find(|session| !self.is_over(session, now_ms))
    }

    /// Whether a session has expired or was ended.
    pub(super) fn is_over(&self, session: &Session, now_ms: u64) -> bool {
        session.expires_ms <= now_ms || self.ended().contains_key(&session.name)
    }

    /// Ends a session on this server, whoever may have copied its cookie.
    pub(super) fn end(&self, session: Session, now_ms: u64) {
        let mut ended = self.ended();
        ended.retain(|_, expires_ms| *expires_ms > now_ms);
        if ended.len() >= ENDED_MAX {
            let first = ended.iter().min_by_key(|(_, expires_ms)| **expires_ms);
            if let Some(first) = first.map(|(name, _)| name.clone()) {
                ended.remove(&first);
            }
        }
        ended.insert(session.name, session.expires_ms);
    }

    /// CSRF token of a session, or of those without one.
    pub(super) fn csrf(&self, settings: &AdminSettings, session: Option<&Session>) -> String {
        let key = match session.and_then(|session| settings.token_of(session.role)) {
            Some(token) => key_of(token.expose_secret()),
            None => self.open_key,
        };
        let mut mac = keyed(&key);
        mac.update(b"csrf\0");
        mac.update(session.map_or("", |session| &session.name).as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    fn ended(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Name of the cookie. Browsers share cookies among the ports of a host, and two servers may run on one machine.
pub(super) fn cookie_name(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let port = host.and_then(|host| host.rsplit_once(':')).map_or("", |(_, port)| port);
    if !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit()) {
        format!("lark_callback_console_{port}")
    } else {
        "lark_callback_console".to_owned()
    }
}

fn read(settings: &AdminSettings, cookie: &str) -> Option<Session> {
    let mut parts = cookie.split('.');
    let (role, expires_ms, name, mac) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let role = Role::ALL.into_iter().find(|known| known.word() == role)?;
    let session = Session {
        role,
        name: name.to_owned(),
        expires_ms: expires_ms.parse().ok()?,
    };
    let signed = signature(settings, &session)?;
    signed.verify_slice(&hex::decode(mac).ok()?).ok()?;
    Some(session).filter(|_| parts.next().is_none())
}

fn signature(settings: &AdminSettings, session: &Session) -> Option<Hmac<Sha256>> {
    let mut mac = keyed(&key_of(settings.token_of(session.role)?.expose_secret()));
    let Session { role, name, expires_ms } = session;
    mac.update(format!("session\0{}\0{expires_ms}\0{name}", role.word()).as_bytes());
    Some(mac)
}

/// Key of the sessions of a token.
fn key_of(token: &str) -> [u8; 32] {
    use sha2::Digest as _;
    let mut hash = Sha256::new();
    hash.update(b"lark-callback console 1\0");
    hash.update(token.as_bytes());
    hash.finalize().into()
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // As long as a block, which HMAC fills with zeros anyway.
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    <Hmac<Sha256> as KeyInit>::new(&block.into())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::admin::Viewers;

    const NOW_MS: u64 = 1_000_000;

    fn settings(token: &str) -> AdminSettings {
        AdminSettings {
            is_on: true,
            host: "127.0.0.1".to_owned(),
            port: 0,
            socket_mode: 0o600,
            is_usual_port: false,
            token: Some(token.to_owned().into()),
            has_console: true,
            viewers: Viewers::default(),
        }
    }

    fn request(cookie: &str) -> HeaderMap {
        let cookie = format!("other=1; lark_callback_console_8081={cookie}");
        HeaderMap::from_iter([
            (header::HOST, HeaderValue::from_static("127.0.0.1:8081")),
            (header::COOKIE, HeaderValue::from_str(&cookie).unwrap()),
        ])
    }

    #[test]
    fn a_cookie_proves_a_login_until_it_expires_or_the_token_is_another() {
        let (sessions, settings) = (Sessions::new(), settings("planted"));
        let cookie = sessions.begin(&settings, Role::Operator, NOW_MS).unwrap();
        let role = |settings: &AdminSettings, cookie: &str, now_ms| {
            let session = Sessions::new().of_request(settings, &request(cookie), now_ms);
            session.map(|session| session.role)
        };
        assert_eq!(
            role(&settings, &cookie, NOW_MS),
            Some(Role::Operator),
            "of another server"
        );
        let end_ms = NOW_MS + SECONDS_MAX * 1_000;
        assert_eq!(role(&settings, &cookie, end_ms - 1), Some(Role::Operator));
        assert_eq!(role(&settings, &cookie, end_ms), None);
        assert_eq!(role(&self::settings("another"), &cookie, NOW_MS), None);
        assert!(!cookie.contains("planted"));
    }

    #[test]
    fn a_changed_cookie_proves_nothing() {
        let (sessions, settings) = (Sessions::new(), settings("planted"));
        let cookie = sessions.begin(&settings, Role::Operator, NOW_MS).unwrap();
        for at in 0..cookie.len() {
            let mut changed = cookie.clone().into_bytes();
            changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(
                sessions.of_request(&settings, &request(&changed), NOW_MS),
                None,
                "{changed}"
            );
        }
        for cut in ["", ".", "...", "operator.9999999999999..", &format!("{cookie}.x")] {
            assert_eq!(sessions.of_request(&settings, &request(cut), NOW_MS), None, "{cut}");
        }
    }

    #[test]
    fn an_ended_session_is_over_and_others_go_on() {
        let (sessions, settings) = (Sessions::new(), settings("planted"));
        let [first, second] = [0, 1].map(|_| sessions.begin(&settings, Role::Operator, NOW_MS).unwrap());
        let of = |cookie: &str| sessions.of_request(&settings, &request(cookie), NOW_MS);
        let csrf = |cookie: &str| sessions.csrf(&settings, of(cookie).as_ref());
        assert_ne!(csrf(&first), csrf(&second));
        sessions.end(of(&first).unwrap(), NOW_MS);
        assert_eq!((of(&first), of(&second).is_some()), (None, true));
    }
}
