"""What was once found to go wrong with hostile input, row by row, and the tests that hold each row.

The rows are those of an inspection of the compile side, of git with remotes and hydration, and of sync and status. A
row is about one kind of input; the tests are named by module, and those of `test_hostile` by the case. Whoever takes a
test away, or gives it another name, has to say here what holds its row instead.
"""

import re
from functools import cache
from pathlib import Path

import pytest

CASE = "case"
"""In place of a module: a case of `test_hostile`."""

Held = tuple[tuple[str, str], ...]


def cases(*names: str) -> Held:
    return tuple((CASE, name) for name in names)


def by(module: str, *names: str) -> Held:
    return tuple((module, f"test_{name}") for name in names)


COMPILE: dict[str, Held] = {
    "stale cache": by(
        "test_cache",
        "a_file_that_changes_while_it_is_used_is_not_kept",
        "a_file_that_gives_two_answers_in_one_run_keeps_the_result_out",
    ),
    "regular expressions": (
        *cases(
            "expression_of_a_target",
            "expression_of_1000_choices",
            "expression_of_an_image",
            "expression_in_a_path",
            "expressions_that_are_valid",
            "patterns_of_custom_resources",
            "expressions_without_end",
        ),
        *by("test_expression", "no_expression_takes_long", "what_go_refuses_is_refused_in_its_words"),
    ),
    "quantities": cases("quantity_of_20000_digits", "quantity_that_may_be_one"),
    "lines of findings": cases("findings_in_one_kustomization", "names_that_are_near_to_none"),
    "growth without a bound": cases(
        "bases_used_twice",
        "bases_used_twice_with_prefixes",
        "components_used_twice",
        "components_used_twice_with_prefixes",
        "types_that_refer_to_one_another",
        "chain_of_3000",
        "replacements_that_double",
        "copies_of_copies",
        "aliases_of_one_long_text",
        "aliases_in_many_documents",
        "operations_on_one_list",
    )
    + by("test_hostile", "a_thousand_directories_inside_one_another"),
    "git objects": by(
        "test_hostile_git",
        "long_and_many_symlinks_are_not_read",
        "a_commit_without_end_is_refused",
        "one_large_file_of_many_names_is_read_once_or_not_at_all",
    ),
    "crashes": (
        *cases("list_with_a_text", "list_with_a_null", "list_with_a_number", "name_with_nul", "number_beyond_64_bits"),
        *by("test_start", "output_is_utf8_whatever_the_locale", "other_commands_print_in_any_locale"),
    ),
    "cut output": by(
        "test_start",
        "output_that_cannot_be_written_is_status_4",
        "a_large_output_that_cannot_be_written_is_status_4",
        "an_output_that_is_cut_off_is_status_4",
    ),
    "symlinks in index and commit": by("test_hostile_git", "a_symlink_out_of_the_repository_is_called_one"),
    "outside of the repository": cases(
        "base_outside_is_a_warning",
        "base_outside_is_an_error_of_check",
        "link_to_a_base_outside",
        "link_to_a_base_outside_is_a_warning_of_build",
        "link_to_a_kustomization_file",
    ),
    "Secrets": (
        *cases("value_in_a_kind", "value_in_a_name", "value_in_a_namespace", "value_in_a_label"),
        *cases("alias_by_mistake", "key_in_an_env_file", "value_of_a_release", "variable_of_flux", "words_of_a_policy"),
        *by("test_hostile_git", "a_difference_shows_no_value_of_a_secret"),
        *by("test_secrets", "no_command_prints_a_value", "no_baseline_holds_a_value", "no_explanation_shows_a_value"),
        *by("test_secrets", "no_mistake_shows_a_value"),
    ),
    "escapes": (
        *cases("escapes_in_a_name", "escapes_in_a_file_name", "escapes_in_a_failure"),
        *by("test_reports", "nothing_that_a_terminal_obeys_is_printed"),
        *by("test_formats", "nothing_that_a_terminal_obeys_is_written"),
        *by("test_screen", "names_of_files_reach_the_terminal_escaped"),
    ),
    "cache": by(
        "test_cache",
        "entries_can_be_read_by_their_owner_alone",
        "every_folder_is_for_its_owner_alone",
        "an_entry_that_is_no_file_of_ours_is_a_miss",
        "a_failed_write_leaves_nothing",
        "what_a_killed_process_has_left_goes_in_time",
        "a_cache_inside_of_the_sources_is_not_used",
    ),
    "names that are looked up": cases(
        "codes_that_are_none", "patterns_of_references", "patterns_of_what_is_left_out", "characters_that_are_escaped"
    ),
    "sums of files and objects": cases("many_files_of_a_target", "many_large_files", "many_overlays_of_many_objects"),
    "values that are written anew": cases("dates_that_are_written_anew"),
    "files that change or are none": by(
        "test_changing_files",
        "a_file_that_is_replaced_before_it_is_opened",
        "a_file_that_is_deleted_before_it_is_opened_is_not_there",
        "a_link_that_is_turned_before_it_is_opened",
        "a_file_that_is_saved_while_it_is_read_is_read_again",
        "a_file_that_grows_as_fast_as_it_is_read_is_bounded",
        "a_file_that_changes_each_time_is_not_read",
        "no_special_file_stops_a_command",
        "thousands_of_links_in_a_chain_stop_no_command",
    ),
    "size of output": by("test_screen", "of_one_code_a_thousand_findings_are_shown"),
}
"""What a tree can do to a compile."""

