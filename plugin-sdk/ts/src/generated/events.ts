/** Lark's events. Generated from `schema/events.json` of the SDK; change that, not this. */

/** A value of any kind. */
export type Json = any;

/** Whom a permission is for. */
export interface AclScope {
  /** `user` */
  type?: string | null;
  /** The person. */
  user_id: UserId;
}

/** The component that was used, and its value. */
export interface Action {
  /** Whether it is checked, outside a form. */
  checked?: boolean | null;
  /** A submitted form: a string, a list of strings or a boolean by component name. */
  form_value?: Record<string, Json> | null;
  /** The typed text, outside a form. */
  input_value?: string | null;
  /** The name of the component. */
  name?: string | null;
  /** The chosen option, outside a form. */
  option?: string | null;
  /** The chosen options of a multi-select, outside a form; an image picker for one image uses this field, too. */
  options?: string[] | null;
  /** The kind of component: `button`, `select_static`, `overflow`, `date_picker`, `input`, `checker`, … */
  tag?: string | null;
  /** The time zone of dates and times, for example `Asia/Shanghai`. */
  timezone?: string | null;
  /** The `value` that the card's author gave the component, as JSON of any kind. */
  value?: Json | null;
}

/** An approval definition. */
export interface ApprovalDefinition {
  /** The code of the approval definition. */
  approval_code?: string | null;
  /** The definition, by its number. */
  approval_id?: string | null;
  /** More, as JSON text. */
  extra?: string | null;
  /** The form. */
  form_definition_id?: string | null;
  /** The process, as JSON text. */
  process_obj?: string | null;
  /** Milliseconds since 1970, as text. */
  timestamp?: string | null;
  /** The version. */
  version_id?: string | null;
  /** The kind of group of widgets. */
  widget_group_type?: number | null;
}

/** URLs of a picture in several sizes. */
export interface Avatar {
  /** 240 pixels. */
  avatar_240?: string | null;
  /** 640 pixels. */
  avatar_640?: string | null;
  /** 72 pixels. */
  avatar_72?: string | null;
  /** As it was uploaded. */
  avatar_origin?: string | null;
}

/** A bot that was mentioned. */
export interface BotInfo {
  /** `cli_…`: the application of the bot. */
  app_id?: string | null;
}

/** A member of a chat. */
export interface ChatMember {
  /** The displayed name. */
  name?: string | null;
  /** The tenant. */
  tenant_key?: string | null;
  /** The person. */
  user_id: UserId;
}

/** Settings of a chat; of a change only those that differ are there. */
export interface ChatSettings {
  /** Who may add people: `only_owner` or `all_members`. */
  add_member_permission?: string | null;
  /** Who may mention everybody: `only_owner` or `all_members`. */
  at_all_permission?: string | null;
  /** The URL of the picture. */
  avatar?: string | null;
  /** The description. */
  description?: string | null;
  /** Who may edit the chat: `only_owner` or `all_members`. */
  edit_permission?: string | null;
  /** `chat` or `thread`. */
  group_message_type?: string | null;
  /** The name in other languages. */
  i18n_names: I18nNames;
  /** Who sees that somebody came: `only_owner`, `all_members` or `not_anyone`. */
  join_message_visibility?: string | null;
  /** Labels of the chat. */
  labels: string[];
  /** Who sees that somebody left: `only_owner`, `all_members` or `not_anyone`. */
  leave_message_visibility?: string | null;
  /** `no_approval_required` or `approval_required`. */
  membership_approval?: string | null;
  /** Who may write: `all_members`, `moderator_list` or `only_owner`. */
  moderation_permission?: string | null;
  /** The name of the chat. */
  name?: string | null;
  /** The owner. */
  owner_id: UserId;
  /** The confidential mode. */
  restricted_mode_setting: RestrictedMode;
  /** Whether the chat may be shared: `allowed` or `not_allowed`. */
  share_card_permission?: string | null;
}

/** The document of a comment, and the people of it. */
export interface CommentNotice {
  /** The token of the document or file. */
  file_token?: string | null;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** The person who wrote it. */
  from_user_id: UserId;
  /** `add_comment` or `add_reply`. */
  notice_type?: string | null;
  /** The person who is told. */
  to_user_id: UserId;
}

/** A user of the tenant, with the fields that the application may read. */
export interface ContactUser {
  /** The picture. */
  avatar: Avatar;
  /** The city. */
  city?: string | null;
  /** The country. */
  country?: string | null;
  /** Fields that the tenant defined. */
  custom_attrs?: Json | null;
  /** The departments. */
  department_ids: string[];
  /** Further managers. */
  dotted_line_leader_user_ids: string[];
  /** The email address. */
  email?: string | null;
  /** The employee number. */
  employee_no?: string | null;
  /** 1 regular, 2 intern, 3 outsourced, 4 contractor, 5 consultant, or one of the tenant. */
  employee_type?: number | null;
  /** The English name. */
  en_name?: string | null;
  /** The email address of the company. */
  enterprise_email?: string | null;
  /** 0 not said, 1 male, 2 female, 3 other. */
  gender?: number | null;
  /** Whether the user is a super administrator. */
  is_tenant_manager?: boolean | null;
  /** The job family. */
  job_family_id?: string | null;
  /** The job level. */
  job_level_id?: string | null;
  /** The job title. */
  job_title?: string | null;
  /** Seconds since 1970. */
  join_time?: number | null;
  /** The manager. */
  leader_user_id?: string | null;
  /** The phone number. */
  mobile?: string | null;
  /** Whether others see the phone number. */
  mobile_visible?: boolean | null;
  /** The displayed name. */
  name?: string | null;
  /** The alias. */
  nickname?: string | null;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** The places in departments. */
  orders: UserOrder[];
  /** The positions. */
  positions: UserPosition[];
  /** The state. */
  status: UserStatus;
  /** The time zone. */
  time_zone?: string | null;
  /** `on_…`: one per person and developer. */
  union_id?: string | null;
  /** The user id in the tenant; present only if the application may read it. */
  user_id?: string | null;
  /** The desk. */
  work_station?: string | null;
}

/** The place of the click or link. */
export interface Context {
  /** `oc_…`: the chat that holds the message. */
  open_chat_id?: string | null;
  /** `om_…`: the message that holds the card. */
  open_message_id?: string | null;
  /** Stays the same for one link in one message; absent or empty while the message is still being typed. */
  preview_token?: string | null;
  /** The URL, in link previews. */
  url?: string | null;
}

/** The fields that the tenant defined for users. */
export interface CustomFields {
  /** Whether applications may read them. */
  allow_open_query?: boolean | null;
  /** Their keys. */
  contact_field_key: string[];
}

/** A department. */
export interface Department {
  /** `oc_…`: the chat of the department. */
  chat_id?: string | null;
  /** The HR partners. */
  department_hrbps: UserId[];
  /** The department id, as the tenant sets it. */
  department_id?: string | null;
  /** The user id of the head of the department. */
  leader_user_id?: string | null;
  /** The heads. */
  leaders: DepartmentLeader[];
  /** The name. */
  name?: string | null;
  /** `od-…`: the department. */
  open_department_id?: string | null;
  /** The place among its siblings. */
  order?: number | null;
  /** The department above it; `0` for the tenant. */
  parent_department_id?: string | null;
  /** The state. */
  status: DepartmentStatus;
  /** The business units. */
  unit_ids: string[];
}

