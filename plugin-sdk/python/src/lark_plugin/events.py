"""Lark's events. Generated from `schema/events.json` of the SDK; change that, not this.

Lark may leave out any member, or send `null` in its place: read with `.get`.
"""

from typing import Any, TypedDict


class AclScope(TypedDict, total=False):
    """Whom a permission is for."""

    # `user`
    type: str | None
    # The person.
    user_id: "UserId"


class Action(TypedDict, total=False):
    """The component that was used, and its value."""

    # Whether it is checked, outside a form.
    checked: bool | None
    # A submitted form: a string, a list of strings or a boolean by component name.
    form_value: dict[str, Any] | None
    # The typed text, outside a form.
    input_value: str | None
    # The name of the component.
    name: str | None
    # The chosen option, outside a form.
    option: str | None
    # The chosen options of a multi-select, outside a form; an image picker for one image uses this field, too.
    options: list[str] | None
    # The kind of component: `button`, `select_static`, `overflow`, `date_picker`, `input`, `checker`, …
    tag: str | None
    # The time zone of dates and times, for example `Asia/Shanghai`.
    timezone: str | None
    # The `value` that the card's author gave the component, as JSON of any kind.
    value: Any


class ApprovalDefinition(TypedDict, total=False):
    """An approval definition."""

    # The code of the approval definition.
    approval_code: str | None
    # The definition, by its number.
    approval_id: str | None
    # More, as JSON text.
    extra: str | None
    # The form.
    form_definition_id: str | None
    # The process, as JSON text.
    process_obj: str | None
    # Milliseconds since 1970, as text.
    timestamp: str | None
    # The version.
    version_id: str | None
    # The kind of group of widgets.
    widget_group_type: int | None


class Avatar(TypedDict, total=False):
    """URLs of a picture in several sizes."""

    # 240 pixels.
    avatar_240: str | None
    # 640 pixels.
    avatar_640: str | None
    # 72 pixels.
    avatar_72: str | None
    # As it was uploaded.
    avatar_origin: str | None


class BotInfo(TypedDict, total=False):
    """A bot that was mentioned."""

    # `cli_…`: the application of the bot.
    app_id: str | None


class ChatMember(TypedDict, total=False):
    """A member of a chat."""

    # The displayed name.
    name: str | None
    # The tenant.
    tenant_key: str | None
    # The person.
    user_id: "UserId"


class ChatSettings(TypedDict, total=False):
    """Settings of a chat; of a change only those that differ are there."""

    # Who may add people: `only_owner` or `all_members`.
    add_member_permission: str | None
    # Who may mention everybody: `only_owner` or `all_members`.
    at_all_permission: str | None
    # The URL of the picture.
    avatar: str | None
    # The description.
    description: str | None
    # Who may edit the chat: `only_owner` or `all_members`.
    edit_permission: str | None
    # `chat` or `thread`.
    group_message_type: str | None
    # The name in other languages.
    i18n_names: "I18nNames"
    # Who sees that somebody came: `only_owner`, `all_members` or `not_anyone`.
    join_message_visibility: str | None
    # Labels of the chat.
    labels: list[str]
    # Who sees that somebody left: `only_owner`, `all_members` or `not_anyone`.
    leave_message_visibility: str | None
    # `no_approval_required` or `approval_required`.
    membership_approval: str | None
    # Who may write: `all_members`, `moderator_list` or `only_owner`.
    moderation_permission: str | None
    # The name of the chat.
    name: str | None
    # The owner.
    owner_id: "UserId"
    # The confidential mode.
    restricted_mode_setting: "RestrictedMode"
    # Whether the chat may be shared: `allowed` or `not_allowed`.
    share_card_permission: str | None


class CommentNotice(TypedDict, total=False):
    """The document of a comment, and the people of it."""

    # The token of the document or file.
    file_token: str | None
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # The person who wrote it.
    from_user_id: "UserId"
    # `add_comment` or `add_reply`.
    notice_type: str | None
    # The person who is told.
    to_user_id: "UserId"


class ContactUser(TypedDict, total=False):
    """A user of the tenant, with the fields that the application may read."""

    # The picture.
    avatar: "Avatar"
    # The city.
    city: str | None
    # The country.
    country: str | None
    # Fields that the tenant defined.
    custom_attrs: Any
    # The departments.
    department_ids: list[str]
    # Further managers.
    dotted_line_leader_user_ids: list[str]
    # The email address.
    email: str | None
    # The employee number.
    employee_no: str | None
    # 1 regular, 2 intern, 3 outsourced, 4 contractor, 5 consultant, or one of the tenant.
    employee_type: int | None
    # The English name.
    en_name: str | None
    # The email address of the company.
    enterprise_email: str | None
    # 0 not said, 1 male, 2 female, 3 other.
    gender: int | None
    # Whether the user is a super administrator.
    is_tenant_manager: bool | None
    # The job family.
    job_family_id: str | None
    # The job level.
    job_level_id: str | None
    # The job title.
    job_title: str | None
    # Seconds since 1970.
    join_time: int | None
    # The manager.
    leader_user_id: str | None
    # The phone number.
    mobile: str | None
    # Whether others see the phone number.
    mobile_visible: bool | None
    # The displayed name.
    name: str | None
    # The alias.
    nickname: str | None
    # `ou_…`: one per person and application.
    open_id: str | None
    # The places in departments.
    orders: list["UserOrder"]
    # The positions.
    positions: list["UserPosition"]
    # The state.
    status: "UserStatus"
    # The time zone.
    time_zone: str | None
    # `on_…`: one per person and developer.
    union_id: str | None
    # The user id in the tenant; present only if the application may read it.
    user_id: str | None
    # The desk.
    work_station: str | None


class Context(TypedDict, total=False):
    """The place of the click or link."""

    # `oc_…`: the chat that holds the message.
    open_chat_id: str | None
    # `om_…`: the message that holds the card.
    open_message_id: str | None
    # Stays the same for one link in one message; absent or empty while the message is still being typed.
    preview_token: str | None
    # The URL, in link previews.
    url: str | None


class CustomFields(TypedDict, total=False):
    """The fields that the tenant defined for users."""

    # Whether applications may read them.
    allow_open_query: bool | None
    # Their keys.
    contact_field_key: list[str]


class Department(TypedDict, total=False):
    """A department."""

    # `oc_…`: the chat of the department.
    chat_id: str | None
    # The HR partners.
    department_hrbps: list["UserId"]
    # The department id, as the tenant sets it.
    department_id: str | None
    # The user id of the head of the department.
    leader_user_id: str | None
    # The heads.
    leaders: list["DepartmentLeader"]
    # The name.
    name: str | None
    # `od-…`: the department.
    open_department_id: str | None
    # The place among its siblings.
    order: int | None
    # The department above it; `0` for the tenant.
    parent_department_id: str | None
    # The state.
    status: "DepartmentStatus"
    # The business units.
    unit_ids: list[str]


class DepartmentLeader(TypedDict, total=False):
    """A head of a department."""

    # The person.
    leaderID: str | None
    # 1 the head, 2 a deputy.
    leaderType: int | None


class DepartmentStatus(TypedDict, total=False):
    """The state of a department."""

    # Whether it was deleted.
    is_deleted: bool | None