GIT: dict[str, Held] = {
    "commits of people are lost": by(
        "test_hostile_git",
        "refspecs_of_the_user_move_no_branch",
        "a_rendered_commit_that_people_amend_is_theirs",
        "a_commit_of_people_below_a_thousand_rendered_ones_is_seen",
    ),
    "settings of the user": by("test_hostile_git", "settings_of_the_user_change_no_result"),
    "a program runs offline": (
        *by("test_hostile_git", "what_a_partial_clone_lacks_is_not_fetched"),
        *by("test_hostile_remote", "the_configuration_of_the_cache_runs_nothing"),
        *by("test_hostile_programs", "nothing_runs", "a_bare_repository_among_the_files_runs_nothing"),
    ),
    "hosts of the machine that compiles": by(
        "test_local_hosts",
        "a_spelling_of_this_machine",
        "what_a_repository_names_on_this_machine_is_not_asked",
        "no_build_asks_this_machine",
        "a_name_that_leads_here_is_not_asked",
        "a_redirect_to_a_name_that_leads_here_is_not_followed",
        "a_redirect_from_an_allowed_host_to_another_one_is_not_followed",
        "a_repository_allows_itself_nothing",
    ),
    "a broken repository": by("test_changing_files", "what_is_broken_in_git_is_named_with_what_helps"),
    "any file overwritten": by("test_hostile_remote", "nothing_is_written_through_a_symlink"),
    "redirects": (
        *by("test_hostile_remote", "git_follows_no_redirect_that_the_web_client_refuses"),
        *by("test_hostile_remote", "git_is_sent_where_a_redirect_may_lead"),
        *by("test_hostile_charts", "who_may_read_is_not_told_to_where_a_redirect_leads"),
    ),
    "one pushed object stops hydration for ever": by(
        "test_hostile_git",
        "a_foreign_yaml_file_is_left_alone",
        "what_is_foreign_is_kept_as_it_is",
        "a_tree_that_git_does_not_write_is_a_finding",
        "names_that_are_not_in_order_are_put_in_order",
    ),
    "a base with many equal trees": by(
        "test_hostile_remote",
        "a_base_beside_any_directory_is_read_or_refused",
        "submodules_without_end_are_refused",
    ),
    "lock": by(
        "test_hostile_remote",
        "a_forged_entry_is_a_finding",
        "one_address_twice_is_a_finding",
        "a_secret_of_a_query_is_neither_printed_nor_locked",
    ),
    "filters": (
        *by("test_hostile_git", "filters_and_the_like_do_not_run"),
        *by("test_hostile_programs", "the_programs_would_run", "nothing_runs"),
    ),
    "forged Dry-Sha": by(
        "test_hostile_git",
        "a_commit_of_the_future_that_is_not_here_does_not_hold_back_all_others",
        "a_forged_record_of_somebody_else_does_not_count",
        "a_side_branch_that_is_not_merged_does_not_stay_deployed",
    ),
    "clear text on the branch": by(
        "test_hostile_git", "clear_text_is_refused_however_it_is_spelt", "what_looks_secret_elsewhere_is_a_warning"
    ),
    "names": by(
        "test_hostile_git",
        "a_directory_that_some_checkout_cannot_have_is_a_finding",
        "a_name_that_is_too_long_holds_up_no_other",
        "environments_that_differ_by_case_are_a_finding",
    ),
    "memory and disk": by(
        "test_hostile_git",
        "one_large_file_of_many_names_is_read_once_or_not_at_all",
        "a_pack_that_cannot_be_written_leaves_nothing_behind",
        "packs_of_killed_hydrations_are_removed_when_they_are_old",
    ),
    "a local lock is left over": by("test_hostile_git", "a_lock_that_was_left_over_is_said"),
}
"""What others can put into a repository, a remote or a rendered branch."""