/** A head of a department. */
export interface DepartmentLeader {
  /** The person. */
  leaderID?: string | null;
  /** 1 the head, 2 a deputy. */
  leaderType?: number | null;
}

/** The state of a department. */
export interface DepartmentStatus {
  /** Whether it was deleted. */
  is_deleted?: boolean | null;
}

/** A type of employee of the tenant. */
export interface EmployeeType {
  /** Its name. */
  content?: string | null;
  /** The type. */
  enum_id?: string | null;
  /** 1 in use, 2 not in use. */
  enum_status?: number | null;
  /** 1 built in, 2 made by the tenant. */
  enum_type?: number | null;
  /** Its value, as in a user's `employee_type`. */
  enum_value?: string | null;
  /** Its name in other languages. */
  i18n_content?: Json | null;
}

/** A change of one field. */
export interface FieldAction {
  /** `field_added`, `field_edited` or `field_deleted`. */
  action?: string | null;
  /** The field as it is now. */
  after_value?: Json | null;
  /** The field as it was. */
  before_value?: Json | null;
  /** The field. */
  field_id?: string | null;
}

/** Settings of a chat in the old form. */
export interface GroupSettingsV1 {
  /** Who may add people: `everyone` or `owner`. */
  add_member_permission?: string | null;
  /** Whether messages are notified. */
  message_notification?: boolean | null;
  /** The owner. */
  owner_open_id?: string | null;
  /** The user id of the owner. */
  owner_user_id?: string | null;
}

/** A name in other languages. */
export interface I18nNames {
  /** English. */
  en_us?: string | null;
  /** Japanese. */
  ja_jp?: string | null;
  /** Chinese. */
  zh_cn?: string | null;
}

/** A meeting. */
export interface Meeting {
  /** The event of the calendar. */
  calendar_event_id?: string | null;
  /** Seconds since 1970, as text. */
  end_time?: string | null;
  /** The host. */
  host_user: MeetingUser;
  /** The meeting. */
  id?: string | null;
  /** Its number. */
  meeting_no?: string | null;
  /** 1 from a calendar, 2 started at once, 3 an interview, … */
  meeting_source?: number | null;
  /** 1 a usual one, … */
  meeting_sub_type?: number | null;
  /** The owner. */
  owner: MeetingUser;
  /** Seconds since 1970, as text. */
  start_time?: string | null;
  /** Its subject. */
  topic?: string | null;
}

/** A person in a meeting. */
export interface MeetingUser {
  /** The person. */
  id: UserId;
  /** 1 a participant, 2 the host, 3 a co-host. */
  user_role?: number | null;
  /** 1 a user, 2 a room, … */
  user_type?: number | null;
}

/** A mention of a person, a bot or everybody. */
export interface Mention {
  /** The bot, if a bot was mentioned. */
  bot_info: BotInfo;
  /** The ids of the person or bot. */
  id: UserId;
  /** The placeholder in the text, for example `@_user_1`; `@_all` for everybody. */
  key: string;
  /** `user` or `bot`; some events say `app` for a bot. */
  mentioned_type?: string | null;
  /** The displayed name. */
  name: string;
  /** The tenant of the person. */
  tenant_key?: string | null;
}

/** The person who used the menu. */
export interface MenuOperator {
  /** The ids of the person. */
  operator_id: UserId;
  /** The displayed name. */
  operator_name?: string | null;
}

/** The message. */
export interface Message {
  /** `oc_…` */
  chat_id: string;
  /** `p2p` or `group`. */
  chat_type: string;
  /** JSON text whose shape depends on the type. */
  content: string;
  /** Milliseconds since 1970, as text. */
  create_time?: string | null;
  /** The mentioned people and bots. */
  mentions: Mention[];
  /** `om_…`: stays the same when Lark delivers the message under two event ids. */
  message_id: string;
  /** `text`, `post`, `image`, `file`, `interactive`, … */
  message_type: string;
  /** The message that this one replies to. */
  parent_id?: string | null;
  /** The first message of the thread of replies. */
  root_id?: string | null;
  /** `omt_…`: the topic, where topics are in use. */
  thread_id?: string | null;
  /** Milliseconds since 1970, as text. */
  update_time?: string | null;
  /** The client that sent it. */
  user_agent?: string | null;
}

/** A person who read messages. */
export interface MessageReader {
  /** Milliseconds since 1970, as text. */
  read_time?: string | null;
  /** The person. */
  reader_id: UserId;
  /** The tenant. */
  tenant_key?: string | null;
}

/** Source of minutes. */
export interface MinuteSource {
  /** The source. */
  source_entity_id?: string | null;
  /** The kind of source. */
  source_type?: string | null;
}

/** A person who may write in a moderated chat. */
export interface Moderator {
  /** The tenant. */
  tenant_key?: string | null;
  /** The person. */
  user_id: UserId;
}

/** A change of the people who may write. */
export interface ModeratorChange {
  /** Those who may write now. */
  added_member_list: Moderator[];
  /** Those who may not write any more. */
  removed_member_list: Moderator[];
}

/** A person, by open id. */
export interface OpenIdOnly {
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
}

/** The person who clicked, or who looks at a link. */
export interface Operator {
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** The person's tenant, which may differ from the application's. */
  tenant_key?: string | null;
  /** `on_…`: one per person and developer. */
  union_id?: string | null;
  /** Present only if the application may read it (`contact:user.employee_id:readonly`). */
  user_id?: string | null;
}

/** The emoji of a reaction. */
export interface ReactionType {
  /** Its name, for example `SMILE`. */
  emoji_type: string;
}

/** A change of one record. */
export interface RecordAction {
  /** `record_added`, `record_edited` or `record_deleted`. */
  action?: string | null;
  /** The same with their new values. */
  after_value?: Json | null;
  /** The fields that changed, with their old values. */
  before_value?: Json | null;
  /** The record. */
  record_id?: string | null;
}

/** The confidential mode of a chat. */
export interface RestrictedMode {
  /** Who may download: `all_members` or `not_anyone`. */
  download_has_permission_setting?: string | null;
  /** Who may copy and forward: `all_members` or `not_anyone`. */
  message_has_permission_setting?: string | null;
  /** Who may take screenshots: `all_members` or `not_anyone`. */
  screenshot_has_permission_setting?: string | null;
  /** Whether it is on. */
  status?: boolean | null;
}

/** An answer to an invitation. */
export interface RsvpInfo {
  /** The person. */
  from_user_id: UserId;
  /** `needs_action`, `accept`, `tentative`, `decline` or `removed`. */
  rsvp_status?: string | null;
}

/** Part of what the application can see. */
export interface ScopePart {
  /** Departments. */
  departments: Department[];
  /** User groups. */
  user_groups: UserGroup[];
  /** Users. */
  users: ContactUser[];
}

/** The sender of a message. */
export interface Sender {
  /** The ids of the person; empty for a bot. */
  sender_id: UserId;
  /** `user`, or `app` for another bot. */
  sender_type?: string | null;
  /** The tenant of the sender. */
  tenant_key?: string | null;
}