class EmployeeType(TypedDict, total=False):
    """A type of employee of the tenant."""

    # Its name.
    content: str | None
    # The type.
    enum_id: str | None
    # 1 in use, 2 not in use.
    enum_status: int | None
    # 1 built in, 2 made by the tenant.
    enum_type: int | None
    # Its value, as in a user's `employee_type`.
    enum_value: str | None
    # Its name in other languages.
    i18n_content: Any


class FieldAction(TypedDict, total=False):
    """A change of one field."""

    # `field_added`, `field_edited` or `field_deleted`.
    action: str | None
    # The field as it is now.
    after_value: Any
    # The field as it was.
    before_value: Any
    # The field.
    field_id: str | None


class GroupSettingsV1(TypedDict, total=False):
    """Settings of a chat in the old form."""

    # Who may add people: `everyone` or `owner`.
    add_member_permission: str | None
    # Whether messages are notified.
    message_notification: bool | None
    # The owner.
    owner_open_id: str | None
    # The user id of the owner.
    owner_user_id: str | None


class I18nNames(TypedDict, total=False):
    """A name in other languages."""

    # English.
    en_us: str | None
    # Japanese.
    ja_jp: str | None
    # Chinese.
    zh_cn: str | None


class Meeting(TypedDict, total=False):
    """A meeting."""

    # The event of the calendar.
    calendar_event_id: str | None
    # Seconds since 1970, as text.
    end_time: str | None
    # The host.
    host_user: "MeetingUser"
    # The meeting.
    id: str | None
    # Its number.
    meeting_no: str | None
    # 1 from a calendar, 2 started at once, 3 an interview, …
    meeting_source: int | None
    # 1 a usual one, …
    meeting_sub_type: int | None
    # The owner.
    owner: "MeetingUser"
    # Seconds since 1970, as text.
    start_time: str | None
    # Its subject.
    topic: str | None


class MeetingUser(TypedDict, total=False):
    """A person in a meeting."""

    # The person.
    id: "UserId"
    # 1 a participant, 2 the host, 3 a co-host.
    user_role: int | None
    # 1 a user, 2 a room, …
    user_type: int | None


class Mention(TypedDict, total=False):
    """A mention of a person, a bot or everybody."""

    # The bot, if a bot was mentioned.
    bot_info: "BotInfo"
    # The ids of the person or bot.
    id: "UserId"
    # The placeholder in the text, for example `@_user_1`; `@_all` for everybody.
    key: str
    # `user` or `bot`; some events say `app` for a bot.
    mentioned_type: str | None
    # The displayed name.
    name: str
    # The tenant of the person.
    tenant_key: str | None


class MenuOperator(TypedDict, total=False):
    """The person who used the menu."""

    # The ids of the person.
    operator_id: "UserId"
    # The displayed name.
    operator_name: str | None


class Message(TypedDict, total=False):
    """The message."""

    # `oc_…`
    chat_id: str
    # `p2p` or `group`.
    chat_type: str
    # JSON text whose shape depends on the type.
    content: str
    # Milliseconds since 1970, as text.
    create_time: str | None
    # The mentioned people and bots.
    mentions: list["Mention"]
    # `om_…`: stays the same when Lark delivers the message under two event ids.
    message_id: str
    # `text`, `post`, `image`, `file`, `interactive`, …
    message_type: str
    # The message that this one replies to.
    parent_id: str | None
    # The first message of the thread of replies.
    root_id: str | None
    # `omt_…`: the topic, where topics are in use.
    thread_id: str | None
    # Milliseconds since 1970, as text.
    update_time: str | None
    # The client that sent it.
    user_agent: str | None


class MessageReader(TypedDict, total=False):
    """A person who read messages."""

    # Milliseconds since 1970, as text.
    read_time: str | None
    # The person.
    reader_id: "UserId"
    # The tenant.
    tenant_key: str | None


class MinuteSource(TypedDict, total=False):
    """Source of minutes."""

    # The source.
    source_entity_id: str | None
    # The kind of source.
    source_type: str | None


class Moderator(TypedDict, total=False):
    """A person who may write in a moderated chat."""

    # The tenant.
    tenant_key: str | None
    # The person.
    user_id: "UserId"


class ModeratorChange(TypedDict, total=False):
    """A change of the people who may write."""

    # Those who may write now.
    added_member_list: list["Moderator"]
    # Those who may not write any more.
    removed_member_list: list["Moderator"]


class OpenIdOnly(TypedDict, total=False):
    """A person, by open id."""

    # `ou_…`: one per person and application.
    open_id: str | None


class Operator(TypedDict, total=False):
    """The person who clicked, or who looks at a link."""

    # `ou_…`: one per person and application.
    open_id: str | None
    # The person's tenant, which may differ from the application's.
    tenant_key: str | None
    # `on_…`: one per person and developer.
    union_id: str | None
    # Present only if the application may read it (`contact:user.employee_id:readonly`).
    user_id: str | None


class ReactionType(TypedDict, total=False):
    """The emoji of a reaction."""

    # Its name, for example `SMILE`.
    emoji_type: str


class RecordAction(TypedDict, total=False):
    """A change of one record."""

    # `record_added`, `record_edited` or `record_deleted`.
    action: str | None
    # The same with their new values.
    after_value: Any
    # The fields that changed, with their old values.
    before_value: Any
    # The record.
    record_id: str | None


class RestrictedMode(TypedDict, total=False):
    """The confidential mode of a chat."""

    # Who may download: `all_members` or `not_anyone`.
    download_has_permission_setting: str | None
    # Who may copy and forward: `all_members` or `not_anyone`.
    message_has_permission_setting: str | None
    # Who may take screenshots: `all_members` or `not_anyone`.
    screenshot_has_permission_setting: str | None
    # Whether it is on.
    status: bool | None


class RsvpInfo(TypedDict, total=False):
    """An answer to an invitation."""

    # The person.
    from_user_id: "UserId"
    # `needs_action`, `accept`, `tentative`, `decline` or `removed`.
    rsvp_status: str | None


class ScopePart(TypedDict, total=False):
    """Part of what the application can see."""

    # Departments.
    departments: list["Department"]
    # User groups.
    user_groups: list["UserGroup"]
    # Users.
    users: list["ContactUser"]


class Sender(TypedDict, total=False):
    """The sender of a message."""

    # The ids of the person; empty for a bot.
    sender_id: "UserId"
    # `user`, or `app` for another bot.
    sender_type: str | None
    # The tenant of the sender.
    tenant_key: str | None


class TripSchedule(TypedDict, total=False):
    """A part of a business trip."""

    # From where.
    departure: str | None
    # To where.
    destination: str | None
    # A note.
    remark: str | None
    # By what.
    transportation: str | None
    # End.
    trip_end_time: str | None
    # Seconds.
    trip_interval: int | None
    # Begin.
    trip_start_time: str | None
    # One way or both ways.
    trip_type: str | None


class UserGroup(TypedDict, total=False):
    """A user group."""

    # How many people.
    member_count: int | None
    # Its name.
    name: str | None
    # Its state.
    status: int | None
    # 1 made by hand.
    type: int | None
    # The group.
    user_group_id: str | None