SYNC: dict[str, Held] = {
    "a label is ownership": (
        *by(
            "cluster/test_ownership",
            "copies_of_the_label_are_left_alone",
            "label_of_a_stranger_is_said_and_nothing_else",
            "large_strangers_cost_no_memory",
            "kept_strangers_do_not_thin_the_guard",
            "object_that_was_made_anew_by_somebody_else_is_not_pruned",
            "object_of_another_tool_is_not_touched_until_told",
        ),
        *by("cluster/test_families", "secret_that_an_operator_made_with_our_label_is_left_alone"),
        *by("cluster/test_hostile_users", "label_on_an_object_of_the_platform_deletes_nothing"),
        *by("test_hostile_server", "whatever_the_server_does_the_command_ends"),
    ),
    "no inventory": (
        *by("cluster/test_ownership", "labels_without_an_inventory_are_refused_until_told"),
        *by("cluster/test_live_faults", "inventory_that_is_broken_is_said_and_left_alone"),
        *by("cluster/test_sync", "parent_of_another_tool_is_left_alone", "commit_that_does_not_follow_is_refused"),
        *by("test_plan", "inventory_of_others_is_not_read"),
    ),
    "commits made by hand": (
        *by(
            "test_by_hand",
            "what_people_have_committed_is_named_and_not_applied",
            "a_foreign_file_is_named_also_when_it_was_kept_by_a_hydration",
            "what_reaches_no_cluster_does_not_matter",
        ),
        *by("cluster/test_sync", "unfit_branch_writes_nothing", "odd_manifest_is_a_finding"),
    ),
    "the lease": (
        *by(
            "cluster/test_hostile_users",
            "lease_that_somebody_else_has_written",
            "inventory_in_a_namespace_that_is_being_deleted",
        ),
        *by("cluster/test_sync", "sync_that_has_lost_its_lease_writes_no_more"),
        *by("test_hostile_server", "whatever_the_server_does_the_command_ends"),
    ),
    "time": (
        *by("cluster/test_families", "webhook_that_is_down_costs_no_more_than_the_timeout"),
        *by("cluster/test_cases", "dead_webhook_does_not_outlive_the_timeout"),
        *by("cluster/test_live_faults", "storage_that_does_not_answer_ends_the_sync_in_time"),
        *by("test_client", "no_answer_outlives_its_time_or_its_size", "list_without_end_is_a_failure"),
        *by("test_hostile_server", "whatever_the_server_does_the_command_ends"),
        *by("test_health", "status_that_anybody_may_write_is_judged_in_time_in_proportion_to_its_size"),
    ),
    "size": (
        *by("cluster/test_live_faults", "object_that_is_too_large_is_one_finding"),
        *by("test_client", "no_answer_outlives_its_time_or_its_size", "large_pages_are_asked_for_in_smaller_ones"),
        *by("test_hostile_server", "whatever_the_server_does_the_command_ends"),
    ),
    "wrong types": (
        *by("cluster/test_hostile_users", "status_of_one_object_stops_nobody"),
        *by("test_client", "odd_objects_get_the_shape_of_one"),
        *by("test_health", "odd_status_is_no_error"),
        *by("test_hostile_server", "whatever_the_server_does_the_command_ends"),
    ),
    "the kubeconfig": (
        *by(
            "test_kubeconfig",
            "password_of_the_address_is_used_and_never_shown",
            "odd_address_is_refused",
            "credential_that_would_be_another_header_is_refused",
            "line_break_at_the_end_of_a_token_is_cut_off",
            "wrong_types_are_as_good_as_absent",
            "without_a_home_the_repository_is_not_asked",
            "aliases_are_refused_before_they_grow",
            "pipe_is_read_and_not_waited_for_without_end",
            "plugin_that_hangs_is_killed_with_its_children",
        ),
        *by("test_hostile_server", "a_redirect_is_not_followed"),
    ),
    "words": (
        *by(
            "test_client",
            "words_of_a_webhook_do_not_end_the_run",
            "words_about_secrets_are_withheld",
            "foreign_words_are_one_harmless_line",
        ),
        *by("cluster/test_live_secrets", "no_command_prints_a_value"),
        *by("cluster/test_hostile_users", "status_of_one_object_stops_nobody", "lease_that_somebody_else_has_written"),
    ),
    "pruning by an old view": (
        *by("cluster/test_ownership", "object_changed_while_the_sync_waits_is_looked_at_again"),
        *by("cluster/test_live_faults", "object_that_has_gone_before_it_is_pruned"),
    ),
    "what holds data is pruned": (
        *by("cluster/test_hostile_users", "what_holds_data_is_pruned_only_when_told"),
        *by("test_plan", "plan", "acknowledgement_is_for_just_this_deletion"),
    ),
}
"""What users of a cluster, its server, and whoever may push to the rendered branch can do to a sync."""

ROWS = {**COMPILE, **GIT, **SYNC}


@cache
def text_of(module: str) -> str:
    return (Path(__file__).parent / f"{module}.py").read_text()


def is_there(module: str, name: str) -> bool:
    if module == CASE:
        return re.search(rf'^    "{name}": ', text_of("test_hostile"), re.MULTILINE) is not None
    return f"\ndef {name}(" in text_of(module)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_held_by_tests_that_are_there(row: str) -> None:
    assert ROWS[row]
    assert [held for held in ROWS[row] if not is_there(*held)] == []
