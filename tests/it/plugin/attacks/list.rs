//! Every attack that is known, and the tests that hold it.

use std::collections::BTreeSet;

use crate::support::sources;

/// What a hostile plugin or its file does, and the tests by name. The first of each is on a whole server unless only a room can
/// see it.
const ATTACKS: [(&str, &[&str]); 58] = [
    // CPU
    (
        "a loop without end",
        &[
            "an_endless_loop_ends_at_its_cpu_time",
            "a_plugin_that_takes_too_long_is_stopped",
        ],
    ),
    (
        "a copy of memory without end",
        &["an_endless_copy_of_memory_ends_at_its_cpu_time"],
    ),
    (
        "a sleep without end",
        &["an_endless_sleep_ends_at_the_time_limit_of_the_plugin"],
    ),
    (
        "a trap at the start of an instance",
        &["a_trap_in_the_start_of_an_instance_is_told_when_the_file_is_loaded"],
    ),
    (
        "a trap at every call",
        &["a_plugin_that_crashes_at_every_click_is_not_called_for_a_while_and_others_are"],
    ),
    (
        "CPU time that others on the machine used",
        &["the_time_that_others_have_the_cpu_is_not_counted"],
    ),
    // Memory
    (
        "memory without end",
        &["a_memory_that_grows_without_end_ends_at_its_limit"],
    ),
    (
        "memory without end in a second instance",
        &["a_component_of_two_memories_has_one_limit_for_both"],
    ),
    (
        "many calls that each take much memory",
        &[
            "a_call_over_the_memory_of_all_calls_is_told_what_to_raise_and_the_next_one_is_served",
            "a_plugin_takes_no_more_than_it_leaves_to_others",
        ],
    ),
    (
        "tables without end",
        &["tables_that_grow_without_end_end_at_their_limit"],
    ),
    (
        "a recursion without end",
        &["a_recursion_without_end_ends_at_the_end_of_the_stack"],
    ),
    (
        "handles that are never closed",
        &["handles_that_are_never_closed_end_at_their_limit"],
    ),
    (
        "state left for the next call",
        &[
            "a_call_sees_nothing_of_the_one_before_however_large_its_memory_is",
            "no_tenant_and_no_application_gets_the_instance_of_another",
        ],
    ),
    // Calls of the host
    (
        "a flood of calls of the host",
        &["clicks_are_answered_beside_plugins_that_spin_bomb_and_flood"],
    ),
    (
        "a gibibyte of text for the host",
        &["a_text_of_a_gibibyte_for_the_host_ends_at_its_limit"],
    ),
    (
        "a text outside of its memory",
        &["a_text_outside_of_its_memory_is_a_trap"],
    ),
    (
        "a result outside of its memory",
        &["a_result_at_an_address_outside_of_its_memory_is_a_trap"],
    ),
    (
        "a flood of log lines",
        &[
            "a_flood_of_log_lines_is_cut",
            "a_flood_is_left_out_beyond_its_burst_and_told_of_now_and_then",
        ],
    ),
    (
        "log lines that forge others",
        &["log_lines_carry_plugin_event_and_type_and_stay_one_line"],
    ),
    (
        "a caller that leaves during a call of the host",
        &[
            "a_caller_that_leaves_during_a_call_of_the_host_leaves_nothing_behind",
            "a_call_that_is_dropped_halfway_leaves_nothing_behind",
        ],
    ),
    (
        "keys and values without end",
        &[
            "a_quota_counts_what_a_row_takes_beside_its_key_and_value",
            "long_lists_are_read_in_steps_and_expired_keys_are_passed_over",
            "a_question_that_takes_too_long_is_broken_off_and_the_next_one_is_answered",
        ],
    ),
    ("sockets", &["a_plugin_that_opens_a_socket_is_denied_and_goes_on"]),
    // HTTP
    (
        "a request to an address inside, in any spelling",
        &[
            "no_spelling_of_an_address_inside_is_called",
            "a_cloud_s_metadata_is_never_called_whatever_was_granted",
            "a_request_inside_needs_its_own_grant",
        ],
    ),
    (
        "a name that leads to an address inside",
        &["a_name_of_this_machine_is_resolved_only_where_it_was_granted"],
    ),
    (
        "a redirect to an address inside",
        &["a_redirect_is_followed_only_where_it_was_granted_and_leads_nowhere_else"],
    ),
    (
        "a path that hides another",
        &["a_path_that_hides_another_is_refused_whatever_was_granted"],
    ),
    (
        "a flood of requests",
        &[
            "the_number_of_requests_is_limited",
            "the_responses_open_at_once_are_limited",
            "the_connections_of_all_calls_together_are_limited",
        ],
    ),
    (
        "a response without end",
        &[
            "the_bytes_sent_and_received_are_limited",
            "a_call_ends_in_its_time_whatever_a_service_does",
        ],
    ),
    (
        "a credential of the operator's",
        &[
            "a_credential_reaches_the_service_and_not_the_plugin_nor_the_log",
            "a_plugin_can_neither_set_nor_replace_what_the_operator_sets",
        ],
    ),
    // Images and files
    (
        "an id that leads to another path of Lark's, a name with lines of its own",
        &[
            "what_lark_would_refuse_is_not_sent",
            "an_id_that_could_lead_elsewhere_never_reaches_a_path",
        ],
    ),
    (
        "a download without end, or of a size that nobody has",
        &[
            "a_download_without_end_ends_at_the_limit_of_its_bytes",
            "a_download_that_announces_too_much_is_not_read",
            "a_call_ends_in_its_time_whatever_lark_does_with_its_bytes",
        ],
    ),
    (
        "half of a file that looks like the whole",
        &[
            "an_upload_that_is_not_whole_is_never_kept",
            "an_upload_announces_its_length_and_one_that_is_dropped_is_cut",
            "a_download_that_breaks_off_never_looks_complete",
        ],
    ),
    (
        "uploads and downloads without number",
        &["the_bytes_and_the_number_of_uploads_and_downloads_are_limited"],
    ),
    // Ends
    (
        "a panic",
        &["the_words_of_a_panic_are_in_the_log_with_plugin_and_event"],
    ),
    (
        "an exit",
        &["whatever_a_plugin_does_the_user_gets_a_toast_and_the_log_says_why"],
    ),
    (
        "a panic of the host during a call",
        &["a_panic_ends_the_call_and_nothing_else"],
    ),
    // What it returns
    (
        "tasks without end, or of impossible names",
        &[
            "tasks_that_cannot_be_are_not_taken_and_nothing_of_their_outcome_is_done",
            "tasks_that_ask_for_tasks_come_to_an_end_however_they_branch",
            "what_waits_of_a_plugin_has_a_quota_and_its_neighbours_have_their_own",
        ],
    ),
    (
        "tasks of another plugin",
        &[
            "the_work_of_another_plugin_needs_the_operators_word",
            "a_task_for_a_plugin_that_is_not_loaded_is_not_taken",
        ],
    ),
    (
        "an ordering key of any length",
        &["a_text_that_no_index_takes_is_known_by_its_digest"],
    ),
    ("words of any length", &["a_plugins_words_are_cut_where_they_come_in"]),
    (
        "half a character in a reply",
        &["half_an_emoji_in_a_reply_is_an_unreadable_character_to_the_user"],
    ),
    (
        "a reply that Lark does not take",
        &["a_reply_that_lark_would_not_take_shows_the_user_a_toast_and_the_author_the_place"],
    ),
    (
        "a payload beyond its limit",
        &["a_payload_over_the_limit_is_not_given_to_the_plugin"],
    ),
    // Places
    (
        "calls that all hang",
        &[
            "a_plugin_whose_calls_all_hang_leaves_room_for_its_neighbours",
            "plugins_whose_calls_all_hang_leave_places_for_a_third",
            "however_many_plugins_hang_another_one_still_begins_its_first_call",
        ],
    ),
    (
        "a late pass",
        &["a_click_that_is_passed_on_late_goes_to_the_plugin_that_takes_it"],
    ),
    (
        "the events of others",
        &["a_type_that_somebody_names_is_asked_of_no_one_who_takes_the_rest"],
    ),
    // Files
    (
        "a file that is cut",
        &[
            "no_bad_file_disturbs_the_good_one_and_the_log_says_what_to_do",
            "a_file_cut_off_anywhere_is_refused_or_lacks_nothing_but_the_names_at_its_end",
        ],
    ),
    (
        "random bytes",
        &[
            "a_file_of_random_bytes_is_refused_and_the_old_one_serves",
            "bytes_of_any_kind_are_refused_without_a_panic",
        ],
    ),
    (
        "a changed byte",
        &["a_component_with_a_changed_byte_is_never_worse_than_refused"],
    ),
    (
        "a core module, another world",
        &[
            "what_is_no_component_is_named_with_what_to_do",
            "a_component_of_another_world_is_told_what_it_is",
        ],
    ),
    ("a later interface", &["a_plugin_for_a_later_interface_is_told_so"]),
    (
        "an import that there is not",
        &["an_import_that_plugins_do_not_get_is_named_with_the_habit_behind_it"],
    ),
    (
        "work without end for the compiler",
        &[
            "a_plugin_that_would_take_the_compiler_minutes_is_refused_and_holds_up_nobody",
            "a_plugin_that_would_take_the_compiler_gigabytes_is_refused_by_its_own_limit",
            "a_server_that_is_told_to_stop_while_it_compiles_ends_with_its_compiler",
        ],
    ),
    (
        "thousands of nested parts",
        &["what_no_plugin_needs_is_refused_before_it_is_compiled_with_its_number_and_the_limit"],
    ),
    (
        "a file that is never read to its end",
        &["a_file_that_would_be_waited_for_holds_up_nobody_and_is_named"],
    ),
    (
        "compiled code that somebody changed",
        &[
            "an_entry_that_is_not_as_it_was_written_is_told_and_compiled_again",
            "entries_of_another_key_are_not_believed",
        ],
    ),
    (
        "a swap under load",
        &[
            "twenty_replacements_under_load_cost_no_request",
            "a_swap_every_100_ms_costs_no_request_and_nothing_grows",
        ],
    ),
    (
        "what kills the server each time",
        &["one_that_was_lost_again_is_attempted_beside_no_other"],
    ),
];

#[test]
fn each_attack_is_held_by_tests_that_there_are() {
    let folders = ["tests/it", "host/src", "host/store", "host/lark/src"];
    let texts: String = folders.into_iter().flat_map(sources).map(|(_, text)| text).collect();
    let mut names = BTreeSet::new();
    for (attack, tests) in ATTACKS {
        assert!(names.insert(attack) && !tests.is_empty(), "{attack}");
        for test in tests {
            assert!(
                texts.contains(&format!("fn {test}(")),
                "{attack}: there is no test {test}"
            );
        }
    }
}
