mod book_list_tests;
mod bulk_lookups;
mod crash;
mod outcome_matrix;
mod plan_mismatch_tests;
mod quota_days;
mod slot_queue;