/** A part of a business trip. */
export interface TripSchedule {
  /** From where. */
  departure?: string | null;
  /** To where. */
  destination?: string | null;
  /** A note. */
  remark?: string | null;
  /** By what. */
  transportation?: string | null;
  /** End. */
  trip_end_time?: string | null;
  /** Seconds. */
  trip_interval?: number | null;
  /** Begin. */
  trip_start_time?: string | null;
  /** One way or both ways. */
  trip_type?: string | null;
}

/** A user group. */
export interface UserGroup {
  /** How many people. */
  member_count?: number | null;
  /** Its name. */
  name?: string | null;
  /** Its state. */
  status?: number | null;
  /** 1 made by hand. */
  type?: number | null;
  /** The group. */
  user_group_id?: string | null;
}

/** The ids of one person. */
export interface UserId {
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** `on_…`: one per person and developer. */
  union_id?: string | null;
  /** The user id in the tenant; present only if the application may read it. */
  user_id?: string | null;
}

/** The place of a user in a department. */
export interface UserOrder {
  /** The department id, as the tenant sets it. */
  department_id?: string | null;
  /** The place of the department among those of the user. */
  department_order?: number | null;
  /** Whether it is the main department. */
  is_primary_dept?: boolean | null;
  /** The place among the users of the department. */
  user_order?: number | null;
}

/** A position of a user. */
export interface UserPosition {
  /** The department id, as the tenant sets it. */
  department_id?: string | null;
  /** Whether it is the main position. */
  is_major?: boolean | null;
  /** The position of the manager. */
  leader_position_code?: string | null;
  /** The user id of the manager. */
  leader_user_id?: string | null;
  /** The code of the position. */
  position_code?: string | null;
  /** Its name. */
  position_name?: string | null;
}

/** The state of a user. */
export interface UserStatus {
  /** The account was activated. */
  is_activated?: boolean | null;
  /** The person left the tenant by themselves. */
  is_exited?: boolean | null;
  /** The account is suspended. */
  is_frozen?: boolean | null;
  /** The person has left. */
  is_resigned?: boolean | null;
  /** The person has not joined yet. */
  is_unjoin?: boolean | null;
}

/** A person in an event of schema 1.0. */
export interface V1User {
  /** The displayed name. */
  name?: string | null;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** The user id in the tenant; present only if the application may read it. */
  user_id?: string | null;
}

/** A person who can use the application now. */
export interface VisibleUser {
  /** The person. */
  user_id: UserId;
}

/** `add_bot`: The bot was added to a chat, in the old form. */
export interface BotAddedV1 {
  /** The name in other languages. */
  chat_i18n_names: I18nNames;
  /** The name of the chat. */
  chat_name?: string | null;
  /** The name of the owner. */
  chat_owner_name?: string | null;
  /** The owner. */
  chat_owner_open_id?: string | null;
  /** `oc_…`: the chat. */
  open_chat_id: string;
  /** The name of that person. */
  operator_name?: string | null;
  /** The person who did it. */
  operator_open_id?: string | null;
  /** Whether a bot owns the chat. */
  owner_is_bot?: boolean | null;
}

/** `add_user_to_chat`: People came into a chat, in the old form. */
export interface ChatUsersAddedV1 {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** The person who did it. */
  operator: V1User;
  /** The people. */
  users: V1User[];
}

/** `app_open`: A store application was installed in a tenant for the first time. */
export interface AppOpened {
  /** The people who asked for it. */
  applicants: OpenIdOnly[];
  /** The administrator who installed it. */
  installer: OpenIdOnly;
  /** The person who installed it for themselves. */
  installer_employee: OpenIdOnly;
}

/** `app_status_change`: A tenant enabled or disabled the application. */
export interface AppStatusChanged {
  /** The person who did it. */
  operator: UserId;
  /** `start_by_tenant`, `stop_by_tenant` or `stop_by_platform`. */
  status?: string | null;
}

/**
 * `app_ticket`: The ticket of a store application, which Lark sends every hour. The host keeps it; a plugin rarely
 * needs it.
 */
export interface AppTicketPushed {
  /** The ticket. */
  app_ticket: string;
}

/** `app_uninstalled`: A tenant removed the application. */
export interface AppUninstalled {
}

/** `application.application.app_version.audit_v6`: A version of an application was reviewed. */
export interface AppVersionAudited {
  /** `cli_…`: the application. */
  app_id: string;
  /** `administrator` or `auto`. */
  audit_source?: string | null;
  /** The person who asked for the review. */
  creator_id: UserId;
  /** `audited`, `reject` or `published`. */
  operation?: string | null;
  /** The administrator. */
  operator_id: UserId;
  /** The note of the administrator. */
  remark?: string | null;
  /** `oav_…`: the version. */
  version_id?: string | null;
}

/**
 * `application.application.app_version.publish_apply_v6`: A version of an application waits for the review of an
 * administrator.
 */
export interface AppVersionApplied {
  /** The state of the application. */
  app_status?: number | null;
  /** The version that is used. */
  online_version?: Record<string, Json> | null;
  /** The person who asks for it. */
  operator_id: UserId;
  /** The version to be reviewed. */
  under_audit_version?: Record<string, Json> | null;
}

/** `application.application.app_version.publish_revoke_v6`: The request to review a version was withdrawn. */
export interface AppVersionRevoked {
  /** `cli_…`: the application. */
  app_id: string;
  /** The person who had asked for it. */
  creator_id: UserId;
  /** The person who withdrew it. */
  operator_id: UserId;
  /** `oav_…`: the version. */
  version_id?: string | null;
}

/** `application.application.created_v6`: An application was made in the tenant. */
export interface ApplicationCreated {
  /** `cli_…`: the application. */
  app_id: string;
  /** 0 for a custom application, 1 for one of the store, … */
  app_scene_type?: number | null;
  /** The URL of its icon. */
  avatar?: string | null;
  /** Where it was made. */
  create_source?: string | null;
  /** Its description. */
  description?: string | null;
  /** Its name. */
  name?: string | null;
  /** The person who made it. */
  operator_id: UserId;
  /** Its first language. */
  primary_language?: string | null;
}

/** `application.application.feedback.created_v6`: A person sent feedback about the application. */
export interface FeedbackCreated {
  /** `cli_…`: the application. */
  app_id: string;
  /** How to reach the person. */
  contact?: string | null;
  /** The text. */
  description?: string | null;
  /** When the fault happened. */
  fault_time?: string | null;
  /** Kinds of fault. */
  fault_type: number[];
  /** The feedback. */
  feedback_id?: string | null;
  /** The page it is about. */
  feedback_path?: string | null;
  /** When. */
  feedback_time?: string | null;
  /** 1 for a fault, 2 for a suggestion. */
  feedback_type?: number | null;
  /** URLs of pictures. */
  images: string[];
  /** The place: 1 a mini program, 2 a web application, 3 a bot, … */
  source?: number | null;
  /** The name of the tenant. */
  tenant_name?: string | null;
  /** The person. */
  user_id: UserId;
}

/** `application.application.feedback.updated_v6`: The state of feedback was changed. */
export interface FeedbackUpdated {
  /** `cli_…`: the application. */
  app_id: string;
  /** The feedback. */
  feedback_ids: string[];
  /** The person who changed it. */
  operator_id: UserId;
  /** The new state. */
  status?: number | null;
  /** When. */
  update_time?: string | null;
}