class UserId(TypedDict, total=False):
    """The ids of one person."""

    # `ou_…`: one per person and application.
    open_id: str | None
    # `on_…`: one per person and developer.
    union_id: str | None
    # The user id in the tenant; present only if the application may read it.
    user_id: str | None


class UserOrder(TypedDict, total=False):
    """The place of a user in a department."""

    # The department id, as the tenant sets it.
    department_id: str | None
    # The place of the department among those of the user.
    department_order: int | None
    # Whether it is the main department.
    is_primary_dept: bool | None
    # The place among the users of the department.
    user_order: int | None


class UserPosition(TypedDict, total=False):
    """A position of a user."""

    # The department id, as the tenant sets it.
    department_id: str | None
    # Whether it is the main position.
    is_major: bool | None
    # The position of the manager.
    leader_position_code: str | None
    # The user id of the manager.
    leader_user_id: str | None
    # The code of the position.
    position_code: str | None
    # Its name.
    position_name: str | None


class UserStatus(TypedDict, total=False):
    """The state of a user."""

    # The account was activated.
    is_activated: bool | None
    # The person left the tenant by themselves.
    is_exited: bool | None
    # The account is suspended.
    is_frozen: bool | None
    # The person has left.
    is_resigned: bool | None
    # The person has not joined yet.
    is_unjoin: bool | None


class V1User(TypedDict, total=False):
    """A person in an event of schema 1.0."""

    # The displayed name.
    name: str | None
    # `ou_…`: one per person and application.
    open_id: str | None
    # The user id in the tenant; present only if the application may read it.
    user_id: str | None


class VisibleUser(TypedDict, total=False):
    """A person who can use the application now."""

    # The person.
    user_id: "UserId"


class BotAddedV1(TypedDict, total=False):
    """`add_bot`: The bot was added to a chat, in the old form."""

    # The name in other languages.
    chat_i18n_names: "I18nNames"
    # The name of the chat.
    chat_name: str | None
    # The name of the owner.
    chat_owner_name: str | None
    # The owner.
    chat_owner_open_id: str | None
    # `oc_…`: the chat.
    open_chat_id: str
    # The name of that person.
    operator_name: str | None
    # The person who did it.
    operator_open_id: str | None
    # Whether a bot owns the chat.
    owner_is_bot: bool | None


class ChatUsersAddedV1(TypedDict, total=False):
    """`add_user_to_chat`: People came into a chat, in the old form."""

    # `oc_…`: the chat.
    chat_id: str
    # The person who did it.
    operator: "V1User"
    # The people.
    users: list["V1User"]


class AppOpened(TypedDict, total=False):
    """`app_open`: A store application was installed in a tenant for the first time."""

    # The people who asked for it.
    applicants: list["OpenIdOnly"]
    # The administrator who installed it.
    installer: "OpenIdOnly"
    # The person who installed it for themselves.
    installer_employee: "OpenIdOnly"


class AppStatusChanged(TypedDict, total=False):
    """`app_status_change`: A tenant enabled or disabled the application."""

    # The person who did it.
    operator: "UserId"
    # `start_by_tenant`, `stop_by_tenant` or `stop_by_platform`.
    status: str | None


class AppTicketPushed(TypedDict, total=False):
    """
    `app_ticket`: The ticket of a store application, which Lark sends every hour. The host keeps it; a plugin rarely
    needs it.
    """

    # The ticket.
    app_ticket: str


class AppUninstalled(TypedDict, total=False):
    """`app_uninstalled`: A tenant removed the application."""



class AppVersionAudited(TypedDict, total=False):
    """`application.application.app_version.audit_v6`: A version of an application was reviewed."""

    # `cli_…`: the application.
    app_id: str
    # `administrator` or `auto`.
    audit_source: str | None
    # The person who asked for the review.
    creator_id: "UserId"
    # `audited`, `reject` or `published`.
    operation: str | None
    # The administrator.
    operator_id: "UserId"
    # The note of the administrator.
    remark: str | None
    # `oav_…`: the version.
    version_id: str | None


class AppVersionApplied(TypedDict, total=False):
    """
    `application.application.app_version.publish_apply_v6`: A version of an application waits for the review of an
    administrator.
    """

    # The state of the application.
    app_status: int | None
    # The version that is used.
    online_version: dict[str, Any] | None
    # The person who asks for it.
    operator_id: "UserId"
    # The version to be reviewed.
    under_audit_version: dict[str, Any] | None


class AppVersionRevoked(TypedDict, total=False):
    """`application.application.app_version.publish_revoke_v6`: The request to review a version was withdrawn."""

    # `cli_…`: the application.
    app_id: str
    # The person who had asked for it.
    creator_id: "UserId"
    # The person who withdrew it.
    operator_id: "UserId"
    # `oav_…`: the version.
    version_id: str | None


class ApplicationCreated(TypedDict, total=False):
    """`application.application.created_v6`: An application was made in the tenant."""

    # `cli_…`: the application.
    app_id: str
    # 0 for a custom application, 1 for one of the store, …
    app_scene_type: int | None
    # The URL of its icon.
    avatar: str | None
    # Where it was made.
    create_source: str | None
    # Its description.
    description: str | None
    # Its name.
    name: str | None
    # The person who made it.
    operator_id: "UserId"
    # Its first language.
    primary_language: str | None


class FeedbackCreated(TypedDict, total=False):
    """`application.application.feedback.created_v6`: A person sent feedback about the application."""

    # `cli_…`: the application.
    app_id: str
    # How to reach the person.
    contact: str | None
    # The text.
    description: str | None
    # When the fault happened.
    fault_time: str | None
    # Kinds of fault.
    fault_type: list[int]
    # The feedback.
    feedback_id: str | None
    # The page it is about.
    feedback_path: str | None
    # When.
    feedback_time: str | None
    # 1 for a fault, 2 for a suggestion.
    feedback_type: int | None
    # URLs of pictures.
    images: list[str]
    # The place: 1 a mini program, 2 a web application, 3 a bot, …
    source: int | None
    # The name of the tenant.
    tenant_name: str | None
    # The person.
    user_id: "UserId"


class FeedbackUpdated(TypedDict, total=False):
    """`application.application.feedback.updated_v6`: The state of feedback was changed."""

    # `cli_…`: the application.
    app_id: str
    # The feedback.
    feedback_ids: list[str]
    # The person who changed it.
    operator_id: "UserId"
    # The new state.
    status: int | None
    # When.
    update_time: str | None


class VisibilityAdded(TypedDict, total=False):
    """`application.application.visibility.added_v6`: People can use the application for the first time."""

    # How: 1 by themselves, 2 by an administrator, …
    source: int | None
    # The people.
    users: list["VisibleUser"]


class BotMenu(TypedDict, total=False):
    """`application.bot.menu_v6`: A person chose an entry of the menu of the bot."""

    # The key that the menu entry has in the developer console.
    event_key: str
    # The person.
    operator: "MenuOperator"
    # Milliseconds since 1970.
    timestamp: int | None


class ApprovalDefinitionUpdated(TypedDict, total=False):
    """`approval.approval.updated_v4`: An approval definition was changed."""

    # The definition as it is now.
    object: "ApprovalDefinition"


