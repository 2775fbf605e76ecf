//! Every sample payload is read by its view, whatever happens to one of its fields.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::testing::{fixture, fixtures};
use crate::{Event, events};

/// Reads a payload as the view of its event type, and returns what the view did not know.
#[allow(clippy::too_many_lines, reason = "a list of all views")]
fn unknown(event: &Event) -> Vec<String> {
    macro_rules! read {
        ($($view:ident),* $(,)?) => {
            match event.event_type.as_str() {
                $(events::$view::TYPE => {
                    let view: events::$view = event.payload().expect("the view reads the payload");
                    view.extra.into_iter().map(|(name, _)| name).collect()
                })*
                other => unreachable!("{other} has no view in this test"),
            }
        };
    }
    read!(
        AppOpened,
        AppStatusChanged,
        AppTicketPushed,
        AppUninstalled,
        AppVersionApplied,
        AppVersionAudited,
        AppVersionRevoked,
        ApplicationCreated,
        ApprovalCopy,
        ApprovalDefinitionUpdated,
        ApprovalInstance,
        ApprovalInstanceChanged,
        ApprovalTask,
        ApprovalTaskChanged,
        BaseFieldChanged,
        BaseRecordChanged,
        BotAdded,
        BotAddedV1,
        BotDeleted,
        BotMenu,
        BotRemovedV1,
        CalendarAclCreated,
        CalendarAclDeleted,
        CalendarEventChanged,
        CalendarsChanged,
        CardAction,
        ChatDisbanded,
        ChatDisbandedV1,
        ChatMembersAdded,
        ChatMembersDeleted,
        ChatMembersWithdrawn,
        ChatUpdated,
        ChatUsersAddedV1,
        ChatUsersRemovedV1,
        ChatUsersRevokedV1,
        CommentAdded,
        ContactScopeChangedV1,
        ContactScopeUpdated,
        CustomFieldsUpdated,
        DepartmentAddedV1,
        DepartmentCreated,
        DepartmentDeleted,
        DepartmentDeletedV1,
        DepartmentUpdated,
        DepartmentUpdatedV1,
        EmployeeTypeActivated,
        EmployeeTypeCreated,
        EmployeeTypeDeactivated,
        EmployeeTypeDeleted,
        EmployeeTypeUpdated,
        FeedbackCreated,
        FeedbackUpdated,
        FileCreatedInFolder,
        FileDeleted,
        FileEdited,
        FileMemberAdded,
        FileMemberApplied,
        FileMemberRemoved,
        FileRead,
        FileTitleUpdated,
        FileTrashed,
        GroupSettingsV1Updated,
        LeaveApproval,
        MeetingEnded,
        MeetingJoined,
        MeetingLeft,
        MeetingRoomCreated,
        MeetingRoomDeleted,
        MeetingRoomStatusChanged,
        MeetingRoomUpdated,
        MeetingStarted,
        MessageRead,
        MessageReadV1,
        MessageRecalled,
        MessageReceive,
        MessageV1,
        MinuteGenerated,
        OauthRedirect,
        OrderPaid,
        P2pChatCreate,
        P2pChatEntered,
        ReactionCreated,
        ReactionDeleted,
        RecordingReady,
        TaskAccessUpdated,
        TaskCommentUpdated,
        TaskUpdated,
        TripApproval,
        UrlPreview,
        UserAddedV1,
        UserCreated,
        UserDeleted,
        UserLeftV1,
        UserTokenRevoked,
        UserUpdated,
        UserUpdatedV1,
        VisibilityAdded,
        WorkApproval,
    )
}

#[test]
fn every_field_of_every_sample_is_known_to_its_view() {
    for (name, event) in fixtures() {
        let mut unknown = unknown(&event);
        if event.schema == "1.0" {
            unknown.retain(|name| !matches!(name.as_str(), "app_id" | "tenant_key" | "type"));
        }
        assert!(unknown.is_empty(), "{} {name}: {unknown:?}", event.event_type);
    }
}

#[test]
fn no_view_fails_for_a_field_that_is_odd_or_absent() {
    for (name, event) in fixtures() {
        let payload: Value = event.payload().expect("JSON");
        for member in payload.as_object().expect("an object").keys() {
            for odd in [
                json!(null),
                json!(7),
                json!("odd"),
                json!([["odd"]]),
                json!({"odd": {}}),
                json!(true),
            ] {
                let mut payload = payload.clone();
                payload[member] = odd.clone();
                let changed = Event::new(event.event_type.clone(), &payload);
                let unknown = unknown(&changed);
                assert!(
                    unknown.len() <= 4,
                    "{} {name} {member} {odd}: {unknown:?}",
                    event.event_type
                );
            }
        }
    }
}

#[test]
fn a_number_may_come_as_text_and_a_text_that_is_none_is_kept() {
    let mut payload: Value = fixture(events::BotMenu::TYPE, "usual").payload().expect("JSON");
    let mut read = |timestamp: Value| {
        payload["timestamp"] = timestamp;
        let event = Event::new(events::BotMenu::TYPE, &payload);
        let menu: events::BotMenu = event.payload().expect("the view");
        (menu.timestamp, menu.extra.get("timestamp").cloned())
    };
    assert_eq!(read(json!(1_704_067_200_000_u64)), (Some(1_704_067_200_000), None));
    assert_eq!(read(json!("1704067200000")), (Some(1_704_067_200_000), None));
    assert_eq!(read(json!("soon")), (None, Some(json!("soon"))));
    assert_eq!(read(json!(0.5)), (None, Some(json!(0.5))));
    assert_eq!(read(json!(u64::MAX)), (None, Some(json!(u64::MAX))));
}

#[test]
fn secrets_of_payloads_are_not_printed() {
    let event = fixture(events::AppTicketPushed::TYPE, "usual");
    let pushed: events::AppTicketPushed = event.payload().expect("the view");
    assert_eq!(pushed.app_ticket.as_str(), "t-ticket-7f2c");
    assert!(!format!("{pushed:?}").contains("7f2c"));
}

#[test]
fn a_field_whose_name_is_a_word_of_rust_has_another_one() {
    let event = fixture(events::ContactScopeUpdated::TYPE, "usual");
    let scope: events::ContactScopeUpdated = event.payload().expect("the view");
    assert_eq!(scope.added.user_groups[0].kind, Some(1));
    assert_eq!(scope.added.departments[0].leaders[0].leader_type, Some(1));
}

#[test]
fn a_value_of_any_kind_stays_as_it_was_written() {
    let event = fixture(events::BaseRecordChanged::TYPE, "usual");
    let changed: events::BaseRecordChanged = event.payload().expect("the view");
    let before = changed.action_list[0].before_value.as_deref().expect("a value");
    let before = Vec::<Value>::deserialize(&mut serde_json::Deserializer::from_str(before.get()));
    assert_eq!(before.expect("a list")[0]["field_value"], "1");
}