/** `application.application.visibility.added_v6`: People can use the application for the first time. */
export interface VisibilityAdded {
  /** How: 1 by themselves, 2 by an administrator, … */
  source?: number | null;
  /** The people. */
  users: VisibleUser[];
}

/** `application.bot.menu_v6`: A person chose an entry of the menu of the bot. */
export interface BotMenu {
  /** The key that the menu entry has in the developer console. */
  event_key: string;
  /** The person. */
  operator: MenuOperator;
  /** Milliseconds since 1970. */
  timestamp?: number | null;
}

/** `approval.approval.updated_v4`: An approval definition was changed. */
export interface ApprovalDefinitionUpdated {
  /** The definition as it is now. */
  object: ApprovalDefinition;
}

/** `approval.instance.status_changed_v4`: The status of an approval instance changed. */
export interface ApprovalInstanceChanged {
  /** The code of the approval definition. */
  approval_code: string;
  /** The id in the other system, for approvals of other systems. */
  external_id?: string | null;
  /** The code of the approval instance. */
  instance_code: string;
  /** Milliseconds since 1970, as text. */
  operate_time?: string | null;
  /** The person who asked. */
  start_user: UserId;
  /** `PENDING`, `APPROVED`, `REJECTED`, `CANCELED`, `DELETED`, `REVERTED`, … */
  status: string;
}

/** `approval.task.status_changed_v4`: The status of a task of an approval changed. */
export interface ApprovalTaskChanged {
  /** The code of the approval definition. */
  approval_code: string;
  /** The person who has to decide. */
  assigned_user: UserId;
  /** The code of the approval instance. */
  instance_code: string;
  /** Milliseconds since 1970, as text. */
  operate_time?: string | null;
  /** `PENDING`, `APPROVED`, `REJECTED`, `TRANSFERRED`, `DONE`, … */
  status: string;
  /** The id in the other system. */
  task_external_id?: string | null;
  /** The task. */
  task_id?: string | null;
}

/** `approval_cc`: A copy of an approval was sent, read or withdrawn. */
export interface ApprovalCopy {
  /** The code of the approval definition. */
  approval_code: string;
  /** Milliseconds since 1970. */
  create_time?: number | null;
  /** The person who sent it. */
  from_user_id?: string | null;
  /** The copy. */
  id?: string | null;
  /** The code of the approval instance. */
  instance_code: string;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** `CREATE`, `READ` or `DELETE`. */
  operate?: string | null;
  /** The user id in the tenant; present only if the application may read it. */
  user_id?: string | null;
}

/**
 * `approval_instance`: The status of an approval instance changed. Lark sends it only after the definition was
 * subscribed to.
 */
export interface ApprovalInstance {
  /** The code of the approval definition. */
  approval_code: string;
  /** The code of the approval instance. */
  instance_code: string;
  /** Milliseconds since 1970, as text. */
  instance_operate_time?: string | null;
  /** Milliseconds since 1970, as text, or as a number when it was reverted. */
  operate_time?: Json | null;
  /** `PENDING`, `APPROVED`, `REJECTED`, `CANCELED`, `DELETED`, `REVERTED`, `OVERTIME_CLOSE` or `OVERTIME_RECOVER`. */
  status: string;
  /** The `uuid` with which the instance was made. */
  uuid?: string | null;
}

/** `approval_task`: The status of a task of an approval changed. */
export interface ApprovalTask {
  /** The code of the approval definition. */
  approval_code: string;
  /** The key of the node that its designer set. */
  custom_key?: string | null;
  /** The key of the node. */
  def_key?: string | null;
  /** More, as JSON text. */
  extra?: string | null;
  /** The code of the approval instance. */
  instance_code: string;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** Milliseconds since 1970, as text. */
  operate_time?: string | null;
  /** `PENDING`, `APPROVED`, `REJECTED`, `TRANSFERRED`, `ROLLBACK`, `DONE`, `REVERTED`, … */
  status: string;
  /** The task. */
  task_id?: string | null;
  /** The user id in the tenant; present only if the application may read it. */
  user_id?: string | null;
}

/** `auth.user_access_token.revoked_v4`: A user's authorization of the application ended. */
export interface UserTokenRevoked {
  /** `ou_…`: one per person and application. */
  open_id: string;
  /** Why. */
  revoke_reason?: string | null;
  /** The kind of token. */
  revoke_token_type?: string | null;
  /** `on_…`: one per person and developer. */
  union_id?: string | null;
  /** The user id in the tenant; present only if the application may read it. */
  user_id?: string | null;
}

/** `calendar.calendar.acl.created_v4`: A permission for a calendar was given. */
export interface CalendarAclCreated {
  /** The permission. */
  acl_id?: string | null;
  /** `free_busy_reader`, `reader`, `writer` or `owner`. */
  role?: string | null;
  /** Whom it is for. */
  scope: AclScope;
  /** The people to be told. */
  user_id_list: UserId[];
}

/** `calendar.calendar.acl.deleted_v4`: A permission for a calendar was taken away. */
export interface CalendarAclDeleted {
  /** The permission. */
  acl_id?: string | null;
  /** `free_busy_reader`, `reader`, `writer` or `owner`. */
  role?: string | null;
  /** Whom it is for. */
  scope: AclScope;
  /** The people to be told. */
  user_id_list: UserId[];
}

/** `calendar.calendar.changed_v4`: The list of calendars of people was changed. */
export interface CalendarsChanged {
  /** The people. */
  user_id_list: UserId[];
}

/** `calendar.calendar.event.changed_v4`: An event of a calendar was changed; ask for it to see how. */
export interface CalendarEventChanged {
  /** The event. */
  calendar_event_id?: string | null;
  /** The calendar. */
  calendar_id?: string | null;
  /** `create`, `update`, `delete` or `rsvp`. */
  change_type?: string | null;
  /** Answers to the invitation, if these changed. */
  rsvp_infos: RsvpInfo[];
  /** The people whose calendar it is. */
  user_id_list: UserId[];
}

/**
 * `card.action.trigger`: A use of an interactive component of a card: a click, a choice, an input or a submitted form.
 */
export interface CardAction {
  /** The component and its value. */
  action: Action;
  /** The message and chat that hold the card. */
  context: Context;
  /** `url_preview` for the card of a link preview, otherwise absent. */
  delivery_type?: string | null;
  /** `im_message`, `im_top_notice`. */
  host?: string | null;
  /** The person who used it. */
  operator: Operator;
  /** The token for updating the card later: within 30 minutes, at most twice. */
  token?: string | null;
}

/** `chat_disband`: A chat was disbanded, in the old form. */
export interface ChatDisbandedV1 {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** The person who did it. */
  operator: V1User;
}

/** `contact.custom_attr_event.updated_v3`: The fields that the tenant defined for users were changed. */
export interface CustomFieldsUpdated {
  /** As they are now. */
  object: CustomFields;
  /** As they were. */
  old_object: CustomFields;
}

/** `contact.department.created_v3`: A department was made. */
export interface DepartmentCreated {
  /** The department. */
  object: Department;
}