class ApprovalInstanceChanged(TypedDict, total=False):
    """`approval.instance.status_changed_v4`: The status of an approval instance changed."""

    # The code of the approval definition.
    approval_code: str
    # The id in the other system, for approvals of other systems.
    external_id: str | None
    # The code of the approval instance.
    instance_code: str
    # Milliseconds since 1970, as text.
    operate_time: str | None
    # The person who asked.
    start_user: "UserId"
    # `PENDING`, `APPROVED`, `REJECTED`, `CANCELED`, `DELETED`, `REVERTED`, …
    status: str


class ApprovalTaskChanged(TypedDict, total=False):
    """`approval.task.status_changed_v4`: The status of a task of an approval changed."""

    # The code of the approval definition.
    approval_code: str
    # The person who has to decide.
    assigned_user: "UserId"
    # The code of the approval instance.
    instance_code: str
    # Milliseconds since 1970, as text.
    operate_time: str | None
    # `PENDING`, `APPROVED`, `REJECTED`, `TRANSFERRED`, `DONE`, …
    status: str
    # The id in the other system.
    task_external_id: str | None
    # The task.
    task_id: str | None


class ApprovalCopy(TypedDict, total=False):
    """`approval_cc`: A copy of an approval was sent, read or withdrawn."""

    # The code of the approval definition.
    approval_code: str
    # Milliseconds since 1970.
    create_time: int | None
    # The person who sent it.
    from_user_id: str | None
    # The copy.
    id: str | None
    # The code of the approval instance.
    instance_code: str
    # `ou_…`: one per person and application.
    open_id: str | None
    # `CREATE`, `READ` or `DELETE`.
    operate: str | None
    # The user id in the tenant; present only if the application may read it.
    user_id: str | None


class ApprovalInstance(TypedDict, total=False):
    """
    `approval_instance`: The status of an approval instance changed. Lark sends it only after the definition was
    subscribed to.
    """

    # The code of the approval definition.
    approval_code: str
    # The code of the approval instance.
    instance_code: str
    # Milliseconds since 1970, as text.
    instance_operate_time: str | None
    # Milliseconds since 1970, as text, or as a number when it was reverted.
    operate_time: Any
    # `PENDING`, `APPROVED`, `REJECTED`, `CANCELED`, `DELETED`, `REVERTED`, `OVERTIME_CLOSE` or `OVERTIME_RECOVER`.
    status: str
    # The `uuid` with which the instance was made.
    uuid: str | None


class ApprovalTask(TypedDict, total=False):
    """`approval_task`: The status of a task of an approval changed."""

    # The code of the approval definition.
    approval_code: str
    # The key of the node that its designer set.
    custom_key: str | None
    # The key of the node.
    def_key: str | None
    # More, as JSON text.
    extra: str | None
    # The code of the approval instance.
    instance_code: str
    # `ou_…`: one per person and application.
    open_id: str | None
    # Milliseconds since 1970, as text.
    operate_time: str | None
    # `PENDING`, `APPROVED`, `REJECTED`, `TRANSFERRED`, `ROLLBACK`, `DONE`, `REVERTED`, …
    status: str
    # The task.
    task_id: str | None
    # The user id in the tenant; present only if the application may read it.
    user_id: str | None


class UserTokenRevoked(TypedDict, total=False):
    """`auth.user_access_token.revoked_v4`: A user's authorization of the application ended."""

    # `ou_…`: one per person and application.
    open_id: str
    # Why.
    revoke_reason: str | None
    # The kind of token.
    revoke_token_type: str | None
    # `on_…`: one per person and developer.
    union_id: str | None
    # The user id in the tenant; present only if the application may read it.
    user_id: str | None


class CalendarAclCreated(TypedDict, total=False):
    """`calendar.calendar.acl.created_v4`: A permission for a calendar was given."""

    # The permission.
    acl_id: str | None
    # `free_busy_reader`, `reader`, `writer` or `owner`.
    role: str | None
    # Whom it is for.
    scope: "AclScope"
    # The people to be told.
    user_id_list: list["UserId"]


class CalendarAclDeleted(TypedDict, total=False):
    """`calendar.calendar.acl.deleted_v4`: A permission for a calendar was taken away."""

    # The permission.
    acl_id: str | None
    # `free_busy_reader`, `reader`, `writer` or `owner`.
    role: str | None
    # Whom it is for.
    scope: "AclScope"
    # The people to be told.
    user_id_list: list["UserId"]


class CalendarsChanged(TypedDict, total=False):
    """`calendar.calendar.changed_v4`: The list of calendars of people was changed."""

    # The people.
    user_id_list: list["UserId"]


class CalendarEventChanged(TypedDict, total=False):
    """`calendar.calendar.event.changed_v4`: An event of a calendar was changed; ask for it to see how."""

    # The event.
    calendar_event_id: str | None
    # The calendar.
    calendar_id: str | None
    # `create`, `update`, `delete` or `rsvp`.
    change_type: str | None
    # Answers to the invitation, if these changed.
    rsvp_infos: list["RsvpInfo"]
    # The people whose calendar it is.
    user_id_list: list["UserId"]


class CardAction(TypedDict, total=False):
    """
    `card.action.trigger`: A use of an interactive component of a card: a click, a choice, an input or a submitted form.
    """

    # The component and its value.
    action: "Action"
    # The message and chat that hold the card.
    context: "Context"
    # `url_preview` for the card of a link preview, otherwise absent.
    delivery_type: str | None
    # `im_message`, `im_top_notice`.
    host: str | None
    # The person who used it.
    operator: "Operator"
    # The token for updating the card later: within 30 minutes, at most twice.
    token: str | None


class ChatDisbandedV1(TypedDict, total=False):
    """`chat_disband`: A chat was disbanded, in the old form."""

    # `oc_…`: the chat.
    chat_id: str
    # The person who did it.
    operator: "V1User"


class CustomFieldsUpdated(TypedDict, total=False):
    """`contact.custom_attr_event.updated_v3`: The fields that the tenant defined for users were changed."""

    # As they are now.
    object: "CustomFields"
    # As they were.
    old_object: "CustomFields"


class DepartmentCreated(TypedDict, total=False):
    """`contact.department.created_v3`: A department was made."""

    # The department.
    object: "Department"


class DepartmentDeleted(TypedDict, total=False):
    """`contact.department.deleted_v3`: A department was deleted."""

    # The department as it is now.
    object: "Department"
    # The old values of the fields that changed.
    old_object: "Department"


class DepartmentUpdated(TypedDict, total=False):
    """`contact.department.updated_v3`: A department was changed."""

    # The department as it is now.
    object: "Department"
    # The old values of the fields that changed.
    old_object: "Department"


class EmployeeTypeActivated(TypedDict, total=False):
    """`contact.employee_type_enum.actived_v3`: A type of employee was taken into use."""

    # The type as it is now.
    new_enum: "EmployeeType"
    # The type as it was.
    old_enum: "EmployeeType"


class EmployeeTypeCreated(TypedDict, total=False):
    """`contact.employee_type_enum.created_v3`: A type of employee was made."""

    # The type.
    new_enum: "EmployeeType"


class EmployeeTypeDeactivated(TypedDict, total=False):
    """`contact.employee_type_enum.deactivated_v3`: A type of employee was taken out of use."""

    # The type as it is now.
    new_enum: "EmployeeType"
    # The type as it was.
    old_enum: "EmployeeType"


