//! The event types that Lark documents, for detecting misspelt ones.

/// Grouped by service, with callbacks and the types of schema 1.0 at the end. Lark adds types all the time, so a type that is
/// not listed may be new.
const KNOWN: &[(&str, &[&str])] = &[
    ("acs.", &["access_record.created_v1", "user.updated_v1"]),
    (
        "application.",
        &[
            "application.app_version.audit_v6",
            "application.app_version.publish_apply_v6",
            "application.app_version.publish_revoke_v6",
            "application.created_v6",
            "application.feedback.created_v6",
            "application.feedback.updated_v6",
            "application.visibility.added_v6",
            "bot.menu_v6",
        ],
    ),
    ("approval.", &["approval.updated_v4"]),
    ("attendance.", &["user_flow.created_v1", "user_task.updated_v1"]),
    (
        "calendar.calendar.",
        &["acl.created_v4", "acl.deleted_v4", "changed_v4", "event.changed_v4"],
    ),
    ("compensation.", &["archive.changed_v1"]),
    (
        "contact.",
        &[
            "custom_attr_event.updated_v3",
            "department.created_v3",
            "department.deleted_v3",
            "department.updated_v3",
            "employee_type_enum.actived_v3",
            "employee_type_enum.created_v3",
            "employee_type_enum.deactivated_v3",
            "employee_type_enum.deleted_v3",
            "employee_type_enum.updated_v3",
            "scope.updated_v3",
            "user.created_v3",
            "user.deleted_v3",
            "user.updated_v3",
        ],
    ),
    (
        "corehr.",
        &[
            "approver.updated_v2",
            "company.created_v2",
            "company.deleted_v2",
            "company.updated_v2",
            "contract.created_v1",
            "contract.deleted_v1",
            "contract.updated_v1",
            "cost_center.created_v2",
            "cost_center.deleted_v2",
            "cost_center.updated_v2",
            "custom_org.created_v2",
            "custom_org.deleted_v2",
            "custom_org.updated_v2",
            "department.created_v1",
            "department.created_v2",
            "department.deleted_v1",
            "department.updated_v1",
            "department.updated_v2",
            "employment.converted_v1",
            "employment.created_v1",
            "employment.deleted_v1",
            "employment.resigned_v1",
            "employment.updated_v1",
            "job.created_v2",
            "job.deleted_v2",
            "job.updated_v2",
            "job_change.status_updated_v2",
            "job_change.updated_v1",
            "job_change.updated_v2",
            "job_data.changed_v1",
            "job_data.employed_v1",
            "job_family.created_v2",
            "job_family.deleted_v2",
            "job_family.updated_v2",
            "job_grade.created_v2",
            "job_grade.deleted_v2",
            "job_grade.updated_v2",
            "job_level.created_v2",
            "job_level.deleted_v2",
            "job_level.updated_v2",
            "location.created_v2",
            "location.deleted_v2",
            "location.updated_v2",
            "offboarding.checklist_updated_v2",
            "offboarding.status_updated_v2",
            "offboarding.updated_v1",
            "offboarding.updated_v2",
            "org_role_authorization.updated_v1",
            "pathway.created_v2",
            "pathway.deleted_v2",
            "pathway.updated_v2",
            "person.created_v1",
            "person.deleted_v1",
            "person.updated_v1",
            "position.created_v2",
            "position.deleted_v2",
            "position.updated_v2",
            "pre_hire.onboarding_task_changed_v2",
            "probation.updated_v2",
            "process.approver.updated_v2",
            "process.cc.updated_v2",
            "process.comment_info.updated_v2",
            "process.node.updated_v2",
            "process.status.update_v2",
            "process.updated_v2",
        ],
    ),
    (
        "directory.",
        &[
            "department.created_v1",
            "department.deleted_v1",
            "department.updated_v1",
            "employee.created_v1",
            "employee.regular_v1",
            "employee.resigned_v1",
            "employee.resurrected_v1",
            "employee.to_be_resigned_v1",
            "employee.updated_v1",
        ],
    ),
    (
        "drive.",
        &[
            "file.bitable_field_changed_v1",
            "file.bitable_record_changed_v1",
            "file.created_in_folder_v1",
            "file.deleted_v1",
            "file.edit_v1",
            "file.permission_member_added_v1",
            "file.permission_member_applied_v1",
            "file.permission_member_removed_v1",
            "file.read_v1",
            "file.title_updated_v1",
            "file.trashed_v1",
            "notice.comment_add_v1",
        ],
    ),
    (
        "elearning.course_registration.",
        &["created_v2", "deleted_v2", "updated_v2"],
    ),
    (
        "helpdesk.",
        &[
            "notification.approve_v1",
            "ticket.created_v1",
            "ticket.updated_v1",
            "ticket_message.created_v1",
        ],
    ),
    (
        "hire.",
        &[
            "application.deleted_v1",
            "application.stage_changed_v1",
            "eco_account.created_v1",
            "eco_background_check.canceled_v1",
            "eco_background_check.created_v1",
            "eco_exam.created_v1",
            "ehr_import_task.imported_v1",
            "ehr_import_task_for_internship_offer.imported_v1",
            "offer.status_changed_v1",
            "referral_account.assets_update_v1",
            "talent.deleted_v1",
            "talent.tag_subscription_v1",
        ],
    ),
    (
        "im.",
        &[
            "chat.access_event.bot_p2p_chat_entered_v1",
            "chat.disbanded_v1",
            "chat.member.bot.added_v1",
            "chat.member.bot.deleted_v1",
            "chat.member.user.added_v1",
            "chat.member.user.deleted_v1",
            "chat.member.user.withdrawn_v1",
            "chat.updated_v1",
            "message.bot_muted_v1",
            "message.message_read_v1",
            "message.reaction.created_v1",
            "message.reaction.deleted_v1",
            "message.recalled_v1",
            "message.receive_v1",
            "message.updated_v1",
        ],
    ),
    (
        "meeting_room.meeting_room.",
        &["created_v1", "deleted_v1", "status_changed_v1", "updated_v1"],
    ),
    ("minutes.", &["minute.generated_v1"]),
    (
        "moments.",
        &[
            "comment.created_v1",
            "comment.deleted_v1",
            "dislike.created_v1",
            "dislike.deleted_v1",
            "post.created_v1",
            "post.deleted_v1",
            "post_statistics.updated_v1",
            "reaction.created_v1",
            "reaction.deleted_v1",
        ],
    ),
    ("payroll.payment_activity.", &["approved_v1", "status_changed_v1"]),
    (
        "performance.",
        &[
            "review_data.changed_v1",
            "review_data.changed_v2",
            "stage_task.open_result_v1",
            "stage_task.open_result_v2",
        ],
    ),
    (
        "task.task.",
        &[
            "comment.updated_v1",
            "update_tenant_v1",
            "update_user_access_v2",
            "updated_v1",
        ],
    ),
    (
        "vc.",
        &[
            "meeting.all_meeting_ended_v1",
            "meeting.all_meeting_started_v1",
            "meeting.join_meeting_v1",
            "meeting.leave_meeting_v1",
            "meeting.meeting_ended_v1",
            "meeting.meeting_started_v1",
            "meeting.participant_meeting_ended_v1",
            "meeting.participant_meeting_joined_v1",
            "meeting.recording_ended_v1",
            "meeting.recording_ready_v1",
            "meeting.recording_started_v1",
            "meeting.share_ended_v1",
            "meeting.share_started_v1",
            "note.generated_v1",
            "reserve_config.updated_v1",
            "room.created_v1",
            "room.deleted_v1",
            "room.updated_v1",
            "room_level.created_v1",
            "room_level.deleted_v1",
            "room_level.updated_v1",
        ],
    ),
    (
        "",
        &[
            "card.action.trigger",
            "oauth_redirect",
            "profile.view.get",
            "url.preview.get",
            // Schema 1.0.
            "add_bot",
            "add_user_to_chat",
            "app_open",
            "app_status_change",
            "app_ticket",
            "app_uninstalled",
            "approval",
            "approval_cc",
            "approval_instance",
            "approval_task",
            "chat_disband",
            "contact_scope_change",
            "dept_add",
            "dept_delete",
            "dept_update",
            "group_setting_update",
            "leave_approval",
            "leave_approvalV2",
            "message",
            "message_read",
            "order_paid",
            "out_approval",
            "p2p_chat_create",
            "remedy_approval",
            "remove_bot",
            "remove_user_from_chat",
            "revoke_add_user_from_chat",
            "shift_approval",
            "third_party_meeting_room_event_created",
            "third_party_meeting_room_event_deleted",
            "third_party_meeting_room_event_updated",
            "trip_approval",
            "user_add",
            "user_leave",
            "user_status_change",
            "user_update",
            "work_approval",
        ],
    ),
];