/** `contact.department.deleted_v3`: A department was deleted. */
export interface DepartmentDeleted {
  /** The department as it is now. */
  object: Department;
  /** The old values of the fields that changed. */
  old_object: Department;
}

/** `contact.department.updated_v3`: A department was changed. */
export interface DepartmentUpdated {
  /** The department as it is now. */
  object: Department;
  /** The old values of the fields that changed. */
  old_object: Department;
}

/** `contact.employee_type_enum.actived_v3`: A type of employee was taken into use. */
export interface EmployeeTypeActivated {
  /** The type as it is now. */
  new_enum: EmployeeType;
  /** The type as it was. */
  old_enum: EmployeeType;
}

/** `contact.employee_type_enum.created_v3`: A type of employee was made. */
export interface EmployeeTypeCreated {
  /** The type. */
  new_enum: EmployeeType;
}

/** `contact.employee_type_enum.deactivated_v3`: A type of employee was taken out of use. */
export interface EmployeeTypeDeactivated {
  /** The type as it is now. */
  new_enum: EmployeeType;
  /** The type as it was. */
  old_enum: EmployeeType;
}

/** `contact.employee_type_enum.deleted_v3`: A type of employee was deleted. */
export interface EmployeeTypeDeleted {
  /** The type. */
  old_enum: EmployeeType;
}

/** `contact.employee_type_enum.updated_v3`: A type of employee was changed. */
export interface EmployeeTypeUpdated {
  /** The type as it is now. */
  new_enum: EmployeeType;
  /** The type as it was. */
  old_enum: EmployeeType;
}

/** `contact.scope.updated_v3`: The part of the directory that the application may see was changed. */
export interface ContactScopeUpdated {
  /** What came. */
  added: ScopePart;
  /** What went. */
  removed: ScopePart;
}

/** `contact.user.created_v3`: A user joined the tenant. */
export interface UserCreated {
  /** The user. */
  object: ContactUser;
}

/** `contact.user.deleted_v3`: A user left the tenant. */
export interface UserDeleted {
  /** The user. */
  object: ContactUser;
  /** The departments that the user was in. */
  old_object: ContactUser;
}

/** `contact.user.updated_v3`: A user was changed. */
export interface UserUpdated {
  /** The user as it is now. */
  object: ContactUser;
  /** The old values of the fields that changed. */
  old_object: ContactUser;
}

/** `contact_scope_change`: The part of the directory that the application may see was changed, in the old form. */
export interface ContactScopeChangedV1 {
}

/** `dept_add`: A department was made, in the old form. */
export interface DepartmentAddedV1 {
  /** `od-…`: the department. */
  open_department_id?: string | null;
}

/** `dept_delete`: A department was deleted, in the old form. */
export interface DepartmentDeletedV1 {
  /** `od-…`: the department. */
  open_department_id?: string | null;
}

/** `dept_update`: A department was changed, in the old form. */
export interface DepartmentUpdatedV1 {
  /** `od-…`: the department. */
  open_department_id?: string | null;
}

/** `drive.file.bitable_field_changed_v1`: Fields of a table in Base were changed. */
export interface BaseFieldChanged {
  /** The changes. */
  action_list: FieldAction[];
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The number of the change. */
  revision?: number | null;
  /** The people who subscribed to the document. */
  subscriber_id_list: UserId[];
  /** The table. */
  table_id?: string | null;
  /** Seconds since 1970. */
  update_time?: number | null;
}

/** `drive.file.bitable_record_changed_v1`: Records of a table in Base were changed. */
export interface BaseRecordChanged {
  /** The changes. */
  action_list: RecordAction[];
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The number of the change. */
  revision?: number | null;
  /** The people who subscribed to the document. */
  subscriber_id_list: UserId[];
  /** The table. */
  table_id?: string | null;
  /** Seconds since 1970. */
  update_time?: number | null;
}

/** `drive.file.created_in_folder_v1`: A document was made in a folder. */
export interface FileCreatedInFolder {
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** The folder. */
  folder_token?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The people who subscribed to it. */
  subscriber_ids: UserId[];
}

/** `drive.file.deleted_v1`: A document was deleted for good. */
export interface FileDeleted {
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The people who subscribed to the document. */
  subscriber_id_list: UserId[];
}

/** `drive.file.edit_v1`: A document was edited. */
export interface FileEdited {
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** The people who edited it. */
  operator_id_list: UserId[];
  /** The sheet, in a spreadsheet. */
  sheet_id?: string | null;
  /** The people who subscribed to the document. */
  subscriber_id_list: UserId[];
}

/** `drive.file.permission_member_added_v1`: People were given access to a document. */
export interface FileMemberAdded {
  /** Chats that were given access. */
  chat_list: string[];
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** Departments that were given access. */
  open_department_id_list: string[];
  /** The person who did it. */
  operator_id: UserId;
  /** The people who subscribed to the document. */
  subscriber_id_list: UserId[];
  /** The people. */
  user_list: UserId[];
}

/** `drive.file.permission_member_applied_v1`: Somebody asks for access to a document. */
export interface FileMemberApplied {
  /** Chats for which. */
  application_chat_list: string[];
  /** Departments for which. */
  application_department_list: string[];
  /** The note. */
  application_remark?: string | null;
  /** The people for whom. */
  application_user_list: UserId[];
  /** The person who decides. */
  approver_id: UserId;
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** The person who asks. */
  operator_id: UserId;
  /** `view`, `edit` or `full_access`. */
  permission?: string | null;
  /** The people who subscribed to it. */
  subscriber_ids: UserId[];
}

/** `drive.file.permission_member_removed_v1`: People lost access to a document. */
export interface FileMemberRemoved {
  /** Chats that were given access. */
  chat_list: string[];
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** Departments that were given access. */
  open_department_id_list: string[];
  /** The person who did it. */
  operator_id: UserId;
  /** The people who subscribed to the document. */
  subscriber_id_list: UserId[];
  /** The people. */
  user_list: UserId[];
}

/** `drive.file.read_v1`: A document was read. */
export interface FileRead {
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** The people who read it. */
  operator_id_list: UserId[];
  /** The people who subscribed to the document. */
  subscriber_id_list: UserId[];
}

/** `drive.file.title_updated_v1`: A document was renamed. */
export interface FileTitleUpdated {
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The people who subscribed to the document. */
  subscriber_id_list: UserId[];
}

/** `drive.file.trashed_v1`: A document was moved to the trash. */
export interface FileTrashed {
  /** The token of the document or file. */
  file_token: string;
  /** `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, … */
  file_type?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The people who subscribed to the document. */
  subscriber_id_list: UserId[];
}

/** `drive.notice.comment_add_v1`: Somebody wrote a comment, or replied to one. */
export interface CommentAdded {
  /** The comment. */
  comment_id?: string | null;
  /** Whether the person who is told was mentioned. */
  is_mentioned?: boolean | null;
  /** The document and the people. */
  notice_meta: CommentNotice;
  /** The reply. */
  reply_id?: string | null;
}

/** `group_setting_update`: Settings of a chat were changed, in the old form. */
export interface GroupSettingsV1Updated {
  /** The new settings. */
  after_change: GroupSettingsV1;
  /** The old settings. */
  before_change: GroupSettingsV1;
  /** `oc_…`: the chat. */
  chat_id: string;
  /** The person who did it. */
  operator: V1User;
}