class EmployeeTypeDeleted(TypedDict, total=False):
    """`contact.employee_type_enum.deleted_v3`: A type of employee was deleted."""

    # The type.
    old_enum: "EmployeeType"


class EmployeeTypeUpdated(TypedDict, total=False):
    """`contact.employee_type_enum.updated_v3`: A type of employee was changed."""

    # The type as it is now.
    new_enum: "EmployeeType"
    # The type as it was.
    old_enum: "EmployeeType"


class ContactScopeUpdated(TypedDict, total=False):
    """`contact.scope.updated_v3`: The part of the directory that the application may see was changed."""

    # What came.
    added: "ScopePart"
    # What went.
    removed: "ScopePart"


class UserCreated(TypedDict, total=False):
    """`contact.user.created_v3`: A user joined the tenant."""

    # The user.
    object: "ContactUser"


class UserDeleted(TypedDict, total=False):
    """`contact.user.deleted_v3`: A user left the tenant."""

    # The user.
    object: "ContactUser"
    # The departments that the user was in.
    old_object: "ContactUser"


class UserUpdated(TypedDict, total=False):
    """`contact.user.updated_v3`: A user was changed."""

    # The user as it is now.
    object: "ContactUser"
    # The old values of the fields that changed.
    old_object: "ContactUser"


class ContactScopeChangedV1(TypedDict, total=False):
    """`contact_scope_change`: The part of the directory that the application may see was changed, in the old form."""



class DepartmentAddedV1(TypedDict, total=False):
    """`dept_add`: A department was made, in the old form."""

    # `od-…`: the department.
    open_department_id: str | None


class DepartmentDeletedV1(TypedDict, total=False):
    """`dept_delete`: A department was deleted, in the old form."""

    # `od-…`: the department.
    open_department_id: str | None


class DepartmentUpdatedV1(TypedDict, total=False):
    """`dept_update`: A department was changed, in the old form."""

    # `od-…`: the department.
    open_department_id: str | None


class BaseFieldChanged(TypedDict, total=False):
    """`drive.file.bitable_field_changed_v1`: Fields of a table in Base were changed."""

    # The changes.
    action_list: list["FieldAction"]
    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # The person who did it.
    operator_id: "UserId"
    # The number of the change.
    revision: int | None
    # The people who subscribed to the document.
    subscriber_id_list: list["UserId"]
    # The table.
    table_id: str | None
    # Seconds since 1970.
    update_time: int | None


class BaseRecordChanged(TypedDict, total=False):
    """`drive.file.bitable_record_changed_v1`: Records of a table in Base were changed."""

    # The changes.
    action_list: list["RecordAction"]
    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # The person who did it.
    operator_id: "UserId"
    # The number of the change.
    revision: int | None
    # The people who subscribed to the document.
    subscriber_id_list: list["UserId"]
    # The table.
    table_id: str | None
    # Seconds since 1970.
    update_time: int | None


class FileCreatedInFolder(TypedDict, total=False):
    """`drive.file.created_in_folder_v1`: A document was made in a folder."""

    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # The folder.
    folder_token: str | None
    # The person who did it.
    operator_id: "UserId"
    # The people who subscribed to it.
    subscriber_ids: list["UserId"]


class FileDeleted(TypedDict, total=False):
    """`drive.file.deleted_v1`: A document was deleted for good."""

    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # The person who did it.
    operator_id: "UserId"
    # The people who subscribed to the document.
    subscriber_id_list: list["UserId"]


class FileEdited(TypedDict, total=False):
    """`drive.file.edit_v1`: A document was edited."""

    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # The people who edited it.
    operator_id_list: list["UserId"]
    # The sheet, in a spreadsheet.
    sheet_id: str | None
    # The people who subscribed to the document.
    subscriber_id_list: list["UserId"]


class FileMemberAdded(TypedDict, total=False):
    """`drive.file.permission_member_added_v1`: People were given access to a document."""

    # Chats that were given access.
    chat_list: list[str]
    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # Departments that were given access.
    open_department_id_list: list[str]
    # The person who did it.
    operator_id: "UserId"
    # The people who subscribed to the document.
    subscriber_id_list: list["UserId"]
    # The people.
    user_list: list["UserId"]


class FileMemberApplied(TypedDict, total=False):
    """`drive.file.permission_member_applied_v1`: Somebody asks for access to a document."""

    # Chats for which.
    application_chat_list: list[str]
    # Departments for which.
    application_department_list: list[str]
    # The note.
    application_remark: str | None
    # The people for whom.
    application_user_list: list["UserId"]
    # The person who decides.
    approver_id: "UserId"
    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # The person who asks.
    operator_id: "UserId"
    # `view`, `edit` or `full_access`.
    permission: str | None
    # The people who subscribed to it.
    subscriber_ids: list["UserId"]


class FileMemberRemoved(TypedDict, total=False):
    """`drive.file.permission_member_removed_v1`: People lost access to a document."""

    # Chats that were given access.
    chat_list: list[str]
    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # Departments that were given access.
    open_department_id_list: list[str]
    # The person who did it.
    operator_id: "UserId"
    # The people who subscribed to the document.
    subscriber_id_list: list["UserId"]
    # The people.
    user_list: list["UserId"]


class FileRead(TypedDict, total=False):
    """`drive.file.read_v1`: A document was read."""

    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # The people who read it.
    operator_id_list: list["UserId"]
    # The people who subscribed to the document.
    subscriber_id_list: list["UserId"]


class FileTitleUpdated(TypedDict, total=False):
    """`drive.file.title_updated_v1`: A document was renamed."""

    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # The person who did it.
    operator_id: "UserId"
    # The people who subscribed to the document.
    subscriber_id_list: list["UserId"]


class FileTrashed(TypedDict, total=False):
    """`drive.file.trashed_v1`: A document was moved to the trash."""

    # The token of the document or file.
    file_token: str
    # `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
    file_type: str | None
    # The person who did it.
    operator_id: "UserId"
    # The people who subscribed to the document.
    subscriber_id_list: list["UserId"]


class CommentAdded(TypedDict, total=False):
    """`drive.notice.comment_add_v1`: Somebody wrote a comment, or replied to one."""

    # The comment.
    comment_id: str | None
    # Whether the person who is told was mentioned.
    is_mentioned: bool | None
    # The document and the people.
    notice_meta: "CommentNotice"
    # The reply.
    reply_id: str | None


class GroupSettingsV1Updated(TypedDict, total=False):
    """`group_setting_update`: Settings of a chat were changed, in the old form."""

    # The new settings.
    after_change: "GroupSettingsV1"
    # The old settings.
    before_change: "GroupSettingsV1"
    # `oc_…`: the chat.
    chat_id: str
    # The person who did it.
    operator: "V1User"


class P2pChatEntered(TypedDict, total=False):
    """
    `im.chat.access_event.bot_p2p_chat_entered_v1`: A person opened the private chat with the bot; at every opening, not
    only the first.
    """

    # `oc_…`: the chat.
    chat_id: str
    # Milliseconds since 1970, as text.
    last_message_create_time: str | None
    # `om_…`: the newest message of the chat.
    last_message_id: str | None
    # The person.
    operator_id: "UserId"