/// Returns the documented event type nearest to an unknown one; `None` for a known type.
pub fn nearest_event_type(event_type: &str) -> Option<String> {
    let known = || {
        KNOWN
            .iter()
            .flat_map(|(service, types)| types.iter().map(move |name| (*service, *name)))
    };
    let is_known = known().any(|(service, name)| event_type.strip_prefix(service) == Some(name));
    if is_known {
        return None;
    }
    let distance = |name: &String| strsim::damerau_levenshtein(name, event_type);
    known()
        .map(|(service, name)| format!("{service}{name}"))
        .min_by_key(distance)
}

/// The event types that Lark documents.
pub fn documented_event_types() -> impl Iterator<Item = String> {
    let services = KNOWN.iter();
    services.flat_map(|(service, types)| types.iter().map(move |name| format!("{service}{name}")))
}

#[cfg(test)]
mod tests {
    use super::nearest_event_type;

    #[test]
    fn a_misspelt_type_is_told_the_one_that_was_meant() {
        for (misspelt, meant) in [
            ("card.action.triger", "card.action.trigger"),
            ("card_action_trigger", "card.action.trigger"),
            ("im.message.recieve_v1", "im.message.receive_v1"),
            ("im.message.receive", "im.message.receive_v1"),
            ("Message", "message"),
            ("url.preview", "url.preview.get"),
        ] {
            assert_eq!(nearest_event_type(misspelt).as_deref(), Some(meant), "{misspelt}");
        }
    }

    #[test]
    fn a_documented_type_has_no_nearest() {
        for known in [
            "card.action.trigger",
            "im.message.receive_v1",
            "contact.user.created_v3",
            "message",
        ] {
            assert_eq!(nearest_event_type(known), None, "{known}");
        }
    }
}