/**
 * `im.chat.access_event.bot_p2p_chat_entered_v1`: A person opened the private chat with the bot; at every opening, not
 * only the first.
 */
export interface P2pChatEntered {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** Milliseconds since 1970, as text. */
  last_message_create_time?: string | null;
  /** `om_…`: the newest message of the chat. */
  last_message_id?: string | null;
  /** The person. */
  operator_id: UserId;
}

/** `im.chat.disbanded_v1`: A chat of the bot was disbanded. */
export interface ChatDisbanded {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** Whether the chat has members of other tenants. */
  external?: boolean | null;
  /** The name in other languages. */
  i18n_names: I18nNames;
  /** The name of the chat. */
  name?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The tenant of the person who did it. */
  operator_tenant_key?: string | null;
}

/** `im.chat.member.bot.added_v1`: The bot was added to a chat. */
export interface BotAdded {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** Whether the chat has members of other tenants. */
  external?: boolean | null;
  /** The name in other languages. */
  i18n_names: I18nNames;
  /** The name of the chat. */
  name?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The tenant of the person who did it. */
  operator_tenant_key?: string | null;
}

/** `im.chat.member.bot.deleted_v1`: The bot was removed from a chat. */
export interface BotDeleted {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** Whether the chat has members of other tenants. */
  external?: boolean | null;
  /** The name in other languages. */
  i18n_names: I18nNames;
  /** The name of the chat. */
  name?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The tenant of the person who did it. */
  operator_tenant_key?: string | null;
}

/** `im.chat.member.user.added_v1`: People came into a chat of the bot. */
export interface ChatMembersAdded {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** Whether the chat has members of other tenants. */
  external?: boolean | null;
  /** The name in other languages. */
  i18n_names: I18nNames;
  /** The name of the chat. */
  name?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The tenant of the person who did it. */
  operator_tenant_key?: string | null;
  /** The people. */
  users: ChatMember[];
}

/** `im.chat.member.user.deleted_v1`: People left a chat of the bot, or were removed. */
export interface ChatMembersDeleted {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** Whether the chat has members of other tenants. */
  external?: boolean | null;
  /** The name in other languages. */
  i18n_names: I18nNames;
  /** The name of the chat. */
  name?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The tenant of the person who did it. */
  operator_tenant_key?: string | null;
  /** The people. */
  users: ChatMember[];
}

/** `im.chat.member.user.withdrawn_v1`: An invitation to a chat of the bot was withdrawn. */
export interface ChatMembersWithdrawn {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** Whether the chat has members of other tenants. */
  external?: boolean | null;
  /** The name in other languages. */
  i18n_names: I18nNames;
  /** The name of the chat. */
  name?: string | null;
  /** The person who did it. */
  operator_id: UserId;
  /** The tenant of the person who did it. */
  operator_tenant_key?: string | null;
  /** The people. */
  users: ChatMember[];
}

/** `im.chat.updated_v1`: Settings of a chat of the bot were changed. */
export interface ChatUpdated {
  /** The settings that changed, with their new values. */
  after_change: ChatSettings;
  /** The same settings with their old values. */
  before_change: ChatSettings;
  /** `oc_…`: the chat. */
  chat_id: string;
  /** Whether the chat has members of other tenants. */
  external?: boolean | null;
  /** The people who may write, if that changed. */
  moderator_list: ModeratorChange;
  /** The person who did it. */
  operator_id: UserId;
  /** The tenant of the person who did it. */
  operator_tenant_key?: string | null;
}

/** `im.message.message_read_v1`: Messages of the bot that a person read in a private chat. */
export interface MessageRead {
  /** `om_…`: the messages. */
  message_id_list: string[];
  /** Who read them, and when. */
  reader: MessageReader;
}

/** `im.message.reaction.created_v1`: An emoji that somebody put on a message. */
export interface ReactionCreated {
  /** Milliseconds since 1970, as text. */
  action_time?: string | null;
  /** `cli_…`: the bot that did it; absent when a person did. */
  app_id?: string | null;
  /** `om_…`: the message. */
  message_id: string;
  /** `user` or `app`. */
  operator_type?: string | null;
  /** The emoji. */
  reaction_type: ReactionType;
  /** The person; empty when a bot did it. */
  user_id: UserId;
}

/** `im.message.reaction.deleted_v1`: An emoji that somebody took off a message. */
export interface ReactionDeleted {
  /** Milliseconds since 1970, as text. */
  action_time?: string | null;
  /** `cli_…`: the bot that did it; absent when a person did. */
  app_id?: string | null;
  /** `om_…`: the message. */
  message_id: string;
  /** `user` or `app`. */
  operator_type?: string | null;
  /** The emoji. */
  reaction_type: ReactionType;
  /** The person; empty when a bot did it. */
  user_id: UserId;
}

/** `im.message.recalled_v1`: A message that was recalled, in a chat of the bot. */
export interface MessageRecalled {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** `om_…`: the message. */
  message_id: string;
  /** Milliseconds since 1970, as text. */
  recall_time?: string | null;
  /** `message_owner`, `group_owner`, `group_manager` or `enterprise_manager`. */
  recall_type?: string | null;
}

/** `im.message.receive_v1`: A received message, with its sender. */
export interface MessageReceive {
  /** The message. */
  message: Message;
  /** The sender. */
  sender: Sender;
}

/** `leave_approvalV2`: A leave was approved. */
export interface LeaveApproval {
  /** End of the approval: seconds since 1970. */
  end_time?: number | null;
  /** Texts in several languages. */
  i18n_resources?: Json | null;
  /** The code of the approval instance. */
  instance_code: string;
  /** End of the leave. */
  leave_end_time?: string | null;
  /** Seconds. */
  leave_interval?: number | null;
  /** The kind of leave, a key of `i18n_resources`. */
  leave_name?: string | null;
  /** The reason. */
  leave_reason?: string | null;
  /** Begin of the leave. */
  leave_start_time?: string | null;
  /** `DAY`, `HALF_DAY` or `HOUR`. */
  leave_unit?: string | null;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** The leave that this one cancels. */
  origin_instance_code?: string | null;
  /** Begin of the approval: seconds since 1970. */
  start_time?: number | null;
  /** The user id in the tenant; present only if the application may read it. */
  user_id?: string | null;
}

/** `meeting_room.meeting_room.created_v1`: A meeting room was made. */
export interface MeetingRoomCreated {
  /** `omm_…`: the room. */
  room_id: string;
  /** Its name. */
  room_name?: string | null;
}

/** `meeting_room.meeting_room.deleted_v1`: A meeting room was deleted. */
export interface MeetingRoomDeleted {
  /** `omm_…`: the room. */
  room_id: string;
  /** Its name. */
  room_name?: string | null;
}

/** `meeting_room.meeting_room.status_changed_v1`: A meeting room was opened or closed. */
export interface MeetingRoomStatusChanged {
  /** `omm_…`: the room. */
  room_id: string;
  /** Its name. */
  room_name?: string | null;
}

/** `meeting_room.meeting_room.updated_v1`: A meeting room was changed. */
export interface MeetingRoomUpdated {
  /** `omm_…`: the room. */
  room_id: string;
  /** Its name. */
  room_name?: string | null;
}