class ChatDisbanded(TypedDict, total=False):
    """`im.chat.disbanded_v1`: A chat of the bot was disbanded."""

    # `oc_…`: the chat.
    chat_id: str
    # Whether the chat has members of other tenants.
    external: bool | None
    # The name in other languages.
    i18n_names: "I18nNames"
    # The name of the chat.
    name: str | None
    # The person who did it.
    operator_id: "UserId"
    # The tenant of the person who did it.
    operator_tenant_key: str | None


class BotAdded(TypedDict, total=False):
    """`im.chat.member.bot.added_v1`: The bot was added to a chat."""

    # `oc_…`: the chat.
    chat_id: str
    # Whether the chat has members of other tenants.
    external: bool | None
    # The name in other languages.
    i18n_names: "I18nNames"
    # The name of the chat.
    name: str | None
    # The person who did it.
    operator_id: "UserId"
    # The tenant of the person who did it.
    operator_tenant_key: str | None


class BotDeleted(TypedDict, total=False):
    """`im.chat.member.bot.deleted_v1`: The bot was removed from a chat."""

    # `oc_…`: the chat.
    chat_id: str
    # Whether the chat has members of other tenants.
    external: bool | None
    # The name in other languages.
    i18n_names: "I18nNames"
    # The name of the chat.
    name: str | None
    # The person who did it.
    operator_id: "UserId"
    # The tenant of the person who did it.
    operator_tenant_key: str | None


class ChatMembersAdded(TypedDict, total=False):
    """`im.chat.member.user.added_v1`: People came into a chat of the bot."""

    # `oc_…`: the chat.
    chat_id: str
    # Whether the chat has members of other tenants.
    external: bool | None
    # The name in other languages.
    i18n_names: "I18nNames"
    # The name of the chat.
    name: str | None
    # The person who did it.
    operator_id: "UserId"
    # The tenant of the person who did it.
    operator_tenant_key: str | None
    # The people.
    users: list["ChatMember"]


class ChatMembersDeleted(TypedDict, total=False):
    """`im.chat.member.user.deleted_v1`: People left a chat of the bot, or were removed."""

    # `oc_…`: the chat.
    chat_id: str
    # Whether the chat has members of other tenants.
    external: bool | None
    # The name in other languages.
    i18n_names: "I18nNames"
    # The name of the chat.
    name: str | None
    # The person who did it.
    operator_id: "UserId"
    # The tenant of the person who did it.
    operator_tenant_key: str | None
    # The people.
    users: list["ChatMember"]


class ChatMembersWithdrawn(TypedDict, total=False):
    """`im.chat.member.user.withdrawn_v1`: An invitation to a chat of the bot was withdrawn."""

    # `oc_…`: the chat.
    chat_id: str
    # Whether the chat has members of other tenants.
    external: bool | None
    # The name in other languages.
    i18n_names: "I18nNames"
    # The name of the chat.
    name: str | None
    # The person who did it.
    operator_id: "UserId"
    # The tenant of the person who did it.
    operator_tenant_key: str | None
    # The people.
    users: list["ChatMember"]


class ChatUpdated(TypedDict, total=False):
    """`im.chat.updated_v1`: Settings of a chat of the bot were changed."""

    # The settings that changed, with their new values.
    after_change: "ChatSettings"
    # The same settings with their old values.
    before_change: "ChatSettings"
    # `oc_…`: the chat.
    chat_id: str
    # Whether the chat has members of other tenants.
    external: bool | None
    # The people who may write, if that changed.
    moderator_list: "ModeratorChange"
    # The person who did it.
    operator_id: "UserId"
    # The tenant of the person who did it.
    operator_tenant_key: str | None


class MessageRead(TypedDict, total=False):
    """`im.message.message_read_v1`: Messages of the bot that a person read in a private chat."""

    # `om_…`: the messages.
    message_id_list: list[str]
    # Who read them, and when.
    reader: "MessageReader"


class ReactionCreated(TypedDict, total=False):
    """`im.message.reaction.created_v1`: An emoji that somebody put on a message."""

    # Milliseconds since 1970, as text.
    action_time: str | None
    # `cli_…`: the bot that did it; absent when a person did.
    app_id: str | None
    # `om_…`: the message.
    message_id: str
    # `user` or `app`.
    operator_type: str | None
    # The emoji.
    reaction_type: "ReactionType"
    # The person; empty when a bot did it.
    user_id: "UserId"


class ReactionDeleted(TypedDict, total=False):
    """`im.message.reaction.deleted_v1`: An emoji that somebody took off a message."""

    # Milliseconds since 1970, as text.
    action_time: str | None
    # `cli_…`: the bot that did it; absent when a person did.
    app_id: str | None
    # `om_…`: the message.
    message_id: str
    # `user` or `app`.
    operator_type: str | None
    # The emoji.
    reaction_type: "ReactionType"
    # The person; empty when a bot did it.
    user_id: "UserId"


class MessageRecalled(TypedDict, total=False):
    """`im.message.recalled_v1`: A message that was recalled, in a chat of the bot."""

    # `oc_…`: the chat.
    chat_id: str
    # `om_…`: the message.
    message_id: str
    # Milliseconds since 1970, as text.
    recall_time: str | None
    # `message_owner`, `group_owner`, `group_manager` or `enterprise_manager`.
    recall_type: str | None


class MessageReceive(TypedDict, total=False):
    """`im.message.receive_v1`: A received message, with its sender."""

    # The message.
    message: "Message"
    # The sender.
    sender: "Sender"


class LeaveApproval(TypedDict, total=False):
    """`leave_approvalV2`: A leave was approved."""

    # End of the approval: seconds since 1970.
    end_time: int | None
    # Texts in several languages.
    i18n_resources: Any
    # The code of the approval instance.
    instance_code: str
    # End of the leave.
    leave_end_time: str | None
    # Seconds.
    leave_interval: int | None
    # The kind of leave, a key of `i18n_resources`.
    leave_name: str | None
    # The reason.
    leave_reason: str | None
    # Begin of the leave.
    leave_start_time: str | None
    # `DAY`, `HALF_DAY` or `HOUR`.
    leave_unit: str | None
    # `ou_…`: one per person and application.
    open_id: str | None
    # The leave that this one cancels.
    origin_instance_code: str | None
    # Begin of the approval: seconds since 1970.
    start_time: int | None
    # The user id in the tenant; present only if the application may read it.
    user_id: str | None


class MeetingRoomCreated(TypedDict, total=False):
    """`meeting_room.meeting_room.created_v1`: A meeting room was made."""

    # `omm_…`: the room.
    room_id: str
    # Its name.
    room_name: str | None


class MeetingRoomDeleted(TypedDict, total=False):
    """`meeting_room.meeting_room.deleted_v1`: A meeting room was deleted."""

    # `omm_…`: the room.
    room_id: str
    # Its name.
    room_name: str | None


class MeetingRoomStatusChanged(TypedDict, total=False):
    """`meeting_room.meeting_room.status_changed_v1`: A meeting room was opened or closed."""

    # `omm_…`: the room.
    room_id: str
    # Its name.
    room_name: str | None


class MeetingRoomUpdated(TypedDict, total=False):
    """`meeting_room.meeting_room.updated_v1`: A meeting room was changed."""

    # `omm_…`: the room.
    room_id: str
    # Its name.
    room_name: str | None


