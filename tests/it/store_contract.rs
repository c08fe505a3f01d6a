//! The contract of the event stores, S1 to S11, held against every store by the same tests.
//!
//! A store joins by a [`Fixture`](fixture::Fixture) and one line in [`hold_to_the_contract`] below. Every read is compared with
//! a [`Log`](model::Log), which is nothing but the list of the changes that were appended.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test gives up by panicking")]

pub(crate) mod appending;
pub(crate) mod damage;
pub(crate) mod fixture;
pub(crate) mod kinds;
pub(crate) mod marks;
pub(crate) mod model;
pub(crate) mod paging;
pub(crate) mod past;
#[cfg(feature = "postgres")]
pub(crate) mod postgres_fixture;
pub(crate) mod random;
pub(crate) mod reading;
pub(crate) mod secrets;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite_fixture;

/// Each function of the contract as a test of one store.
macro_rules! hold_to_the_contract {
    ($store:ident, $fixture:expr, { $($room:ident: $($fact:ident),+ $(,)?;)+ }) => {
        mod $store {
            $($(
                #[test]
                fn $fact() {
                    super::$room::$fact(&$fixture);
                }
            )+)+
        }
    };
}

/// What holds for every store.
macro_rules! every_store {
    ($store:ident, $fixture:expr) => {
        hold_to_the_contract!($store, $fixture, {
            appending:
                a_new_log_is_empty_and_like_no_other,
                a_batch_is_stored_whole_or_not_at_all,
                a_name_has_each_version_once,
                a_stale_append_writes_nothing_and_says_what_the_head_is,
                the_same_revision_with_another_hash_is_another_log,
                a_repeated_append_is_recognised_as_the_first,
                another_batch_at_the_same_place_is_not_taken_for_the_first,
                an_empty_batch_only_compares_the_head,
                concurrent_writers_leave_no_gap_and_lose_nothing,
                readers_see_whole_batches_in_order,
                a_locked_head_stays_until_its_holder_has_appended,
                a_lock_that_is_dropped_writes_nothing,
                reads_go_on_while_the_head_is_locked,
                what_was_stored_is_found_when_the_store_is_opened_again;
            reading:
                every_field_of_a_change_comes_back,
                the_hash_of_a_revision_is_that_of_its_change,
                a_value_of_a_mebibyte_comes_back,
                a_change_of_ten_thousand_events_comes_back_whole,
                names_sort_by_their_bytes,
                a_prefix_covers_what_starts_with_its_bytes,
                the_revision_at_an_instant_is_the_last_that_is_not_later,
                the_revisions_at_some_instants_are_those_at_each,
                a_set_after_a_delete_has_no_old_value,
                a_name_is_nothing_before_its_first_event,
                a_probe_finds_a_working_store;
            kinds:
                attributes_come_back_with_their_event,
                a_name_keeps_the_revision_at_which_it_was_created,
                shreds_and_access_data_come_back_and_are_no_values,
                an_empty_log_becomes_the_copy_of_another,
                a_log_with_a_change_does_not_become_another;
            secrets:
                encrypted_values_come_back_as_their_bytes,
                data_keys_are_stored_and_destroyed_with_their_change,
                a_data_key_is_wrapped_again_unless_it_has_changed;
            marks:
                a_key_finds_its_newest_change_of_its_actors_id,
                a_key_that_is_older_than_asked_for_is_not_found;
            paging:
                pages_of_any_size_give_every_row_exactly_once,
                a_page_has_one_row_at_least,
                a_page_of_changes_ends_by_its_events_however_short_they_are,
                a_page_ends_where_the_next_row_has_no_room,
                a_history_can_be_read_from_both_ends_and_any_place;
            past:
                the_names_between_two_revisions_are_those_of_the_events,
                the_states_of_some_names_are_those_of_the_tree,
                the_states_of_some_names_end_where_the_next_has_no_room;
            random:
                every_read_agrees_with_the_fold_of_the_changes;
        });
    };
}

/// What holds where a test can reach past the store, with SQL of its own.
macro_rules! every_store_with_a_back_door {
    ($store:ident, $fixture:expr) => {
        hold_to_the_contract!($store, $fixture, {
            damage:
                the_log_refuses_update_and_delete,
                an_altered_event_is_noticed_by_every_read,
                an_altered_event_is_noticed_as_the_one_before_another,
                altered_attributes_are_noticed_by_every_read,
                an_altered_change_breaks_the_chain,
                a_lost_change_breaks_the_chain,
                a_lost_event_breaks_the_chain;
        });
    };
}

#[cfg(feature = "sqlite")]
every_store!(sqlite_file, super::sqlite_fixture::SqliteFile::fresh());
#[cfg(feature = "sqlite")]
every_store_with_a_back_door!(sqlite_file_damaged, super::sqlite_fixture::SqliteFile::fresh());
#[cfg(feature = "sqlite")]
every_store!(sqlite_memory, super::sqlite_fixture::SqliteMemory::fresh());

#[cfg(feature = "postgres")]
every_store!(postgres, super::postgres_fixture::Postgres::fresh());
#[cfg(feature = "postgres")]
every_store_with_a_back_door!(postgres_damaged, super::postgres_fixture::Postgres::fresh());