/** `message`: A message in the old form; subscribe to `im.message.receive_v1` instead. */
export interface MessageV1 {
  /** `private` or `group`. */
  chat_type?: string | null;
  /** The user id of the sender. */
  employee_id?: string | null;
  /** Whether the bot was mentioned. */
  is_mention?: boolean | null;
  /** `text`, `post`, `image`, … */
  msg_type?: string | null;
  /** `oc_…`: the chat. */
  open_chat_id: string;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** `om_…`: the message. */
  open_message_id: string;
  /** The message that this one replies to. */
  parent_id?: string | null;
  /** The first message of the thread of replies. */
  root_id?: string | null;
  /** The text, with mentions as tags. */
  text?: string | null;
  /** The text without the mention of the bot. */
  text_without_at_bot?: string | null;
  /** `on_…`: one per person and developer. */
  union_id?: string | null;
}

/** `message_read`: Messages that a person read, in the old form. */
export interface MessageReadV1 {
  /** `oc_…`: the chat. */
  open_chat_id: string;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** `om_…`: the messages. */
  open_message_ids: string[];
}

/** `minutes.minute.generated_v1`: Minutes were made. */
export interface MinuteGenerated {
  /** Where they come from. */
  minute_source: MinuteSource;
  /** The minutes. */
  minute_token?: string | null;
  /** The people who subscribed to it. */
  subscriber_ids: UserId[];
}

/**
 * `oauth_redirect`: A user's return from the authorize page, with a code or an error. The host makes this event; anyone
 * can open the URL, so look `state` up before doing anything else.
 */
export interface OauthRedirect {
  /** The code to be exchanged; encrypted, so that only the host can read it. */
  code?: string | null;
  /** `access_denied` when the user declined. */
  error?: string | null;
  /** The `state` that the authorization link was made with. */
  state: string;
}

/** `order_paid`: A tenant paid for a store application. */
export interface OrderPaid {
  /** How many. */
  buy_count?: number | null;
  /** `buy`, `upgrade` or `renew`. */
  buy_type?: string | null;
  /** Seconds since 1970, as text. */
  create_time?: string | null;
  /** The order. */
  order_id?: string | null;
  /** The price in hundredths. */
  order_pay_price?: number | null;
  /** Seconds since 1970, as text. */
  pay_time?: string | null;
  /** The price plan. */
  price_plan_id?: string | null;
  /** The kind of price plan. */
  price_plan_type?: string | null;
  /** Seats, where the plan has them. */
  seats?: number | null;
  /** The order before an upgrade. */
  src_order_id?: string | null;
}

/** `p2p_chat_create`: A new chat between a user and the bot. */
export interface P2pChatCreate {
  /** `oc_…` */
  chat_id: string;
  /** The person who opened the chat; without a name if the bot did. */
  operator: V1User;
  /** The user in the chat. */
  user: V1User;
}

/** `remove_bot`: The bot was removed from a chat, in the old form. */
export interface BotRemovedV1 {
  /** The name in other languages. */
  chat_i18n_names: I18nNames;
  /** The name of the chat. */
  chat_name?: string | null;
  /** The name of the owner. */
  chat_owner_name?: string | null;
  /** The owner. */
  chat_owner_open_id?: string | null;
  /** `oc_…`: the chat. */
  open_chat_id: string;
  /** The name of that person. */
  operator_name?: string | null;
  /** The person who did it. */
  operator_open_id?: string | null;
  /** Whether a bot owns the chat. */
  owner_is_bot?: boolean | null;
}

/** `remove_user_from_chat`: People left a chat, in the old form. */
export interface ChatUsersRemovedV1 {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** The person who did it. */
  operator: V1User;
  /** The people. */
  users: V1User[];
}

/** `revoke_add_user_from_chat`: An invitation to a chat was withdrawn, in the old form. */
export interface ChatUsersRevokedV1 {
  /** `oc_…`: the chat. */
  chat_id: string;
  /** The person who did it. */
  operator: V1User;
  /** The people. */
  users: V1User[];
}

/** `task.task.comment.updated_v1`: A comment on a task that the application made was written, changed or deleted. */
export interface TaskCommentUpdated {
  /** The comment. */
  comment_id?: string | null;
  /** 1 written, 2 a reply, 3 changed, 4 deleted. */
  obj_type?: number | null;
  /** The comment that it replies to. */
  parent_id?: string | null;
  /** The task. */
  task_id: string;
}

/** `task.task.update_user_access_v2`: A task that a user can see was changed. */
export interface TaskAccessUpdated {
  /** What happened. */
  event_types: string[];
  /** The task. */
  task_guid: string;
}

/** `task.task.updated_v1`: A task that the application made was changed. */
export interface TaskUpdated {
  /** What was changed: 1 its details, 2 its people, 3 its followers, 4 its reminder, 5 done, 6 not done, 7 deleted. */
  obj_type?: number | null;
  /** The task. */
  task_id: string;
}

/** `trip_approval`: A business trip was approved. */
export interface TripApproval {
  /** The user id of the person. */
  employee_id?: string | null;
  /** End of the approval: seconds since 1970. */
  end_time?: number | null;
  /** The code of the approval instance. */
  instance_code: string;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** Its parts. */
  schedules: TripSchedule[];
  /** Begin of the approval: seconds since 1970. */
  start_time?: number | null;
  /** Seconds. */
  trip_interval?: number | null;
  /** Who goes along. */
  trip_peers: string[];
  /** The reason. */
  trip_reason?: string | null;
}

/** `url.preview.get`: A link that somebody looks at or is typing. */
export interface UrlPreview {
  /** The link and the message that holds it. */
  context: Context;
  /** `im_message` */
  host?: string | null;
  /** The person who looks at it. */
  operator: Operator;
}

/** `user_add`: A user joined the tenant, in the old form. */
export interface UserAddedV1 {
  /** The user id. */
  employee_id?: string | null;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** `on_…`: one per person and developer. */
  union_id?: string | null;
}

/** `user_leave`: A user left the tenant, in the old form. */
export interface UserLeftV1 {
  /** The user id. */
  employee_id?: string | null;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** `on_…`: one per person and developer. */
  union_id?: string | null;
}

/** `user_update`: A user was changed, in the old form. */
export interface UserUpdatedV1 {
  /** The user id. */
  employee_id?: string | null;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** `on_…`: one per person and developer. */
  union_id?: string | null;
}

/** `vc.meeting.join_meeting_v1`: Somebody joined a meeting. */
export interface MeetingJoined {
  /** The meeting. */
  meeting: Meeting;
  /** The person who did it. */
  operator: MeetingUser;
}

/** `vc.meeting.leave_meeting_v1`: Somebody left a meeting. */
export interface MeetingLeft {
  /** 1 left, 2 the meeting ended, 3 removed. */
  leave_reason?: number | null;
  /** The person who left. */
  leave_user: MeetingUser;
  /** The meeting. */
  meeting: Meeting;
  /** The person who did it. */
  operator: MeetingUser;
}

/** `vc.meeting.meeting_ended_v1`: A meeting ended. */
export interface MeetingEnded {
  /** The meeting. */
  meeting: Meeting;
  /** The person who did it. */
  operator: MeetingUser;
}