class MessageV1(TypedDict, total=False):
    """`message`: A message in the old form; subscribe to `im.message.receive_v1` instead."""

    # `private` or `group`.
    chat_type: str | None
    # The user id of the sender.
    employee_id: str | None
    # Whether the bot was mentioned.
    is_mention: bool | None
    # `text`, `post`, `image`, …
    msg_type: str | None
    # `oc_…`: the chat.
    open_chat_id: str
    # `ou_…`: one per person and application.
    open_id: str | None
    # `om_…`: the message.
    open_message_id: str
    # The message that this one replies to.
    parent_id: str | None
    # The first message of the thread of replies.
    root_id: str | None
    # The text, with mentions as tags.
    text: str | None
    # The text without the mention of the bot.
    text_without_at_bot: str | None
    # `on_…`: one per person and developer.
    union_id: str | None


class MessageReadV1(TypedDict, total=False):
    """`message_read`: Messages that a person read, in the old form."""

    # `oc_…`: the chat.
    open_chat_id: str
    # `ou_…`: one per person and application.
    open_id: str | None
    # `om_…`: the messages.
    open_message_ids: list[str]


class MinuteGenerated(TypedDict, total=False):
    """`minutes.minute.generated_v1`: Minutes were made."""

    # Where they come from.
    minute_source: "MinuteSource"
    # The minutes.
    minute_token: str | None
    # The people who subscribed to it.
    subscriber_ids: list["UserId"]


class OauthRedirect(TypedDict, total=False):
    """
    `oauth_redirect`: A user's return from the authorize page, with a code or an error. The host makes this event;
    anyone can open the URL, so look `state` up before doing anything else.
    """

    # The code to be exchanged; encrypted, so that only the host can read it.
    code: str | None
    # `access_denied` when the user declined.
    error: str | None
    # The `state` that the authorization link was made with.
    state: str


class OrderPaid(TypedDict, total=False):
    """`order_paid`: A tenant paid for a store application."""

    # How many.
    buy_count: int | None
    # `buy`, `upgrade` or `renew`.
    buy_type: str | None
    # Seconds since 1970, as text.
    create_time: str | None
    # The order.
    order_id: str | None
    # The price in hundredths.
    order_pay_price: int | None
    # Seconds since 1970, as text.
    pay_time: str | None
    # The price plan.
    price_plan_id: str | None
    # The kind of price plan.
    price_plan_type: str | None
    # Seats, where the plan has them.
    seats: int | None
    # The order before an upgrade.
    src_order_id: str | None


class P2pChatCreate(TypedDict, total=False):
    """`p2p_chat_create`: A new chat between a user and the bot."""

    # `oc_…`
    chat_id: str
    # The person who opened the chat; without a name if the bot did.
    operator: "V1User"
    # The user in the chat.
    user: "V1User"


class BotRemovedV1(TypedDict, total=False):
    """`remove_bot`: The bot was removed from a chat, in the old form."""

    # The name in other languages.
    chat_i18n_names: "I18nNames"
    # The name of the chat.
    chat_name: str | None
    # The name of the owner.
    chat_owner_name: str | None
    # The owner.
    chat_owner_open_id: str | None
    # `oc_…`: the chat.
    open_chat_id: str
    # The name of that person.
    operator_name: str | None
    # The person who did it.
    operator_open_id: str | None
    # Whether a bot owns the chat.
    owner_is_bot: bool | None


class ChatUsersRemovedV1(TypedDict, total=False):
    """`remove_user_from_chat`: People left a chat, in the old form."""

    # `oc_…`: the chat.
    chat_id: str
    # The person who did it.
    operator: "V1User"
    # The people.
    users: list["V1User"]


class ChatUsersRevokedV1(TypedDict, total=False):
    """`revoke_add_user_from_chat`: An invitation to a chat was withdrawn, in the old form."""

    # `oc_…`: the chat.
    chat_id: str
    # The person who did it.
    operator: "V1User"
    # The people.
    users: list["V1User"]


class TaskCommentUpdated(TypedDict, total=False):
    """`task.task.comment.updated_v1`: A comment on a task that the application made was written, changed or deleted."""

    # The comment.
    comment_id: str | None
    # 1 written, 2 a reply, 3 changed, 4 deleted.
    obj_type: int | None
    # The comment that it replies to.
    parent_id: str | None
    # The task.
    task_id: str


class TaskAccessUpdated(TypedDict, total=False):
    """`task.task.update_user_access_v2`: A task that a user can see was changed."""

    # What happened.
    event_types: list[str]
    # The task.
    task_guid: str


class TaskUpdated(TypedDict, total=False):
    """`task.task.updated_v1`: A task that the application made was changed."""

    # What was changed: 1 its details, 2 its people, 3 its followers, 4 its reminder, 5 done, 6 not done, 7 deleted.
    obj_type: int | None
    # The task.
    task_id: str


class TripApproval(TypedDict, total=False):
    """`trip_approval`: A business trip was approved."""

    # The user id of the person.
    employee_id: str | None
    # End of the approval: seconds since 1970.
    end_time: int | None
    # The code of the approval instance.
    instance_code: str
    # `ou_…`: one per person and application.
    open_id: str | None
    # Its parts.
    schedules: list["TripSchedule"]
    # Begin of the approval: seconds since 1970.
    start_time: int | None
    # Seconds.
    trip_interval: int | None
    # Who goes along.
    trip_peers: list[str]
    # The reason.
    trip_reason: str | None


class UrlPreview(TypedDict, total=False):
    """`url.preview.get`: A link that somebody looks at or is typing."""

    # The link and the message that holds it.
    context: "Context"
    # `im_message`
    host: str | None
    # The person who looks at it.
    operator: "Operator"


class UserAddedV1(TypedDict, total=False):
    """`user_add`: A user joined the tenant, in the old form."""

    # The user id.
    employee_id: str | None
    # `ou_…`: one per person and application.
    open_id: str | None
    # `on_…`: one per person and developer.
    union_id: str | None


class UserLeftV1(TypedDict, total=False):
    """`user_leave`: A user left the tenant, in the old form."""

    # The user id.
    employee_id: str | None
    # `ou_…`: one per person and application.
    open_id: str | None
    # `on_…`: one per person and developer.
    union_id: str | None


class UserUpdatedV1(TypedDict, total=False):
    """`user_update`: A user was changed, in the old form."""

    # The user id.
    employee_id: str | None
    # `ou_…`: one per person and application.
    open_id: str | None
    # `on_…`: one per person and developer.
    union_id: str | None


class MeetingJoined(TypedDict, total=False):
    """`vc.meeting.join_meeting_v1`: Somebody joined a meeting."""

    # The meeting.
    meeting: "Meeting"
    # The person who did it.
    operator: "MeetingUser"


class MeetingLeft(TypedDict, total=False):
    """`vc.meeting.leave_meeting_v1`: Somebody left a meeting."""

    # 1 left, 2 the meeting ended, 3 removed.
    leave_reason: int | None
    # The person who left.
    leave_user: "MeetingUser"
    # The meeting.
    meeting: "Meeting"
    # The person who did it.
    operator: "MeetingUser"


