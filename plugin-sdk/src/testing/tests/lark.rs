//! Lark as a test wants it.

use std::time::Duration;

use crate::testing::{Exchange, FakeHost};
use crate::{Host, Oauth, OauthError};

fn oauth(host: &FakeHost) -> Oauth<'_> {
    (host as &dyn Host).oauth()
}

#[test]
fn a_link_leads_to_an_authorization_that_can_be_looked_up_and_forgotten() {
    let host = FakeHost::new();
    let link = oauth(&host).begin(&["im:message", "offline_access"]).expect("a link");
    assert!(link.url.ends_with(&link.state));
    assert_eq!(oauth(&host).status("ou_anna").expect("a status"), None);

    let user = oauth(&host).exchange("code", &link.ticket, "ou_anna").expect("a user");
    assert_eq!((user.open_id.as_str(), user.name.as_str()), ("ou_anna", "Anna"));
    let authorization = oauth(&host)
        .status("ou_anna")
        .expect("a status")
        .expect("an authorization");
    assert_eq!(authorization.scopes, ["im:message", "offline_access"]);
    assert!(oauth(&host).forget("ou_anna").expect("forgotten"));
    assert!(!oauth(&host).forget("ou_anna").expect("nothing to forget"));
}

#[test]
fn an_exchange_ends_as_the_test_wants_and_is_on_record() {
    let host = FakeHost::new();
    let link = oauth(&host).begin(&[""; 0]).expect("a link");
    assert!(
        !format!("{link:?}").contains(&link.state),
        "a link does not show itself"
    );
    host.next_exchange(Err(OauthError::WrongUser));
    host.next_exchange(Ok("Ben"));
    let exchange = |ticket: &str| oauth(&host).exchange("code", ticket, "ou_ben");
    assert_eq!(exchange(&link.ticket), Err(OauthError::WrongUser));
    assert_eq!(exchange(&link.ticket).expect("a user").name, "Ben");
    assert_eq!(exchange("ticket-7"), Err(OauthError::BadTicket));
    let first = Exchange {
        code: "code".to_owned(),
        ticket: "ticket-1".to_owned(),
        open_id: "ou_ben".to_owned(),
    };
    assert_eq!((host.exchanges().len(), &host.exchanges()[0]), (3, &first));
}

#[test]
fn a_link_that_cannot_be_made_says_when_to_try_again() {
    let host = FakeHost::new();
    let after = Some(Duration::from_secs(3));
    host.next_link_fails(OauthError::Retry {
        message: "busy".to_owned(),
        after,
    });
    let error = oauth(&host).begin(&["a"]).expect_err("an error");
    assert_eq!(
        crate::Failure::from(error),
        crate::Failure::retry_after(Duration::from_secs(3), "Lark is not available: busy")
    );
}