/** `vc.meeting.meeting_started_v1`: A meeting began. */
export interface MeetingStarted {
  /** The meeting. */
  meeting: Meeting;
  /** The person who did it. */
  operator: MeetingUser;
}

/** `vc.meeting.recording_ready_v1`: The recording of a meeting is ready. */
export interface RecordingReady {
  /** Milliseconds, as text. */
  duration?: string | null;
  /** The meeting. */
  meeting: Meeting;
  /** The recording. */
  url?: string | null;
}

/** `work_approval`: Overtime was approved. */
export interface WorkApproval {
  /** The user id of the person. */
  employee_id?: string | null;
  /** End of the approval: seconds since 1970. */
  end_time?: number | null;
  /** The code of the approval instance. */
  instance_code: string;
  /** `ou_…`: one per person and application. */
  open_id?: string | null;
  /** Begin of the approval: seconds since 1970. */
  start_time?: number | null;
  /** End. */
  work_end_time?: string | null;
  /** Seconds. */
  work_interval?: number | null;
  /** The reason. */
  work_reason?: string | null;
  /** Begin. */
  work_start_time?: string | null;
  /** The kind of overtime. */
  work_type?: string | null;
}

/** The payload of each of Lark's event types. */
export interface EventPayloads {
  "add_bot": BotAddedV1;
  "add_user_to_chat": ChatUsersAddedV1;
  "app_open": AppOpened;
  "app_status_change": AppStatusChanged;
  "app_ticket": AppTicketPushed;
  "app_uninstalled": AppUninstalled;
  "application.application.app_version.audit_v6": AppVersionAudited;
  "application.application.app_version.publish_apply_v6": AppVersionApplied;
  "application.application.app_version.publish_revoke_v6": AppVersionRevoked;
  "application.application.created_v6": ApplicationCreated;
  "application.application.feedback.created_v6": FeedbackCreated;
  "application.application.feedback.updated_v6": FeedbackUpdated;
  "application.application.visibility.added_v6": VisibilityAdded;
  "application.bot.menu_v6": BotMenu;
  "approval.approval.updated_v4": ApprovalDefinitionUpdated;
  "approval.instance.status_changed_v4": ApprovalInstanceChanged;
  "approval.task.status_changed_v4": ApprovalTaskChanged;
  "approval_cc": ApprovalCopy;
  "approval_instance": ApprovalInstance;
  "approval_task": ApprovalTask;
  "auth.user_access_token.revoked_v4": UserTokenRevoked;
  "calendar.calendar.acl.created_v4": CalendarAclCreated;
  "calendar.calendar.acl.deleted_v4": CalendarAclDeleted;
  "calendar.calendar.changed_v4": CalendarsChanged;
  "calendar.calendar.event.changed_v4": CalendarEventChanged;
  "card.action.trigger": CardAction;
  "chat_disband": ChatDisbandedV1;
  "contact.custom_attr_event.updated_v3": CustomFieldsUpdated;
  "contact.department.created_v3": DepartmentCreated;
  "contact.department.deleted_v3": DepartmentDeleted;
  "contact.department.updated_v3": DepartmentUpdated;
  "contact.employee_type_enum.actived_v3": EmployeeTypeActivated;
  "contact.employee_type_enum.created_v3": EmployeeTypeCreated;
  "contact.employee_type_enum.deactivated_v3": EmployeeTypeDeactivated;
  "contact.employee_type_enum.deleted_v3": EmployeeTypeDeleted;
  "contact.employee_type_enum.updated_v3": EmployeeTypeUpdated;
  "contact.scope.updated_v3": ContactScopeUpdated;
  "contact.user.created_v3": UserCreated;
  "contact.user.deleted_v3": UserDeleted;
  "contact.user.updated_v3": UserUpdated;
  "contact_scope_change": ContactScopeChangedV1;
  "dept_add": DepartmentAddedV1;
  "dept_delete": DepartmentDeletedV1;
  "dept_update": DepartmentUpdatedV1;
  "drive.file.bitable_field_changed_v1": BaseFieldChanged;
  "drive.file.bitable_record_changed_v1": BaseRecordChanged;
  "drive.file.created_in_folder_v1": FileCreatedInFolder;
  "drive.file.deleted_v1": FileDeleted;
  "drive.file.edit_v1": FileEdited;
  "drive.file.permission_member_added_v1": FileMemberAdded;
  "drive.file.permission_member_applied_v1": FileMemberApplied;
  "drive.file.permission_member_removed_v1": FileMemberRemoved;
  "drive.file.read_v1": FileRead;
  "drive.file.title_updated_v1": FileTitleUpdated;
  "drive.file.trashed_v1": FileTrashed;
  "drive.notice.comment_add_v1": CommentAdded;
  "group_setting_update": GroupSettingsV1Updated;
  "im.chat.access_event.bot_p2p_chat_entered_v1": P2pChatEntered;
  "im.chat.disbanded_v1": ChatDisbanded;
  "im.chat.member.bot.added_v1": BotAdded;
  "im.chat.member.bot.deleted_v1": BotDeleted;
  "im.chat.member.user.added_v1": ChatMembersAdded;
  "im.chat.member.user.deleted_v1": ChatMembersDeleted;
  "im.chat.member.user.withdrawn_v1": ChatMembersWithdrawn;
  "im.chat.updated_v1": ChatUpdated;
  "im.message.message_read_v1": MessageRead;
  "im.message.reaction.created_v1": ReactionCreated;
  "im.message.reaction.deleted_v1": ReactionDeleted;
  "im.message.recalled_v1": MessageRecalled;
  "im.message.receive_v1": MessageReceive;
  "leave_approvalV2": LeaveApproval;
  "meeting_room.meeting_room.created_v1": MeetingRoomCreated;
  "meeting_room.meeting_room.deleted_v1": MeetingRoomDeleted;
  "meeting_room.meeting_room.status_changed_v1": MeetingRoomStatusChanged;
  "meeting_room.meeting_room.updated_v1": MeetingRoomUpdated;
  "message": MessageV1;
  "message_read": MessageReadV1;
  "minutes.minute.generated_v1": MinuteGenerated;
  "oauth_redirect": OauthRedirect;
  "order_paid": OrderPaid;
  "p2p_chat_create": P2pChatCreate;
  "remove_bot": BotRemovedV1;
  "remove_user_from_chat": ChatUsersRemovedV1;
  "revoke_add_user_from_chat": ChatUsersRevokedV1;
  "task.task.comment.updated_v1": TaskCommentUpdated;
  "task.task.update_user_access_v2": TaskAccessUpdated;
  "task.task.updated_v1": TaskUpdated;
  "trip_approval": TripApproval;
  "url.preview.get": UrlPreview;
  "user_add": UserAddedV1;
  "user_leave": UserLeftV1;
  "user_update": UserUpdatedV1;
  "vc.meeting.join_meeting_v1": MeetingJoined;
  "vc.meeting.leave_meeting_v1": MeetingLeft;
  "vc.meeting.meeting_ended_v1": MeetingEnded;
  "vc.meeting.meeting_started_v1": MeetingStarted;
  "vc.meeting.recording_ready_v1": RecordingReady;
  "work_approval": WorkApproval;
}