class MeetingEnded(TypedDict, total=False):
    """`vc.meeting.meeting_ended_v1`: A meeting ended."""

    # The meeting.
    meeting: "Meeting"
    # The person who did it.
    operator: "MeetingUser"


class MeetingStarted(TypedDict, total=False):
    """`vc.meeting.meeting_started_v1`: A meeting began."""

    # The meeting.
    meeting: "Meeting"
    # The person who did it.
    operator: "MeetingUser"


class RecordingReady(TypedDict, total=False):
    """`vc.meeting.recording_ready_v1`: The recording of a meeting is ready."""

    # Milliseconds, as text.
    duration: str | None
    # The meeting.
    meeting: "Meeting"
    # The recording.
    url: str | None


class WorkApproval(TypedDict, total=False):
    """`work_approval`: Overtime was approved."""

    # The user id of the person.
    employee_id: str | None
    # End of the approval: seconds since 1970.
    end_time: int | None
    # The code of the approval instance.
    instance_code: str
    # `ou_…`: one per person and application.
    open_id: str | None
    # Begin of the approval: seconds since 1970.
    start_time: int | None
    # End.
    work_end_time: str | None
    # Seconds.
    work_interval: int | None
    # The reason.
    work_reason: str | None
    # Begin.
    work_start_time: str | None
    # The kind of overtime.
    work_type: str | None


# The type of the payload, by Lark's event type.
PAYLOADS: dict[str, type] = {
    "add_bot": BotAddedV1,
    "add_user_to_chat": ChatUsersAddedV1,
    "app_open": AppOpened,
    "app_status_change": AppStatusChanged,
    "app_ticket": AppTicketPushed,
    "app_uninstalled": AppUninstalled,
    "application.application.app_version.audit_v6": AppVersionAudited,
    "application.application.app_version.publish_apply_v6": AppVersionApplied,
    "application.application.app_version.publish_revoke_v6": AppVersionRevoked,
    "application.application.created_v6": ApplicationCreated,
    "application.application.feedback.created_v6": FeedbackCreated,
    "application.application.feedback.updated_v6": FeedbackUpdated,
    "application.application.visibility.added_v6": VisibilityAdded,
    "application.bot.menu_v6": BotMenu,
    "approval.approval.updated_v4": ApprovalDefinitionUpdated,
    "approval.instance.status_changed_v4": ApprovalInstanceChanged,
    "approval.task.status_changed_v4": ApprovalTaskChanged,
    "approval_cc": ApprovalCopy,
    "approval_instance": ApprovalInstance,
    "approval_task": ApprovalTask,
    "auth.user_access_token.revoked_v4": UserTokenRevoked,
    "calendar.calendar.acl.created_v4": CalendarAclCreated,
    "calendar.calendar.acl.deleted_v4": CalendarAclDeleted,
    "calendar.calendar.changed_v4": CalendarsChanged,
    "calendar.calendar.event.changed_v4": CalendarEventChanged,
    "card.action.trigger": CardAction,
    "chat_disband": ChatDisbandedV1,
    "contact.custom_attr_event.updated_v3": CustomFieldsUpdated,
    "contact.department.created_v3": DepartmentCreated,
    "contact.department.deleted_v3": DepartmentDeleted,
    "contact.department.updated_v3": DepartmentUpdated,
    "contact.employee_type_enum.actived_v3": EmployeeTypeActivated,
    "contact.employee_type_enum.created_v3": EmployeeTypeCreated,
    "contact.employee_type_enum.deactivated_v3": EmployeeTypeDeactivated,
    "contact.employee_type_enum.deleted_v3": EmployeeTypeDeleted,
    "contact.employee_type_enum.updated_v3": EmployeeTypeUpdated,
    "contact.scope.updated_v3": ContactScopeUpdated,
    "contact.user.created_v3": UserCreated,
    "contact.user.deleted_v3": UserDeleted,
    "contact.user.updated_v3": UserUpdated,
    "contact_scope_change": ContactScopeChangedV1,
    "dept_add": DepartmentAddedV1,
    "dept_delete": DepartmentDeletedV1,
    "dept_update": DepartmentUpdatedV1,
    "drive.file.bitable_field_changed_v1": BaseFieldChanged,
    "drive.file.bitable_record_changed_v1": BaseRecordChanged,
    "drive.file.created_in_folder_v1": FileCreatedInFolder,
    "drive.file.deleted_v1": FileDeleted,
    "drive.file.edit_v1": FileEdited,
    "drive.file.permission_member_added_v1": FileMemberAdded,
    "drive.file.permission_member_applied_v1": FileMemberApplied,
    "drive.file.permission_member_removed_v1": FileMemberRemoved,
    "drive.file.read_v1": FileRead,
    "drive.file.title_updated_v1": FileTitleUpdated,
    "drive.file.trashed_v1": FileTrashed,
    "drive.notice.comment_add_v1": CommentAdded,
    "group_setting_update": GroupSettingsV1Updated,
    "im.chat.access_event.bot_p2p_chat_entered_v1": P2pChatEntered,
    "im.chat.disbanded_v1": ChatDisbanded,
    "im.chat.member.bot.added_v1": BotAdded,
    "im.chat.member.bot.deleted_v1": BotDeleted,
    "im.chat.member.user.added_v1": ChatMembersAdded,
    "im.chat.member.user.deleted_v1": ChatMembersDeleted,
    "im.chat.member.user.withdrawn_v1": ChatMembersWithdrawn,
    "im.chat.updated_v1": ChatUpdated,
    "im.message.message_read_v1": MessageRead,
    "im.message.reaction.created_v1": ReactionCreated,
    "im.message.reaction.deleted_v1": ReactionDeleted,
    "im.message.recalled_v1": MessageRecalled,
    "im.message.receive_v1": MessageReceive,
    "leave_approvalV2": LeaveApproval,
    "meeting_room.meeting_room.created_v1": MeetingRoomCreated,
    "meeting_room.meeting_room.deleted_v1": MeetingRoomDeleted,
    "meeting_room.meeting_room.status_changed_v1": MeetingRoomStatusChanged,
    "meeting_room.meeting_room.updated_v1": MeetingRoomUpdated,
    "message": MessageV1,
    "message_read": MessageReadV1,
    "minutes.minute.generated_v1": MinuteGenerated,
    "oauth_redirect": OauthRedirect,
    "order_paid": OrderPaid,
    "p2p_chat_create": P2pChatCreate,
    "remove_bot": BotRemovedV1,
    "remove_user_from_chat": ChatUsersRemovedV1,
    "revoke_add_user_from_chat": ChatUsersRevokedV1,
    "task.task.comment.updated_v1": TaskCommentUpdated,
    "task.task.update_user_access_v2": TaskAccessUpdated,
    "task.task.updated_v1": TaskUpdated,
    "trip_approval": TripApproval,
    "url.preview.get": UrlPreview,
    "user_add": UserAddedV1,
    "user_leave": UserLeftV1,
    "user_update": UserUpdatedV1,
    "vc.meeting.join_meeting_v1": MeetingJoined,
    "vc.meeting.leave_meeting_v1": MeetingLeft,
    "vc.meeting.meeting_ended_v1": MeetingEnded,
    "vc.meeting.meeting_started_v1": MeetingStarted,
    "vc.meeting.recording_ready_v1": RecordingReady,
    "work_approval": WorkApproval,
}
